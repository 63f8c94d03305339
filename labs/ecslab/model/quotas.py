"""The service quotas of an account, by the names that AWS gives them.

AWS: Amazon ECS endpoints and quotas; AWS Fargate endpoints and quotas.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Final

from ecslab.errors import CourseError

CLUSTERS: Final = "Clusters per account"
SERVICES: Final = "Services per cluster"
TASKS: Final = "Tasks per service"
INSTANCES: Final = "Container instances per cluster"
WAITING: Final = "Tasks in the PROVISIONING state per cluster"
FARGATE_VCPUS: Final = "Fargate On-Demand vCPU resource count"
SPOT_VCPUS: Final = "Fargate Spot vCPU resource count"

UNLIMITED: Final = float("inf")
DEFAULTS: Final = {
    CLUSTERS: 10_000.0,
    SERVICES: 5_000.0,
    TASKS: 5_000.0,
    INSTANCES: 5_000.0,
    WAITING: 500.0,
    FARGATE_VCPUS: UNLIMITED,
    SPOT_VCPUS: UNLIMITED,
}
"""New accounts have 6 vCPUs for each kind of Fargate, which AWS raises by itself with use; an
account of the course is taken to be in use for long, until a quota is set."""


class Quotas(MutableMapping[str, float]):
    """How much an account may have of what; unknown names are refused."""

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)

    def __getitem__(self, name: str) -> float:
        """Return a quota."""
        return self._values[self._known(name)]

    def __setitem__(self, name: str, value: float) -> None:
        """Set a quota, as AWS does when it grants an increase.

        Raises:
            CourseError: there is no quota of that name.
        """
        self._values[self._known(name)] = float(value)

    def __delitem__(self, name: str) -> None:
        """Set a quota to its default again."""
        self._values[self._known(name)] = DEFAULTS[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)

    def _known(self, name: str) -> str:
        if name not in DEFAULTS:
            message = f"There is no quota {name!r}; choose one of: {', '.join(DEFAULTS)}."
            raise CourseError(message)
        return name
