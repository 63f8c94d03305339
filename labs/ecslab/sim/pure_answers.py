"""Whether a WSGI application's answer depends on nothing but the request.

A load balancer asks every target the same thing again and again. What a plain function answers from
its arguments, from constants, from the container's variables and from functions of the language
that only compute is the same each time, so that it need not run again: until someone binds another
value to a name that it reads.
Whatever is not certain to be so is not taken to be so.
"""

from __future__ import annotations

import builtins
import dis
import functools
import os
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.environment import FROM_OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import simpy

    from ecslab.clock import Clock

_COMPUTING: Final = frozenset(
    getattr(builtins, name)
    for name in (
        *("abs", "all", "any", "bool", "bytes", "chr", "dict", "divmod", "enumerate", "float"),
        *("int", "isinstance", "len", "list", "max", "min", "ord", "range", "reversed", "round"),
        *("sorted", "str", "sum", "tuple", "zip", "Exception", "KeyError", "ValueError"),
    )
)
"""Functions of the language that have no effects and read nothing but their arguments."""

_ATOMS: Final = (str, bytes, int, float, bool, type(None))

_REACHING_OUT: Final = frozenset(
    (
        *("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_NAME", "DELETE_NAME", "LOAD_NAME"),
        *("STORE_DEREF", "DELETE_DEREF", "STORE_ATTR", "DELETE_ATTR", "LOAD_BUILD_CLASS"),
        *("IMPORT_NAME", "IMPORT_FROM", "IMPORT_STAR", "MAKE_FUNCTION", "YIELD_VALUE", "SEND"),
        *("LOAD_LOCALS", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_FROM_DICT_OR_DEREF"),
        *("GET_AWAITABLE", "GET_AITER", "GET_ANEXT", "RETURN_GENERATOR", "LOAD_SUPER_ATTR"),
    )
)
"""Instructions that read or change what is outside of the function, or outlive its call."""

_LOADS_GLOBAL: Final = "LOAD_GLOBAL"

_LOADS_ATTRIBUTE: Final = ("LOAD_ATTR", "LOAD_METHOD")

_UNCERTAIN: Final = frozenset(("format", "format_map", "wsgi.errors"))
"""Names and texts with which code can reach what it does not name."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class PureAnswer:
    """What an application's answers rest on besides the request.

    Args:
        app: the function.
        code: its code.
        names: global names, and attributes of what they name as `name.attribute`, and their values.
        cells: the values of the names that it takes from the function around it.
    """

    app: FunctionType
    code: Any
    names: tuple[tuple[str, Any], ...]
    cells: tuple[Any, ...]

    @property
    def holds(self) -> bool:
        """Return whether all of that is as it was."""
        app = self.app
        return (
            app.__code__ is self.code
            and app.__defaults__ is None
            and app.__kwdefaults__ is None
            and all(_look_up(app, name) is value for name, value in self.names)
            and all(
                _content(cell) is value
                for cell, value in zip(app.__closure__ or (), self.cells, strict=True)
            )
        )


def pure_answer(app: Callable[..., Any] | None) -> PureAnswer | None:
    """Return what the answers of an application rest on; None when that can't be told.

    Args:
        app: a WSGI application.
    """
    if type(app) is not FunctionType or app.__defaults__ or app.__kwdefaults__:
        return None
    code = app.__code__
    if not _stays_inside(code):
        return None
    names = _names_of(app)
    cells = tuple(_content(cell) for cell in app.__closure__ or ())
    if names is None:
        return None
    return PureAnswer(app, code, names, cells) if all(map(_is_atom, cells)) else None


class PureAnswers:
    """Remembers what the answers of one process rest on."""

    def __init__(self) -> None:
        self._app: Callable[..., Any] | None = None
        self._found: PureAnswer | None = None

    def of(self, app: Callable[..., Any] | None) -> PureAnswer | None:
        """Return what the answers of an application rest on now; None when that can't be told."""
        if app is not self._app or (self._found is not None and not self._found.holds):
            self._app, self._found = app, pure_answer(app)
        return self._found


class Changes:
    """Tells when applications no longer answer as they did.

    Args:
        clock: says when code has run that may have bound another value to a name.
    """

    def __init__(self, clock: Clock) -> None:
        self._env = clock.env
        self._watched: dict[int, tuple[PureAnswer, simpy.Event]] = {}
        clock.watch_code(self._look)

    def of(self, rests_on: PureAnswer | None, *, or_else: simpy.Event) -> simpy.Event:
        """Return an event that comes when answers rest on something else, or with another event.

        Args:
            rests_on: what the answers rest on, which holds; None when nothing can change them.
            or_else: the other event.
        """
        if rests_on is None:
            return or_else
        key = id(rests_on.app)
        if key not in self._watched:
            self._watched[key] = rests_on, self._env.event()
        return self._watched[key][1] | or_else

    def _look(self) -> None:
        for key, (rests_on, changed) in list(self._watched.items()):
            if not rests_on.holds:
                del self._watched[key]
                changed.succeed()


def _stays_inside(code: Any) -> bool:
    """Return whether code has no instruction and no name that leads out of the function."""
    if any(each.opname in _REACHING_OUT for each in _steps(code)):
        return False
    words = (*code.co_names, *(text for text in code.co_consts if isinstance(text, str)))
    return not any(word in _UNCERTAIN for word in words) and not any(
        name.startswith("_") or "_frame" in name for name in code.co_names
    )


@functools.lru_cache(maxsize=256)
def _steps(code: Any) -> tuple[dis.Instruction, ...]:
    """Return the instructions of code, read once for all processes that run it."""
    return tuple(each for each in dis.get_instructions(code) if each.opname != "PUSH_NULL")


def _names_of(app: FunctionType) -> tuple[tuple[str, Any], ...] | None:
    """Return the names that a function reads and their values; None if one may change its answers.

    Args:
        app: the function.
    """
    found: dict[str, Any] = {}
    steps = _steps(app.__code__)
    for place, step in enumerate(steps):
        if step.opname != _LOADS_GLOBAL:
            continue
        name, after = step.argval, steps[place + 1 :]
        value = found[name] = _look_up(app, name)
        if value is os and after[0].opname in _LOADS_ATTRIBUTE:
            name, after = f"{name}.{after[0].argval}", after[1:]
            value = found[name] = _look_up(app, name)
        if not (_is_atom(value) or _computes(value) or _reads_variable(value, after)):
            return None
    return tuple(found.items())


def _reads_variable(value: Any, steps: Sequence[dis.Instruction]) -> bool:
    """Return whether instructions read one variable of the container, which has its own for good.

    Args:
        value: what the code has loaded.
        steps: the instructions that follow.
    """
    if value is os.environ and steps[0].opname in _LOADS_ATTRIBUTE:
        return steps[0].argval == "get" and _names_variable(steps[1])
    if value is os.environ:
        reads = steps[1].opname == "BINARY_SUBSCR" or steps[1].argrepr == "[]"  # from Python 3.14
        return _names_variable(steps[0]) and reads
    return value is os.getenv and _names_variable(steps[0])


def _names_variable(step: dis.Instruction) -> bool:
    constant = step.opname == "LOAD_CONST" and isinstance(step.argval, str)
    return constant and step.argval not in FROM_OUTSIDE


def _look_up(app: FunctionType, name: str) -> Any:
    """Return the value of a global name, or of an attribute of one, as the function finds it."""
    first, _, attribute = name.partition(".")
    value = app.__globals__.get(first, _ABSENT)
    value = getattr(builtins, first, _ABSENT) if value is _ABSENT else value
    return getattr(value, attribute, _ABSENT) if attribute else value


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is bound to it
        return _ABSENT


def _is_atom(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_is_atom, value))
    return type(value) in _ATOMS


def _computes(value: Any) -> bool:
    try:
        return value in _COMPUTING
    except TypeError:  # it can't be hashed, so that it is none of them
        return False
