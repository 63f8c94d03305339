"""Everything that measures an account, and reports its container instances, set to work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.ecs.instance_events import InstanceEvents
from ecslab.aws.queue_metrics import QueueMetrics
from ecslab.sim.cluster_telemetry import ClusterTelemetry
from ecslab.sim.container_insights import ContainerInsights
from ecslab.sim.telemetry import Telemetry

if TYPE_CHECKING:
    from ecslab.sim.engine import Engine
    from ecslab.sim.entities import Account

__all__ = ["measure"]


def measure(account: Account, engine: Engine) -> None:
    """Begin to measure an account.

    Args:
        account: the data plane's state.
        engine: tells what changes.
    """
    reporter = InstanceEvents(account)
    engine.agent.listen(Telemetry(account).changed)
    engine.agent.listen(ContainerInsights(account).changed)
    engine.agent.listen(reporter.task_changed)
    engine.instances.listen(ClusterTelemetry(account).changed)
    engine.instances.listen(reporter.changed)
    QueueMetrics(account)
