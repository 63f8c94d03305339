"""Rules about tags, and how tags are added and removed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

Tags = list[dict[str, str]]
"""Tags in botocore's shape: a list of `key` and `value`."""

MAXIMUM_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256

_SOURCE = "botocore ecs Tag; AWS: ecs-using-tags (restrictions)"
_RESERVED = "aws:"
_PUNCTUATION = "_.:/=+-@"

TOO_MANY = Answer(
    message="Tags cannot have more than 50 elements",
    source=_SOURCE,
    code=INVALID_PARAMETER,
    verified=False,
)
REPEATED = Answer(
    message="Tag keys must be unique",
    source=_SOURCE,
    code=INVALID_PARAMETER,
    verified=False,
)
RESERVED = Answer(
    message="aws: prefixed tag key names are not allowed for external use.",
    source=_SOURCE,
    code=INVALID_PARAMETER,
    verified=False,
)
INVALID = Answer(
    message="Invalid tag {part}: {text}",
    source=_SOURCE,
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS = (TOO_MANY, REPEATED, RESERVED, INVALID)


def merged(existing: Sequence[dict[str, str]], added: Sequence[dict[str, str]]) -> Tags:
    """Return the tags of a resource after some are added or changed, in the order of their making.

    Args:
        existing: the tags that the resource has.
        added: the tags of the request.

    Raises:
        AwsError: more than 50 tags, a key that is repeated, reserved, too long or empty, a value
            that is too long, or a character that tags can't have.
    """
    keys = [tag.get("key", "") for tag in added]
    if len(set(keys)) != len(keys):
        raise REPEATED.error()
    for tag in added:
        _check(tag.get("key", ""), tag.get("value", ""))
    values = {tag["key"]: tag["value"] for tag in existing}
    values |= {tag["key"]: tag.get("value", "") for tag in added}
    if sum(not reserved(key) for key in values) > MAXIMUM_TAGS:
        raise TOO_MANY.error()
    return [{"key": key, "value": value} for key, value in values.items()]


def without(existing: Iterable[dict[str, str]], keys: Iterable[str]) -> Tags:
    """Return the tags of a resource after some keys are removed.

    Unknown keys change nothing, and those that AWS has set stay.
    """
    gone = {key for key in keys if not reserved(key)}
    return [tag for tag in existing if tag["key"] not in gone]


def managed_tags(cluster: str, service: str = "") -> Tags:
    """Return the tags that ECS gives to a task by itself.

    AWS: ecs-using-tags (managed tags).

    Args:
        cluster: the name of its cluster.
        service: the name of its service, empty for a standalone task.
    """
    tags = [{"key": "aws:ecs:clusterName", "value": cluster}]
    return [*tags, {"key": "aws:ecs:serviceName", "value": service}] if service else tags


def reserved(text: str) -> bool:
    """Return whether a key or value is one that only AWS sets; it counts against no limit."""
    return text.lower().startswith(_RESERVED)


def _check(key: str, value: str) -> None:
    if reserved(key) or reserved(value):
        raise RESERVED.error()
    if not 0 < len(key) <= LONGEST_KEY or not _written_right(key):
        raise INVALID.error(part="key", text=key)
    if len(value) > LONGEST_VALUE or not _written_right(value):
        raise INVALID.error(part="value", text=value)


def _written_right(text: str) -> bool:
    return all(
        character in _PUNCTUATION or unicodedata.category(character)[0] in "LNZ"
        for character in text
    )
