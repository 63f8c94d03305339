"""Writes the tree that MkDocs reads: pages by hand, pages from notebooks, and the navigation."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from stager import differences, frames, markup
from stager.cells import body_of
from stager.drawings import Drawings
from stager.frames import Page

from ecslab.course.catalogue import Catalogue
from ecslab.course.files import CourseFiles
from ecslab.errors import CourseError

__all__ = ["HAND_WRITTEN", "Stage", "navigation"]

HAND_WRITTEN = {
    "glossary.md": "Glossary",
    "differences.md": "Differences from AWS",
    "teachers.md": "For teachers",
    "authors.md": "For authors",
    "about.md": "About",
}
CARDS_MARK = "<!-- the course's modules -->"
DIFFERENCES_MARK = "<!-- differences -->"
FIGURE_MARK = "<!-- figure: {name} -->"


@dataclass(frozen=True)
class Stage:
    """Where a course comes from and where its pages go.

    Attributes:
        catalogue: the modules, in order.
        files: the folder of the notebooks.
        pages: the folder of the pages written by hand.
        folder: the staged tree; emptied first.
        drawings: draws the mermaid diagrams, or finds them drawn.
    """

    catalogue: Catalogue
    files: CourseFiles
    pages: Path
    folder: Path
    drawings: Drawings

    def write(self) -> None:
        """Write the whole tree anew."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self._write_hand_written()
        order = frames.pages_of(self.catalogue)
        for page in order:
            self._write_page(page, order)
            if page.part == "lab":
                self._write_page(Page(page.entry, "solution"), order)

    def _write_hand_written(self) -> None:
        for source in sorted(self.pages.glob("*.md")):
            text = source.read_text(encoding="utf-8")
            text = text.replace(CARDS_MARK, frames.cards(self.catalogue))
            if DIFFERENCES_MARK in text:
                text = text.replace(DIFFERENCES_MARK, differences.tables())
            for figure in sorted(self.pages.glob("figures/*.svg")):
                mark = FIGURE_MARK.format(name=figure.name)
                if mark in text:
                    svg = markup.clean(figure.read_text(encoding="utf-8"), f"{figure.stem}-")
                    text = text.replace(mark, markup.one_block(svg))
            self._write(source.name, text)

    def _write_page(self, page: Page, order: list[Page]) -> None:
        source = self.files.notebook(page.entry.name, page.part)
        notebook = _read(source, page)
        try:
            body = body_of(notebook, self.drawings)
        except CourseError as error:
            raise CourseError(f"{_shown(source)}: {error}") from error
        parts = [
            frames.front_matter(page),
            f"# {body.title or page.title}",
            frames.actions(page),
            body.markdown(),
            frames.gate(page) if page.part == "lab" else "",
            frames.turns(page, order),
        ]
        self._write(page.path, "\n\n".join(filter(None, parts)) + "\n")
        shutil.copyfile(source, self.folder / Path(page.path).with_suffix(".ipynb"))
        for picture in body.pictures:
            self._write_bytes(f"out/{picture.name}", picture.content)
        self._copy_linked_files(source, body.markdown())

    def _copy_linked_files(self, source: Path, text: str) -> None:
        """Copy pictures and data that lie beside the notebooks and that the page links to."""
        root = self.files.root.resolve()
        for target in sorted(markup.local_targets(text)):
            file = (source.parent / target).resolve()
            if file.is_file() and file.suffix != ".ipynb" and file.is_relative_to(root):
                self._write_bytes(str(file.relative_to(root)), file.read_bytes())

    def _write(self, name: str, text: str) -> None:
        self._write_bytes(name, text.encode())

    def _write_bytes(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def navigation(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return the navigation in MkDocs' shape: the course in order, then the pages by hand."""
    modules = [
        {
            entry.heading: [
                {"Lesson": Page(entry, "lesson").path},
                {"Lab": Page(entry, "lab").path},
            ]
        }
        for entry in catalogue.ready
    ]
    course: list[dict[str, Any]] = [{"Course": modules}] if modules else []
    others = [{title: name} for name, title in HAND_WRITTEN.items()]
    return [{"Start": "index.md"}, *course, *others]


def _read(source: Path, page: Page) -> Any:
    try:
        text = source.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except FileNotFoundError as error:
        message = (
            f"Module {page.entry.name} is ready in course.toml but has no {_shown(source)}: "
            "run `python3 labs build`, or set ready = false."
        )
        raise CourseError(message) from error
    except (AttributeError, OSError, ValueError, nbformat.ValidationError) as error:
        message = f"{_shown(source)} is not a notebook that can be read: run `python3 labs build`."
        raise CourseError(message) from error
    return notebook


def _shown(source: Path) -> str:
    """Return a notebook's path as people know it."""
    return f"{source.parent.name}/{source.name}"
