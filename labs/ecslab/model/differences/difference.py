"""One known difference between this simulation and AWS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """The parts of the table, each with its heading."""

    TASKS = "Tasks"
    TASK_DEFINITIONS = "Task definitions"
    SERVICES = "Services and deployments"
    CAPACITY = "Clusters and capacity"
    NETWORK = "Network and load balancers"
    PERMISSIONS = "Permissions"
    OBSERVABILITY = "Logs, metrics and events"
    SCALING = "Scaling"
    OPERATIONS = "The API and the account"
    PRICES = "Prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs from AWS, or is done here without AWS having said how.

    Args:
        id: unique among all differences; the row's address on the page.
        area: where it is listed.
        aws: what AWS does, or what of it is published.
        here: what the simulation does.
        why: the reason, with the page, the shape or the evidence behind it.
        test: the test that pins what the simulation does, as `path::name`.
    """

    id: str
    area: Area
    aws: str
    here: str
    why: str
    test: str
