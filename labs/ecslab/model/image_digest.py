"""The fingerprint of what an image does: the same for the same behaviour, in any process."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

__all__ = ["digest"]

_DEEPEST: Final = 12


def digest(value: Any) -> str:
    """Return `sha256:` and the fingerprint of a value.

    Args:
        value: plain values, containers, dataclasses and functions; of functions the source counts,
            with defaults and what they close over.
    """
    text = json.dumps(_plain(value, _DEEPEST), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, depth: int) -> Any:
    """Return JSON that stands for a value."""
    if depth == 0 or isinstance(value, ModuleType | type | BuiltinFunctionType):
        return _name(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return _of_container(value, depth) if _is_container(value) else _of_object(value, depth - 1)


def _is_container(value: Any) -> bool:
    kinds = (Mapping, tuple, list, set, frozenset)
    return is_dataclass(value) or isinstance(value, kinds)


def _of_container(value: Any, depth: int) -> Any:
    if is_dataclass(value):
        return [
            _name(value),
            {f.name: _plain(getattr(value, f.name), depth - 1) for f in fields(value)},
        ]
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key], depth - 1) for key in value}
    items = [_plain(item, depth - 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(item, sort_keys=True) for item in items)
    return items


def _of_object(value: Any, depth: int) -> Any:
    """Return what stands for a function, or for an object by its class and its attributes."""
    if isinstance(value, functools.partial):
        return ["partial", _plain([value.func, value.args, value.keywords], depth)]
    if isinstance(value, MethodType):
        return [_plain(value.__func__, depth), _plain(value.__self__, depth)]
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        kept = [value.__defaults__, value.__kwdefaults__, cells]
        return [value.__qualname__, _source(value), _plain(kept, depth)]
    return [_name(value), _plain(getattr(value, "__dict__", {}), depth)]


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a name that has no value yet
        return False


def _source(function: FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return _of_code(function.__code__)


def _of_code(code: CodeType) -> str:
    """Return what stands for code without source, such as that of `exec`."""
    constants = [_of_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return " ".join([code.co_code.hex(), *code.co_names, *constants])


def _name(value: Any) -> str:
    named = value if hasattr(value, "__name__") else type(value)
    return str(getattr(named, "__qualname__", named.__name__))
