"""What watches an account: measurements, alarms, scaling, reports of container instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.cloudwatch.actions import AlarmActions
from ecslab.aws.ecs.instance_events import InstanceEvents
from ecslab.aws.ecs.service_scaling import resizer
from ecslab.aws.queue_metrics import QueueMetrics
from ecslab.sim.alarms import AlarmController
from ecslab.sim.cluster_telemetry import ClusterTelemetry
from ecslab.sim.container_insights import ContainerInsights
from ecslab.sim.scaling.controller import ScalingController
from ecslab.sim.telemetry import Telemetry

if TYPE_CHECKING:
    from ecslab.aws.network import Network
    from ecslab.sim.engine import Engine
    from ecslab.sim.entities import Account

__all__ = ["observe"]


def observe(account: Account, engine: Engine, network: Network) -> ScalingController:
    """Begin to watch an account; its alarms come with that.

    Args:
        account: the data plane's state.
        engine: tells what changes.
        network: its VPCs.

    Returns:
        What scales its services.
    """
    account.ports.alarms = AlarmController(account)
    AlarmActions(account).install(account.ports.alarms)
    reporter = InstanceEvents(account)
    engine.agent.listen(Telemetry(account).changed)
    engine.agent.listen(reporter.task_changed)
    engine.instances.listen(ClusterTelemetry(account).changed)
    engine.instances.listen(reporter.changed)
    ContainerInsights(account)
    QueueMetrics(account)
    return ScalingController(account, resizer(engine, network))
