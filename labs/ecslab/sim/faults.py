"""What goes wrong in the data plane without anyone's mistake, on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.errors import CourseError
from ecslab.model.failures import SPOT_INTERRUPTED
from ecslab.sim.agent import SPOT_INTERRUPTION

if TYPE_CHECKING:
    from ecslab.sim.engine import Engine
    from ecslab.sim.entities import Task

__all__ = ["SPOT", "interrupt_spot"]

SPOT = "FARGATE_SPOT"


def interrupt_spot(engine: Engine, task_arn: str) -> None:
    """Take back the capacity of a task on Fargate Spot.

    The warning, an event, and SIGTERM come at once; SIGKILL comes after the containers'
    stopTimeout (AWS: fargate-capacity-providers).

    Args:
        engine: where the task runs.
        task_arn: the task's ARN.

    Raises:
        CourseError: there is no such task, it is not on Fargate Spot, or it is stopping already.
    """
    task = _spot_task(engine, task_arn)
    engine.account.journal.record("spot.interrupted", task.arn)
    engine.agent.stop(task, SPOT_INTERRUPTION, SPOT_INTERRUPTED())


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
