"""Which names a cell binds and reads, and code that keeps and restores them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

__all__ = ["bound_by", "kept", "read_by", "restored"]

_STORE = "_ecslab_kept"
_AROUND_PYTHON = {"%%capture", "%%prun", "%%time", "%%timeit"}


def bound_by(sources: Iterable[str]) -> set[str]:
    """Give the names that cells bind.

    Args:
        sources: the code of the cells; one that is no Python binds nothing.
    """
    return {name for source in sources for node in _nodes(source) for name in _bound(node)}


def read_by(sources: Iterable[str]) -> set[str]:
    """Give the names that cells read.

    Args:
        sources: the code of the cells.
    """
    return {
        node.id
        for source in sources
        for node in _nodes(source)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def kept(names: Iterable[str]) -> str:
    """Give code that keeps what names mean now, in place of what it kept before.

    Args:
        names: those of them that mean nothing are left out.
    """
    found = f"{{n: globals()[n] for n in {sorted(names)!r} if n in globals()}}"
    return f"{_STORE} = {found}"


def restored(names: Iterable[str]) -> str:
    """Give code that gives names back what `kept` kept.

    Args:
        names: any; those that it did not keep are left as they are.
    """
    store = f"globals().get({_STORE!r}, {{}})"
    return f"globals().update({{n: {store}[n] for n in {sorted(names)!r} if n in {store}}})"


def _nodes(source: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(_tree(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a magic, a command, or no Python at all
        return ast.parse(_plain(source))


def _plain(source: str) -> str:
    """Give the Python of a cell: without a magic over all of it, and with calls for the others."""
    first, _, rest = source.lstrip().partition("\n")
    if first.split(" ")[0].strip() in _AROUND_PYTHON:
        source = rest
    from IPython.core.inputtransformer2 import TransformerManager  # slow, and seldom needed

    return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (each.asname or each.name.partition(".")[0] for each in node.names)
