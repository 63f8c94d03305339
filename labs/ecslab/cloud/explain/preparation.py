"""Why a task could not be prepared: the registry, secrets, files, logs, images, its interface."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import ending, permission, waiting, way
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model import capacity_failures, failures, host_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task

_SUBNET: Final = re.compile(r"in subnet '(subnet-\w+)'")
_ECR: Final = ".dkr.ecr."


def causes(case: Case, task: Task, reason: str) -> Iterator[Step]:
    """Yield what lies behind a reason for which a task did not start.

    Args:
        case: the account.
        task: the task.
        reason: its stoppedReason, or the reason of one of its containers.
    """
    denial = permission.denial_in(reason)
    if denial is not None:
        yield from permission.causes(case, task, denial)
        return
    for failure, explain in _RULES:
        found = failure.find(reason)
        if found is not None:
            yield from explain(case, task, found)
            return
    subnet = _SUBNET.search(reason)
    if subnet is not None:
        yield from _full_subnet(case, subnet[1])


# --- The network ----------------------------------------------------------------------------------


def _unreachable(*services: str) -> Callable[[Case, Task, dict[str, str]], Iterator[Step]]:
    def explain(case: Case, task: Task, _found: dict[str, str]) -> Iterator[Step]:
        return way.to_services(case, task, services)

    return explain


def _registry_unreachable(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    private = _ECR in found["registry"]
    return way.to_services(case, task, ("ecr.dkr", "s3") if private else ("internet",))


def _full_subnet(case: Case, subnet: str) -> Iterator[Step]:
    answer = case.ask("ec2", "describe_subnets", SubnetIds=[subnet])
    if answer.error:
        yield case.step("network", f"There is no subnet {subnet} any more.", answer)
        return
    free = value_at(answer, "Subnets", 0, "AvailableIpAddressCount")
    words = f"The subnet {subnet} has {free} free addresses."
    yield case.step("network", words, answer, "Subnets", 0, "AvailableIpAddressCount")


# --- Secrets and files ----------------------------------------------------------------------------


def _no_role(case: Case, _task: Task, found: dict[str, str]) -> Iterator[Step]:
    return permission.trust(case, found["role"], "ecs-tasks.amazonaws.com")


def _no_secret(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    yield from _asked_for(case, task, found["secret"])
    answer = case.ask("secretsmanager", "describe_secret", SecretId=found["secret"])
    if answer.error:
        yield case.step("initialise", "Secrets Manager has no such secret.", answer)
    elif answer.found.get("DeletedDate"):
        words = "The secret has been deleted; until its recovery window ends it can be restored."
        yield case.step("initialise", words, answer, "DeletedDate")
    else:
        words = "The secret exists, but not in the version that the definition names."
        yield case.step("initialise", words, answer, "VersionIdsToStages")


def _no_key(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    key = found["key"]
    for container in task.containers:
        for index, entry in enumerate(container.spec.get("secrets") or []):
            parts = str(entry["valueFrom"]).split(":")
            if len(parts) > 7 and parts[7] == key:  # noqa: PLR2004 - arn:…:secret:name:key
                words = f"The definition asks for the JSON key {key}, which the secret lacks."
                yield case.spec_step(
                    "initialise", words, task, container.name, "secrets", index, "valueFrom"
                )
                return


def _no_parameter(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    yield from _asked_for(case, task, found["names"])
    names = [name for name in re.split(r"[,\s]+", found["names"]) if name]
    answer = case.ask("ssm", "get_parameters", Names=names)
    yield case.step(
        "initialise", "Parameter Store has no such parameter.", answer, "InvalidParameters"
    )


def _asked_for(case: Case, task: Task, what: str) -> Iterator[Step]:
    for container in task.containers:
        for index, entry in enumerate(container.spec.get("secrets") or []):
            if what in str(entry["valueFrom"]):
                words = f"The definition injects it as {entry['name']} into {container.name}."
                yield case.spec_step(
                    "initialise", words, task, container.name, "secrets", index, "valueFrom"
                )
                return


def _no_file(case: Case, _task: Task, found: dict[str, str]) -> Iterator[Step]:
    bucket, _, key = found["resource"].rpartition(":::")[2].partition("/")
    answer = case.ask("s3", "list_objects_v2", Bucket=bucket, Prefix=key)
    if answer.error:
        yield case.step("initialise", f"There is no bucket {bucket}.", answer)
    else:
        words = f"The bucket {bucket} has no object {key}."
        yield case.step("initialise", words, answer, "KeyCount")


# --- Logs -----------------------------------------------------------------------------------------


def _no_group(case: Case, task: Task, _found: dict[str, str]) -> Iterator[Step]:
    for container in task.containers:
        options = (container.spec.get("logConfiguration") or {}).get("options") or {}
        group = options.get("awslogs-group")
        if not group or case.account.ports.logs.group_exists(group, options["awslogs-region"]):
            continue
        place = ("logConfiguration", "options")
        words = f"The log driver of {container.name} is not told to create the log group {group}."
        yield case.spec_step(
            "initialise",
            words,
            task,
            container.name,
            *place,
            Absent("awslogs-create-group"),
        )
        answer = case.ask("logs", "describe_log_groups", logGroupNamePrefix=group)
        words = f"CloudWatch Logs has no log group {group}."
        yield case.step("initialise", words, answer, "logGroups")
        return


# --- Images ---------------------------------------------------------------------------------------


def _no_tag(case: Case, _task: Task, found: dict[str, str]) -> Iterator[Step]:
    registry, repository, reference = split_image(found["image"])
    if _ECR not in registry:
        return
    answer = case.ask("ecr", "list_images", repositoryName=repository)
    words = f"The repository {repository} has no image {reference}."
    yield case.step("pull", words, answer, "imageIds")


def _no_repository(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    registry, repository, _ = split_image(found["repository"])
    if _ECR in registry and registry == f"{case.account.id}.dkr.ecr.{case.region}.amazonaws.com":
        answer = case.ask("ecr", "describe_repositories", repositoryNames=[repository])
        if answer.error:
            yield case.step("pull", f"Amazon ECR has no repository {repository}.", answer)
            return
    for container in task.containers:
        if repository in str(container.spec["image"]):
            words = "No registry that this account reaches has this image."
            yield case.spec_step("pull", words, task, container.name, "image")
            return


def _no_platform(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    words = f"The task asks for the platform {found['platform']}, for which the image has no build."
    yield case.definition_step("pull", words, task, Absent("runtimePlatform"))


def _no_space(case: Case, task: Task, _found: dict[str, str]) -> Iterator[Step]:
    words = "The unpacked image does not fit on the task's ephemeral storage."
    yield case.task_step("pull", words, task, Absent("ephemeralStorage"))
    for container in task.containers:
        registry, repository, tag = split_image(str(container.spec["image"]))
        if container.found is None and _ECR in registry:
            key = "imageDigest" if tag.startswith("sha256:") else "imageTag"
            answer = case.ask(
                "ecr", "describe_images", repositoryName=repository, imageIds=[{key: tag}]
            )
            words = f"The image of {container.name} has this many bytes, before it is unpacked."
            yield case.step("pull", words, answer, "imageDetails", 0, "imageSizeInBytes")
            return


def split_image(reference: str) -> tuple[str, str, str]:
    """Return registry, repository and tag (or digest) of an image reference."""
    rest, at, digest = reference.partition("@")
    host, slash, path = rest.partition("/")
    if not slash or ("." not in host and ":" not in host):
        host, path = "", rest
    name, colon, tag = path.rpartition(":")
    if not colon:
        name, tag = path, "latest"
    return host, name, digest if at else tag


# --- Containers -----------------------------------------------------------------------------------


def _no_program(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    for container in task.containers:
        if found["program"] in str(container.reason):
            words = f"The image of {container.name} contains no program {found['program']}."
            member = "entryPoint" if container.spec.get("entryPoint") else "command"
            yield case.spec_step("start", words, task, container.name, member)
            return


def _not_started(case: Case, task: Task, _found: dict[str, str]) -> Iterator[Step]:
    """The task only says that it failed to start; a container says why."""
    for container in task.containers:
        if container.reason:
            words = f"The container {container.name} could not be started."
            yield case.container_step("start", words, task, container.name, "reason")
            yield from causes(case, task, container.reason)
            return


def _dependency(case: Case, task: Task, found: dict[str, str]) -> Iterator[Step]:
    name, target = found["dependency"].partition("(")[0], found["target"].partition("(")[0]
    if task.container(name) is None or task.container(target) is None:
        return
    yield case.spec_step("start", f"{target} waits for {name}.", task, target, "dependsOn")
    dependency = task.container(name)
    if dependency is not None and dependency.exit_code is not None:
        words = f"{name} has ended with the exit code {dependency.exit_code}."
        yield case.container_step("application", words, task, name, "exitCode")
        yield from ending.behind_exit(case, task, dependency)
    elif dependency is not None and dependency.reason:
        words = f"{name} never started."
        yield case.container_step("start", words, task, name, "reason")
    else:
        words = f"{name} did not get as far as the condition asks within its startTimeout."
        yield case.spec_step("start", words, task, name, Absent("startTimeout"))


def _no_capacity(case: Case, task: Task, _found: dict[str, str]) -> Iterator[Step]:
    """The capacity provider of the task neither had room nor adds any."""
    provider = case.account.providers.get(task.capacity_provider or "")
    words = f"It was to run on the capacity provider {task.capacity_provider}, which had no room."
    yield case.task_step("capacity", words, task, Absent("capacityProviderName"))
    if provider is not None and not provider.scales:
        yield from waiting.scales_not(case, provider)


_RULES: Final = (
    (failures.ASSUME_ROLE, _no_role),
    (failures.REGISTRY_AUTH_UNREACHABLE, _unreachable("ecr.api")),
    (failures.SECRETS_MANAGER_UNREACHABLE, _unreachable("secretsmanager")),
    (failures.SSM_UNREACHABLE, _unreachable("ssm")),
    (failures.ENVIRONMENT_FILE_UNREACHABLE, _unreachable("s3")),
    (failures.LOGS_UNREACHABLE, _unreachable("logs")),
    (failures.PULL_UNREACHABLE, _registry_unreachable),
    (host_failures.PULL_UNREACHABLE, _registry_unreachable),
    (failures.SECRET_MISSING, _no_secret),
    (failures.SECRET_KEY_MISSING, _no_key),
    (failures.PARAMETERS_INVALID, _no_parameter),
    (failures.ENVIRONMENT_FILE_MISSING, _no_file),
    (failures.LOG_GROUP_MISSING, _no_group),
    (failures.PULL_TAG_MISSING, _no_tag),
    (failures.PULL_MISSING, _no_repository),
    (failures.PULL_NO_PLATFORM, _no_platform),
    (failures.PULL_NO_SPACE, _no_space),
    (failures.CANNOT_START, _no_program),
    (failures.DEPENDENCY_FAILED, _dependency),
    (failures.DEPENDENCY_NEVER_STARTS, _dependency),
    (failures.DEPENDENCY_TIMED_OUT, _dependency),
    (failures.TASK_FAILED_TO_START, _not_started),
    (capacity_failures.FAILED_TO_START, _no_capacity),
)
"""Which text leads on where; a text that is not here is the end of its chain."""
