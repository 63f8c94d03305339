"""Amazon EventBridge: what ECS reports on the default event bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime


class Events:
    """Sends events with the source `aws.ecs`.

    Args:
        account: the account id.
        region: the Region.
        now: the simulated time.
    """

    def __init__(self, account: str, region: str, now: Callable[[], datetime]) -> None:
        self._account = account
        self._region = region
        self._now = now

    def heard(self) -> bool:
        """Return whether the default event bus has rules at all."""
        backend: Any = events_backends[self._account][self._region]
        bus = backend.event_buses.get("default")
        return bus is not None and bool(bus.rules)

    def emit(self, detail_type: str, resources: Sequence[str], detail: Mapping[str, Any]) -> None:
        """Send an event to the default event bus; without rules nobody hears it."""
        if not self.heard():
            return
        backend: Any = events_backends[self._account][self._region]
        backend.put_events(
            [
                {
                    "Source": "aws.ecs",
                    "DetailType": detail_type,
                    "Resources": list(resources),
                    "Detail": json.dumps(detail, default=str),
                    "Time": self._now().timestamp(),
                }
            ]
        )
