"""Why a service deployment failed or was rolled back: who found it, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import alarms, hindrance, hooks, permission
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model import service_messages as messages
from ecslab.model.deployment import UNRESOLVED_LIMIT
from ecslab.sim import circuit_breaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.service import Service
    from ecslab.sim.service_deployment import ServiceDeployment

_PLACE: Final = ("serviceDeployments", 0)
_BALANCERS: Final = "invalid networking configuration"
_DENIED: Final = "not authorized to perform: elasticloadbalancing:"
_UNTRUSTED: Final = "missing permissions on ECS Infrastructure Role"


def causes(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield how a service deployment failed, the rollback, and what lies behind.

    Args:
        case: the account.
        service: its service.
        rollout: the service deployment.
        answer: what DescribeServiceDeployments says of it.
    """
    if rollout.restored is not None:
        words = "It went back to the revision that was complete last, for this reason."
        if rollout.finished_at is None:
            words = "It goes back to the revision that was complete last, for this reason."
        yield case.step("deployment", words, answer, *_PLACE, "rollback", "reason")
    elif rollout.reason:
        words = "This is the reason that ECS gives."
        yield case.step("deployment", words, answer, *_PLACE, "statusReason")
    yield from _finder(rollout)(case, service, rollout, answer)


def _finder(
    rollout: ServiceDeployment,
) -> Callable[[Case, Service, ServiceDeployment, Answer], Iterator[Step]]:
    """Return what explains a failure, by who found it."""
    said = f"{rollout.rollback_reason} {rollout.reason}"
    found = (
        (messages.SUPERSEDED in said, _superseded),
        ("StopServiceDeployment" in said, _stopped),
        (bool(rollout.triggered_alarms), _alarm),
        (rollout.breaker_tripped, _breaker),
        (any(run.status in ("FAILED", "TIMED_OUT") for run in rollout.hooks), hooks.failed),
        (_BALANCERS in said or _DENIED in said, _not_shifted),
    )
    return next((explain for applies, explain in found if applies), _timed_out)


def _superseded(
    case: Case, service: Service, _rollout: ServiceDeployment, _answer: Answer
) -> Iterator[Step]:
    listed = case.ask(
        "ecs", "list_service_deployments", cluster=service.cluster.name, service=service.name
    )
    words = "A newer deployment was asked for before this one had ended."
    yield case.step("deployment", words, listed, "serviceDeployments", 0, "serviceDeploymentArn")


def _stopped(
    case: Case, _service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    name = "StopServiceDeployment"
    found = case.caller_step("deployment", f"CloudTrail has who called {name}.", name, rollout.arn)
    words = f"Somebody called {name}."
    yield found or case.step("deployment", words, answer, *_PLACE, Absent("stoppedAt"))


def _alarm(
    case: Case, _service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    name = rollout.triggered_alarms[0]
    words = f"The alarm {name} went into the ALARM state while it was watched."
    yield case.step("deployment", words, answer, *_PLACE, "alarms", "triggeredAlarmNames")
    history = case.ask(
        "cloudwatch", "describe_alarm_history", AlarmName=name, HistoryItemType="StateUpdate"
    )
    for index, item in enumerate(value_at(history, "AlarmHistoryItems") or []):
        if "to ALARM" in item["HistorySummary"]:
            words = "This is the change of its state, and in its data the reason."
            place = ("AlarmHistoryItems", index, "HistoryData")
            yield case.step("deployment", words, history, *place)
            break
    alarm = case.account.ports.alarms.find(name)
    if alarm is not None:
        yield from alarms.behind(case, alarm)


def _breaker(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    target, place = rollout.target, (*_PLACE, "deploymentCircuitBreaker")
    count, threshold = rollout.failures, circuit_breaker.threshold(service)
    if count < threshold and target.unresolved >= UNRESOLVED_LIMIT:
        words = (
            f"{target.unresolved} tasks failed before the tags of the images had been resolved to"
            " digests; the circuit breaker does not wait for more."
        )
        yield case.step("deployment", words, answer, *place, "status")
    else:
        words = f"The circuit breaker counted {count} failed tasks."
        yield case.step("deployment", words, answer, *place, "failureCount")
        words = f"Its threshold is {threshold}: {_rule(service)}."
        yield case.step("deployment", words, answer, *place, "threshold")
    failed = hindrance.newest_failed(service, target)
    if failed is not None or not target.failed_tasks:
        yield from hindrance.of_deployment(case, service, target)
        return
    described = case.describe_service(service.cluster.name, service.name)
    words = "The tasks that failed are gone: stopped ones are kept for about an hour."
    yield case.step("deployment", words, described, "services", 0, "events")


def _rule(service: Service) -> str:
    """Return in words how the threshold is computed (deployment-circuit-breaker)."""
    configuration = circuit_breaker.settings(service).get("thresholdConfiguration") or {}
    kind = configuration.get("type", "BOUNDED_PERCENT")
    value = configuration.get("value", 50)
    if kind == "COUNT":
        return "thresholdConfiguration names the number"
    if kind == "UNBOUNDED_PERCENT":
        return f"{value} % of the desired count, rounded up"
    return f"{value} % of the desired count, rounded up, but at least 3 and at most 200"


def _not_shifted(
    case: Case, _service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    text = rollout.reason or rollout.rollback_reason
    words = "The load balancer could not shift the traffic."
    yield case.step("deployment", words, answer, *_PLACE, "statusReason")
    denial = permission.denial_in(text)
    role = next(
        (
            str((balancer.get("advancedConfiguration") or {}).get("roleArn"))
            for balancer in rollout.target.settings.get("loadBalancers") or []
        ),
        "",
    )
    if denial is not None and role:
        yield permission.lacking(case, role, denial[1], denial[2])
    elif _UNTRUSTED in text and role:
        yield from permission.trust(case, role, "ecs.amazonaws.com")


def _timed_out(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    words = "It had come no further than this lifecycle stage."
    yield case.step("deployment", words, answer, *_PLACE, Absent("lifecycleStage"))
    if service.deployments:
        yield from hindrance.of_deployment(case, service, rollout.target)
