"""The fingerprint of what an image does: the same for the same behaviour, in any process."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType, MappingProxyType, MethodType
from typing import Any, Final

__all__ = ["UNUSED_LEAVES_DIGEST", "digest"]

UNUSED_LEAVES_DIGEST: Final = MappingProxyType({"unused_leaves_digest": True})
"""Metadata of a field that came later: images that leave it empty keep the digest they had."""

_DEEPEST: Final = 12
_SIMPLE: Final = (str, int, float, bool, type(None))
_MAPPINGS: Final = (dict, MappingProxyType)
_SEQUENCES: Final = (tuple, list)
_SETS: Final = (set, frozenset)


def digest(value: Any) -> str:
    """Return `sha256:` and the fingerprint of a value.

    Args:
        value: plain values, containers, dataclasses and functions. Of functions the source counts,
            with defaults and what they close over; of other objects the class and plain attributes.
    """
    text = json.dumps(_plain(value, _DEEPEST), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, depth: int) -> Any:
    """Return JSON that stands for a value."""
    if isinstance(value, _SIMPLE):
        return value
    if depth == 0:
        return _name(value)
    if isinstance(value, (*_MAPPINGS, *_SEQUENCES, *_SETS)):
        return _of_container(value, depth - 1)
    if is_dataclass(value) and not isinstance(value, type):
        return [
            _name(value),
            {
                f.name: _plain(getattr(value, f.name), depth - 1)
                for f in fields(value)
                if getattr(value, f.name) or "unused_leaves_digest" not in f.metadata
            },
        ]
    return _of_program(value, depth - 1)


def _of_container(value: Any, depth: int) -> Any:
    if isinstance(value, _MAPPINGS):
        return {str(key): _plain(item, depth) for key, item in value.items()}
    items = [_plain(item, depth) for item in value]
    return sorted(map(json.dumps, items)) if isinstance(value, _SETS) else items


def _of_program(value: Any, depth: int) -> Any:
    """Return what stands for a function, or for an object that is called like one."""
    told = getattr(value, "image_fingerprint", None)
    if isinstance(told, str):  # it stands for another function, and says for which
        return told
    if isinstance(value, functools.partial):
        return ["partial", _plain([value.func, value.args, value.keywords], depth)]
    if isinstance(value, MethodType):
        return [_plain(value.__func__, depth), _plain(value.__self__, depth)]
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        kept = [value.__defaults__, value.__kwdefaults__, cells]
        return [value.__qualname__, _source(value), _plain(kept, depth)]
    # Nothing deeper: a client or a simulated account is not part of what an image does.
    own = getattr(value, "__dict__", {})
    held = (*_SIMPLE, *_MAPPINGS, *_SEQUENCES, *_SETS)
    return [_name(value), {k: _plain(v, 2) for k, v in own.items() if isinstance(v, held)}]


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
