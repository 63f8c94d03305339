"""Amazon EventBridge: what ECS reports on the default event bus, and who gets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends
from moto.events.utils import EventTemplateParser
from moto.moto_api._internal import mock_random

from ecslab.aws.event_inputs import transformed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ecslab.aws.event_targets import EventTargets


class Events:
    """Sends events of ECS and CloudWatch.

    Args:
        account: the account id.
        region: the Region.
        now: the simulated time.
        targets: deliver what rules match.
    """

    def __init__(
        self, account: str, region: str, now: Callable[[], datetime], targets: EventTargets
    ) -> None:
        self._account = account
        self._region = region
        self._now = now
        self._targets = targets

    def heard(self) -> bool:
        """Return whether the default event bus has rules at all."""
        return bool(self._rules())

    def emit(
        self,
        detail_type: str,
        resources: Sequence[str],
        detail: Mapping[str, Any],
        *,
        source: str = "aws.ecs",
    ) -> None:
        """Send an event to the default event bus; without rules nobody hears it."""
        rules = self._rules()
        if not rules:
            return
        event = {
            "version": "0",
            "id": str(mock_random.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._account,
            "time": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": list(resources),
            "detail": json.loads(json.dumps(detail, default=str)),
        }
        for rule in rules:
            pattern = rule.event_pattern
            wanted = rule.state == "ENABLED" and pattern.dump()
            if wanted and pattern.matches_event(event):
                self._targets.matched(rule.name)
                for target in rule.targets:
                    self._targets.deliver(rule.name, target, event)

    def _rules(self) -> list[Any]:
        backend: Any = events_backends[self._account][self._region]
        bus = backend.event_buses.get("default")
        return list(bus.rules.values()) if bus is not None else []


def install() -> Callable[[], None]:
    """Let moto fill input templates as we do; its own way needs a package that is not installed.

    Returns:
        What puts moto's way back.
    """
    before = EventTemplateParser.__dict__["parse"]
    EventTemplateParser.parse = staticmethod(_parse)  # type: ignore[method-assign]

    def uninstall() -> None:
        EventTemplateParser.parse = before  # type: ignore[method-assign]

    return uninstall


def _parse(input_template: str, input_paths_map: dict[str, Any], event: Any) -> Any:
    whole = {key: value for key, value in event.items() if key != "ingestion-time"}
    return transformed(input_template, input_paths_map, whole) if input_template else whole
