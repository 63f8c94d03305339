"""Scenarios and checks of module 12-observability."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ecslab.course import (
    Module,
    NotAttempted,
    NotYet,
    Session,
    expect,
    tier_times,
    tiers,
    witnesses,
)
from ecslab.course.mailer import EXIT_CODE, NAME, REASON, run_mailer
from ecslab.course.meaning import number, word
from ecslab.course.tiers import CLUSTER, TIERS
from ecslab.sim.load import Load

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("12-observability")

SLOW = "prices"
ALARM = "shop-slow"
GOAL = 1.0
GROUP = f"/{CLUSTER}/{NAME}"
KEPT = "/aws/events/stopped-tasks"
DAYS = 30

_CLOSE = 0.03
_ENOUGH = 150
_POINTS = 3
_WAITING = TIERS[:2]

Found = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Hear the witnesses: logs, metrics, events, and the task itself.",
    given="The cluster bookshop with a service that writes lines, and four more definitions.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare the witnesses."""
    witnesses.prepare(cloud)


@MODULE.scenario(
    "lab",
    goal="Find the slow tier, prove it, mend it, and keep the evidence.",
    given="The shop in three tiers after ten busy minutes, and a worker that dies.",
)
def lab(cloud: Cloud) -> None:
    """Open the shop, let visitors come, and run the worker that dies."""
    tiers.open_shop(cloud)
    run_mailer(cloud)
    tiers.send_visitors(cloud)


@MODULE.check(
    "times",
    points=2,
    title="How long each tier takes to answer",
    hints=(
        "TargetResponseTime in AWS/ApplicationELB has a value for each target group.",
        "dimensions(tier) gives its dimensions; ask for one period of 600 seconds.",
        "From begin to end in one period of 600 seconds, get_metric_statistics gives one point.",
    ),
)
def times(lab: Session, answer: object) -> None:
    """Compare with the metric over the ten busy minutes."""
    _each_number(answer, TIERS, {tier: tier_times.answered(lab, tier) for tier in TIERS}, "seconds")


@MODULE.check(
    "waits",
    points=2,
    title="How long two tiers wait for the next one",
    hints=(
        "The field waited_ms stands in the lines of the storefront and of the catalog.",
        "A query of Logs Insights can average a field by another: stats avg(...) by ...",
        "stats avg(waited_ms) as ms by tier - and waits wants seconds, not milliseconds.",
    ),
)
def waits(lab: Session, answer: object) -> None:
    """Compare with the lines that both tiers have written in the ten busy minutes."""
    _each_number(
        answer, _WAITING, {tier: tier_times.waited(lab, tier) for tier in _WAITING}, "seconds"
    )


@MODULE.check(
    "slow",
    points=1,
    title="The slow tier, and what it lacks",
    hints=(
        "What a tier takes, less what it waits for, is its own.",
        "The metric of the service in AWS/ECS that is high in one tier only says what it lacks.",
    ),
)
def slow(lab: Session, answer: object) -> None:
    """Judge the tier by name, and the CPU at its peak."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:  # noqa: PLR2004 - name and number
        raise NotYet(expected="(slow, cpu): a name and a number", found=answer)
    name, cpu = answer
    if name is ... or cpu is ...:
        raise NotAttempted
    if word(name, [SLOW]) is None:
        known = {
            "storefront": "storefront takes longest, and nearly all of that it waits",
            "catalog": "catalog warns in its log, but most of its time it waits",
        }
        raise NotYet(
            expected="the tier whose own time is the longest",
            found=known.get(str(name), name),
            look_at="seconds[tier] - waits[tier], for each tier",
        )
    highest = max(tier_times.cpu(lab, SLOW), default=0.0)
    if not _near(number(cpu, "%", "percent"), highest):
        raise NotYet(
            expected=f"the highest Maximum of CPUUtilization of {SLOW}, minute by minute",
            found=cpu,
            look_at="get_metric_statistics(AWS/ECS, CPUUtilization, Period=60) → the largest",
        )


@MODULE.check(
    "alarm",
    points=2,
    title="An alarm that goes off while the shop is slow",
    hints=(
        "TargetResponseTime of the storefront's target group, ExtendedStatistic p90.",
        "Period 60, EvaluationPeriods 3, Threshold 1.0, GreaterThanThreshold.",
        "At night nobody comes and there are no points: that is not bad, so notBreaching.",
    ),
)
def alarm(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge what the alarm watches, and that it has gone off."""
    found = _alarm(lab)
    where = "describe_alarms → MetricAlarms[0]"
    expect(found.get("MetricName"), "TargetResponseTime", f"{where}.MetricName")
    expect(found.get("ExtendedStatistic"), "p90", f"{where}.ExtendedStatistic")
    wanted = {each["Value"] for each in tiers.dimensions("storefront")}
    given = {each["Value"] for each in found["Dimensions"]}
    if given != wanted:
        raise NotYet(
            expected="what the visitors feel: the target group of the storefront",
            found=f"the dimensions {sorted(given) or 'of nothing at all'}",
            look_at=f"{where}.Dimensions",
        )
    expect(found["Threshold"], GOAL, f"{where}.Threshold")
    expect(found.get("TreatMissingData", "missing"), "notBreaching", f"{where}.TreatMissingData")
    if found["EvaluationPeriods"] < _POINTS:
        raise NotYet(
            expected=f"{_POINTS} points before it goes off, so that one wave wakes nobody",
            found=f"{found['EvaluationPeriods']}",
            look_at=f"{where}.EvaluationPeriods",
        )
    if "ALARM" not in _states(lab):
        raise NotYet(
            expected="the alarm has been in ALARM",
            found=f"{found['StateValue']}: let visitors come while the shop is slow",
            look_at="describe_alarm_history → AlarmHistoryItems[].HistorySummary",
        )


@MODULE.check(
    "mended",
    points=2,
    title="Nine of ten visitors wait less than a second",
    hints=(
        "One tier needs more CPU. Which field of its task definition says how much it has?",
        "Register prices again with cpu 1024 and memory 2048, update its service, and wait.",
        "Then call busy(6), and keep what it returns in load.",
    ),
)
def mended(lab: Session, answer: object) -> None:
    """Judge by what visitors met after the change, and by the alarm."""
    if not isinstance(answer, Load):
        raise NotYet(expected="the load that busy(6) returns", found=answer)
    if answer.sent < _ENOUGH or not answer.finished:
        raise NotYet(
            expected=f"a load of {_ENOUGH} visitors or more that has ended",
            found=f"{answer.sent} visitors{'' if answer.finished else ', and more to come'}",
            look_at="busy(6)",
        )
    if answer.failures:
        raise NotYet(expected="no lost request", found=f"{len(answer.failures)} lost")
    begin = answer.began + timedelta(minutes=1)
    end = answer.began + timedelta(seconds=answer.seconds)
    slowest = max(tier_times.points(lab, "storefront", (begin, end), "p90"), default=0.0)
    if slowest > GOAL:
        raise NotYet(
            expected=f"p90 of TargetResponseTime below {GOAL:g} s in each minute",
            found=f"{slowest:.2f} s in the slowest minute",
            look_at=f"the CPU of the tiers during the load: is it {SLOW} that got more?",
        )
    if _alarm(lab)["StateValue"] != "OK":
        raise NotYet(
            expected=f"the alarm {ALARM} is OK again",
            found=_alarm(lab)["StateValue"],
            look_at="describe_alarms → MetricAlarms[0].StateReason",
        )


@MODULE.check(
    "logged",
    points=1,
    title=f"The worker writes to {GROUP}, for {DAYS} days",
    hints=(
        "Make the log group first: the execution role may not create one.",
        "On Fargate awslogs wants awslogs-group, awslogs-region and awslogs-stream-prefix.",
        "put_retention_policy sets the days. Then register, update the service, and wait.",
    ),
)
def logged(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge by the lines that have arrived."""
    logs = lab.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    if not groups:
        raise NotAttempted
    events = logs.filter_log_events(logGroupName=GROUP)["events"]
    if not events:
        raise NotYet(
            expected=f"lines of {NAME} in {GROUP}",
            found="the log group is empty; does the service run the new revision, and does it run?",
            look_at="describe_services → services[0].events[0].message",
        )
    expect(
        groups[0].get("retentionInDays", "for ever"),
        DAYS,
        "describe_log_groups → logGroups[0].retentionInDays",
    )


@MODULE.check(
    "reason",
    points=1,
    title="Why the worker dies, in its own words",
    hints=(
        "The last line before a task ends says it; its level is ERROR.",
        "filterPattern='{ $.level = \"ERROR\" }' finds such lines.",
    ),
)
def reason(lab: Session, answer: object) -> None:  # noqa: ARG001 - a text is judged
    """Judge that the line is the one with the mail server's answer."""
    if isinstance(answer, dict):
        answer = answer.get("message", json.dumps(answer))
    if not isinstance(answer, str) or REASON not in answer:
        found = answer
        if isinstance(answer, str) and "exit" in answer.lower():
            found = "what ECS knows: that it ended, and not why"
        raise NotYet(
            expected="the line that the worker has printed before it ended",
            found=found,
            look_at=f"filter_log_events({GROUP}) → events[].message",
        )


@MODULE.check(
    "kept",
    points=2,
    title="Stopped tasks are remembered longer than ECS does",
    hints=(
        "A rule of EventBridge with a pattern, and the log group as its target.",
        'The pattern: detail-type "ECS Task State Change", and in detail lastStatus STOPPED.',
        "The target's Arn is that of the log group, without :* at the end.",
    ),
)
def kept(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge by an event about a task that ECS has forgotten."""
    logs = lab.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=KEPT)["logGroups"]
    rules = lab.client("events").list_rules()["Rules"]
    if not groups and not rules:
        raise NotAttempted
    if not groups:
        raise NotYet(expected=f"the log group {KEPT}", found="no such log group")
    details = [_detail(event) for event in _events(logs)]
    if not details:
        raise NotYet(
            expected=f"events in {KEPT}",
            found="nothing; does the rule match, is its target the log group, has time passed?",
            look_at="list_rules → Rules[].EventPattern, list_targets_by_rule → Targets[].Arn",
        )
    other = {detail.get("lastStatus") for detail in details} - {"STOPPED"}
    if other:
        raise NotYet(
            expected="events of stopped tasks only: every other one costs money and attention",
            found=f"also events with lastStatus {', '.join(sorted(map(str, other)))}",
            look_at="list_rules → Rules[].EventPattern",
        )
    ended = [detail for detail in details if _exit_code(detail) == EXIT_CODE]
    gone = [detail for detail in ended if _forgotten(lab, detail["taskArn"])]
    if not gone:
        raise NotYet(
            expected="the event of a task that DescribeTasks no longer knows",
            found=f"{len(ended)} events of tasks that ECS still remembers; let an hour pass",
            look_at="describe_tasks → failures[0].reason",
        )


def _each_number(answer: object, names: tuple[str, ...], wanted: Found, unit: str) -> None:
    if not isinstance(answer, dict) or set(answer) != set(names):
        raise NotYet(expected=f"a dictionary of {', '.join(names)}", found=answer)
    for name in names:
        value = number(answer[name], "seconds", "s")
        if not _near(value, wanted[name]):
            hint = " (milliseconds?)" if _near(value, wanted[name] * 1000) else ""
            raise NotYet(
                expected=f"{unit} of {name}, on average over the ten busy minutes",
                found=f"{answer[name]}{hint}",
                look_at="the average from begin to end",
            )


def _near(value: float | None, wanted: float) -> bool:
    return value is not None and abs(value - wanted) <= max(_CLOSE * wanted, 0.01)


def _alarm(lab: Session) -> Found:
    found = lab.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    if not found:
        raise NotAttempted
    alarm: Found = found[0]
    return alarm


def _states(lab: Session) -> set[str]:
    items = lab.client("cloudwatch").describe_alarm_history(
        AlarmName=ALARM, HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    return {item["HistorySummary"].rpartition(" ")[2] for item in items}


def _events(logs: Any) -> list[Found]:
    events: list[Found] = logs.filter_log_events(logGroupName=KEPT)["events"]
    return events


def _detail(event: Found) -> Found:
    try:
        found = json.loads(event["message"])
    except ValueError:
        return {}
    detail: Found = found.get("detail", found) if isinstance(found, dict) else {}
    return detail


def _exit_code(detail: Found) -> object:
    containers = detail.get("containers") or [{}]
    return containers[0].get("exitCode")


def _forgotten(lab: Session, task: str) -> bool:
    answer = lab.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[task])
    return bool(answer["failures"])
