"""Rules about volumes, where containers mount them, and Fargate's own disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.identity import NAME
from ecslab.model.task_definition.rule import (
    EC2,
    EXTERNAL,
    FARGATE,
    MANAGED_INSTANCES,
    Rule,
    rule,
)

VOLUME = "botocore ecs Volume"
EFS = "botocore ecs EFSVolumeConfiguration"
ENABLED = "ENABLED"

SMALLEST_EPHEMERAL_GIB = 21
LARGEST_EPHEMERAL_GIB = 200

KINDS = (
    "dockerVolumeConfiguration",
    "efsVolumeConfiguration",
    "s3filesVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
)
"""The members of a volume that say what it is made of, besides a folder of the host."""


@rule("volume.name contains invalid characters.", source=f"{VOLUME}.name")
def volume_name(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A volume's name has up to 255 letters, digits, hyphens and underscores."""
    yield from ({} for volume in draft.volumes if not NAME.fullmatch(volume.get("name", "")))


@rule("Volume '{name}' is defined multiple times.", source=f"{VOLUME}.name", verified=False)
def volume_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """No two volumes share a name."""
    names = Counter(volume["name"] for volume in draft.volumes)
    yield from ({"name": name} for name, count in names.items() if count > 1)


@rule(
    "Volume '{name}' must have exactly one type of configuration.",
    source=VOLUME,
    verified=False,
)
def volume_kinds(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A volume is of one kind: of the host, Docker, EFS, S3 Files, FSx, or set at launch."""
    for volume in draft.volumes:
        kinds = [kind for kind in KINDS if kind in volume]
        if volume.get("host", {}).get("sourcePath") is not None:
            kinds.append("host")
        if volume.get("configuredAtLaunch"):
            kinds.append("configuredAtLaunch")
        if len(kinds) > 1:
            yield {"name": volume["name"]}


@rule("host.sourcePath should not be blank.", source="botocore ecs HostVolumeProperties.sourcePath")
def source_path_blank(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A folder of the host is named, or left to Docker by leaving the name out."""
    for volume in draft.volumes:
        path = volume.get("host", {}).get("sourcePath")
        if path is not None and not path.strip():
            yield {}


@rule(
    "Only one volume can be configured at launch.",
    source=f"{VOLUME}.configuredAtLaunch",
    verified=False,
)
def launch_volume_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """One volume of a task definition gets its configuration at launch."""
    if len(_launch_volumes(draft)) > 1:
        yield {}


@rule(
    "Volumes [{names}] are not referenced by any of the containers",
    source=f"{VOLUME}.configuredAtLaunch",
)
def launch_volume_unused(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A volume that is configured at launch is mounted by a container."""
    mounted = {
        mount.get("sourceVolume") for _, mounts in draft.each("mountPoints") for mount in mounts
    }
    unused = [name for name in _launch_volumes(draft) if name not in mounted]
    if unused:
        yield {"names": ", ".join(unused)}


def _launch_volumes(draft: Draft) -> list[str]:
    return [volume["name"] for volume in draft.volumes if volume.get("configuredAtLaunch")]


@rule("Unknown volume '{volume}'.", source="botocore ecs MountPoint.sourceVolume")
def mount_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container mounts volumes of its task definition."""
    known = {volume["name"] for volume in draft.volumes}
    for _, mounts in draft.each("mountPoints"):
        for mount in mounts:
            if mount.get("sourceVolume") not in known:
                yield {"volume": mount.get("sourceVolume", "null")}


@rule(
    "Invalid 'mountPoints' setting for container '{container}'. The container path should not be"
    " blank.",
    source="botocore ecs MountPoint.containerPath",
    verified=False,
)
def mount_without_path(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A mount says where in the container the volume appears."""
    for container, mounts in draft.each("mountPoints"):
        for mount in mounts:
            if not mount.get("containerPath"):
                yield {"container": container["name"]}


@rule(
    "Invalid 'volumesFrom' setting. Unknown container: '{container}'.",
    source="botocore ecs VolumeFrom.sourceContainer",
)
def volumes_from_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container takes volumes from another container of the task."""
    for _, sources in draft.each("volumesFrom"):
        for source in sources:
            if source.get("sourceContainer") not in draft.by_name:
                yield {"container": source.get("sourceContainer", "null")}


def _efs(draft: Draft) -> Iterator[tuple[Definition, Definition]]:
    for volume in draft.volumes:
        if efs := volume.get("efsVolumeConfiguration"):
            yield efs, efs.get("authorizationConfig", {})


@rule(
    "EFS IAM authorization requires TransitEncryption to be enabled.",
    source="botocore ecs EFSAuthorizationConfig.iam",
)
def efs_iam_in_clear(draft: Draft) -> Iterator[Mapping[str, object]]:
    """With IAM authorization the way to EFS is encrypted."""
    for efs, authorization in _efs(draft):
        if authorization.get("iam") == ENABLED and efs.get("transitEncryption") != ENABLED:
            yield {}


@rule(
    'When using an EFS access point, the root directory must either be set to "/" or be omitted.',
    source=f"{EFS}.rootDirectory",
)
def efs_root_with_access_point(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An access point brings its own root directory."""
    for efs, authorization in _efs(draft):
        if authorization.get("accessPointId") and efs.get("rootDirectory", "/") != "/":
            yield {}


@rule(
    "EFS access points require TransitEncryption to be enabled.",
    source="botocore ecs EFSAuthorizationConfig.accessPointId",
    verified=False,
)
def efs_access_point_in_clear(draft: Draft) -> Iterator[Mapping[str, object]]:
    """With an access point the way to EFS is encrypted."""
    for efs, authorization in _efs(draft):
        if authorization.get("accessPointId") and efs.get("transitEncryption") != ENABLED:
            yield {}


@rule(
    "TransitEncryptionPort requires that TransitEncryption is enabled.",
    source=f"{EFS}.transitEncryptionPort",
)
def efs_port_in_clear(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The port of the encryption needs the encryption."""
    for efs, _ in _efs(draft):
        if "transitEncryptionPort" in efs and efs.get("transitEncryption") != ENABLED:
            yield {}


@rule(
    'When using an S3 Files access point, the root directory must either be set to "/" or be'
    " omitted.",
    source="botocore ecs S3FilesVolumeConfiguration.rootDirectory",
    verified=False,
)
def s3_files_root_with_access_point(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An access point brings its own root directory."""
    for volume in draft.volumes:
        files = volume.get("s3filesVolumeConfiguration", {})
        if files.get("accessPointArn") and files.get("rootDirectory", "/") != "/":
            yield {}


def _not_on_fargate(member: str, *, verified: bool) -> Rule:
    """Make the rule that Fargate has no volumes of a kind."""

    @rule(
        f"Fargate compatible task definitions do not support {member}",
        source=f"{VOLUME}.{member}; AWS: fargate-tasks-services",
        only=(FARGATE,),
        verified=verified,
    )
    def not_on_fargate(draft: Draft) -> Iterator[Mapping[str, object]]:
        """On Fargate there is no Docker and no host to keep a volume."""
        yield from (
            {} for volume in draft.volumes if member in volume or member in volume.get("host", {})
        )

    return not_on_fargate.named(f"fargate-{member}")


@rule(
    "EphemeralStorage size should be at least 21",
    source="botocore ecs EphemeralStorage.sizeInGiB",
)
def ephemeral_storage_small(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Extra disk starts at 21 GiB, one more than what is included."""
    if _ephemeral_gib(draft, SMALLEST_EPHEMERAL_GIB) < SMALLEST_EPHEMERAL_GIB:
        yield {}


@rule(
    "EphemeralStorage size should be at most 200",
    source="botocore ecs EphemeralStorage.sizeInGiB",
)
def ephemeral_storage_large(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Extra disk ends at 200 GiB."""
    if _ephemeral_gib(draft, LARGEST_EPHEMERAL_GIB) > LARGEST_EPHEMERAL_GIB:
        yield {}


def _ephemeral_gib(draft: Draft, default: int) -> int:
    size: int = draft.request.get("ephemeralStorage", {}).get("sizeInGiB", default)
    return size


def _ephemeral_storage_off_fargate(platform: str, *, verified: bool) -> Rule:
    """Make the rule that extra disk is Fargate's alone."""

    @rule(
        f"Tasks using the {platform} launch type do not support EphemeralStorage.",
        source="botocore ecs RegisterTaskDefinitionRequest.ephemeralStorage",
        only=(platform,),
        verified=verified,
    )
    def off_fargate(draft: Draft) -> Iterator[Mapping[str, object]]:
        """Only Fargate sells disk with the task; elsewhere it is the instance's."""
        if "ephemeralStorage" in draft.request:
            yield {}

    return off_fargate.named(f"ephemeral-storage-{platform.lower().replace('_', '-')}")


RULES = (
    volume_name,
    volume_repeated,
    volume_kinds,
    source_path_blank,
    mount_unknown,
    mount_without_path,
    volumes_from_unknown,
    launch_volume_repeated,
    launch_volume_unused,
    efs_iam_in_clear,
    efs_root_with_access_point,
    efs_access_point_in_clear,
    efs_port_in_clear,
    s3_files_root_with_access_point,
    ephemeral_storage_small,
    ephemeral_storage_large,
    _not_on_fargate("sourcePath", verified=True),
    _not_on_fargate("dockerVolumeConfiguration", verified=True),
    _not_on_fargate("fsxWindowsFileServerVolumeConfiguration", verified=False),
    _ephemeral_storage_off_fargate(EC2, verified=True),
    _ephemeral_storage_off_fargate(EXTERNAL, verified=False),
    _ephemeral_storage_off_fargate(MANAGED_INSTANCES, verified=False),
)
