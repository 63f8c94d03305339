"""A new module: sources that build, pass the linter, and show an author the form."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from ecslab.authoring.tree import LAB, LESSON, PARTS, Tree, locate
from ecslab.course import storage
from ecslab.course.catalogue import Entry
from ecslab.errors import CourseError

__all__ = ["new"]

_TEMPLATES = Path(__file__).with_name("templates")
_NAME = re.compile(r"(?:(?P<number>\d\d)-)?(?P<slug>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_POINTS = 1


def new(kind: str, name: str, *, root: Path | None = None) -> Path:
    """Write the sources of a new module, or the one that a module lacks.

    A module always has a lesson and a lab. So when it has neither, both are written, whichever was
    asked for: with the lab come the declaration of its checks and its wrong answers. Its entry in
    ``course.toml`` is added when there is none, and becomes ready.

    Args:
        kind: ``lesson`` or ``lab``.
        name: a module of ``course.toml``, or the slug of one that is added as the last.
        root: the checkout; the one this package is in by default.

    Returns:
        The source that was asked for.
    """
    if kind not in PARTS:
        raise CourseError(f"A module has a lesson and a lab, not a {kind!r}; say `new lab NAME`.")
    tree = locate(root)
    entry = _known(tree, name)
    if entry is None:
        entry = _added(tree, name)
    asked = tree.source(kind, entry.name)
    if asked.exists():
        shown = tree.shown(asked)
        raise CourseError(f"{shown} exists already; edit it, or delete it first to begin again.")
    files = _files(
        tree, entry, [part for part in PARTS if not tree.source(part, entry.name).exists()]
    )
    for path in files:
        if path.exists():
            shown = tree.shown(path)
            raise CourseError(f"{shown} belongs to an earlier attempt; move or delete it first.")
    for path, text in files.items():
        storage.make_folder(path.parent)
        storage.write(path, text)
    _make_ready(tree, entry)
    return asked


def _known(tree: Tree, name: str) -> Entry | None:
    return next(
        (each for each in tree.catalogue if name in {each.name, each.slug, str(each.number)}), None
    )


def _added(tree: Tree, name: str) -> Entry:
    """Append a module to the catalogue, behind the last one."""
    asked = _NAME.fullmatch(name)
    number = len(tree.catalogue.entries)
    if asked is None:
        raise CourseError(f"{name!r} cannot name a module; use lower-case words with hyphens.")
    slug = asked["slug"]
    if asked["number"] not in {None, f"{number:02d}"}:
        raise CourseError(
            f"A module's number is its place in course.toml, and the next one is {number:02d}; "
            f"say `new lab {slug}` and move its entry afterwards."
        )
    title = slug.replace("-", " ").capitalize()
    written = (
        f'[[module]]\nslug = "{slug}"\ntitle = "{title}"\n'
        f'summary = "Say in one sentence what {title.lower()} are for."\n'
        "minutes = { lesson = 5, lab = 5 }\nprerequisites = []\nready = false\n"
    )
    lines = storage.read(_catalogue_file(tree)).splitlines()
    last = max(index for index, line in enumerate(lines) if line.strip() == "[[module]]")
    end = next((i for i in range(last, len(lines)) if not lines[i].strip()), len(lines))
    lines[end:end] = ["", *written.splitlines()]
    storage.write(_catalogue_file(tree), "\n".join(lines) + "\n")
    return locate(tree.root).catalogue.entries[-1]


def _files(tree: Tree, entry: Entry, parts: list[str]) -> dict[Path, str]:
    names = [f"[{name}]({name}.ipynb)" for name in entry.prerequisites]
    words = {
        "name": entry.name,
        "heading": entry.heading,
        "promise": entry.summary,
        "lesson_minutes": str(entry.lesson_minutes),
        "lab_minutes": str(entry.lab_minutes),
        "prerequisites": ", ".join(names) or "none",
        "points": str(entry.points or _POINTS),
    }
    files: dict[Path, str] = {}
    if LESSON in parts:
        files[tree.source(LESSON, entry.name)] = _filled("lesson", words)
    if LAB in parts:
        files[tree.source(LAB, entry.name)] = _filled("lab", words)
        files[tree.declaration(entry.name)] = _filled("module", words)
        files[tree.wrong_answers(entry.name)] = _filled("wrong", words)
    return files


def _filled(template: str, words: dict[str, str]) -> str:
    text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _make_ready(tree: Tree, entry: Entry) -> None:
    """Write `ready = true` and the points into the entry, and leave the rest of the file alone."""
    if entry.ready:
        return
    file = _catalogue_file(tree)
    head, mark, tail = storage.read(file).partition(f'slug = "{entry.slug}"')
    block, rest, others = tail.partition("[[module]]")
    ready = "ready = true" if "points" in block else f"ready = true\npoints = {_POINTS}"
    block = re.sub(r"^ready\s*=\s*false", ready, block, count=1, flags=re.MULTILINE)
    storage.write(file, head + mark + block + rest + others)


def _catalogue_file(tree: Tree) -> Path:
    return tree.root / "labs" / "ecslab" / "course" / "course.toml"
