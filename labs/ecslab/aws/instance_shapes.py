"""What EC2 instance types offer to tasks, from the facts about types that moto carries."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecslab.model.instance_types import RESERVED_TCP, registered_memory, task_interfaces
from ecslab.model.managed_scaling import Shape


@cache
def instance_types() -> dict[str, dict[str, Any]]:
    """Return EC2's facts about its instance types by name (botocore ec2 InstanceTypeInfo)."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    found: dict[str, dict[str, Any]] = INSTANCE_TYPES
    return found


def shape_of(instance_type: str, *, trunking: bool = False) -> Shape | None:
    """Return what an instance of a type offers to tasks, None for an unknown type.

    Args:
        instance_type: such as `m5.large`.
        trunking: whether it gets a trunk interface.
    """
    facts = instance_types().get(instance_type)
    if facts is None:
        return None
    return Shape(
        cpu=int(facts["VCpuInfo"]["DefaultVCpus"]) * 1024,
        memory=registered_memory(instance_type, int(facts["MemoryInfo"]["SizeInMiB"])),
        interfaces=task_interfaces(
            instance_type,
            int(facts["NetworkInfo"]["MaximumNetworkInterfaces"]),
            trunking=trunking,
        ),
        gpus=sum(int(each["Count"]) for each in facts.get("GpuInfo", {}).get("Gpus", ())),
        tcp=frozenset(RESERVED_TCP),
    )
