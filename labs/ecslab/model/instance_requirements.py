"""Which EC2 instance types fulfil the requirements of a Managed Instances provider.

AWS: botocore ecs InstanceRequirementsRequest; ManagedInstances.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MANUFACTURERS: Final = {
    "intel": "Intel",
    "amd": "AMD",
    "amazon-web-services": "AWS",
    "apple": "Apple",
}
_GIB: Final = 1024
_EXCLUDED: Final = "excluded"
_REQUIRED: Final = "required"


def fulfils(name: str, facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether an instance type fulfils requirements.

    Without a word on them, burstable types, bare metal, and types with accelerators are left out,
    as EC2's attribute-based selection does.

    Args:
        name: the instance type.
        facts: EC2's facts about it (botocore ec2 InstanceTypeInfo).
        wanted: botocore's InstanceRequirementsRequest; empty for the default of AWS.
    """
    cpus = int(facts["VCpuInfo"]["DefaultVCpus"])
    memory = int(facts["MemoryInfo"]["SizeInMiB"])
    storage = facts.get("InstanceStorageInfo") or {}
    return (
        _named(name, wanted)
        and _within(cpus, wanted.get("vCpuCount"))
        and _within(memory, wanted.get("memoryMiB"))
        and _within(memory / _GIB / cpus, wanted.get("memoryGiBPerVCpu"))
        and _within(
            facts["NetworkInfo"]["MaximumNetworkInterfaces"], wanted.get("networkInterfaceCount")
        )
        and _within(storage.get("TotalSizeInGB", 0), wanted.get("totalLocalStorageGB"))
        and _made_by(facts, wanted.get("cpuManufacturers") or ())
        and _generation(facts, wanted.get("instanceGenerations") or ())
        and _choice(bool(facts.get("BareMetal")), wanted.get("bareMetal", _EXCLUDED))
        and _choice(
            bool(facts.get("BurstablePerformanceSupported")),
            wanted.get("burstablePerformance", _EXCLUDED),
        )
        and _choice(bool(storage), wanted.get("localStorage", "included"))
        and _accelerated(facts, wanted)
    )


def conflicting_ranges(wanted: Mapping[str, Any]) -> str | None:
    """Return the name of the first range whose minimum exceeds its maximum."""
    for name, value in wanted.items():
        limits = value if isinstance(value, dict) else {}
        if limits.get("max") is not None and (limits.get("min") or 0) > limits["max"]:
            return name
    return None


def _named(name: str, wanted: Mapping[str, Any]) -> bool:
    allowed = wanted.get("allowedInstanceTypes") or ()
    if allowed:
        return _matches(name, allowed)
    return not _matches(name, wanted.get("excludedInstanceTypes") or ())


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _within(value: float, limits: Mapping[str, Any] | None) -> bool:
    if not limits:
        return True
    least, most = limits.get("min"), limits.get("max")
    return (least is None or value >= least) and (most is None or value <= most)


def _made_by(facts: Mapping[str, Any], makers: Sequence[str]) -> bool:
    if not makers:
        return True
    maker = facts.get("ProcessorInfo", {}).get("Manufacturer")
    return maker in {_MANUFACTURERS.get(each, each) for each in makers}


def _generation(facts: Mapping[str, Any], generations: Sequence[str]) -> bool:
    own = "current" if facts.get("CurrentGeneration") else "previous"
    return not generations or own in generations


def _choice(has: bool, wish: str) -> bool:  # noqa: FBT001 - a plain fact
    return not has if wish == _EXCLUDED else has or wish != _REQUIRED


def _accelerated(facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    gpus = sum(int(each["Count"]) for each in facts.get("GpuInfo", {}).get("Gpus", ()))
    others = any(facts.get(key) for key in ("FpgaInfo", "InferenceAcceleratorInfo", "NeuronInfo"))
    types, count = wanted.get("acceleratorTypes") or (), wanted.get("acceleratorCount")
    if not types and not count:
        return not gpus and not others
    return (not types or ("gpu" in types and gpus > 0)) and _within(gpus, count)
