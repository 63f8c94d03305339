"""What became of the orders of module 08-fargate: read from the workers' log and the queue."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.course.fargate_shop import LOG_GROUP, PACKING_SECONDS, QUEUE
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["judge", "judge_visibility"]

_LINE = re.compile(r"(begins|packed) (order-\d+)-(\d\d)")
_ORDERS = [f"{number:02}" for number in range(1, 13)]
_LOG = f"filter_log_events on {LOG_GROUP} → events[].message"


@dataclass(frozen=True)
class _Line:
    """One line of a worker: what it says of which order, and when."""

    word: str
    batch: str
    number: str
    at: float
    stream: str


def judge_visibility(lab: Session) -> None:
    """End the check when a message is shown again while its order is being packed.

    Args:
        lab: the session whose account is judged.
    """
    seconds = int(_queue(lab)["VisibilityTimeout"])
    if seconds <= PACKING_SECONDS:
        raise NotYet(
            expected=f"a message hidden for longer than the {PACKING_SECONDS} seconds of packing",
            found=f"{seconds} seconds; then a second worker gets the same order",
            look_at="get_queue_attributes → Attributes.VisibilityTimeout",
        )


def judge(lab: Session, task: dict[str, Any]) -> None:
    """End the check unless the orders around an interruption were packed, each of them once.

    Args:
        lab: the session whose account is judged.
        task: the interrupted task, as DescribeTasks shows it.
    """
    lines = _lines(lab)
    batch = _batch_in_hand(task, lines)
    begun = {line.number for line in lines if line.word == "begins" and line.batch == batch}
    packed = Counter(line.number for line in lines if line.word == "packed" and line.batch == batch)
    missing = [number for number in _ORDERS if not packed[number]]
    if missing:
        _refuse_missing(lab, missing, begun, len(packed))
    twice = [number for number, times in sorted(packed.items()) if times > 1]
    if twice:
        raise NotYet(
            expected="every order packed once",
            found=f"packed more than once: {len(twice)} of {len(_ORDERS)} orders",
            look_at=f"{_LOG}, and the queue's VisibilityTimeout",
        )
    _refuse_waiting(lab)


def _batch_in_hand(task: dict[str, Any], lines: list[_Line]) -> str:
    """Give the orders' common name, from the order that the task had when it was interrupted."""
    own = [line for line in lines if line.stream.endswith(task["taskArn"].rsplit("/", 1)[-1])]
    before = [line for line in own if line.at <= task["stoppingAt"].timestamp()]
    if not before or before[-1].word != "begins":
        raise NotYet(
            expected="a worker that was interrupted with an order in its hands",
            found="one that waited for an order",
            look_at="the 20 seconds between send_orders() and the interruption",
        )
    return before[-1].batch


def _refuse_missing(lab: Session, missing: list[str], begun: set[str], packed: int) -> None:
    waiting = _waiting(lab)
    expected = f"{len(_ORDERS)} orders packed"
    if waiting:
        raise NotYet(
            expected=expected,
            found=f"{packed} packed, and {waiting} messages still in the queue",
            look_at="the time since the interruption: let five minutes pass",
        )
    lost = [number for number in missing if number in begun]
    raise NotYet(
        expected=expected,
        found=f"{packed} packed; begun, never packed, and no longer in the queue: {len(lost)}",
        look_at="pack_orders: when it deletes the message",
    )


def _refuse_waiting(lab: Session) -> None:
    waiting = _waiting(lab)
    if waiting:
        raise NotYet(
            expected="an empty queue: a packed order is deleted from it",
            found=f"{waiting} messages, which will be packed again",
            look_at="pack_orders: whether it deletes the message",
        )


def _waiting(lab: Session) -> int:
    attributes = _queue(lab)
    hidden = attributes["ApproximateNumberOfMessagesNotVisible"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(hidden)


def _queue(lab: Session) -> dict[str, str]:
    sqs = lab.client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes: dict[str, str] = found["Attributes"]
    return attributes


def _lines(lab: Session) -> list[_Line]:
    """Give what the workers wrote about orders, in order of time."""
    pages = lab.client("logs").get_paginator("filter_log_events")
    found = []
    for page in pages.paginate(logGroupName=LOG_GROUP):
        for event in page["events"]:
            match = _LINE.fullmatch(event["message"])
            if match:
                word, batch, number = match.groups()
                at = event["timestamp"] / 1000
                found.append(_Line(word, batch, number, at, event["logStreamName"]))
    return sorted(found, key=lambda line: line.at)
