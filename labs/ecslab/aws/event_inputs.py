"""What a target of an EventBridge rule is given of an event.

AWS: EventBridge user guide, "Amazon EventBridge input transformation"; botocore events Target
(Input, InputPath, InputTransformer).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["at_path", "target_input", "transformed"]

_STEP: Final = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
_BLANK: Final = re.compile(r"<([\w.-]+)>")


def target_input(target: Mapping[str, Any], event: dict[str, Any]) -> Any:
    """Return the JSON that a target gets.

    Args:
        target: the target, in botocore's shape.
        event: the whole event.
    """
    if target.get("Input"):
        return _json_or_text(target["Input"])
    if target.get("InputPath"):
        return at_path(target["InputPath"], event)
    transformer = target.get("InputTransformer")
    if transformer:
        return transformed(transformer["InputTemplate"], transformer.get("InputPathsMap"), event)
    return event


def transformed(template: str, paths: Mapping[str, str] | None, event: dict[str, Any]) -> Any:
    """Return an input template with its blanks filled from the event.

    Args:
        template: the text, with `<names>` for values.
        paths: the JSON path behind each name.
        event: the whole event.
    """
    values = {name: at_path(path, event) for name, path in (paths or {}).items()}
    values["aws.events.event.json"] = event

    def fill(match: re.Match[str]) -> str:
        value = values.get(match.group(1), "")
        return value if isinstance(value, str) else json.dumps(value)

    return _json_or_text(_BLANK.sub(fill, template))


def at_path(path: str, event: Any) -> Any:
    """Return the value at a JSON path such as `$.detail.containers[0].name`, None for nothing."""
    value = event
    for name, index, quoted in _STEP.findall(path):
        if index:
            inside = isinstance(value, list) and int(index) < len(value)
            value = value[int(index)] if inside else None
        else:
            value = value.get(name or quoted) if isinstance(value, dict) else None
    return value


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
