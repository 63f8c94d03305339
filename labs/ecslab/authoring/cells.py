"""The notebooks that a source becomes: which cells each has, and with which code."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecslab.authoring import formatting
from ecslab.authoring.regions import BEGIN, blanked, solved
from ecslab.authoring.source import Source, SourceCell
from ecslab.authoring.stubs import Stub
from ecslab.authoring.tree import LAB

__all__ = ["MOST_COLUMNS", "MOST_LINES", "Cell", "Derived", "derive"]

MOST_LINES = 15
MOST_COLUMNS = 79

_CHECKED = "nbval-check-output"


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook, without outputs.

    Attributes:
        id: unique in its notebook.
        kind: ``code`` or ``markdown``.
        tags: as the notebook keeps them.
        text: its source.
        line: where it starts in the source file, from 1.
    """

    id: str
    kind: str
    tags: tuple[str, ...]
    text: str
    line: int

    @property
    def is_code(self) -> bool:
        """Whether the cell holds Python."""
        return self.kind == "code"


@dataclass(frozen=True)
class Derived:
    """What a source becomes.

    Attributes:
        source: the source.
        executed: the cells of the lesson or of the solution, whose outputs are kept.
        starter: the cells of the lab, or None for a lesson.
    """

    source: Source
    executed: tuple[Cell, ...]
    starter: tuple[Cell, ...] | None


def derive(sources: Sequence[Source]) -> list[Derived]:
    """Make the cells of all notebooks, formatted, or say what is wrong in a source.

    Args:
        sources: formatted all at once, because starting ruff takes longer than its work.
    """
    raw = [_derive(source) for source in sources]
    texts = [
        formatting.Snippet(cell.text, derived.source, cell.id, cell.line)
        for derived in raw
        for cell in [*derived.executed, *(derived.starter or ())]
        if cell.is_code
    ]
    formatted = iter(formatting.run(texts))
    return [_with_code(derived, formatted) for derived in raw]


def _with_code(derived: Derived, formatted: formatting.Formatted) -> Derived:
    def done(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(
            replace(cell, text=next(formatted)) if cell.is_code else cell for cell in cells
        )

    executed = done(derived.executed)
    starter = None if derived.starter is None else done(derived.starter)
    for cell in [*executed, *(starter or ())]:
        if cell.is_code:
            _measure(derived.source, cell)
    return Derived(derived.source, executed, starter)


def _derive(source: Source) -> Derived:
    for cell in source.cells:
        if cell.is_code:
            _judge(source, cell)
    executed = tuple(
        _cell(cell, solved(source, cell) if cell.is_code else cell.text) for cell in source.cells
    )
    if source.part != LAB:
        return Derived(source, executed, None)
    _judge_order(source)
    stub = Stub()
    starter = tuple(
        _cell(cell, blanked(source, cell, stub) if "answer" in cell.tags else cell.text)
        for cell in source.cells
        if "solution" not in cell.tags
    )
    return Derived(source, executed, starter)


def _cell(cell: SourceCell, text: str) -> Cell:
    tags = cell.tags
    if "check" in tags and _CHECKED not in tags:
        tags = (*tags, _CHECKED)  # so that nbval compares it in lax mode, too
    return Cell(cell.id, cell.kind, tags, text, cell.line)


def _judge(source: Source, cell: SourceCell) -> None:
    try:
        body = ast.parse(cell.text).body
    except SyntaxError as error:
        line = cell.text_line + (error.lineno or 1) - 1
        message = f"cell {cell.id} is not valid Python ({error.msg})"
        raise source.error(line, message, "write plain Python, without % and ! commands") from None
    if not body and "answer" not in cell.tags:
        fix = "write code into it, or delete the cell"
        raise source.error(cell.line, f"cell {cell.id} does nothing", fix)
    if "check" in cell.tags:
        _judge_check(source, cell, body)
    elif source.part == LAB and any(
        _is_check_call(node) for node in ast.walk(ast.Module(body, []))
    ):
        fix = "label the cell `check-ID` and tag it `check`, or remove the call"
        raise source.error(cell.line, f"cell {cell.id} calls lab.check but is no check cell", fix)
    marked = solved(source, cell) != cell.text
    if "answer" in cell.tags and not marked:
        message = f"answer cell {cell.id} has no solution, so the lab would give its code away"
        raise source.error(cell.line, message, f"put `{BEGIN}` and `### END SOLUTION` around it")


def _judge_check(source: Source, cell: SourceCell, body: list[ast.stmt]) -> None:
    check = cell.id.removeprefix("check-")
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    form = f'`lab.check("{check}")` or `lab.check("{check}", value)`'
    if not (
        isinstance(call, ast.Call)
        and _is_check_call(call)
        and not call.keywords
        and 1 <= len(call.args) <= 2  # noqa: PLR2004 - the id, and perhaps a value
        and isinstance(call.args[0], ast.Constant)
    ):
        message = f"check cell {cell.id} holds something else than one check"
        raise source.error(cell.text_line, message, f"make its only statement {form}")
    if call.args[0].value != check:
        message = f"check cell {cell.id} runs the check {call.args[0].value!r}"
        raise source.error(cell.text_line, message, "use the same id in the label and in the call")


def _is_check_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "lab"
    )


def _judge_order(source: Source) -> None:
    """Refuse a check without an answer: there would be nothing to judge."""
    answered = False
    for cell in source.cells:
        answered = answered or "answer" in cell.tags
        if "check" in cell.tags:
            if not answered:
                message = f"check cell {cell.id} has no answer cell since the check before it"
                raise source.error(cell.line, message, "put an `answer` cell in front of it")
            answered = False


def _measure(source: Source, cell: Cell) -> None:
    lines = cell.text.splitlines()
    if len(lines) > MOST_LINES:
        message = f"cell {cell.id} has {len(lines)} lines when formatted"
        raise source.error(cell.line, message, f"split it; {MOST_LINES} are the most")
    longest = max((len(line) for line in lines), default=0)
    if longest > MOST_COLUMNS:
        message = f"cell {cell.id} has a line of {longest} columns when formatted"
        raise source.error(cell.line, message, f"shorten it; {MOST_COLUMNS} are the most")
