"""Rules for the first call of a page: it opens the session of its own module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ecslab.authoring.linting.page import Page
from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LESSON

__all__ = ["problems"]


def problems(page: Page) -> Iterator[Problem]:
    """Find out whether the page starts the session it should, once.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    part = page.source.part
    wanted = f'start("{page.entry.name}", part="lesson")'
    if part != LESSON:
        wanted = f'start("{page.entry.name}")'
    fix = f"write `{part} = {wanted}` in the first code cell, and only there"
    code = [cell for cell in page.source.cells if cell.is_code]
    calls = [(cell, written) for cell in code for written in _starts(cell.text)]
    if not calls or calls[0][0] is not code[0]:
        line = code[0].line if code else 1
        yield page.problem(line, "the first code cell does not start the session", fix)
    for number, (cell, written) in enumerate(calls):
        if number:
            yield page.problem(cell.line, f"cell {cell.id} starts a second session", fix)
        elif written != f"{part} = {ast.unparse(ast.parse(wanted))}":
            yield page.problem(cell.line, f"the session is started by `{written}`", fix)


def _starts(code: str) -> list[str]:
    try:
        statements = ast.parse(code).body
    except SyntaxError:  # `derive` reports it
        return []
    return [
        ast.unparse(statement)
        for statement in statements
        if isinstance(statement, ast.Assign | ast.Expr)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func) in {"start", "ecslab.start"}
    ]
