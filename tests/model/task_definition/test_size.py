"""Fargate's table of task sizes, row by row. AWS: fargate-tasks-services."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.errors import AwsError
from ecslab.model.task_definition import FARGATE_SIZES, fargate_size

GB = 1024
# vCPU: (smallest GB, largest GB, step in GB), or the only GB; as the AWS page writes them.
PAGE: dict[int, set[int]] = {
    256: {512, 1 * GB, 2 * GB},
    512: set(range(1 * GB, 4 * GB + 1, GB)),
    1024: set(range(2 * GB, 8 * GB + 1, GB)),
    2048: set(range(4 * GB, 16 * GB + 1, GB)),
    4096: set(range(8 * GB, 30 * GB + 1, GB)),
    8192: set(range(16 * GB, 60 * GB + 1, 4 * GB)),
    16384: set(range(32 * GB, 120 * GB + 1, 8 * GB)),
    32768: {60 * GB, 120 * GB, 244 * GB},
}


def test_table_is_the_pages() -> None:
    assert {size.cpu: set(size.memory) for size in FARGATE_SIZES} == PAGE


def test_rows_up_to_16_vcpu_have_74_sizes() -> None:
    """AWS: fargate-tasks-services; 74 combinations were counted before the 32 vCPU row came."""
    assert sum(len(size.memory) for size in FARGATE_SIZES if size.cpu <= 16384) == 74


def test_large_sizes_need_a_new_platform_version() -> None:
    large = {size.cpu for size in FARGATE_SIZES if size.platform_version == "1.4.0"}
    assert large == {8192, 16384, 32768}


@pytest.mark.parametrize("cpu", PAGE)
def test_every_size_registers_and_its_neighbours_do_not(
    cpu: int, valid: Any, registered: Any
) -> None:
    for memory in sorted(PAGE[cpu]):
        assert registered(valid("fargate", cpu=str(cpu), memory=str(memory)))
        for wrong in (memory - 1, memory + 512):
            if wrong not in PAGE[cpu]:
                with pytest.raises(AwsError, match=f"values: {cpu} CPU, {wrong} memory"):
                    registered(valid("fargate", cpu=str(cpu), memory=str(wrong)))


@pytest.mark.parametrize("cpu", PAGE)
def test_windows_has_1_2_and_4_vcpu(cpu: int) -> None:
    """AWS: botocore ecs RegisterTaskDefinitionRequest.memory; fargate-tasks-services."""
    has_size = fargate_size(cpu, max(PAGE[cpu]), windows=True) is not None
    assert has_size == (cpu in (1024, 2048, 4096))


def test_windows_runs_on_x86_64(valid: Any, registered: Any) -> None:
    """AWS: fargate-tasks-services."""
    arm = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "ARM64"}
    with pytest.raises(AwsError, match="No Fargate configuration exists"):
        registered(valid("fargate", cpu="1024", memory="2048", runtimePlatform=arm))


def test_memory_of_containers_is_asked_for_before_the_size_of_the_task(
    valid: Any, registered: Any
) -> None:
    """The order of AWS's answers, seen from RegisterTaskDefinition in September 2026."""
    request = valid("fargate")
    del request["cpu"], request["memory"]
    with pytest.raises(AwsError, match="At least one of 'memory' or 'memoryReservation'"):
        registered(request)
