"""Kubernetes quantities: `250m` of CPU, `512Mi` of memory."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

__all__ = ["amount"]

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_UNITS: Final = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGT", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGT", 1)},
}


def amount(quantity: object) -> Decimal | None:
    """Return a quantity as a number of whole units, None when it is none.

    Args:
        quantity: a number, or a text such as ``250m``, ``0.25`` or ``512Mi``.

    Kubernetes: resource quantities (m for thousandths, k M G for powers of ten, Ki Mi Gi of two).
    """
    if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(quantity))
    return Decimal(found[1]) * _UNITS[found[2] or ""] if found else None
