"""Values as data: what crosses from a learner's process to the trusted one, and nothing else."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Callable, KeysView, Mapping, ValuesView
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import requests
from botocore.exceptions import ClientError

from ecslab.model.image import Image

__all__ = ["Decoder", "Encoder", "Unreadable"]

_DEEPEST = 25
_MOST_ITEMS = 20_000
_LONGEST = 4_000_000
_LONGEST_NAME = 80
_LARGEST_INTEGER = 10**4000
"""Python refuses to write integers of more than 4300 digits as text."""
_UTC = dt.UTC


@dataclass(frozen=True)
class Unreadable:
    """Stands for a value that is no data.

    Attributes:
        kind: the name of its type.
    """

    kind: str


class Encoder:
    """Writes values as JSON can say them.

    A value of a class that the learner wrote is written as the plain value it derives from, so
    that a class which is equal to everything is not.

    Args:
        program: gives the number of a function that the trusted process is to imitate.
        result: gives the number of the operation that returned an object, or None.
    """

    def __init__(self, program: Callable[[Any], int], result: Callable[[Any], int | None]) -> None:
        self._program = program
        self._result = result
        self._left = _MOST_ITEMS

    def encode(self, value: Any) -> Any:
        """Write one value.

        Args:
            value: anything.
        """
        self._left = _MOST_ITEMS
        try:
            return self._encode(value, _DEEPEST)
        except Exception:  # noqa: BLE001 - a learner's object may fail in any way when read
            return _tagged("unreadable", type(value).__name__[:_LONGEST_NAME])

    def _encode(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth == 0 or self._left <= 0:
            return _tagged("unreadable", "too much")
        if value is None or isinstance(value, bool) or value is ...:
            return {"is": "dots"} if value is ... else value
        for kinds, write in self._writers():
            if isinstance(value, kinds):
                return write(value, depth - 1)
        return self._reference(value)

    def _reference(self, value: Any) -> Any:
        """Write where the trusted process finds the same object, when there is such a place."""
        number = self._result(value)
        if number is not None:
            return _tagged("result", number)
        if callable(value) and not isinstance(value, type):
            return _tagged("program", self._program(value))
        return _tagged("unreadable", type(value).__name__[:_LONGEST_NAME])

    def _writers(self) -> Any:
        return (
            (str, lambda value, _: str.__str__(value)[:_LONGEST]),
            (int, lambda value, _: _integer(int.__int__(value))),
            (float, lambda value, _: _float(float.__float__(value))),
            (bytes, lambda value, _: _tagged("bytes", base64.b64encode(bytes(value)).decode())),
            (dt.datetime, lambda value, _: _tagged("time", value.astimezone(_UTC).isoformat())),
            (dt.date, lambda value, _: _tagged("date", value.isoformat())),
            (
                dt.timedelta,
                lambda value, _: _tagged("span", [value.days, value.seconds, value.microseconds]),
            ),
            (Decimal, lambda value, _: _tagged("decimal", str(value))),
            (Mapping, self._mapping),
            (list, self._items("list")),
            (tuple, self._items("tuple")),
            ((set, frozenset), self._items("set")),
            (KeysView, self._items("keys")),
            (ValuesView, self._items("values")),
            (range, lambda value, _: _tagged("range", [value.start, value.stop, value.step])),
            (ClientError, self._error),
            (requests.Response, lambda value, _: _response(value)),
            (Image, self._image),
        )

    def _mapping(self, value: Any, depth: int) -> Any:
        pairs = [[self._encode(key, depth), self._encode(value[key], depth)] for key in value]
        return _tagged("dict", pairs)

    def _items(self, name: str) -> Callable[[Any, int], Any]:
        return lambda value, depth: _tagged(name, [self._encode(each, depth) for each in value])

    def _error(self, value: ClientError, depth: int) -> Any:
        response = self._encode(value.response, depth)
        return _tagged("error", [response, str(value.operation_name)])

    def _image(self, value: Image, depth: int) -> Any:
        found = {
            each.name: self._encode(getattr(value, each.name), depth) for each in fields(Image)
        }
        return _tagged("image", found)


class Decoder:
    """Reads what an `Encoder` wrote, or somebody who pretends to be one.

    Args:
        program: gives what imitates a program, by its number.
        result: gives what an operation returned, by its number.
        response: gives the response that was really received from an address with this content.
    """

    def __init__(
        self,
        *,
        program: Callable[[int], Any],
        result: Callable[[int], Any],
        response: Callable[[str, int, str], Any],
    ) -> None:
        self._program = program
        self._result = result
        self._response = response

    def decode(self, plain: Any) -> Any:
        """Read one value; what is none gives an `Unreadable`.

        Args:
            plain: as JSON holds it.
        """
        if not isinstance(plain, dict):
            ok = plain is None or isinstance(plain, bool | int | float | str)
            return plain if ok else Unreadable("nothing")
        kind, of = plain.get("is"), plain.get("of")
        read = getattr(self, f"_read_{kind}", None) if isinstance(kind, str) else None
        try:
            return Unreadable(str(of)[:_LONGEST_NAME]) if read is None else read(of)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            return Unreadable(str(kind))

    def _read_dots(self, _: Any) -> Any:
        return ...

    def _read_float(self, of: Any) -> float:
        return float(of)

    def _read_bytes(self, of: Any) -> bytes:
        return base64.b64decode(of)

    def _read_time(self, of: Any) -> dt.datetime:
        return dt.datetime.fromisoformat(of)

    def _read_date(self, of: Any) -> dt.date:
        return dt.date.fromisoformat(of)

    def _read_span(self, of: Any) -> dt.timedelta:
        days, seconds, microseconds = map(int, of)
        return dt.timedelta(days, seconds, microseconds)

    def _read_decimal(self, of: Any) -> Decimal:
        return Decimal(of)

    def _read_dict(self, of: Any) -> dict[Any, Any]:
        return {self.decode(key): self.decode(value) for key, value in of}

    def _read_list(self, of: Any) -> list[Any]:
        return [self.decode(each) for each in of]

    def _read_tuple(self, of: Any) -> tuple[Any, ...]:
        return tuple(self._read_list(of))

    def _read_set(self, of: Any) -> set[Any]:
        return set(self._read_list(of))

    def _read_keys(self, of: Any) -> KeysView[Any]:
        return dict.fromkeys(self._read_list(of)).keys()

    def _read_values(self, of: Any) -> ValuesView[Any]:
        return dict(enumerate(self._read_list(of))).values()

    def _read_range(self, of: Any) -> range:
        return range(*map(int, of))

    def _read_error(self, of: Any) -> ClientError:
        response, name = of
        return ClientError(self.decode(response), str(name))

    def _read_program(self, of: Any) -> Any:
        return self._program(int(of))

    def _read_result(self, of: Any) -> Any:
        return self._result(int(of))

    def _read_response(self, of: Any) -> Any:
        url, status, body = of
        return self._response(str(url), int(status), str(body))

    def _read_image(self, of: Any) -> Image:
        return Image(**{str(key): self.decode(value) for key, value in of.items()})


def _tagged(kind: str, of: Any) -> dict[str, Any]:
    return {"is": kind, "of": of}


def _integer(value: int) -> Any:
    return value if abs(value) < _LARGEST_INTEGER else _tagged("unreadable", "int")


def _float(value: float) -> Any:
    return value if math.isfinite(value) else _tagged("float", repr(value))


def _response(value: requests.Response) -> Any:
    return _tagged("response", [str(value.url), int(value.status_code), str(value.text)])
