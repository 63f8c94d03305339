"""What can be said of something that the account no longer has, or never had."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step

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
        reason = str(stopping.fields.get("reason"))
        words = (
            f"The evidence is gone from the API. What the journal kept: {reason} An EventBridge"
            " rule for task state changes would have kept it for you; these are the rules."
        )
        yield case.step("state", words, case.ask("events", "list_rules"), "Rules")

    return state, steps()


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
    answer = case.ask(
        "ecs", "describe_container_instances", cluster=cluster, containerInstances=[parts[-1]]
    )
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
