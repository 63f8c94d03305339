"""What is not as it should be about a task that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import calls, execute, health, permission, preparation
from ecslab.cloud.explain.evidence import Absent, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Container, Task

_MANAGER = ":secretsmanager:"


def of_running(case: Case, task: Task) -> Iterator[Step]:
    """Yield the state of a running task, and what is wrong with it, the gravest last."""
    found = list(problems(case, task))
    words = "It runs." if found else "It runs, and nothing is wrong that the account knows of."
    yield case.task_step("state", words, task, "lastStatus")
    yield from found


def problems(case: Case, task: Task) -> Iterator[Step]:
    """Yield what is wrong with a running task."""
    for find in _PROBLEMS:
        yield from find(case, task)
    yield from _targets(case, task)
    failing = health.unhealthy_container(task)
    if failing is not None:
        yield from health.of_container(case, task, failing)


def _variables(case: Case, task: Task) -> Iterator[Step]:
    """Yield a variable that a file or the image sets and `environment` or `secrets` overrides."""
    for container in task.containers:
        files = container.spec.get("environmentFiles") or []
        given = {str(e["name"]) for e in container.spec.get("environment") or []}
        secret = {str(e["name"]) for e in container.spec.get("secrets") or []}
        for file in files:
            values = case.account.ports.secrets.environment_file(str(file["value"])) or {}
            for name in sorted(set(values) & (given | secret)):
                winner = "secrets" if name in secret else "environment"
                words = (
                    f"{name} of {container.name} comes from {winner}, which wins over the"
                    f" environment file that sets it too."
                )
                yield case.spec_step("start", words, task, container.name, winner)
                return
        both = sorted(given & secret)
        if both:
            words = f"{both[0]} of {container.name} is in environment and in secrets, which wins."
            yield case.spec_step("start", words, task, container.name, "secrets")
            return


def _image(case: Case, task: Task) -> Iterator[Step]:
    """Yield that a tag has been moved to another image since a container pulled it."""
    for container in task.containers:
        registry, repository, tag = preparation.split_image(str(container.spec["image"]))
        if ".dkr.ecr." not in registry or container.found is None or "@" in container.spec["image"]:
            continue
        answer = case.ask(
            "ecr", "describe_images", repositoryName=repository, imageIds=[{"imageTag": tag}]
        )
        now = value_at(answer, "imageDetails", 0, "imageDigest")
        if now is not None and now != container.found.digest:
            words = f"{container.name} runs the image that the tag {tag} named when it started."
            yield case.container_step("pull", words, task, container.name, "imageDigest")
            words = (
                f"The tag {repository}:{tag} names another image now; a running task does not"
                " follow, a new deployment (forceNewDeployment) does."
            )
            yield case.step("pull", words, answer, "imageDetails", 0, "imageDigest")
            return


def _secrets(case: Case, task: Task) -> Iterator[Step]:
    """Yield that a secret or parameter has changed since a container got its value."""
    for container in task.containers:
        for entry in container.spec.get("secrets") or []:
            yield from _secret(case, task, container, str(entry["name"]), str(entry["valueFrom"]))


def _secret(case: Case, task: Task, container: Container, name: str, source: str) -> Iterator[Step]:
    if _MANAGER in source:
        secret = ":".join(source.split(":")[:7])
        answer = case.ask("secretsmanager", "describe_secret", SecretId=secret)
        path: tuple[str, ...] = ("LastChangedDate",)
    else:
        parameter = source.rpartition(":parameter")[2] or source
        answer = case.ask("ssm", "get_parameter", Name=parameter)
        path = ("Parameter", "LastModifiedDate")
    changed: datetime | None = value_at(answer, *path)
    if changed is None or task.started_at is None or changed <= task.started_at:
        return
    words = f"{container.name} got the value of {name} when it started, and keeps it."
    yield case.task_step("start", words, task, "startedAt")
    words = (
        "The value has been changed since; running containers do not see it, new tasks do"
        " (forceNewDeployment)."
    )
    yield case.step("start", words, answer, *path)


def _log(case: Case, task: Task) -> Iterator[Step]:
    """Yield that nothing a container prints arrives, because its role may not put it."""
    for container in task.containers:
        logging = container.spec.get("logConfiguration") or {}
        if logging.get("logDriver") != "awslogs" or container.log_stream is not None:
            continue
        role = str(task.definition.get("executionRoleArn") or "")
        group = (logging.get("options") or {}).get("awslogs-group", "")
        if role:
            words = f"What {container.name} prints is lost: nothing may be put into its log."
            yield case.spec_step(
                "permission", words, task, container.name, "logConfiguration", "options"
            )
            arn = f"arn:aws:logs:{case.region}:{case.account.id}:log-group:{group}:*"
            yield permission.lacking(case, role, "logs:PutLogEvents", arn)
        return


def _agent(case: Case, task: Task) -> Iterator[Step]:
    instance = task.instance
    if instance is not None and not instance.connected:
        answer = case.describe_instance(task.cluster.name, instance.id)
        words = "The agent of its container instance is not connected: ECS does not hear of it."
        yield case.step("capacity", words, answer, "containerInstances", 0, "agentConnected")


def _targets(case: Case, task: Task) -> Iterator[Step]:
    balancers = case.account.ports.balancers
    for target in task.targets:
        condition = balancers.health(target)
        if condition == "healthy":
            continue
        answer = case.ask(
            "elbv2",
            "describe_target_health",
            TargetGroupArn=target.group,
            Targets=[{"Id": target.ip, "Port": target.port}],
        )
        words = f"Its load balancer sends it nothing: the target is {condition}."
        place = ("TargetHealthDescriptions", 0, "TargetHealth")
        yield case.step("health", words, answer, *place, "State")
        if condition == "unhealthy":
            yield from health.of_target(case, task, target.group)
        else:
            words = balancers.health_reason(target)
            yield case.step("health", f"{words}.", answer, *place, Absent("Description"))
        return


_PROBLEMS: Final[tuple[Callable[[Case, Task], Iterator[Step]], ...]] = (
    _variables,
    _image,
    _secrets,
    _log,
    execute.of_task,
    calls.denied,
    calls.unanswered,
    _agent,
)
