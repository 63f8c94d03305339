"""Outputs of earlier executions, kept as long as nothing they depend on has changed."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from ecslab.authoring.cells import Derived
from ecslab.authoring.execution import Outputs
from ecslab.authoring.tree import Tree, slug_of
from ecslab.course import storage
from ecslab.errors import CourseError

__all__ = ["Cache"]

_MODULES = "ecslab.course.modules"
_NOT_RUN = {"cli", "authoring"}
_KEEP = 300
"""Entries; a course has some forty notebooks."""


class Cache:
    """Remembers executions in a folder that git ignores and anyone may delete.

    An entry is valid for the same cells, the same package `ecslab` (without the commands and the
    tools of authors, and without the declarations of other modules), the same installed
    distributions and the same Python.

    Args:
        tree: the checkout.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._folder = tree.cache
        self._surroundings = _digest(_installed())
        self._package = {
            path: path.read_bytes()
            for path in sorted(tree.package.rglob("*"))
            if path.is_file()
            and "__pycache__" not in path.parts
            and path.relative_to(tree.package).parts[0] not in _NOT_RUN
        }
        here = Path(__file__).parent
        self._ours = [(here / name).read_bytes() for name in ("execution.py", "outputs.py")]

    def load(self, derived: Derived) -> Outputs | None:
        """Give the outputs of these cells, or None when they have to be executed.

        Args:
            derived: the source and its cells.
        """
        try:
            stored = json.loads(self._file(derived).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        wanted = {cell.id for cell in derived.executed if cell.is_code}
        return stored if isinstance(stored, dict) and set(stored) == wanted else None

    def save(self, derived: Derived, outputs: Outputs) -> None:
        """Remember outputs; a disk that cannot take them is no reason to fail.

        Args:
            derived: the source and its cells.
            outputs: in their stored form.
        """
        with contextlib.suppress(CourseError, OSError):
            storage.make_folder(self._folder)
            # git then ignores the folder even where the checkout's own .gitignore does not.
            storage.write(self._folder.parent / ".gitignore", "*\n")
            storage.write(self._file(derived), json.dumps(outputs, ensure_ascii=False))
            by_age = sorted(self._folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
            for old in by_age[:-_KEEP]:
                old.unlink()

    def _file(self, derived: Derived) -> Path:
        source = derived.source
        cells = [[cell.id, cell.kind, cell.tags, cell.text] for cell in derived.executed]
        parts = [json.dumps([source.name, source.part, cells]).encode(), *self._ours]
        foreign = self._foreign(source.name)
        for path, content in self._package.items():
            if path not in foreign:
                parts += [path.relative_to(self._tree.package).as_posix().encode(), content]
        key = _digest([self._surroundings.encode(), *parts])
        return self._folder / f"{source.name}-{source.part}-{key}.json"

    def _foreign(self, name: str) -> set[Path]:
        """Name the declarations that this module's notebooks never import."""
        folder = self._tree.package / "course" / "modules"
        declared = {slug_of(entry.name) for entry in self._tree.catalogue}
        reached = {path.stem for path in folder.glob("*.py")} - declared | {slug_of(name)}
        waiting = list(reached)
        while waiting:
            content = self._package.get(folder / f"{waiting.pop()}.py", b"")
            new = set(_imported(content)) & declared - reached
            reached |= new
            waiting += new
        return {folder / f"{stem}.py" for stem in declared - reached}


def _imported(content: bytes) -> Iterator[str]:
    """List the modules of the course that a declaration imports."""
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except SyntaxError:
        return
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(part for part in (_MODULES * node.level, node.module) if part)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith(f"{_MODULES}."):
                yield name.removeprefix(f"{_MODULES}.").split(".")[0]


def _installed() -> list[bytes]:
    found = sorted({f"{each.name}=={each.version}" for each in metadata.distributions()})
    return [sys.version.encode(), *(each.encode() for each in found)]


def _digest(parts: list[bytes]) -> str:
    sums = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(sums).hexdigest()[:32]
