"""Placement of tasks on container instances: what fits, what is allowed, what is preferred.

AWS: task-placement, task-placement-constraints, task-placement-strategies, cluster-query-language.
"""

from __future__ import annotations

from ecslab.model.placement.candidate import ZONE, Candidate, Occupant
from ecslab.model.placement.decision import Decision, decide
from ecslab.model.placement.filters import Wish, eligible, fits, obstacle
from ecslab.model.placement.needs import Needs, needs_of
from ecslab.model.placement.query import Query, QueryError, query
from ecslab.model.placement.strategy import (
    RUN_TASK_DEFAULT,
    SERVICE_DEFAULT,
    dispensable,
    preferred,
)

__all__ = [
    "RUN_TASK_DEFAULT",
    "SERVICE_DEFAULT",
    "ZONE",
    "Candidate",
    "Decision",
    "Needs",
    "Occupant",
    "Query",
    "QueryError",
    "Wish",
    "decide",
    "dispensable",
    "eligible",
    "fits",
    "needs_of",
    "obstacle",
    "preferred",
    "query",
]
