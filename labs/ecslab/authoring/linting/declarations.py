"""Rules for the checks of a lab: cells, declaration and wrong answers name the same ones."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecslab.authoring.linting.page import Page
from ecslab.authoring.problem import Problem
from ecslab.authoring.regions import BEGIN, END
from ecslab.authoring.tree import LAB, Tree

__all__ = ["Declared", "declared", "problems"]

_MOST_HINTS = 3
_WRONG_ANSWERS = 2
_TELLING = 20
"""Characters from which a line of a solution says something."""


@dataclass(frozen=True)
class Declared:
    """A check as its module declares it.

    Attributes:
        id: the id.
        line: of the declaration in its file, from 1.
        points: None when they are not written as a number.
        hints: those written as texts.
    """

    id: str
    line: int
    points: int | None
    hints: tuple[str, ...]


def problems(page: Page) -> Iterator[Problem]:
    """Compare the check cells of a lab with its declaration.

    Args:
        page: the source of a lab; a lesson has no checks.
    """
    if page.source.part != LAB:
        return
    path = page.tree.declaration(page.entry.name)
    shown = page.tree.shown(path)
    if not path.is_file():
        yield page.problem(
            1, f"the lab has no checks, because {shown} is missing", "write that file"
        )
        return
    try:
        checks = {check.id: check for check in declared(path)}
    except SyntaxError as error:
        yield Problem(shown, error.lineno or 1, f"this is not Python ({error.msg})", "correct it")
        return
    cells = {
        cell.id.removeprefix("check-"): cell for cell in page.source.cells if "check" in cell.tags
    }
    for id_, cell in cells.items():
        if id_ not in checks:
            fix = f'declare it there with `@MODULE.check("{id_}", …)`, or delete the cell'
            yield page.problem(cell.line, f"the check {id_} is not declared in {shown}", fix)
    for check in checks.values():
        if check.id not in cells:
            message = f"no cell of {page.source.path} runs the check {check.id}"
            fix = f"add a cell labelled `check-{check.id}`, or delete the declaration"
            yield Problem(shown, check.line, message, fix)
        yield from _hints(page, shown, check)
    yield from _points(page, list(checks.values()))
    yield from _wrong_answers(page.tree, page, checks)


def declared(path: Path) -> list[Declared]:
    """Read the checks from a module's file, without importing it.

    Args:
        path: a file of ``ecslab/course/modules``.
    """
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "MODULE.check":
            continue
        named = {each.arg: each.value for each in node.keywords}
        id_ = _literal(node.args[0] if node.args else named.get("check_id"))
        points = _literal(named.get("points"))
        hints = _literal(named.get("hints"))
        found.append(
            Declared(
                id=str(id_),
                line=node.lineno,
                points=points if isinstance(points, int) else None,
                hints=hints if isinstance(hints, tuple) else (),
            )
        )
    return found


def _literal(node: ast.expr | None) -> object:
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None


def _hints(page: Page, shown: str, check: Declared) -> Iterator[Problem]:
    if not 1 <= len(check.hints) <= _MOST_HINTS or not all(hint.strip() for hint in check.hints):
        message = f"the check {check.id} has no one to {_MOST_HINTS} hints written as plain texts"
        yield Problem(shown, check.line, message, "write them as a tuple of texts")
    for line in _solution_lines(page):
        if any(line in hint for hint in check.hints):
            message = f"a hint of the check {check.id} gives the solution away: {line}"
            yield Problem(shown, check.line, message, "say what to look for instead")


def _solution_lines(page: Page) -> set[str]:
    lines: set[str] = set()
    for cell in page.source.cells:
        inside = False
        for line in cell.text.splitlines() if "answer" in cell.tags else []:
            mark = line.strip()
            if mark in {BEGIN, END}:
                inside = mark == BEGIN
            elif inside and len(mark) >= _TELLING:
                lines.add(mark)
    return lines


def _points(page: Page, checks: list[Declared]) -> Iterator[Problem]:
    points = [check.points for check in checks if check.points is not None]
    if len(points) == len(checks) and sum(points) != page.entry.points:
        message = (
            f"the checks of {page.entry.name} are worth {sum(points)} points, "
            f"course.toml says {page.entry.points}"
        )
        yield page.problem(1, message, f"set `points = {sum(points)}` in course.toml")


def _wrong_answers(tree: Tree, page: Page, checks: dict[str, Declared]) -> Iterator[Problem]:
    path = tree.wrong_answers(page.entry.name)
    shown = tree.shown(path)
    fix = "add a [[wrong]] table with check, name, answer and message"
    if not path.is_file():
        yield Problem(shown, 0, "the lab has no catalogued wrong answers", fix)
        return
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("wrong", [])
    except tomllib.TOMLDecodeError as error:
        yield Problem(shown, 0, f"this is not TOML ({error})", "correct it")
        return
    counts = Counter(str(table.get("check")) for table in tables)
    for id_ in sorted(set(counts) - set(checks)):
        message = f"a wrong answer is for the check {id_}, which is not declared"
        yield Problem(shown, 0, message, "correct its `check`")
    for id_ in checks:
        if counts[id_] < _WRONG_ANSWERS:
            message = f"the check {id_} has {counts[id_]} of {_WRONG_ANSWERS} wrong answers"
            yield Problem(shown, 0, message, fix)
