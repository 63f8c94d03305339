"""CPU and memory as people write them in a task definition, and as ECS stores them."""

from __future__ import annotations

import re
from fractions import Fraction

CPU_UNITS_PER_VCPU = 1024
MIB_PER_GB = 1024

_WHOLE = re.compile(r"[0-9]{1,9}")
_AMOUNT = r"([0-9]{0,6}\.?[0-9]{1,6})"
_VCPU = re.compile(_AMOUNT + r" *vcpu", re.IGNORECASE)
_GB = re.compile(_AMOUNT + r" *gb", re.IGNORECASE)


def cpu_units(text: str) -> int | None:
    """Return the CPU units that a task's `cpu` means.

    Args:
        text: CPU units (`1024`) or vCPUs (`1 vCPU`, `.5 vcpu`).

    Returns:
        CPU units, 1024 to a vCPU; None when the text is neither form, or no whole number of units.

    AWS: botocore ecs RegisterTaskDefinitionRequest.cpu.
    """
    return _read(text, _VCPU, CPU_UNITS_PER_VCPU)


def memory_mib(text: str) -> int | None:
    """Return the MiB that a task's `memory` means.

    Args:
        text: MiB (`1024`) or GB (`1GB`, `0.5 GB`).

    Returns:
        MiB, 1024 to a GB; None when the text is neither form, or no whole number of MiB.

    AWS: botocore ecs RegisterTaskDefinitionRequest.memory.
    """
    return _read(text, _GB, MIB_PER_GB)


def _read(text: str, with_unit: re.Pattern[str], factor: int) -> int | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    match = with_unit.fullmatch(text)
    if match is None:
        return None
    amount = Fraction(match[1]) * factor
    return int(amount) if amount.denominator == 1 else None
