"""What a task definition needs of a container instance's agent: its `requiresAttributes`.

ECS writes these names down when a definition is registered, and places the task only on instances
whose agent has registered them. AWS documents the mechanism (task-placement-constraints); the names
are those of the agent's capabilities and of described task definitions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecslab.model.task_definition.draft import AWSVPC, HOST, Definition, Draft
from ecslab.model.task_definition.environment import is_ecr_image, secret_reference

_OLD = "com.amazonaws.ecs.capability."
_NEW = "ecs.capability."


def requires_attributes(draft: Draft) -> list[dict[str, str]]:
    """Return the attributes that an instance must have for a task definition, sorted by name."""
    names = set(_of_task(draft))
    for container in draft.containers:
        names.update(_of_container(container))
        names.update(_of_pull(container, role=bool(draft.execution_role)))
        names.update(_of_log(container, role=bool(draft.execution_role)))
        names.update(_of_secrets(container))
    return [{"name": name} for name in sorted(names)]


def _docker(version: str) -> str:
    return f"{_OLD}docker-remote-api.{version}"


def _of_task(draft: Draft) -> Iterator[str]:
    if draft.network_mode == AWSVPC:
        yield f"{_NEW}task-eni"
        yield _docker("1.18")
    if draft.request.get("taskRoleArn"):
        yield f"{_OLD}task-iam-role"
        if draft.network_mode == HOST:
            yield f"{_OLD}task-iam-role-network-host"
    if draft.request.get("pidMode") or draft.request.get("ipcMode"):
        yield f"{_NEW}pid-ipc-namespace-sharing"
        yield _docker("1.28")
    if draft.request.get("enableFaultInjection"):
        yield f"{_NEW}fault-injection"
    if draft.request.get("proxyConfiguration"):
        yield f"{_NEW}aws-appmesh"
    for volume in draft.volumes:
        yield from _of_volume(volume)


def _of_volume(volume: Definition) -> Iterator[str]:
    if docker := volume.get("dockerVolumeConfiguration"):
        yield f"{_NEW}docker-plugin.{docker.get('driver', 'local')}"
        yield _docker("1.25")
    if efs := volume.get("efsVolumeConfiguration"):
        yield f"{_NEW}efs"
        yield _docker("1.25")
        if efs.get("authorizationConfig") or efs.get("transitEncryption"):
            yield f"{_NEW}efsAuth"
    if "fsxWindowsFileServerVolumeConfiguration" in volume:
        yield f"{_NEW}fsxWindowsFileServer"
    if volume.get("configuredAtLaunch"):
        yield f"{_NEW}storage.ebs-task-attach"


_BY_MEMBER = {
    "healthCheck": (f"{_NEW}container-health-check", _docker("1.24")),
    "privileged": (f"{_OLD}privileged-container",),
    "dependsOn": (f"{_NEW}container-ordering",),
    "startTimeout": (f"{_NEW}container-ordering",),
    "stopTimeout": (f"{_NEW}container-ordering",),
    "restartPolicy": (f"{_NEW}container-restart-policy",),
    "environmentFiles": (f"{_NEW}env-files.s3",),
    "memoryReservation": (_docker("1.21"),),
    "ulimits": (_docker("1.18"),),
    "dockerLabels": (_docker("1.18"),),
    "linuxParameters": (_docker("1.22"),),
}
"""What the agent must be able to do for each member of a container definition."""


def _of_container(container: Definition) -> Iterator[str]:
    for member, names in _BY_MEMBER.items():
        if container.get(member):
            yield from names
    if any("containerPortRange" in mapping for mapping in container.get("portMappings", [])):
        yield f"{_NEW}container-port-range"
    if firelens := container.get("firelensConfiguration"):
        yield f"{_NEW}firelens.{firelens['type']}"
        if kind := firelens.get("options", {}).get("config-file-type"):
            yield f"{_NEW}firelens.options.config.{kind}"


def _of_pull(container: Definition, *, role: bool) -> Iterator[str]:
    if is_ecr_image(container["image"]):
        yield f"{_OLD}ecr-auth"
        if role:
            yield f"{_NEW}execution-role-ecr-pull"
    if container.get("repositoryCredentials"):
        yield f"{_NEW}private-registry-authentication.secretsmanager"


def _of_log(container: Definition, *, role: bool) -> Iterator[str]:
    log = container.get("logConfiguration")
    if not log:
        return
    yield f"{_OLD}logging-driver.{log['logDriver']}"
    if log["logDriver"] == "awslogs":
        yield _docker("1.19")
        if role:
            yield f"{_NEW}execution-role-awslogs"
    if "awslogs-create-group" in log.get("options", {}):
        yield _docker("1.29")


def _of_secrets(container: Definition) -> Iterator[str]:
    log = container.get("logConfiguration", {})
    uses = (
        ("environment-variables", container.get("secrets", [])),
        ("bootstrap.log-driver", log.get("secretOptions", [])),
    )
    for use, secrets in uses:
        for secret in secrets:
            found = secret_reference(secret["valueFrom"])
            if found:
                service = "asm" if found.service == "secretsmanager" else "ssm"
                yield f"{_NEW}secrets.{service}.{use}"
