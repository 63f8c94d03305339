"""What stays of a solution in a lab: the left-hand sides of its assignments."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["Stub", "parse_region"]

_BLOCKS = (ast.With, ast.For, ast.While, ast.If, ast.Try)


def parse_region(lines: list[str], indent: str) -> list[ast.stmt]:
    """Parse the statements of a solution.

    Args:
        lines: the lines between the marks.
        indent: of its first statement.
    """
    text = "\n".join(lines)
    if not indent:
        return ast.parse(text).body
    # Without touching the indentation: a text in triple quotes may have less of it.
    body = ast.parse(f"if True:\n{text}").body
    ast.increment_lineno(body[0], -1)
    if len(body) != 1 or not isinstance(body[0], ast.If) or body[0].orelse:
        raise SyntaxError("the statements are not in one block")
    return body[0].body


class Stub:
    """Makes the stubs of one lab; it remembers which names the learner has yet to assign."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def of(self, statements: list[ast.stmt]) -> list[str]:
        """Give the lines that replace these statements; none when they assign nothing.

        ``service = ecs.create_service(...)`` leaves ``service = ...``, several targets one
        ``...`` each, so that the line can be run; ``return value`` leaves ``return ...``.

        Args:
            statements: of one solution, in order.
        """
        lines: list[str] = []
        for line in self._lines(statements):
            if line not in lines:
                lines.append(line)
        return lines

    def _lines(self, statements: list[ast.stmt]) -> Iterator[str]:
        for statement in statements:
            if isinstance(statement, ast.Assign):
                yield from self._assignment(statement)
            elif isinstance(statement, ast.AnnAssign) and self._reachable(statement.target):
                written = f"{ast.unparse(statement.target)}: {ast.unparse(statement.annotation)}"
                yield f"{written} = {self._blank(statement.target)}"
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._open.add(statement.name)
                yield f"{statement.name} = ..."
            elif isinstance(statement, ast.Return) and statement.value is not None:
                yield "return ..."
            elif isinstance(statement, _BLOCKS):
                yield from self._lines(_inner(statement))

    def _assignment(self, statement: ast.Assign) -> Iterator[str]:
        targets = [target for target in statement.targets if self._reachable(target)]
        if not targets:
            return
        shapes = {self._blank(target) for target in targets}
        if len(shapes) == 1:
            yield " = ".join([*(_written(target) for target in targets), *shapes])
            return
        for target in targets:
            yield f"{_written(target)} = {self._blank(target)}"

    def _reachable(self, target: ast.expr) -> bool:
        """Tell whether a stub of this target can run: a part of ``...`` cannot be assigned."""
        if isinstance(target, ast.Tuple | ast.List):
            return all(self._reachable(element) for element in target.elts)
        if isinstance(target, ast.Starred):
            return self._reachable(target.value)
        if isinstance(target, ast.Name):
            return True
        return not self._open & {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}

    def _blank(self, target: ast.expr) -> str:
        """Give the ``...`` for a target, and remember its names."""
        if isinstance(target, ast.Tuple | ast.List):
            parts = [self._blank(element) for element in target.elts]
            parts = [f"({part})" if "," in part else part for part in parts]
            return ", ".join(parts) + ("," if len(parts) == 1 else "")
        if isinstance(target, ast.Starred):
            return self._blank(target.value)
        if isinstance(target, ast.Name):
            self._open.add(target.id)
        return "..."


def _written(target: ast.expr) -> str:
    text = ast.unparse(target)
    return text[1:-1] if isinstance(target, ast.Tuple) and text.startswith("(") else text


def _inner(statement: ast.stmt) -> list[ast.stmt]:
    """List the statements directly inside a block, of all its branches."""
    found: list[ast.stmt] = []
    for name in ("body", "orelse", "finalbody"):
        found += getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        found += handler.body
    return found
