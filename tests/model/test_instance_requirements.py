"""Which instance types fulfil requirements (botocore ecs InstanceRequirementsRequest)."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.aws.instance_shapes import instance_types
from ecslab.model.instance_requirements import conflicting_ranges, fulfils

WIDE: dict[str, Any] = {"vCpuCount": {"min": 1}, "memoryMiB": {"min": 1}}


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("m6i.large", {}, True),
        ("m6i.large", {"vCpuCount": {"min": 4}}, False),
        ("m6i.large", {"vCpuCount": {"min": 1, "max": 2}}, True),
        ("m6i.large", {"memoryMiB": {"min": 9000}}, False),
        ("c6i.large", {"memoryGiBPerVCpu": {"min": 4}}, False),
        ("r6i.large", {"memoryGiBPerVCpu": {"min": 8}}, True),
        ("m7g.large", {"cpuManufacturers": ["intel", "amd"]}, False),
        ("m7g.large", {"cpuManufacturers": ["amazon-web-services"]}, True),
        ("m6i.large", {"allowedInstanceTypes": ["m6*"]}, True),
        ("m6i.large", {"allowedInstanceTypes": ["m6a.large"]}, False),
        ("m6i.large", {"excludedInstanceTypes": ["m6i.*"]}, False),
        ("t3.medium", {}, False),
        ("t3.medium", {"burstablePerformance": "included"}, True),
        ("m6i.large", {"burstablePerformance": "required"}, False),
        ("m6i.metal", {}, False),
        ("m6i.metal", {"bareMetal": "included"}, True),
        ("m6id.large", {"localStorage": "excluded"}, False),
        ("m6i.large", {"localStorage": "required"}, False),
        ("m6id.large", {"totalLocalStorageGB": {"min": 100}}, True),
        ("m3.large", {}, True),
        ("m3.large", {"instanceGenerations": ["previous"]}, True),
        ("m3.large", {"instanceGenerations": ["current"]}, False),
        ("g4dn.xlarge", {}, False),
        ("g4dn.xlarge", {"acceleratorTypes": ["gpu"]}, True),
        ("g4dn.xlarge", {"acceleratorCount": {"min": 2}}, False),
        ("m6i.large", {"acceleratorTypes": ["gpu"]}, False),
        ("m6i.large", {"networkInterfaceCount": {"min": 4}}, False),
    ],
)
def test_requirements(name: str, wanted: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    """AWS: botocore ecs InstanceRequirementsRequest, one requirement at a time."""
    assert fulfils(name, instance_types()[name], {**WIDE, **wanted}) is expected


def test_ranges_that_hold_nothing() -> None:
    """AWS: botocore ecs VCpuCountRangeRequest."""
    assert conflicting_ranges(WIDE) is None
    assert conflicting_ranges({**WIDE, "memoryMiB": {"min": 2, "max": 1}}) == "memoryMiB"
