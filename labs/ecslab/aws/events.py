"""Amazon EventBridge: what ECS reports on the default event bus, and who gets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.events.models import events_backends
from moto.events.utils import EventTemplateParser
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import HTTPException

from ecslab.aws.event_inputs import target_input, transformed
from ecslab.aws.event_tasks import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ecslab.aws.event_tasks import EventTasks


class Events:
    """Sends events with the source `aws.ecs`.

    Args:
        account: the account id.
        region: the Region.
        now: the simulated time.
        tasks: runs the tasks of targets that are clusters.
    """

    def __init__(
        self, account: str, region: str, now: Callable[[], datetime], tasks: EventTasks
    ) -> None:
        self._account = account
        self._region = region
        self._now = now
        self._tasks = tasks

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
                for target in rule.targets:
                    self.deliver(rule.name, target, event)

    def _rules(self) -> list[Any]:
        backend: Any = events_backends[self._account][self._region]
        bus = backend.event_buses.get("default")
        return list(bus.rules.values()) if bus is not None else []

    def deliver(self, rule: str, target: Mapping[str, Any], event: dict[str, Any]) -> None:
        """Give a target its input; what can't be delivered is dropped, as EventBridge does.

        Args:
            rule: the name of the rule.
            target: its target, in botocore's shape.
            event: the event.
        """
        given = target_input(target, event)
        text = given if isinstance(given, str) else json.dumps(given)
        service, name = target["Arn"].split(":")[2], target["Arn"].split(":", 5)[-1]
        try:
            if service == "sqs":
                group = (target.get("SqsParameters") or {}).get("MessageGroupId")
                queues: Any = sqs_backends[self._account][self._region]
                queues.send_message(queue_name=name, message_body=text, group_id=group)
            elif service == "ecs":
                self._tasks.run(target, given, EVENTS, rule)
            elif service == "logs":
                self._log(name.removeprefix("log-group:").removesuffix(":*"), text)
        except (ServiceException, HTTPException):
            return

    def _log(self, group: str, text: str) -> None:
        logs: Any = logs_backends[self._account][self._region]
        stream = str(mock_random.uuid4())
        logs.create_log_stream(group, stream)
        moment = int(self._now().timestamp() * 1000)
        logs.put_log_events(group, stream, [{"timestamp": moment, "message": text}])


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
