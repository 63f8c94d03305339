"""What goes wrong in the data plane without anyone's mistake, on request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecslab.errors import CourseError
from ecslab.model.capacity_failures import ZONE_LOST
from ecslab.model.failures import SPOT_INTERRUPTED
from ecslab.sim.agent import SPOT_INTERRUPTION
from ecslab.sim.entities import FARGATE

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.engine import Engine
    from ecslab.sim.entities import Task

__all__ = ["SPOT", "interrupt_spot", "lose_zone", "recover_zone"]

SPOT = "FARGATE_SPOT"
_NOTICE = 120.0
"""Seconds from the notice to the end of a Spot Instance (spot-instance-termination-notices)."""


def interrupt_spot(engine: Engine, arn: str) -> None:
    """Take back the Spot capacity of a task on Fargate Spot, or of a container instance.

    Of a task, the warning, an event, and SIGTERM come at once; SIGKILL comes after the containers'
    stopTimeout (AWS: fargate-capacity-providers). An instance has two minutes; it is drained if
    its capacity provider or its agent does that (AWS: managed-instance-draining; amazon-ecs-agent,
    README, ECS_ENABLE_SPOT_INSTANCE_DRAINING).

    Args:
        engine: where it runs.
        arn: the ARN of the task or of the container instance.

    Raises:
        CourseError: there is no such thing, it is not on Spot, or it is stopping already.
    """
    if ":container-instance/" in arn:
        _interrupt_instance(engine, engine.instances.at(arn))
        return
    task = _spot_task(engine, arn)
    engine.account.journal.record("spot.interrupted", task.arn)
    engine.agent.stop(task, SPOT_INTERRUPTION, SPOT_INTERRUPTED())


def lose_zone(engine: Engine, zone: str) -> None:
    """Let all capacity of an Availability Zone fail, until it is recovered.

    Args:
        engine: the data plane.
        zone: the name of the zone.

    Raises:
        CourseError: the Region has no such zone.
    """
    account = engine.account
    if not re.fullmatch(f"{account.region}[a-f]", zone):
        message = f"There is no Availability Zone {zone!r} in {account.region}."
        raise CourseError(message)
    account.lost_zones.add(zone)
    account.journal.record("zone.lost", zone)
    engine.capacity.groups.lose_zone(zone)
    for task in list(engine.all_tasks()):
        if task.launch_type == FARGATE and not task.stopped and task.zone == zone:
            engine.agent.lose(task, ZONE_LOST(zone=zone))
    lost = list(engine.instances.in_zone(zone))
    if lost:
        engine.instances.terminate(lost)


def recover_zone(engine: Engine, zone: str) -> None:
    """Let an Availability Zone have capacity again."""
    engine.account.lost_zones.discard(zone)
    engine.account.journal.record("zone.recovered", zone)
    engine.capacity.groups.recover_zone(zone)


def _interrupt_instance(engine: Engine, instance: ContainerInstance) -> None:
    if not instance.machine.spot:
        message = f"The container instance {instance.id} is not on a Spot Instance."
        raise CourseError(message)
    engine.account.journal.record("spot.interrupted", instance.arn)
    provider = engine.account.providers.get(instance.capacity_provider or "")
    if instance.spot_draining or (provider is not None and provider.drains):
        engine.instances.set_status(instance, "DRAINING")

    def end() -> Generator[Any, Any, None]:
        yield engine.account.clock.env.timeout(_NOTICE)
        engine.instances.terminate([instance.machine.id])

    engine.account.clock.env.process(end())


def _spot_task(engine: Engine, task_arn: str) -> Task:
    task = next((task for task in engine.all_tasks() if task.arn == task_arn), None)
    if task is None:
        message = f"There is no task {task_arn}; give the ARN of a task from ListTasks."
        raise CourseError(message)
    if task.capacity_provider != SPOT:
        runs_on = task.capacity_provider or f"the launch type {task.launch_type}"
        message = (
            f"The task {task.id} does not run on {SPOT} but on {runs_on}; "
            "only Spot capacity can be interrupted."
        )
        raise CourseError(message)
    if not task.wanted:
        message = f"The task {task.id} is already being stopped or has stopped; choose another one."
        raise CourseError(message)
    return task
