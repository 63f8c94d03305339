"""One service deployment: how a service goes from its source revisions to a target revision.

AWS: service-deployment; botocore ecs ServiceDeployment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

    import simpy

    from ecslab.sim.service import Deployment

UNFINISHED: Final = (
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
)
"""The states that a service deployment leaves again (botocore ecs ServiceDeploymentStatus)."""

ROLLING: Final = "ROLLING"


@dataclass(slots=True)
class HookRun:
    """One lifecycle hook of a service deployment that has been reached.

    Args:
        id: what ContinueServiceDeployment names it by.
        kind: `AWS_LAMBDA` or `PAUSE`.
        arn: the function, None for a pause.
        expires_at: when its time is over.
        timeout_action: what is done then: `ROLLBACK` or `CONTINUE`.
    """

    id: str
    kind: str
    arn: str | None
    expires_at: datetime
    timeout_action: str = "ROLLBACK"
    status: str = "IN_PROGRESS"
    action: str | None = None
    """What ContinueServiceDeployment said."""
    detail: str = ""
    """Why it has failed."""


@dataclass(slots=True)
class ServiceDeployment:
    """One service deployment.

    Args:
        arn: its ARN.
        target: what it rolls out.
        sources: what ran when it began.
        created_at: when it was requested.
        configuration: the deploymentConfiguration that it began with.
    """

    arn: str
    target: Deployment
    sources: tuple[Deployment, ...]
    created_at: datetime
    configuration: dict[str, Any]
    updated_at: datetime
    status: str = "PENDING"
    reason: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    stage: str | None = None
    hooks: list[HookRun] = field(default_factory=list)
    restored: Deployment | None = None
    """The deployment that a rollback goes back to."""
    rollback_reason: str = ""
    rollback_at: datetime | None = None
    failures: int = 0
    """What the circuit breaker had counted when it was over."""
    breaker_tripped: bool = False
    alarms_ignored: bool = False
    """Whether an alarm was in the ALARM state when it began."""
    triggered_alarms: list[str] = field(default_factory=list)
    baking_since: float | None = None
    production: dict[str, float] = field(default_factory=dict)
    """Revision ARN → its percentage of the production traffic."""
    test: dict[str, float] = field(default_factory=dict)
    """Revision ARN → its percentage of the test traffic."""
    wake: simpy.Event | None = None

    @property
    def unfinished(self) -> bool:
        """Return whether it goes on."""
        return self.status in UNFINISHED

    @property
    def strategy(self) -> str:
        """Return its deployment strategy."""
        return str(self.configuration.get("strategy") or ROLLING)

    def pause(self, env: simpy.Environment, seconds: float) -> simpy.Event:
        """Return an event that comes after some seconds, or when somebody calls `hurry`."""
        self.wake = env.event()
        return self.wake | env.timeout(seconds)

    def hurry(self) -> None:
        """Have what waits for this service deployment look at it again."""
        if self.wake is not None and not self.wake.triggered:
            self.wake.succeed()

    def end(self, status: str, reason: str, now: datetime) -> None:
        """Note that it is over.

        Args:
            status: one of botocore's ServiceDeploymentStatus.
            reason: why, in words.
            now: the simulated time.
        """
        self.status, self.reason = status, reason
        self.failures = self.target.failed_tasks
        self.started_at = self.started_at or now
        self.finished_at = self.updated_at = now
        if status == "STOPPED":
            self.stopped_at = now
