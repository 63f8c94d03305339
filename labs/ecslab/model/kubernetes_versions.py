"""The Kubernetes versions of Amazon EKS and for how long each is supported.

AWS: EKS user guide, kubernetes-versions (as of November 2026): 14 months of standard support, then
12 of extended support, which costs six times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDARD: Final = "STANDARD_SUPPORT"
EXTENDED: Final = "EXTENDED_SUPPORT"
UNSUPPORTED: Final = "UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class KubernetesVersion:
    """One minor version.

    Args:
        name: such as `1.34`.
        released: the day from which EKS has it.
        standard_until: the last day of standard support.
        extended_until: the last day of extended support.
    """

    name: str
    released: date
    standard_until: date
    extended_until: date

    @property
    def minor(self) -> int:
        """Return the number after the dot."""
        return int(self.name.partition(".")[2])

    def status(self, today: date) -> str:
        """Return in which kind of support the version is on a day."""
        if today <= self.standard_until:
            return STANDARD
        return EXTENDED if today <= self.extended_until else UNSUPPORTED


VERSIONS: Final = (
    KubernetesVersion("1.31", date(2024, 9, 26), date(2025, 11, 26), date(2026, 11, 26)),
    KubernetesVersion("1.32", date(2025, 1, 23), date(2026, 3, 23), date(2027, 3, 23)),
    KubernetesVersion("1.33", date(2025, 5, 29), date(2026, 7, 29), date(2027, 7, 29)),
    KubernetesVersion("1.34", date(2025, 10, 2), date(2026, 12, 2), date(2027, 12, 2)),
    KubernetesVersion("1.35", date(2026, 1, 27), date(2027, 3, 27), date(2028, 3, 27)),
    KubernetesVersion("1.36", date(2026, 6, 2), date(2027, 8, 2), date(2028, 8, 2)),
)


def available(today: date) -> tuple[KubernetesVersion, ...]:
    """Return the versions that a new cluster can have on a day, the newest first."""
    found = (v for v in VERSIONS if v.released <= today and v.status(today) != UNSUPPORTED)
    return tuple(sorted(found, key=lambda version: -version.minor))


def find(name: str) -> KubernetesVersion | None:
    """Return the version of that name."""
    return next((version for version in VERSIONS if version.name == name), None)


def current(name: str, today: date, *, extended: bool) -> str:
    """Return what a control plane that was last set to a version runs on a day.

    At the end of standard support AWS upgrades it by itself unless it may go on in extended
    support, at whose end it is upgraded to the oldest version that is still supported.
    AWS: kubernetes-versions; botocore eks UpgradePolicyRequest.supportType.

    Args:
        name: the version that somebody asked for.
        today: the day.
        extended: whether the cluster's upgrade policy is EXTENDED.
    """
    version = find(name)
    if version is None:
        return name
    kept: Sequence[str] = (STANDARD, EXTENDED) if extended else (STANDARD,)
    while version.status(today) not in kept:
        later = [each for each in available(today) if each.minor > version.minor]
        if not later:
            break
        version = min(later, key=lambda each: each.minor)
    return version.name
