"""The record of every API call of an account: CloudTrail's event history and its trails.

AWS: CloudTrail view-cloudtrail-events (management events of 90 days); botocore cloudtrail
LookupEvents; get-and-view-cloudtrail-log-files (names of log files, about every five minutes).
"""

from __future__ import annotations

import gzip
import json
from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from moto.cloudtrail.models import cloudtrail_backends
from moto.s3.models import s3_backends

from ecslab.aws.trail_event import AgentCall, RequestCall, TrailEvent, may_be_data

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ecslab.clock import Clock
    from ecslab.sim.identifiers import Identifiers

__all__ = ["Trail"]

_KEPT: Final = timedelta(days=90)
_DELIVERY: Final = 300.0
_LARGEST_ANSWER: Final = 65536


class Trail:
    """All calls of one account.

    Args:
        account: the account id.
        clock: simulated time.
        identifiers: draws the ids of events.
    """

    def __init__(self, account: str, clock: Clock, identifiers: Identifiers) -> None:
        self._account = account
        self._clock = clock
        self._identifiers = identifiers
        self._calls: deque[tuple[datetime, RequestCall | AgentCall]] = deque()
        self._events: deque[TrailEvent] = deque()
        self._delivering: set[str] = set()
        self._count = 0

    def note(self, call: RequestCall | AgentCall) -> None:
        """Record a call that has been answered."""
        if isinstance(call, RequestCall):
            # Data events are in no event history: without a trail nobody will ask for them.
            if not self._delivering and may_be_data(call.request):
                return
            call = _slim(call)
        self._calls.append((self._clock.now, call))

    def events(self) -> Iterator[TrailEvent]:
        """Yield the events of the last 90 days, the most recent first."""
        self._read()
        return reversed(self._events)

    def begin_delivery(self, region: str, name: str) -> None:
        """Deliver a trail's log files to its bucket from now on, as long as it is logging."""
        if name not in self._delivering:
            self._delivering.add(name)
            self._read()
            self._clock.env.process(self._deliver(region, name, self._count))

    def _read(self) -> None:
        """Give the calls that came since the last time their ids, and forget old events."""
        while self._calls:
            at, call = self._calls.popleft()
            self._events.append(TrailEvent(self._identifiers.uuid(), at, call))
            self._count += 1
        oldest = self._clock.now - _KEPT
        while self._events and self._events[0].at < oldest:
            self._events.popleft()

    def _deliver(self, region: str, name: str, seen: int) -> Generator[Any, Any, None]:
        while True:
            yield self._clock.env.timeout(_DELIVERY)
            trail = self._trail(region, name)
            if trail is None or not trail.status.is_logging:
                self._delivering.discard(name)
                return
            self._read()
            new, seen = self._count - seen, self._count
            recent = list(self._events)[-new:] if new else []
            wanted = [event for event in recent if _selects(trail, event)]
            if wanted:
                self._write(trail, region, wanted)

    def _trail(self, region: str, name: str) -> Any | None:
        backend: Any = cloudtrail_backends[self._account][region]
        return backend.trails.get(name)

    def _write(self, trail: Any, region: str, events: list[TrailEvent]) -> None:
        backend: Any = s3_backends[self._account]["aws"]
        if trail.bucket_name not in backend.buckets:
            return
        now = self._clock.now
        prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
        unique = self._identifiers.task()[:16]
        stamp = f"{self._account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
        key = f"{prefix}AWSLogs/{self._account}/CloudTrail/{region}/{now:%Y/%m/%d}/{stamp}"
        text = json.dumps({"Records": [event.record for event in events]}, default=str)
        backend.put_object(trail.bucket_name, key, gzip.compress(text.encode(), mtime=0))


def _slim(call: RequestCall) -> RequestCall:
    """Return a call without the bulk of its answer, which no record shows."""
    body = call.body
    large = isinstance(body, bytes | bytearray | str) and len(body) > _LARGEST_ANSWER
    if large or not isinstance(body, bytes | bytearray | str):
        return RequestCall(call.request, call.caller, call.status, b"")
    return call


def _selects(trail: Any, event: TrailEvent) -> bool:
    """Return whether a trail records an event, by its event selectors.

    Without selectors a trail records management events only (logging-management-events).
    """
    for selector in trail.advanced_event_selectors or ():
        fields = {each["Field"]: each for each in selector.get("FieldSelectors") or ()}
        category = (fields.get("eventCategory") or {}).get("Equals") or []
        kinds = (fields.get("resources.type") or {}).get("Equals") or []
        if (event.record["eventCategory"] in category) and (
            not event.is_data or _data_type(event) in kinds
        ):
            return True
    if trail.advanced_event_selectors:
        return False
    if not trail.event_selectors:
        return not event.is_data
    return any(_basic(selector, event) for selector in trail.event_selectors)


def _basic(selector: dict[str, Any], event: TrailEvent) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted == ("WriteOnly" if event.read_only else "ReadOnly"):
        return False
    if not event.is_data:
        return bool(selector.get("IncludeManagementEvents", True))
    about = event.data_resource
    return any(
        each.get("Type") == _data_type(event)
        and (not about or any(about.startswith(value) for value in each.get("Values") or ()))
        for each in selector.get("DataResources") or ()
    )


def _data_type(event: TrailEvent) -> str:
    return {
        "dynamodb": "AWS::DynamoDB::Table",
        "lambda": "AWS::Lambda::Function",
        "s3": "AWS::S3::Object",
        "sns": "AWS::SNS::Topic",
        "sqs": "AWS::SQS::Queue",
    }.get(event.call.service, "")
