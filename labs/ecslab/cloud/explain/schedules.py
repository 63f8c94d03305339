"""Why a rule of EventBridge, or a schedule of EventBridge Scheduler, runs no task.

AWS: tasks-scheduled-eventbridge-scheduler, CWE_IAM_role; botocore events and scheduler.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ecslab.aws.event_tasks import EVENTS, SCHEDULER
from ecslab.cloud.explain import started_tasks
from ecslab.cloud.explain.evidence import Part, value_at
from ecslab.cloud.explain.started_tasks import Starter
from ecslab.model.schedules import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step

    Chain = tuple[str, Iterator[Step]]

_DEFAULT: Final = "default"


def rule(case: Case, arn: str) -> Chain:
    """Return the chain of a rule of EventBridge.

    Args:
        case: the account.
        arn: its ARN.
    """
    *bus, name = arn.partition(":rule/")[2].split("/")
    given = {"EventBusName": bus[0]} if bus else {}
    answer = case.ask("events", "describe_rule", Name=name, **given)
    condition = str(value_at(answer, "State") or "gone")
    targets = case.ask("events", "list_targets_by_rule", Rule=name, **given)
    return f"Rule {name} is {condition}.", _rule(case, name, answer, targets)


def _rule(case: Case, name: str, answer: Answer, targets: Answer) -> Iterator[Step]:
    if answer.error:
        yield case.step("state", "EventBridge has no such rule.", answer)
        return
    if answer.found.get("State") == "DISABLED":
        words = "It is disabled: nothing happens, whatever its schedule or pattern says."
        yield case.step("state", words, answer, "State")
        return
    if answer.found.get("ScheduleExpression"):
        due = list(_due(case, answer, "UTC"))
        yield from due
        if _never(case, answer, "UTC"):
            return
    else:
        words = "It is enabled, and fires for events that have this pattern."
        yield case.step("state", words, answer, "EventPattern")
    entries = value_at(targets, "Targets") or []
    clusters = [i for i, each in enumerate(entries) if ":cluster/" in each["Arn"]]
    if not clusters:
        words = "None of its targets is a cluster: it runs no task."
        if not entries:
            words = "It has no target: when it fires nothing happens."
        yield case.step("state", words, targets, "Targets")
        return
    place: tuple[Part, ...] = ("Targets", clusters[0])
    starter = Starter(name, EVENTS, "events-rule", targets, place)
    yield from started_tasks.steps(case, starter)


def schedule(case: Case, arn: str) -> Chain:
    """Return the chain of a schedule of EventBridge Scheduler.

    Args:
        case: the account.
        arn: its ARN.
    """
    group, _, name = arn.partition(":schedule/")[2].rpartition("/")
    answer = case.ask("scheduler", "get_schedule", GroupName=group or _DEFAULT, Name=name)
    condition = str(value_at(answer, "State") or "gone")
    return f"Schedule {name} is {condition}.", _schedule(case, name, answer)


def _schedule(case: Case, name: str, answer: Answer) -> Iterator[Step]:
    if answer.error:
        words = (
            "EventBridge Scheduler has no such schedule; one whose ActionAfterCompletion is DELETE"
            " is gone after its last time."
        )
        yield case.step("state", words, answer)
        return
    if answer.found.get("State") == "DISABLED":
        words = "It is disabled: it is never due."
        yield case.step("state", words, answer, "State")
        return
    zone = str(answer.found.get("ScheduleExpressionTimezone") or "UTC")
    yield from _due(case, answer, zone)
    end = answer.found.get("EndDate")
    if end is not None and end <= case.account.clock.now:
        yield case.step("state", "Its end has passed.", answer, "EndDate")
        return
    if _never(case, answer, zone):
        return
    if ":cluster/" not in str(value_at(answer, "Target", "Arn")):
        words = "Its target is no cluster: it runs no task."
        yield case.step("state", words, answer, "Target", "Arn")
        return
    starter = Starter(name, SCHEDULER, "chronos-schedule", answer, ("Target",))
    yield from started_tasks.steps(case, starter)


def _due(case: Case, answer: Answer, zone: str) -> Iterator[Step]:
    """Yield when it is due next, or that it never is."""
    expression = str(answer.found["ScheduleExpression"])
    due = _parsed(case, expression, zone).next_after(case.account.clock.now)
    words = f"It is enabled, and due next at {due:%Y-%m-%d %H:%M} {zone}." if due else ""
    if expression.startswith("rate("):
        words = "It is enabled, and due again and again at this rate." if due else ""
    elif due is None and expression.startswith("at("):
        words = f"It was due once, at this time in {zone}, which has passed."
    words = words or "No time ever fulfils this expression: it is never due."
    yield case.step("state", words, answer, "ScheduleExpression")


def _never(case: Case, answer: Answer, zone: str) -> bool:
    """Return whether nothing will come of it; what was due once may have run its task."""
    expression = str(answer.found["ScheduleExpression"])
    due = _parsed(case, expression, zone).next_after(case.account.clock.now)
    return due is None and not expression.startswith("at(")


def _parsed(case: Case, expression: str, zone: str) -> Schedule:
    place: Any = UTC
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = UTC
    return Schedule(expression, place, case.account.clock.now)
