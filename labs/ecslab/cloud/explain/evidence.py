"""The call that shows something, as a line of boto3 that works."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.reader import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer

__all__ = ["Absent", "Evidence", "literal", "parse_call", "quote", "value_at"]

_HOME: Final = "us-east-1"
_WIDTH: Final = 62


@dataclass(frozen=True, slots=True)
class Absent:
    """A key that a response need not have; on a path it is read with `.get`."""

    name: str


Part = str | int | Absent


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where something can be seen.

    Args:
        service: botocore's name of the service.
        operation: the client's method.
        parameters: of the request.
        path: leads from the response to the value.
        value: what stands there, as plain JSON; of a refused request the words of the refusal.
        refused: whether the request is refused, so that the call raises `ClientError`.
        region: the Region that is asked.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    path: tuple[Part, ...]
    value: Any
    refused: bool = False
    region: str = _HOME

    @property
    def call(self) -> str:
        """Return the call as one line of Python; it needs `import boto3` before it."""
        arguments = ", ".join(f"{key}={literal(value)}" for key, value in self.parameters.items())
        return f"{self._client}.{self.operation}({arguments}){self._tail}"

    def lines(self) -> Iterator[str]:
        """Yield the call on short lines, which are the same Python."""
        if len(self.call) <= _WIDTH:
            yield self.call
            return
        yield f"{self._client}.{self.operation}("
        for key, value in self.parameters.items():
            yield from _argument(key, value)
        yield from _tail_lines(() if self.refused else self.path)

    @property
    def _client(self) -> str:
        region = "" if self.region == _HOME else f", region_name={literal(self.region)}"
        return f"boto3.client({literal(self.service)}{region})"

    @property
    def _tail(self) -> str:
        return "" if self.refused else "".join("".join(_step(part)) for part in self.path)


def quote(answer: Answer, *path: Part, region: str = _HOME) -> Evidence:
    """Return what a response says at a place, or its refusal.

    Where the response has no such place, the nearest place above it is quoted.

    Args:
        answer: the response.
        path: keys and indexes that lead to the place.
        region: the Region that was asked.
    """
    value: Any = answer.found
    parts: list[Part] = []
    if answer.error:
        return Evidence(
            answer.service, answer.operation, answer.parameters, (), answer.error, True, region
        )
    for part in path:
        if isinstance(part, Absent):
            value = value.get(part.name) if isinstance(value, dict) else None
        else:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                break
        parts.append(part)
    return Evidence(
        answer.service,
        answer.operation,
        answer.parameters,
        tuple(parts),
        plain(value),
        region=region,
    )


def value_at(answer: Answer, *path: str | int) -> Any:
    """Return what stands at a place of a response, None when there is no such place."""
    value: Any = answer.found
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def literal(value: Any) -> str:
    """Return a value as Python writes it, with double quotes."""
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            return f'"{text[1:-1]}"'
        return text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    return repr(value)


def parse_call(text: str) -> tuple[str, str, dict[str, Any]] | None:
    """Return service, operation and parameters of a call such as `ec2.describe_vpcs(VpcIds=[…])`.

    Args:
        text: the call; a comment after it is passed over.
    """
    call = ast.parse(text, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    service = call.func.value
    if not isinstance(service, ast.Name):
        return None
    parameters = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    return service.id, call.func.attr, parameters


def _step(part: Part) -> tuple[str, str, str]:
    """Return how a part of a path is read: what opens it, its name, what closes it."""
    if isinstance(part, Absent):
        return ".get(", literal(part.name), ")"
    return "[", literal(part), "]"


def _tail_lines(path: tuple[Part, ...]) -> Iterator[str]:
    """Yield what follows the arguments, broken inside brackets where it gets too long."""
    line = ")"
    for opening, name, closing in map(_step, path):
        if len(line + opening + name + closing) > _WIDTH:
            yield line + opening
            yield f"    {name}"
            line = closing
        else:
            line += opening + name + closing
    yield line


def _argument(key: str, value: Any) -> Iterator[str]:
    whole = f"    {key}={literal(value)},"
    if len(whole) <= _WIDTH:
        yield whole
    elif isinstance(value, list):
        yield f"    {key}=["
        for each in value:
            *before, last = _pieces(each)
            yield from before
            yield f"{last},"
        yield "    ],"
    else:
        yield f"    {key}=("
        yield from _pieces(value)
        yield "    ),"


def _pieces(value: Any) -> list[str]:
    """Return a value on lines of its own; a long text becomes neighbouring texts."""
    whole = f"        {literal(value)}"
    if isinstance(value, dict) and len(whole) > _WIDTH:
        members = [f"            {literal(key)}: {literal(each)}," for key, each in value.items()]
        return ["        {", *members, "        }"]
    if not isinstance(value, str):
        return [whole]
    size = _WIDTH - 12
    starts = range(0, max(len(value), 1), size)
    return [f"        {literal(value[start : start + size])}" for start in starts]
