"""CloudWatch Logs as the awslogs driver uses it, on moto's logs backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime


class Logs:
    """Log groups and streams of an account.

    Args:
        account: the account id.
        now: the simulated time.
    """

    def __init__(self, account: str, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    def knows(self, region: str) -> bool:
        """Return whether a Region exists."""
        try:
            self._backend(region)
        except KeyError:
            return False
        return True

    def group_exists(self, group: str, region: str) -> bool:
        """Return whether a log group exists."""
        return group in self._backend(region).groups

    def encrypted(self, group: str, region: str) -> bool:
        """Return whether a log group is encrypted with a KMS key of the customer."""
        found = self._backend(region).groups.get(group)
        return found is not None and bool(found.kms_key_id)

    def create_group(self, group: str, region: str) -> None:
        """Create a log group."""
        self._backend(region).create_log_group(group, {})

    def create_stream(self, group: str, region: str, stream: str) -> None:
        """Create a log stream, unless it is there."""
        self._backend(region).ensure_log_stream(group, stream)

    def put(self, group: str, region: str, stream: str, lines: Iterable[str]) -> None:
        """Append lines with the current time; a group that was deleted meanwhile loses them."""
        backend = self._backend(region)
        if group not in backend.groups or stream not in backend.groups[group].streams:
            return
        moment = int(self._now().timestamp() * 1000)
        events = [{"timestamp": moment, "message": line} for line in lines]
        backend.put_log_events(group, stream, events)

    def _backend(self, region: str) -> Any:
        return logs_backends[self._account][region]
