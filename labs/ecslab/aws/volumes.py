"""Amazon EBS as Amazon ECS uses it for the volumes of tasks, on moto's EC2 backend.

AWS: AmazonECSInfrastructureRolePolicyForVolumes (what the infrastructure role needs); ebs-volumes.
"""

from __future__ import annotations

from string import ascii_lowercase
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends

from ecslab.model.managed_volumes import NO_KEY, NO_ROLE, NOT_MADE
from ecslab.sim.task_volumes import NotMade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.aws.iam_roles import Roles

_ECS: Final = "ecs.amazonaws.com"
_NEEDED: Final = ("ec2:CreateVolume", "ec2:CreateTags", "ec2:AttachVolume")
_DEVICES: Final = tuple(f"/dev/xvd{first}{second}" for first in "bcd" for second in ascii_lowercase)
"""What the volumes of an instance may be called (device_naming)."""


class Volumes:
    """Makes volumes with the permissions of an infrastructure role.

    Args:
        account: the account id.
        region: the Region.
        roles: what IAM says about roles.
    """

    def __init__(self, account: str, region: str, roles: Roles) -> None:
        self._account = account
        self._region = region
        self._roles = roles

    def make(
        self,
        settings: Mapping[str, Any],
        zone: str,
        tags: Mapping[str, str],
        instance: str | None,
    ) -> str | NotMade:
        """Make a volume and attach it; return its id, or why that can't be."""
        role = str(settings["roleArn"])
        if not self._may(role):
            return NotMade(NO_ROLE(role=role))
        key = settings.get("kmsKeyId")
        if key and not self._knows_key(str(key)):
            return NotMade(NO_KEY)
        backend, volume = self._backend(), None
        try:
            volume = backend.create_volume(
                size=settings.get("sizeInGiB"),
                zone_name=zone,
                snapshot_id=settings.get("snapshotId"),
                encrypted=bool(settings.get("encrypted")),
                kms_key_id=key,
                volume_type=settings.get("volumeType", "gp3"),
                iops=settings.get("iops"),
                throughput=settings.get("throughput"),
            )
            volume.add_tags(dict(tags))
        except EC2ClientError as error:
            if volume is not None:
                backend.delete_volume(volume.id)
            # Of a snapshot that is not there moto says its code alone.
            text = error.message or f"The snapshot '{settings.get('snapshotId')}' does not exist."
            return NotMade(NOT_MADE(code=error.code, text=text))
        if instance is not None:
            taken = backend.get_instance(instance).block_device_mapping
            device = next(each for each in _DEVICES if each not in taken)
            backend.attach_volume(volume.id, instance, device)
        else:
            # On Fargate the volume is attached to a machine of AWS, which has no id here.
            volume.attachment = SimpleNamespace(
                volume=volume,
                volume_id=volume.id,
                instance=SimpleNamespace(id=""),
                instance_id="",
                device=_DEVICES[0],
                status="attached",
                attach_time=volume.create_time,
            )
        return str(volume.id)

    def release(self, volume: str, *, delete: bool) -> None:
        """Detach a volume, and delete it if that is wanted."""
        backend = self._backend()
        found = backend.volumes.get(volume)
        if found is None:
            return
        attached = found.attachment
        if attached is not None and attached.instance_id:
            backend.detach_volume(volume, attached.instance_id, attached.device)
        found.attachment = None
        if delete:
            backend.delete_volume(volume)

    def _may(self, role: str) -> bool:
        """Return whether ECS can use the role, and the role can do what is needed."""
        source = f"arn:aws:ecs:{self._region}:{self._account}:*"
        if not self._roles.assumable(role, _ECS, source_arn=source, source_account=self._account):
            return False
        resource = f"arn:aws:ec2:{self._region}:{self._account}:volume/*"
        return all(self._roles.permits(role, action, resource).allowed for action in _NEEDED)

    def _knows_key(self, key: str) -> bool:
        backend: Any = kms_backends[self._account][self._region]
        return bool(backend.get_key_id(key) in backend.keys)

    def _backend(self) -> Any:
        return ec2_backends[self._account][self._region]
