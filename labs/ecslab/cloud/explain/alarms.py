"""Why a CloudWatch alarm is in its state: its reason, its points, and why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import gateway_errors
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.sim.balancer_metrics import shown_balancer, shown_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.alarm import Alarm

_PLACE: Final = ("MetricAlarms", 0)
_NO_DATA: Final = "INSUFFICIENT_DATA"


def name_in(arn: str) -> str:
    """Return the name of an alarm from its ARN."""
    return arn.partition(":alarm:")[2]


def state(case: Case, name: str) -> str:
    """Return the state of an alarm in a few words."""
    alarm = case.account.ports.alarms.find(name)
    return f"Alarm {name} is {alarm.state}." if alarm else f"There is no alarm {name}."


def steps(case: Case, name: str) -> Iterator[Step]:
    """Yield the chain behind the state of an alarm."""
    alarm = case.account.ports.alarms.find(name)
    answer = case.describe_alarm(name)
    if alarm is None:
        yield case.step("state", "There is no such alarm (any more).", answer, "MetricAlarms")
        return
    if alarm.rule is not None:
        place = ("CompositeAlarms", 0)
        yield case.step("state", "This is its state.", answer, *place, "StateValue")
        words = "It is composed of other alarms by this rule."
        yield case.step("state", words, answer, *place, "AlarmRule")
        return
    yield case.step("state", "This is its state.", answer, *_PLACE, "StateValue")
    yield case.step("scaling", "CloudWatch gives this reason.", answer, *_PLACE, "StateReason")
    if alarm.state == _NO_DATA:
        yield from without_data(case, alarm)
    elif not alarm.settings.get("ActionsEnabled", True):
        words = "Its actions are switched off, so that nothing follows from it."
        yield case.step("scaling", words, answer, *_PLACE, "ActionsEnabled")
    elif alarm.state == "ALARM":
        yield from behind(case, alarm)


def behind(case: Case, alarm: Alarm) -> Iterator[Step]:
    """Yield why the metric of an alarm is as high as it is, where that is known: 5xx of ALBs."""
    given = {each["Name"]: each["Value"] for each in alarm.settings.get("Dimensions") or []}
    if not str(alarm.settings.get("MetricName")).startswith("HTTPCode_"):
        return
    listed = case.ask("elbv2", "describe_load_balancers")
    for each in value_at(listed, "LoadBalancers") or []:
        if shown_balancer(each["LoadBalancerArn"]) == given.get("LoadBalancer"):
            balancers = case.runtime.load_balancers(case.region)
            balancer = balancers.named(str(each["DNSName"]))
            groups = balancers.groups_of(balancer) if balancer is not None else []
            own = next((arn for arn in groups if shown_group(arn) == given.get("TargetGroup")), "")
            if balancer is not None:
                yield from gateway_errors.steps(case, balancer, own)
            return


def without_data(case: Case, alarm: Alarm) -> Iterator[Step]:
    """Yield why an alarm has too few points of its metric."""
    answer = case.describe_alarm(alarm.name)
    name = alarm.settings.get("MetricName")
    if not name:
        words = "This is what it computes; at least one of the metrics has no points."
        yield case.step("scaling", words, answer, *_PLACE, Absent("Metrics"))
        return
    dimensions = list(alarm.settings.get("Dimensions") or [])
    namespace = str(alarm.settings.get("Namespace"))
    words = f"It looks at the metric {name}, of which it has too few points."
    yield case.step("scaling", words, answer, *_PLACE, "Dimensions")
    yield from _service_without_tasks(case, namespace, dimensions)
    listed = case.ask(
        "cloudwatch",
        "list_metrics",
        Namespace=namespace,
        MetricName=str(name),
        Dimensions=dimensions,
    )
    if not value_at(listed, "Metrics"):
        words = f"CloudWatch knows no metric {name} with these dimensions: nobody has sent a point."
        yield case.step("scaling", words, listed, "Metrics")


def _service_without_tasks(case: Case, namespace: str, dimensions: list[Any]) -> Iterator[Step]:
    """Yield that a service whose metric is meant is not there, or has no tasks."""
    given = {each["Name"]: each["Value"] for each in dimensions}
    if namespace != "AWS/ECS" or "ServiceName" not in given:
        return
    answer = case.describe_service(str(given.get("ClusterName")), str(given["ServiceName"]))
    running = value_at(answer, "services", 0, "runningCount")
    if running is None:
        words = f"There is no service {given['ServiceName']} whose metric it could be."
        yield case.step("scaling", words, answer, *(() if answer.error else ("failures",)))
    elif not running:
        words = "The service has no running tasks, and without tasks there are no points."
        yield case.step("scaling", words, answer, "services", 0, "runningCount")
