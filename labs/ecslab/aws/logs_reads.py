"""moto's CloudWatch Logs, mended where it answers what AWS would not.

moto forgets the prefix of stream names in FilterLogEvents and the order of time, takes every
pattern that it does not know for one that matches everything, runs Logs Insights queries without
their filters and statistics, and never lets an event expire.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.logs import models
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from ecslab.model.logs.filter_pattern import PatternError, matcher
from ecslab.model.logs.insights import Query, QueryError, event_fields

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install"]

_INVALID: Final = "InvalidParameterException"
_MILLISECONDS: Final = 1000


def install() -> Callable[[], None]:
    """Mend moto.

    Returns:
        What undoes it.
    """
    undo = [
        _replace(LogsResponse, "filter_log_events", _filter_log_events),
        _replace(LogsResponse, "start_query", _start_query),
        _replace(models, "EventMessageFilter", lambda _moto: _Filter),
        _replace(models, "execute_query", lambda _moto: _execute_query),
    ]

    def uninstall() -> None:
        for each in undo:
            each()

    return uninstall


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> Callable[[], None]:
    """Put something of ours in the place of moto's; return what puts moto's back."""
    before = getattr(owner, name)
    setattr(owner, name, make(before))
    return lambda: setattr(owner, name, before)


class _Filter:
    """Stands in for moto's filter of messages."""

    def __init__(self, pattern: str | None) -> None:
        self._matches = matcher(pattern)

    def matches(self, message: str) -> bool:
        """Say whether a message matches."""
        return self._matches(message)


def _filter_log_events(before: Callable[[Any], str]) -> Callable[[Any], str]:
    def filter_log_events(self: Any) -> str:
        params = json.loads(self.body)
        prefix, names = params.get("logStreamNamePrefix"), params.get("logStreamNames")
        if prefix and names:
            message = "You cannot specify both logStreamNamePrefix and logStreamNames."
            raise JsonRESTError(_INVALID, message)
        try:
            matcher(params.get("filterPattern"))
        except PatternError as error:
            raise JsonRESTError(_INVALID, str(error)) from error
        group = self.logs_backend.groups.get(params.get("logGroupName"))
        if group is not None:
            _expire(group)
        # AWS: botocore logs FilterLogEvents: since 2019 streams are always interleaved.
        changes: dict[str, Any] = {"interleaved": True}
        if prefix and group is not None:
            changes["logStreamNames"] = [name for name in group.streams if name.startswith(prefix)]
            if not changes["logStreamNames"]:
                return json.dumps({"events": [], "searchedLogStreams": []})
        self.body = json.dumps({**params, **changes})
        vars(self).pop("request_json", None)
        self.params = {**(getattr(self, "params", None) or {}), **changes}
        return before(self)

    return filter_log_events


def _start_query(before: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def start_query(self: Any) -> Any:
        try:
            Query.parse(json.loads(self.body).get("queryString", ""))
        except QueryError as error:
            raise JsonRESTError("MalformedQueryException", str(error)) from error
        return before(self)

    return start_query


def _execute_query(
    log_groups: list[LogGroup], query: str, start_time: int, end_time: int
) -> list[dict[str, str]]:
    events: list[tuple[int, dict[str, Any]]] = []
    for group in log_groups:
        _expire(group)
        for name, stream in group.streams.items():
            for event in stream.events:
                seconds = event.timestamp / _MILLISECONDS
                if start_time <= seconds <= end_time:
                    moment = datetime.fromtimestamp(seconds, UTC)
                    shown = moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{event.timestamp % 1000:03d}"
                    fields = event_fields(
                        event.message,
                        timestamp=shown,
                        ingestionTime=shown,
                        logStream=name,
                        log=f"{group.account_id}:{group.name}",
                        ptr=str(event.event_id),
                    )
                    events.append((event.timestamp, fields))
    events.sort(key=lambda pair: pair[0], reverse=True)
    rows = Query.parse(query).run([fields for _, fields in events])
    return [{name: _shown(value) for name, value in row.items()} for row in rows]


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def _expire(group: LogGroup) -> None:
    """Delete what is older than the group's retention; AWS: botocore PutRetentionPolicy."""
    days = group.retention_in_days
    if not days:
        return
    oldest = (utcnow() - timedelta(days=int(days))).replace(tzinfo=UTC).timestamp() * _MILLISECONDS
    for stream in group.streams.values():
        stream.events[:] = [event for event in stream.events if event.timestamp >= oldest]
