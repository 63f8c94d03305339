"""What instance types offer to tasks."""

from __future__ import annotations

import pytest

from ecslab.model.instance_types import registered_memory, task_interfaces


@pytest.mark.parametrize(
    ("kind", "advertised", "registered"),
    [("m4.large", 8192, 7985), ("t2.medium", 4096, 3768)],
)
def test_published_registered_memory(kind: str, advertised: int, registered: int) -> None:
    """AWS: memory-management; botocore's example of DescribeContainerInstances."""
    assert registered_memory(kind, advertised) == registered


@pytest.mark.parametrize("advertised", [512, 1024, 2048, 8192, 16384, 1_572_864])
def test_some_memory_is_never_registered(advertised: int) -> None:
    """AWS: memory-management: the operating system keeps a share of the memory."""
    assert 0.9 * advertised < registered_memory("x", advertised) < advertised


@pytest.mark.parametrize(
    ("kind", "interfaces", "alone", "trunked"),
    [
        ("t3.micro", 2, 1, 1),
        ("t3.medium", 3, 2, 2),
        ("m5.large", 3, 2, 10),
        ("m5.xlarge", 4, 3, 20),
        ("m5.2xlarge", 4, 3, 40),
        ("m5.4xlarge", 8, 7, 60),
        ("m7i-flex.large", 3, 2, 4),
        ("c7g.medium", 2, 1, 4),
        ("m5n.large", 3, 2, 2),
        ("g4dn.xlarge", 3, 2, 2),
    ],
)
def test_tasks_with_their_own_interface(
    kind: str, interfaces: int, alone: int, trunked: int
) -> None:
    """AWS: eni-trunking-supported-instance-types; without trunking one interface is the host's."""
    assert task_interfaces(kind, interfaces) == alone
    assert task_interfaces(kind, interfaces, trunking=True) == trunked
