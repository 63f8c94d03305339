"""A learner's diagnosis of a dead task: what it says, and the first thing in it that differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.course.meaning import word
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["CAUSES", "LAYERS", "PROOFS", "STOP_CODES", "THE_DEAD", "Diagnosis", "judge"]

STOP_CODES = ("TaskFailedToStart", "EssentialContainerExited", "UserInitiated")

LAYERS = {
    "initialise": "ECS prepares the task: secrets, the registry's sign-in, the log group",
    "pull": "ECS fetches the images",
    "start": "ECS starts a container's program",
    "app": "the program runs, and ends",
    "person": "somebody asked for the stop",
}
"""The layers at which a task can end, in order, each in a few words."""

CAUSES = {
    "log group missing": "initialise",
    "secret missing": "initialise",
    "image tag missing": "pull",
    "no permission to pull": "pull",
    "command not found": "start",
    "variable missing": "app",
    "out of memory": "app",
    "essential container finished": "app",
    "stopped on request": "person",
}
"""The causes a diagnosis may name, and the layer of each."""

PROOFS = ("stopCode", "stoppedReason", "exitCode", "reason", "log line")

_CHOICES: Mapping[str, Iterable[str]] = {
    "stop_code": STOP_CODES,
    "layer": LAYERS,
    "cause": CAUSES,
    "proof": PROOFS,
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is true of a dead task.

    Attributes:
        family: the family of its definition, by which it is named.
        stop_code: its stop code.
        layer: one of `LAYERS`.
        cause: one of `CAUSES`.
        proofs: each of `PROOFS` that shows the cause, and no other cause.
        why: where the proof is to be found, in words that do not name the field.
        container: the container that ended first, when there are several.
        victim: the container that was stopped because of it.
    """

    family: str
    stop_code: str
    layer: str
    cause: str
    proofs: tuple[str, ...]
    why: str
    container: str = ""
    victim: str = ""


THE_DEAD = {
    truth.family: truth
    for truth in (
        Diagnosis(
            family="newsletter",
            stop_code="TaskFailedToStart",
            layer="pull",
            cause="image tag missing",
            proofs=("stoppedReason", "reason"),
            why="the text that names the image which was not found",
        ),
        Diagnosis(
            family="invoices",
            stop_code="TaskFailedToStart",
            layer="initialise",
            cause="log group missing",
            proofs=("stoppedReason",),
            why="what the container has none of: no exitCode and no reason, it never came to that",
        ),
        Diagnosis(
            family="thumbnails",
            stop_code="EssentialContainerExited",
            layer="app",
            cause="variable missing",
            proofs=("log line",),
            why="exit code 1 says that the program gave up; only one place says why",
        ),
        Diagnosis(
            family="search-index",
            stop_code="EssentialContainerExited",
            layer="app",
            cause="out of memory",
            proofs=("reason",),
            why="137 may also mean a stop that took too long; one field tells the two apart",
        ),
        Diagnosis(
            family="price-sync",
            stop_code="EssentialContainerExited",
            layer="app",
            cause="essential container finished",
            proofs=("exitCode",),
            why="what tells the container that ended by itself from the one that was stopped",
            container="fetch-rates",
            victim="price-sync",
        ),
    )
}
"""The tasks that die in the lab's night, by family."""


def judge(lab: Session, answer: object, truth: Diagnosis) -> None:
    """Compare an answer with the truth, key by key, and end the check at the first difference.

    Args:
        lab: the session, whose account shows the task.
        answer: a dictionary with the keys stop_code, layer, cause and proof; and container for a
            task of several containers.
        truth: the diagnosis.
    """
    keys = ["stop_code", "layer", "cause", "proof"]
    if truth.container:
        keys.insert(1, "container")
    if not isinstance(answer, Mapping):
        raise NotYet(expected=f"a dictionary with the keys {', '.join(keys)}", found=answer)
    given = {key: answer.get(key, ...) for key in keys}
    blank = [key for key in keys if given[key] is ...]
    if blank:
        raise NotYet(
            expected=f"a value for each of {', '.join(keys)}", found=f"none for {', '.join(blank)}"
        )
    for key, choices in _CHOICES.items():
        given[key] = _choice(given[key], choices, key)
    if truth.container:
        names = (truth.container, truth.victim)
        given["container"] = word(given["container"], names) or given["container"]
    shown = _shown(lab, truth)
    if given["stop_code"] != truth.stop_code:
        raise NotYet(
            expected="the stop code of the task",
            found=f"{given['stop_code']}, but the task has another one",
            look_at=f"describe_tasks → stopCode of the task of {truth.family}",
        )
    if truth.container:
        _container(given["container"], truth)
    _layer_and_cause(given, truth, shown)
    if given["proof"] not in truth.proofs:
        raise NotYet(
            expected="the field that shows this cause and no other",
            found=f"{given['proof']}, which leaves the question open",
            look_at=truth.why,
        )


def _container(given: Any, truth: Diagnosis) -> None:
    if given == truth.container:
        return
    expected = "the container that ended by itself, before the other one"
    if given == truth.victim:
        raise NotYet(
            expected=expected,
            found=f"{given}, which was told to stop: it has exit code 143, which is 128 + 15",
            look_at="describe_tasks → containers[].exitCode of both containers",
        )
    raise NotYet(expected=expected, found=given, look_at="describe_tasks → containers[].name")


def _layer_and_cause(given: Mapping[str, Any], truth: Diagnosis, shown: str) -> None:
    if given["layer"] != truth.layer:
        raise NotYet(
            expected="the layer at which this task ended",
            found=f"{given['layer']} ({LAYERS[given['layer']]})",
            look_at=shown,
        )
    if given["cause"] != truth.cause:
        other = CAUSES[given["cause"]]
        detail = f", a cause in the layer {other}" if other != truth.layer else ""
        raise NotYet(
            expected="the cause that the evidence shows",
            found=f"{given['cause']}{detail}",
            look_at=shown,
        )


def _choice(value: Any, choices: Iterable[str], key: str) -> str:
    """Give the word of the table that is meant, or end the check with *not yet*."""
    meant = word(value, choices)
    if meant is None and isinstance(value, str):
        meant = word(value.casefold().replace("initialize", "initialise"), choices)
    if meant is None:
        raise NotYet(
            expected=f"for {key} one of: {', '.join(choices)}",
            found=value,
            look_at="the table of words above the step",
        )
    return meant


def _shown(lab: Session, truth: Diagnosis) -> str:
    """Say what the API shows of the dead task, as far as it still knows it."""
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster="bookshop", family=truth.family, desiredStatus="STOPPED")
    found = ecs.describe_tasks(cluster="bookshop", tasks=arns["taskArns"])["tasks"]
    if not arns["taskArns"] or not found:
        return "describe_tasks; AWS keeps a stopped task for an hour, and lab.reset() begins again"
    task = found[0]
    facts = [name for name in ("pullStartedAt", "startedAt") if name in task]
    codes = [f"{box['name']} {box['exitCode']}" for box in task["containers"] if "exitCode" in box]
    return (
        f"the task of {truth.family}: stoppedReason; "
        f"timestamps of the way up: {', '.join(facts) or 'neither pullStartedAt nor startedAt'}; "
        f"exit codes: {', '.join(codes) or 'none'}"
    )
