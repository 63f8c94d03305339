"""What Application Auto Scaling keeps: targets, policies, scheduled actions, activities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.model.schedules import Schedule

__all__ = ["Activity", "Policy", "ScalableTarget", "ScheduledAction"]

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"


@dataclass(slots=True)
class Policy:
    """A scaling policy.

    Args:
        name: its name.
        arn: its ARN.
        kind: TargetTrackingScaling, StepScaling or PredictiveScaling.
        settings: its configuration, in the API's shape.
        created_at: when it was made.
    """

    name: str
    arn: str
    kind: str
    settings: dict[str, Any]
    created_at: datetime
    alarms: list[str] = field(default_factory=list)
    """The alarms that it made, the high one first."""

    def cooldown(self, direction: str) -> float:
        """Return the seconds to wait after it has scaled `Out` or `In`; ECS services: 300."""
        key = "Cooldown" if self.kind == "StepScaling" else f"Scale{direction}Cooldown"
        value = self.settings.get(key)
        return 300.0 if value is None else float(value)


@dataclass(slots=True)
class ScheduledAction:
    """A scheduled action.

    Args:
        name: its name.
        arn: its ARN.
        settings: what PutScheduledAction said.
        schedule: when it is due.
        created_at: when it was made.
    """

    name: str
    arn: str
    settings: dict[str, Any]
    schedule: Schedule
    created_at: datetime


@dataclass(slots=True)
class Activity:
    """A scaling activity.

    Args:
        id: its id.
        resource: the resource id of its target.
        description: what it set out to do.
        cause: what set it off.
        started_at: when.
        status: botocore ScalingActivityStatusCode.
        message: how it went.
        reasons: why nothing was scaled, in the API's shape.
    """

    id: str
    resource: str
    description: str
    cause: str
    started_at: datetime
    status: str = "InProgress"
    message: str = ""
    ended_at: datetime | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class ScalableTarget:
    """A scalable target: a service's desired count, and its limits.

    Args:
        resource: `service/CLUSTER/SERVICE`.
        arn: its ARN.
        low: MinCapacity.
        high: MaxCapacity.
        created_at: when it was registered.
    """

    resource: str
    arn: str
    low: int
    high: int
    created_at: datetime
    suspended: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    actions: dict[str, ScheduledAction] = field(default_factory=dict)
    scaled_from: int = 0
    """The capacity before the last scale-out, which counts while its cooldown lasts."""
    out_until: float = 0.0
    in_until: float = 0.0
