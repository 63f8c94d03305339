"""Why the desired count of a service is what it is: limits, policies, alarms, cooldowns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import alarms, hindrance, scaling_history
from ecslab.cloud.explain.evidence import Absent, Part, value_at
from ecslab.sim.scaling.predictive import PREDICTIVE
from ecslab.sim.scaling.targets import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.alarm import Alarm
    from ecslab.sim.service import Service

_API: Final = "application-autoscaling"
_TRACKING: Final = "TargetTrackingScaling"
_TARGET: Final = ("ScalableTargets", 0)
_COOLDOWN: Final = 300.0
"""Seconds of a cooldown that a policy leaves out, for ECS services."""


@dataclass(frozen=True, slots=True)
class Call:
    """An alarm that asks for another count, and the policy that it asks through.

    Args:
        index: the number of the policy in DescribeScalingPolicies.
        policy: the policy, in the API's shape.
        alarm: the alarm.
        out: whether it asks for more tasks.
    """

    index: int
    policy: dict[str, Any]
    alarm: Alarm
    out: bool

    @property
    def name(self) -> str:
        """Return the name of the policy."""
        return str(self.policy["PolicyName"])

    @property
    def settings(self) -> dict[str, Any]:
        """Return the configuration of the policy."""
        return dict(self.policy[f"{self.policy['PolicyType']}PolicyConfiguration"])

    @property
    def member(self) -> str:
        """Return the name of the member with its cooldown."""
        side = "Out" if self.out else "In"
        return "Cooldown" if self.policy["PolicyType"] == "StepScaling" else f"Scale{side}Cooldown"

    @property
    def cooldown(self) -> float:
        """Return the seconds of its cooldown."""
        value = self.settings.get(self.member)
        return _COOLDOWN if value is None else float(value)


@dataclass(frozen=True, slots=True)
class _Scene:
    """A scaled service: the answers about its target and policies, and the alarms of these."""

    case: Case
    service: Service
    target: Answer
    policies: Answer
    calls: list[Call]

    def limit(self, name: str) -> int:
        """Return MinCapacity or MaxCapacity."""
        return int(value_at(self.target, *_TARGET, name))

    def is_suspended(self, direction: str) -> bool:
        """Return whether scaling `In` or `Out` by alarms is suspended."""
        states = value_at(self.target, *_TARGET, "SuspendedState") or {}
        return bool(states.get(f"DynamicScaling{direction}Suspended"))

    def of_target(self, words: str, member: str) -> Step:
        """Return a step that DescribeScalableTargets shows."""
        return self.case.step("scaling", words, self.target, *_TARGET, member)

    def of_policy(self, words: str, call: Call, *path: Part) -> Step:
        """Return a step that DescribeScalingPolicies shows."""
        configuration = f"{call.policy['PolicyType']}PolicyConfiguration"
        place = ("ScalingPolicies", call.index, configuration)
        return self.case.step("scaling", words, self.policies, *place, *path)

    def of_alarm(self, words: str, call: Call, member: str) -> Step:
        """Return a step that DescribeAlarms shows."""
        answer = self.case.describe_alarm(call.alarm.name)
        return self.case.step("scaling", words, answer, "MetricAlarms", 0, member)


def target(case: Case, arn: str) -> tuple[str, Iterator[Step]]:
    """Return the chain of a scalable target.

    Args:
        case: the account.
        arn: its ARN.
    """
    answer = case.ask(_API, "describe_scalable_targets", ServiceNamespace=NAMESPACE)
    for found in value_at(answer, "ScalableTargets") or []:
        if found["ScalableTargetARN"] == arn:
            _, cluster, name = str(found["ResourceId"]).split("/")
            owner = case.account.clusters.get(cluster)
            service = owner.services.get(name) if owner is not None else None
            if service is not None and service.status == "ACTIVE":
                return f"Scalable target of the service {name}.", steps(case, service)
            gone = case.ask("ecs", "describe_services", cluster=cluster, services=[name])
            words = "Its service has been deleted, so nothing is scaled."
            step = case.step("state", words, gone, "services")
            return f"Scalable target of the service {name}, which is gone.", iter([step])
    step = case.step("state", "The account does not find it.", answer, "ScalableTargets")
    return "There is no such scalable target.", iter([step])


def steps(case: Case, service: Service) -> Iterator[Step]:
    """Yield why auto scaling has given a service its desired count, if it scales it."""
    resource = f"service/{service.cluster.name}/{service.name}"
    answer = case.ask(
        _API, "describe_scalable_targets", ServiceNamespace=NAMESPACE, ResourceIds=[resource]
    )
    target = value_at(answer, *_TARGET)
    if target is None or service.status != "ACTIVE":
        return
    low, high = target["MinCapacity"], target["MaxCapacity"]
    words = (
        f"Application Auto Scaling keeps the desired count of {service.name} between {low} and"
        f" {high}; now it is {service.desired}."
    )
    yield case.step("scaling", words, answer, *_TARGET, "MaxCapacity")
    yield from scaling_history.last_change(case, service, resource)
    policies = case.ask(
        _API, "describe_scaling_policies", ServiceNamespace=NAMESPACE, ResourceId=resource
    )
    calls = list(_calls(case, policies))
    if not calls:
        yield _without_alarms(case, answer, policies)
        return
    flapping = list(scaling_history.flapping(case, service, resource, policies, calls))
    yield from flapping or _now(_Scene(case, service, answer, policies, calls))


def _without_alarms(case: Case, targets: Answer, policies: Answer) -> Step:
    """Return the step about a target that no alarm scales."""
    found = value_at(policies, "ScalingPolicies") or []
    ahead = [i for i, each in enumerate(found) if each["PolicyType"] == PREDICTIVE]
    predicted = value_at(targets, *_TARGET, "PredictedCapacity")
    if predicted is not None:
        words = f"Predictive scaling forecasts that this hour needs {predicted} tasks."
        return case.step("scaling", words, targets, *_TARGET, "PredictedCapacity")
    if ahead:
        words = (
            "Only predictive scaling has a policy: it scales out ahead of time, if its mode lets it"
            " and there is a forecast, and never in."
        )
        place = ("ScalingPolicies", ahead[0], f"{PREDICTIVE}PolicyConfiguration")
        return case.step("scaling", words, policies, *place, Absent("Mode"))
    words = "No policy with an alarm scales it; only scheduled actions change its limits."
    return case.step("scaling", words, policies, "ScalingPolicies")


def _calls(case: Case, policies: Answer) -> Iterator[Call]:
    """Yield the alarms of the policies, whatever state they are in."""
    every = case.account.ports.alarms.all()
    for index, policy in enumerate(value_at(policies, "ScalingPolicies") or []):
        tracking = policy["PolicyType"] == _TRACKING
        for alarm in every:
            actions = alarm.settings.get("AlarmActions") or ()
            if any(
                str(each).partition(":createdBy/")[0] == policy["PolicyARN"] for each in actions
            ):
                out = _asks_for_more(policy, alarm, tracking=tracking)
                yield Call(index, policy, alarm, out)


def _asks_for_more(policy: dict[str, Any], alarm: Alarm, *, tracking: bool) -> bool:
    if tracking:
        return "AlarmHigh" in alarm.name
    settings = policy["StepScalingPolicyConfiguration"]
    return any(step["ScalingAdjustment"] > 0 for step in settings["StepAdjustments"])


def _now(scene: _Scene) -> Iterator[Step]:
    """Yield what the alarms ask for now, and what stands against it."""
    calls = scene.calls
    up = [call for call in calls if call.out and call.alarm.state == "ALARM"]
    down = [call for call in calls if not call.out and call.alarm.state == "ALARM"]
    blind = [call for call in calls if call.alarm.state == "INSUFFICIENT_DATA"]
    if up:
        words = f"An alarm of the policy {up[0].name} asks for more tasks, for this reason."
        yield scene.of_alarm(words, up[0], "StateReason")
        yield from _no_more(scene, up[0])
    elif blind:
        words = f"The alarm {blind[0].alarm.name} of the policy {blind[0].name} has no data."
        yield scene.of_alarm(words, blind[0], "StateValue")
        yield from alarms.without_data(scene.case, blind[0].alarm)
    elif down:
        words = f"An alarm of the policy {down[0].name} asks for fewer tasks, for this reason."
        yield scene.of_alarm(words, down[0], "StateReason")
        yield from _no_fewer(scene, down[0])
    else:
        lowest = next((call for call in calls if not call.out), calls[0])
        wish = "more" if lowest.out else "fewer"
        words = f"None of its alarms asks for another count; this one would ask for {wish} tasks."
        yield scene.of_alarm(words, lowest, "StateReason")


def _no_more(scene: _Scene, call: Call) -> Iterator[Step]:
    """Yield why a service does not get more tasks although an alarm asks for them."""
    if scene.is_suspended("Out"):
        yield scene.of_target("Scaling out by alarms is suspended.", "SuspendedState")
    elif scene.service.desired >= scene.limit("MaxCapacity"):
        words = "It has as many tasks as its maximum capacity allows."
        yield scene.of_target(words, "MaxCapacity")
    else:
        yield _settled(scene, call)


def _no_fewer(scene: _Scene, call: Call) -> Iterator[Step]:
    """Yield why a service keeps its tasks although an alarm asks for fewer.

    AWS: target-tracking-scaling-policy-overview, service-autoscaling-targettracking.
    """
    service = scene.service
    unwilling = [other for other in scene.calls if _keeps(other, call)]
    if service.desired <= scene.limit("MinCapacity"):
        words = "It has as few tasks as its minimum capacity allows."
        yield scene.of_target(words, "MinCapacity")
    elif call.settings.get("DisableScaleIn"):
        words = f"The policy {call.name} never scales in."
        yield scene.of_policy(words, call, "DisableScaleIn")
    elif scene.is_suspended("In"):
        yield scene.of_target("Scaling in by alarms is suspended.", "SuspendedState")
    elif (value_at(scene.target, *_TARGET, "PredictedCapacity") or 0) >= service.desired:
        words = "Predictive scaling forecasts a need of so many tasks; the largest count wins."
        yield scene.of_target(words, "PredictedCapacity")
    elif unwilling:
        words = (
            "Target tracking scales in only when all policies agree; the alarm of"
            f" {unwilling[0].name} does not."
        )
        yield scene.of_alarm(words, unwilling[0], "StateReason")
    elif service.current is not None and service.current.rollout_state == "IN_PROGRESS":
        words = "Scale-in is suspended as long as a deployment of the service is in progress."
        answer = scene.case.describe_service(service.cluster.name, service.name)
        place = ("services", 0, "deployments", 0, "rolloutState")
        yield scene.case.step("scaling", words, answer, *place)
        yield from hindrance.of_deployment(scene.case, service, service.current)
    else:
        yield _settled(scene, call)


def _keeps(other: Call, call: Call) -> bool:
    """Return whether another policy than that of a call is not ready to scale in."""
    tracking = other.policy["PolicyType"] == _TRACKING and not other.settings.get("DisableScaleIn")
    return tracking and other.index != call.index and not other.out and other.alarm.state != "ALARM"


def _settled(scene: _Scene, call: Call) -> Step:
    """Return the cooldown that goes on, or that the rounded count is the one that is there."""
    last, by = scaling_history.last_scaling(scene.case, scene.service, out=call.out)
    if last is not None:
        end = last + timedelta(seconds=call.cooldown)
        if end > scene.case.account.clock.now:
            words = (
                f"The cooldown of the last scaling, by {by} at {last:%H:%M:%S}, lasts"
                f" {call.cooldown:g} s, until {end:%H:%M:%S}; what it added counts meanwhile."
            )
            return scene.of_policy(words, call, Absent(call.member))
    points, goal = call.alarm.latest, call.settings.get("TargetValue")
    if not points or goal is None:
        words = "It is due: alarms act every minute as long as they ask."
        return scene.of_policy(words, call)
    count, value = scene.service.desired, f"{points[-1]:g}"
    words = (
        f"{count} tasks at {value} are {count} * {value} / {goal:g} tasks at the target, rounded"
        " up."
    )
    return scene.of_policy(words, call, "TargetValue")
