"""From sources to notebooks: read, format, execute, and write what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ecslab.authoring import contents, execution, notebooks
from ecslab.authoring.cache import Cache
from ecslab.authoring.cells import Derived, derive
from ecslab.authoring.execution import Job, Outputs
from ecslab.authoring.problem import SourceError
from ecslab.authoring.source import Source, read
from ecslab.authoring.tree import LESSON, PARTS, Tree, locate
from ecslab.course import storage
from ecslab.errors import CourseError

__all__ = ["Change", "build"]


@dataclass(frozen=True)
class Change:
    """One derived file that differs from what its source says.

    Attributes:
        path: relative to the root of the course, with forward slashes.
        written: True when it was written, False when it was only compared.
        fix: the command that writes it.
    """

    path: str
    written: bool
    fix: str

    def __str__(self) -> str:
        """Return one sentence."""
        if self.written:
            return f"{self.path} written."
        return f"{self.path} is not what its source says; run `{self.fix}`."


def build(
    names: list[str],
    *,
    check: bool = False,
    cache: bool = True,
    root: Path | None = None,
    report: Callable[[str], None] | None = None,
) -> list[Change]:
    """Derive the notebooks of modules, and the tables of contents, from their sources.

    Args:
        names: numbers, slugs or names of modules; none of them means all.
        check: compare only, and write nothing but the cache.
        cache: use the outputs of earlier executions while nothing they depend on has changed.
        root: the checkout; the one this package is in by default.
        report: called with one line for each notebook that had to be executed.

    Returns:
        The files that changed, or with `check` those that would.

    Raises:
        CourseError: a source is wrong, or a cell of it fails. Notebooks of other sources that
            were executed in the same call are written all the same.
    """
    tree = locate(root)
    derived = derive(_sources(tree, names))
    outputs = _outputs(tree, derived, cache=cache, report=report)
    files: dict[Path, tuple[str, str]] = {
        path: (text, "python3 labs build") for path, text in contents.pages(tree).items()
    }
    failed: list[SourceError] = []
    for each, found in zip(derived, outputs, strict=True):
        if isinstance(found, SourceError):
            failed.append(found)
            continue
        command = f"python3 labs build {each.source.name}"
        files |= {path: (text, command) for path, text in _notebooks(tree, each, found)}
    changes = [
        Change(tree.shown(path), not check, command)
        for path, (text, command) in sorted(files.items())
        if _differs(path, text)
    ]
    if not check:
        for change in changes:
            path = tree.root / change.path
            storage.make_folder(path.parent)
            storage.write(path, files[path][0])
    if failed:
        raise failed[0] if len(failed) == 1 else CourseError("\n".join(map(str, failed)))
    return changes


def _sources(tree: Tree, names: list[str]) -> list[Source]:
    found = []
    for entry in tree.wanted(names):
        paths = [(part, tree.source(part, entry.name)) for part in PARTS]
        if names and not any(path.is_file() for _, path in paths):
            raise CourseError(
                f"Module {entry.name} has no source yet; run "
                f"`python3 labs new lesson {entry.name}` or `python3 labs new lab {entry.name}`."
            )
        for part, path in paths:
            if path.is_file():
                shown = tree.shown(path)
                found.append(read(storage.read(path), path=shown, name=entry.name, part=part))
    return found


def _outputs(
    tree: Tree, derived: list[Derived], *, cache: bool, report: Callable[[str], None] | None
) -> list[Outputs | SourceError]:
    memory = Cache(tree)
    known = {each.source.path: memory.load(each) if cache else None for each in derived}
    jobs = [
        Job(
            derived=each,
            folder=_folder(tree, each.source.part),
            package=tree.package.parent,
            root=tree.root,
        )
        for each in derived
        if known[each.source.path] is None
    ]

    def done(job: Job) -> None:
        if report is not None:
            report(f"executed {job.derived.source.path}")

    results: dict[str, Outputs | SourceError] = {}
    for job, result in zip(jobs, execution.run(jobs, done), strict=True):
        results[job.derived.source.path] = result
        if not isinstance(result, SourceError):
            memory.save(job.derived, result)
    return [known[each.source.path] or results.get(each.source.path, {}) for each in derived]


def _folder(tree: Tree, part: str) -> Path:
    return tree.root / ("lessons" if part == LESSON else "solutions")


def _notebooks(tree: Tree, derived: Derived, outputs: Outputs) -> Iterable[tuple[Path, str]]:
    file = f"{derived.source.name}.ipynb"
    folder = _folder(tree, derived.source.part)
    yield folder / file, notebooks.text(derived.executed, outputs)
    if derived.starter is not None:
        yield tree.root / "labs" / file, notebooks.text(derived.starter)


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_bytes() != text.encode("utf-8")
