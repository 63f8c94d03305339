"""CloudTrail's LookupEvents, which moto does not have, and the start of a trail's deliveries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from moto.cloudtrail import urls
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError

if TYPE_CHECKING:
    from ecslab.aws.trail import Trail
    from ecslab.aws.trail_event import TrailEvent

__all__ = ["install"]

_MOST: Final = 50
_KEYS: Final[dict[str, Callable[[TrailEvent], str]]] = {
    "AccessKeyId": lambda event: event.source.access_key,
    "EventId": lambda event: event.id,
    "EventName": lambda event: event.call.operation,
    "EventSource": lambda event: event.event_source,
    "ReadOnly": lambda event: str(event.read_only).lower(),
    "Username": lambda event: event.username,
}


class TrailResponse(CloudTrailResponse):
    """CloudTrail with its event history."""

    trail: ClassVar[Trail]
    """The record of calls; set while a simulated account runs."""

    def start_logging(self) -> str:
        """Begin to deliver log files."""
        answer = super().start_logging()
        found = self.cloudtrail_backend.get_trail(self._get_param("Name"))
        self.trail.begin_delivery(found.region_name, found.trail_name)
        return answer

    def lookup_events(self) -> str:
        """Answer with management events, the most recent first (botocore LookupEvents)."""
        most = self._get_param("MaxResults", _MOST)
        if not 1 <= most <= _MOST:
            message = "Specified MaxResults is not valid. Specify a value between 1 and 50."
            raise JsonRESTError("InvalidMaxResultsException", message)
        wanted = list(self._matching())
        first = self._first(len(wanted))
        shown = wanted[first : first + most]
        answer: dict[str, Any] = {"Events": [_view(event) for event in shown]}
        if first + most < len(wanted):
            answer["NextToken"] = str(first + most)
        return json.dumps(answer)

    def _first(self, count: int) -> int:
        token = self._get_param("NextToken")
        if token is None:
            return 0
        if not str(token).isdigit() or int(token) >= count:
            raise JsonRESTError("InvalidNextTokenException", "The specified token is not valid.")
        return int(token)

    def _matching(self) -> list[TrailEvent]:
        start, end = self._moment("StartTime"), self._moment("EndTime")
        if start and end and start > end:
            message = "The start time must be before the end time."
            raise JsonRESTError("InvalidTimeRangeException", message)
        attributes = self._get_param("LookupAttributes") or []
        if len(attributes) > 1:
            message = "You can only specify one lookup attribute."
            raise JsonRESTError("InvalidLookupAttributesException", message)
        return [
            event
            for event in self.trail.events()
            if not event.is_data
            and event.call.operation
            and event.call.region == self.region
            and (start is None or start <= event.at)
            and (end is None or event.at <= end)
            and all(_fits(event, attribute) for attribute in attributes)
        ]

    def _moment(self, name: str) -> datetime | None:
        value = self._get_param(name)
        return None if value is None else datetime.fromtimestamp(float(value), UTC)


def _fits(event: TrailEvent, attribute: dict[str, str]) -> bool:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key in _KEYS:
        return bool(_KEYS[key](event) == value)
    member = {"ResourceName": "ResourceName", "ResourceType": "ResourceType"}.get(key)
    return any(resource.get(member or "") == value for resource in event.resources)


def _view(event: TrailEvent) -> dict[str, Any]:
    return {
        "EventId": event.id,
        "EventName": event.call.operation,
        "ReadOnly": str(event.read_only).lower(),
        "AccessKeyId": event.source.access_key,
        "EventTime": int(event.at.timestamp()),
        "EventSource": event.event_source,
        "Username": event.username,
        "Resources": event.resources,
        "CloudTrailEvent": json.dumps(event.record, default=str),
    }


def install(trail: Trail) -> Callable[[], None]:
    """Have CloudTrail answer from a record of calls.

    Args:
        trail: the record.

    Returns:
        What puts moto's own CloudTrail back.
    """
    before = dict(urls.url_paths)
    TrailResponse.trail = trail
    urls.url_paths = {"{0}/$": TrailResponse.dispatch}

    def uninstall() -> None:
        urls.url_paths = before

    return uninstall
