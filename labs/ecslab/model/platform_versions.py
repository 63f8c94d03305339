"""Fargate's platform versions: which there are, and what a task needs of them.

AWS: platform-fargate (versions, and which one LATEST is), platform-versions-retired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.task_definition import fargate_size, secret_reference
from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ANSWERS", "LATEST", "check", "family", "resolved"]

LATEST: Final = "LATEST"
_LINUX: Final = ("1.4.0", "1.3.0")
_WINDOWS: Final = ("1.0.0",)

UNKNOWN: Final = Answer(
    message="The specified platform does not exist.",
    source="AWS: captured PlatformUnknownException of RunTask",
    code="PlatformUnknownException",
)
INCOMPATIBLE: Final = Answer(
    message="One or more of the requested capabilities are not supported.",
    source="AWS: captured PlatformTaskDefinitionIncompatibilityException of CreateService",
    code="PlatformTaskDefinitionIncompatibilityException",
)
NO_EXEC: Final = Answer(
    message="ECS Exec requires platform version 1.4.0 or later.",
    source="AWS: ecs-exec-considerations",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS: Final = (UNKNOWN, INCOMPATIBLE, NO_EXEC)


def resolved(version: str | None, definition: Mapping[str, Any]) -> str:
    """Return the platform version that a request means for a task definition.

    Args:
        version: the version of the request, LATEST, or None for LATEST.
        definition: the task definition.

    Raises:
        AwsError: there is no such version for its operating system, or no longer.
    """
    known = _WINDOWS if _is_windows(definition) else _LINUX
    if version in (None, LATEST):
        return known[0]
    if version not in known:
        raise UNKNOWN.error()
    return str(version)


def family(definition: Mapping[str, Any]) -> str:
    """Return the operating system of a task definition's tasks, as tasks and services show it."""
    system = _system(definition)
    return system if _is_windows(definition) else system.capitalize()


def check(version: str, definition: Mapping[str, Any], *, exec_wanted: bool) -> None:
    """Check that a platform version has what a task needs.

    Args:
        version: the version.
        definition: the task definition with overrides applied.
        exec_wanted: whether ECS Exec is enabled.

    Raises:
        AwsError: it has not.
    """
    if version == _LINUX[0] or _is_windows(definition):
        return
    if any(_needs_newest(definition)):
        raise INCOMPATIBLE.error()
    if exec_wanted:
        raise NO_EXEC.error()


def _needs_newest(definition: Mapping[str, Any]) -> Iterator[bool]:
    """Yield whether each thing that only Linux 1.4.0 has is asked for.

    AWS: botocore ecs EphemeralStorage, KernelCapabilities.add, EnvironmentFile; for EFS and EBS
    fargate-task-storage; for sizes fargate-tasks-services; for keys and versions of secrets
    secrets-envvar-secrets-manager.
    """
    yield "ephemeralStorage" in definition
    for volume in definition.get("volumes") or ():
        yield "efsVolumeConfiguration" in volume or "s3filesVolumeConfiguration" in volume
        yield bool(volume.get("configuredAtLaunch"))
    size = fargate_size(int(definition.get("cpu") or 0), int(definition.get("memory") or 0))
    yield size is not None and size.platform_version == _LINUX[0]
    for container in definition.get("containerDefinitions") or ():
        yield bool(container.get("environmentFiles"))
        capabilities = (container.get("linuxParameters") or {}).get("capabilities") or {}
        yield bool(capabilities.get("add"))
        for secret in container.get("secrets") or ():
            found = secret_reference(str(secret["valueFrom"]))
            yield found is not None and bool(
                found.json_key or found.version_stage or found.version_id
            )


def _system(definition: Mapping[str, Any]) -> str:
    platform = definition.get("runtimePlatform") or {}
    return str(platform.get("operatingSystemFamily") or "LINUX")


def _is_windows(definition: Mapping[str, Any]) -> bool:
    return _system(definition).startswith("WINDOWS")
