"""The targets of EventBridge rules: who gets an event, and may EventBridge give it to them.

AWS: eb-use-resource-based (queues, topics and log groups let EventBridge in by their own
policies), eb-rule-dlq, eb-monitoring (the metrics of rules).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import ServiceException
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import HTTPException

from ecslab.aws.dead_letters import keep_failed
from ecslab.aws.event_inputs import target_input
from ecslab.aws.event_tasks import EVENTS
from ecslab.aws.iam_resource_policies import resource_policies
from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.model.policy import Principal, Request, context, decide
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ecslab.aws.event_tasks import EventTasks
    from ecslab.aws.functions import Functions
    from ecslab.sim.metric_store import MetricStore

__all__ = ["EventTargets"]

_ONE: Final = StatisticSet.of([1.0])
_NOT_FOUND: Final = "RESOURCE_NOT_FOUND"
_NO_PERMISSION: Final = "NO_PERMISSIONS"
_POLICY_ACTIONS: Final = {
    "lambda": "lambda:InvokeFunction",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
}


class EventTargets:
    """Delivers events to targets.

    Args:
        place: the account id and the Region.
        now: the simulated time.
        tasks: runs the tasks of targets that are clusters.
        functions: the functions of AWS Lambda.
        metrics: where invocations are counted.
    """

    def __init__(
        self,
        place: tuple[str, str],
        now: Callable[[], datetime],
        tasks: EventTasks,
        functions: Functions,
        metrics: MetricStore,
    ) -> None:
        self._account, self._region = place
        self._now = now
        self._tasks = tasks
        self._functions = functions
        self._metrics = metrics

    def matched(self, rule: str) -> None:
        """Count an event that a rule matches."""
        self._count("TriggeredRules", rule)

    def deliver(self, rule: str, target: Mapping[str, Any], event: dict[str, Any]) -> None:
        """Give a target its input; what can't be delivered goes to its dead-letter queue.

        Args:
            rule: the name of the rule.
            target: its target, in botocore's shape.
            event: the event.
        """
        given = target_input(target, event)
        self._count("Invocations", rule)
        service = target["Arn"].split(":")[2]
        if service == "ecs":
            if not self._tasks.run(target, given, EVENTS, rule):
                self._count("FailedInvocations", rule)
            return
        failure = self._refusal(rule, target["Arn"], service) or self._send(target, given, service)
        if failure is not None:
            self._count("FailedInvocations", rule)
            code, message = failure
            keep_failed((self._account, self._region), target, given, code, message)

    def _refusal(self, rule: str, arn: str, service: str) -> tuple[str, str] | None:
        """Return why a target's own policy keeps EventBridge out, None when it does not."""
        action = _POLICY_ACTIONS.get(service)
        if action is None:
            return None
        source = f"arn:aws:events:{self._region}:{self._account}:rule/{rule}"
        keys = {
            "aws:SourceArn": source,
            "aws:SourceAccount": self._account,
            "aws:PrincipalIsAWSService": True,
        }
        request = Request(action, arn, context(keys), Principal("Service", EVENTS))
        if decide([], request, resource_policies=resource_policies(arn)).allowed:
            return None
        return _NO_PERMISSION, f"{EVENTS} is not authorized to perform: {action} on {arn}"

    def _send(self, target: Mapping[str, Any], given: Any, service: str) -> tuple[str, str] | None:
        text = given if isinstance(given, str) else json.dumps(given)
        arn, name = target["Arn"], target["Arn"].split(":", 5)[-1]
        try:
            if service == "sqs":
                group = (target.get("SqsParameters") or {}).get("MessageGroupId")
                queues: Any = sqs_backends[self._account][self._region]
                queues.send_message(queue_name=name, message_body=text, group_id=group)
            elif service == "sns":
                topics: Any = sns_backends[self._account][self._region]
                topics.topics[arn].publish(text)
            elif service == "logs":
                self._log(name.removeprefix("log-group:").removesuffix(":*"), text)
            elif service == "lambda":
                self._functions.call(self._functions.find(arn), given)
            else:
                return _NOT_FOUND, f"{arn} is no target that this simulation can reach."
        except (ServiceException, HTTPException, KeyError):
            return _NOT_FOUND, f"The target {arn} does not exist."
        return None

    def _log(self, group: str, text: str) -> None:
        logs: Any = logs_backends[self._account][self._region]
        stream = str(mock_random.uuid4())
        logs.create_log_stream(group, stream)
        moment = int(self._now().timestamp() * 1000)
        logs.put_log_events(group, stream, [{"timestamp": moment, "message": text}])

    def _count(self, name: str, rule: str) -> None:
        metric = Metric.of("AWS/Events", name, {"RuleName": rule})
        self._metrics.put(metric, self._metrics.now(), _ONE, unit="Count")
