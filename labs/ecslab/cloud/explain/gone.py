"""What can be said of something that the account no longer has, or never had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.explain import logs
from ecslab.cloud.explain.evidence import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.journal import Entry

    Chain = tuple[str, Iterator[Step]]


def task(case: Case, arn: str) -> Chain:
    """Return the chain of a task that can not be described."""
    parts = arn.split("/")
    known = case.journal.about(arn)
    state = f"Task {parts[-1][:8]} is gone." if known else "There never was such a task."

    def steps() -> Iterator[Step]:
        cluster = parts[1] if len(parts) > 2 else "default"  # noqa: PLR2004 - task, cluster, id
        answer = case.ask("ecs", "describe_tasks", cluster=cluster, tasks=[parts[-1]])
        words = "DescribeTasks does not find it: a stopped task is kept for about an hour."
        if not known:
            words = "DescribeTasks does not find it."
        yield case.step("state", words, answer, "failures")
        stopping = case.last(arn, "task.stopping")
        if stopping is None:
            return
        yield from _said(case, parts[1], arn)
        yield from _written(case, arn)
        words = (
            f"The evidence is gone from the API. What the journal kept: {_kept(case, arn)} An"
            " EventBridge rule for task state changes would have kept it for you; these are the"
            " rules."
        )
        yield case.step("state", words, case.ask("events", "list_rules"), "Rules")

    return state, steps()


def _said(case: Case, cluster: str, arn: str) -> Iterator[Step]:
    """Yield the newest service event about a task, which outlives it."""
    begun = _begun(case, arn)
    kind, _, name = str(begun.fields.get("group") if begun else "").partition(":")
    if kind != "service":
        return
    answer = case.describe_service(cluster, name)
    words = f"The service {name} still has an event about it."
    event = case.event_step("state", words, answer, arn.rsplit("/", 1)[-1])
    if event is not None:
        yield event


def _written(case: Case, arn: str) -> Iterator[Step]:
    """Yield the last line that a container of a task wrote, which outlives it too."""
    begun = _begun(case, arn)
    name = str(begun.fields.get("definition") if begun else "")
    if begun is not None and str(begun.fields.get("group")).startswith("daemon:"):
        answer = case.ask("ecs", "describe_daemon_task_definition", daemonTaskDefinition=name)
    else:
        answer = case.ask("ecs", "describe_task_definition", taskDefinition=name)
    place = "daemonTaskDefinition" if "daemon" in answer.operation else "taskDefinition"
    for spec in value_at(answer, place, "containerDefinitions") or []:
        line = next(iter(logs.lines_of(case, spec, arn.rsplit("/", 1)[-1])), None)
        if line is not None:
            words = f"The log of {spec['name']} is still there; this is its last line."
            yield case.step("application", words, *line)
            return


def _begun(case: Case, arn: str) -> Entry | None:
    """Return the first entry about a task, which names its definition and its group."""
    return next((entry for entry in case.journal.about(arn) if entry.fields.get("group")), None)


def _kept(case: Case, arn: str) -> str:
    """Return in words how a task ended, by the journal."""
    wishes = (entry.fields for entry in case.journal.about(arn) if entry.kind == "task.stopping")
    reason = next((str(fields["reason"]) for fields in wishes if fields.get("reason")), "")
    ended = [entry for entry in case.journal.about(arn) if entry.kind == "container.stopped"]
    codes = [f"{e.fields['container']} ended with {e.fields['exit_code']}" for e in ended]
    whole = f"{reason.rstrip('.')}; {', '.join(codes)}" if codes else reason.rstrip(".")
    return f"{whole}."


def service(case: Case, arn: str) -> Chain:
    """Return the chain of a service that can not be described."""
    parts = arn.split("/")
    cluster = parts[1] if len(parts) > 2 else "default"  # noqa: PLR2004 - service, cluster, name
    answer = case.ask("ecs", "describe_services", cluster=cluster, services=[parts[-1]])
    return _missing(case, arn, "service", [case.step("state", _WORDS, answer, "failures")])


def deployment(case: Case, arn: str) -> Chain:
    """Return the chain of a deployment that can not be described."""
    answer = case.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[arn])
    return _missing(case, arn, "deployment", [case.step("state", _WORDS, answer, "failures")])


def instance(case: Case, arn: str) -> Chain:
    """Return the chain of a container instance that can not be described."""
    parts = arn.split("/")
    cluster = parts[1] if len(parts) > 2 else "default"  # noqa: PLR2004 - kind, cluster, id
    answer = case.describe_instance(cluster, parts[-1])
    found = [case.step("state", _WORDS, answer, "failures")]
    return _missing(case, arn, "container instance", found)


def cluster(case: Case, arn: str) -> Chain:
    """Return the chain of a cluster that can not be described."""
    answer = case.ask("ecs", "describe_clusters", clusters=[arn.rsplit("/", 1)[-1]])
    return _missing(case, arn, "cluster", [case.step("state", _WORDS, answer, "failures")])


_WORDS = "The account does not find it."


def _missing(case: Case, arn: str, noun: str, found: list[Step]) -> Chain:
    known = bool(case.journal.about(arn))
    name = arn.rsplit("/", 1)[-1]
    state = f"The {noun} {name} is gone." if known else f"There never was a {noun} {name}."
    return state, iter(found)
