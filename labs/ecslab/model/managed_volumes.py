"""EBS volumes that ECS manages for tasks: what `volumeConfigurations` may say.

AWS: botocore ecs TaskManagedEBSVolumeConfiguration, ServiceManagedEBSVolumeConfiguration;
ebs-volumes; troubleshoot-ebs-volumes-scenarios.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ecslab.model.failures import Failure
from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer
from ecslab.model.task_definition.identity import is_role
from ecslab.model.task_definition.tags import merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Settings = Mapping[str, Any]

__all__ = ["ANSWERS", "CREATED", "MANAGED", "NOT_MADE", "NO_KEY", "NO_ROLE", "check"]

CREATED: Final = "AmazonECSCreated"
MANAGED: Final = "AmazonECSManaged"
"""The tags that ECS gives to each volume; nobody else may (botocore ecs EBSTagSpecification)."""


class _Kind(NamedTuple):
    """What a type of volume can be: GiB, and operations per second if they can be set."""

    smallest: int
    largest: int
    iops: tuple[int, int] | None = None
    needs_iops: bool = False


_KINDS: Final = {
    "gp2": _Kind(1, 16_384, (1, 256_000)),
    "gp3": _Kind(1, 16_384, (3_000, 16_000)),
    "io1": _Kind(4, 16_384, (100, 64_000), needs_iops=True),
    "io2": _Kind(4, 16_384, (100, 256_000), needs_iops=True),
    "sc1": _Kind(125, 16_384),
    "st1": _Kind(125, 16_384),
    "standard": _Kind(1, 1_024),
}
_DEFAULT: Final = "gp3"
_NOT_ON_FARGATE: Final = "standard"
_FILE_SYSTEMS: Final = ("ext3", "ext4", "xfs", "ntfs")
_MOST_THROUGHPUT: Final = 1_000
_SPECIFICATION: Final = "botocore ecs TaskManagedEBSVolumeConfiguration"
_STATUS: Final = "AWS: troubleshoot-ebs-volumes-scenarios"


def _invalid(message: str, source: str, *, verified: bool = False) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=verified)


NO_VOLUME: Final = _invalid(
    "Volume configuration provided but no matching configuredAtLaunch volume found in task"
    " definition.",
    "AWS: captured InvalidParameterException of CreateService",
    verified=True,
)
NOT_CONFIGURED: Final = _invalid(
    "Task definition has configuredAtLaunch volume but no volume configuration provided at runtime",
    "AWS: captured InvalidParameterException of UpdateService",
    verified=True,
)
TOO_MANY: Final = _invalid(
    "Only one volume configuration can be specified.", "botocore ecs Volume.configuredAtLaunch"
)
DAEMON: Final = _invalid(
    "volumeConfigurations are not supported for the DAEMON scheduling strategy.",
    "botocore ecs UpdateService",
)
BAD_SETTING: Final = _invalid("Invalid '{member}' setting for volume '{name}'.", _SPECIFICATION)
NO_ROLE: Final = Failure(
    message="ECS was unable to assume the configured ECS Infrastructure Role '{role}'. Please"
    " verify that the role being passed has the proper trust relationship with Amazon ECS",
    source=_STATUS,
)
NOT_MADE: Final = Failure(
    message='ECS failed to set up the EBS volume. Encountered {code}; "{text}"',
    source=_STATUS,
)
NO_KEY: Final = NOT_MADE(
    code="IdempotentParameterMismatch",
    text="The client token you have provided is associated with a resource that is already deleted."
    " Please use a different client token.",
)
ANSWERS: Final = (NO_VOLUME, NOT_CONFIGURED, TOO_MANY, DAEMON, BAD_SETTING)


def check(
    configurations: Sequence[Settings],
    definition: Settings,
    *,
    fargate: bool,
    daemon: bool = False,
) -> None:
    """Check the volume configurations of a task, or of the tasks of a service.

    Args:
        configurations: `volumeConfigurations` in botocore's shape.
        definition: the task definition.
        fargate: whether the tasks run on Fargate.
        daemon: whether they belong to a service with the DAEMON scheduling strategy.

    Raises:
        AwsError: they do not fit to the definition, or have settings that no volume can have.
    """
    volumes = definition.get("volumes") or ()
    names = [each["name"] for each in volumes if each.get("configuredAtLaunch")]
    if any(each["name"] not in names for each in configurations):
        raise NO_VOLUME.error()
    if names and not configurations:
        raise NOT_CONFIGURED.error()
    if len(configurations) > 1:
        raise TOO_MANY.error()
    if configurations and daemon:
        raise DAEMON.error()
    for each in configurations:
        wrong = _wrong(each.get("managedEBSVolume") or {}, fargate=fargate)
        if wrong:
            raise BAD_SETTING.error(member=wrong, name=each["name"])


def _wrong(settings: Settings, *, fargate: bool) -> str:
    """Return the member that says what no volume can have, empty when all is right."""
    if not is_role(str(settings.get("roleArn", ""))):
        return "roleArn"
    name = settings.get("volumeType", _DEFAULT)
    kind = _KINDS.get(name)
    if kind is None or (fargate and name == _NOT_ON_FARGATE):
        return "volumeType"
    size, iops = settings.get("sizeInGiB"), settings.get("iops")
    snapshot = settings.get("snapshotId")
    checks = {
        "sizeInGiB": kind.smallest <= size <= kind.largest if size is not None else bool(snapshot),
        "iops": _has_iops(kind, iops),
        "throughput": _has_throughput(name, settings.get("throughput")),
        "filesystemType": settings.get("filesystemType", "xfs") in _FILE_SYSTEMS,
        "volumeInitializationRate": bool(snapshot) or "volumeInitializationRate" not in settings,
        "tagSpecifications": all(map(_can_tag, settings.get("tagSpecifications") or ())),
    }
    return next((member for member, right in checks.items() if not right), "")


def _can_tag(specification: Settings) -> bool:
    """Return whether a tag specification is for volumes, and leaves ECS's own tags alone.

    Raises:
        AwsError: a tag breaks a rule that holds for all tags.
    """
    tags = merged([], specification.get("tags") or ())
    free = not any(tag["key"] in (CREATED, MANAGED) for tag in tags)
    return specification["resourceType"] == "volume" and free


def _has_iops(kind: _Kind, iops: int | None) -> bool:
    if iops is None:
        return not kind.needs_iops
    return kind.iops is not None and kind.iops[0] <= iops <= kind.iops[1]


def _has_throughput(name: str, throughput: int | None) -> bool:
    return throughput is None or (name == "gp3" and 0 < throughput <= _MOST_THROUGHPUT)
