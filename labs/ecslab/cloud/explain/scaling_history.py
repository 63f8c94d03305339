"""What changed the desired count of a service before: activities, other callers, flapping."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.sim.scaling.targets import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.cloud.explain.scaling import Call
    from ecslab.journal import Entry
    from ecslab.sim.service import Service

_API: Final = "application-autoscaling"
_COUNTED: Final = ("service.created", "service.updated", "service.scaled")
_WINDOW: Final = timedelta(hours=1)
_TURNS: Final = 2
"""Changes of direction within the window from which a count is said to flap."""


def activities(case: Case, resource: str) -> Answer:
    """Return the scaling activities of a resource, those that scaled nothing included."""
    return case.ask(
        _API,
        "describe_scaling_activities",
        ServiceNamespace=NAMESPACE,
        ResourceId=resource,
        IncludeNotScaledActivities=True,
    )


def last_change(case: Case, service: Service, resource: str) -> Iterator[Step]:
    """Yield who set the desired count of a service last."""
    answer = activities(case, resource)
    found = value_at(answer, "ScalingActivities") or []
    index = next((i for i, each in enumerate(found) if not each.get("NotScaledReasons")), -1)
    changes = _changes(case, service)
    newest = changes[-1][0] if changes else None
    if newest is not None and newest.kind == "service.scaled" and index >= 0:
        words = f"Auto scaling set it to {service.desired}, for this cause."
        yield case.step("scaling", words, answer, "ScalingActivities", index, "Cause")
        return
    described = case.describe_service(service.cluster.name, service.name)
    name = "UpdateService" if newest is not None and newest.kind == "service.updated" else None
    words = f"{name or 'CreateService'} set it to {service.desired}, not auto scaling."
    # Activities outlive a service, and may be of an earlier one of its name.
    if index >= 0 and name is not None:
        words = f"{name} has set it to {service.desired} since auto scaling set it."
    yield case.step("scaling", words, described, "services", 0, "desiredCount")


def by_auto_scaling(case: Case, service: Service) -> Iterator[Step]:
    """Yield the cause for which auto scaling set the desired count, if it was the last to do so."""
    changes = _changes(case, service)
    if changes and changes[-1][0].kind == "service.scaled":
        yield from last_change(case, service, f"service/{service.cluster.name}/{service.name}")


def last_scaling(case: Case, service: Service, *, out: bool) -> tuple[datetime | None, str]:
    """Return when, and by which policy, a service was last scaled so that a cooldown counts.

    A cooldown of scaling out holds both directions; one of scaling in holds scaling in alone.
    """
    for entry in reversed(case.journal.about(service.arn)):
        if entry.kind != "service.scaled":
            continue
        up = entry.fields["desired"] > entry.fields["before"]
        policy = str(entry.fields["cause"]).rpartition("triggered policy ")[2]
        if (up or not out) and "triggered policy" in str(entry.fields["cause"]):
            return entry.at, policy
    return None, ""


def flapping(
    case: Case, service: Service, resource: str, policies: Answer, calls: list[Call]
) -> Iterator[Step]:
    """Yield why a desired count goes up and down all the time, if it does.

    Args:
        case: the account.
        service: the service.
        resource: its resource id.
        policies: the answer of DescribeScalingPolicies.
        calls: the alarms of the policies.
    """
    begin = case.account.clock.now - _WINDOW
    recent = [
        (entry, step)
        for entry, step in _changes(case, service)
        if entry.at >= begin and entry.kind != "service.created"
    ]
    turns = sum((a > 0) != (b > 0) for (_, a), (_, b) in pairwise(recent))
    if turns < _TURNS:
        return
    answer = activities(case, resource)
    words = (
        f"Within the last hour the desired count changed {len(recent)} times and turned round"
        f" {turns} times: it flaps."
    )
    yield case.step("scaling", words, answer, "ScalingActivities", 0, "Description")
    by_hand = [entry for entry, _ in recent if entry.kind == "service.updated"]
    if by_hand:
        described = case.describe_service(service.cluster.name, service.name)
        words = (
            f"{len(by_hand)} of these changes came from UpdateService: whoever deploys sends a"
            " desiredCount along, and so works against auto scaling."
        )
        yield case.step("scaling", words, described, "services", 0, "desiredCount")
        return
    yield from _overlap(case, service, policies, calls)


def _overlap(case: Case, service: Service, policies: Answer, calls: list[Call]) -> Iterator[Step]:
    """Yield that thresholds lie too close, or that a cooldown is shorter than a start."""
    outs = [call for call in calls if call.out]
    ins = [call for call in calls if not call.out]
    count = max(service.desired, 1)
    for high in outs:
        for low in ins:
            after = low.alarm.threshold * (count + 1) / count
            same = high.alarm.settings.get("MetricName") == low.alarm.settings.get("MetricName")
            if same and after > high.alarm.threshold and high.index != low.index:
                found = case.describe_alarm(low.alarm.name)
                words = (
                    f"{low.alarm.name} takes a task away below {low.alarm.threshold:g}; then the"
                    f" other {count} carry up to {after:.0f}, which is above the"
                    f" {high.alarm.threshold:g} at which {high.alarm.name} adds one."
                )
                yield case.step("scaling", words, found, "MetricAlarms", 0, "Threshold")
                return
    shortest = min(calls, key=lambda call: call.cooldown)
    place = ("ScalingPolicies", shortest.index)
    configuration = f"{shortest.policy['PolicyType']}PolicyConfiguration"
    words = (
        f"The policy {shortest.name} scales again {shortest.cooldown:g} s after the last time,"
        " before the metric shows what the last time has changed."
    )
    yield case.step("scaling", words, policies, *place, configuration, Absent(shortest.member))


def _changes(case: Case, service: Service) -> list[tuple[Entry, int]]:
    """Return what set the desired count anew, and by how much it changed, oldest first."""
    before: int | None = None
    found = []
    for entry in case.journal.about(service.arn):
        if entry.kind not in _COUNTED:
            continue
        desired = int(entry.fields["desired"])
        if before is None or desired != before:
            found.append((entry, desired - (before or 0)))
        before = desired
    return found
