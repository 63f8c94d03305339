"""What a task uses of the CPU and the memory that it has reserved.

AWS: cloudwatch-metrics (what is used and what is reserved); botocore ecs TaskDefinition.cpu.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.sim.entities import Container, Task

__all__ = ["ContainerUsage", "TaskUsage", "containers", "measured", "reserved", "usage"]


@dataclass(frozen=True, slots=True)
class ContainerUsage:
    """One container at one moment.

    Args:
        name: the container's name.
        cpu: CPU units in use.
        memory: MiB in use.
        reserved_cpu: CPU units that its definition reserves, 0 for none.
        reserved_memory: MiB that its definition reserves, 0 for none.
    """

    name: str
    cpu: float
    memory: float
    reserved_cpu: float
    reserved_memory: float


@dataclass(frozen=True, slots=True)
class TaskUsage:
    """One task at one moment.

    Args:
        cpu: CPU units in use.
        memory: MiB in use.
        reserved_cpu: CPU units that it reserves.
        reserved_memory: MiB that it reserves.
        varies: whether it uses more at one time than at another, without a change of its state.
    """

    cpu: float
    memory: float
    reserved_cpu: float
    reserved_memory: float
    varies: bool = False


def reserved(definition: dict[str, Any]) -> tuple[float, float]:
    """Return the CPU units and the MiB that a task reserves.

    AWS: cloudwatch-metrics: the task's size; without one its containers', of which
    memoryReservation counts before memory.

    Args:
        definition: a task definition in the API's shape.
    """
    specs = definition["containerDefinitions"]
    cpu = definition.get("cpu") or sum(spec.get("cpu") or 0 for spec in specs)
    memory = definition.get("memory") or sum(_soft(spec) for spec in specs)
    return float(cpu), float(memory)


def usage(task: Task) -> TaskUsage:
    """Return what a task uses now, as far as that does not change by itself."""
    processes = [c.process for c in task.containers if c.process and c.process.alive]
    wanted = sum(process.cpu for process in processes)
    memory = sum(process.memory for process in processes)
    return _of(task, wanted, memory, varies=any(process.varies for process in processes))


def measured(task: Task, seconds: float) -> TaskUsage:
    """Return what a task uses, with the CPU that requests took in the last seconds."""
    processes = [c.process for c in task.containers if c.process and c.process.alive]
    wanted = sum(process.cpu + process.load.cpu(seconds) for process in processes)
    memory = sum(process.memory for process in processes)
    return _of(task, wanted, memory, varies=True)


def containers(task: Task, seconds: float) -> list[ContainerUsage]:
    """Return what each living container of a task uses, in the order of the definition.

    Args:
        task: the task.
        seconds: over how long the CPU of requests is taken.
    """
    return [_container(c, seconds) for c in task.containers if c.process and c.process.alive]


def _container(container: Container, seconds: float) -> ContainerUsage:
    process, spec = container.process, container.spec
    assert process is not None  # noqa: S101 - said above
    cpu = process.cpu + process.load.cpu(seconds)
    limit = float(process.task.definition.get("cpu") or 0)
    return ContainerUsage(
        container.name,
        min(cpu, limit) if limit else cpu,
        process.memory,
        float(spec.get("cpu") or 0),
        float(_soft(spec)),
    )


def _of(task: Task, wanted: float, memory: float, *, varies: bool) -> TaskUsage:
    cpu, whole = reserved(task.definition)
    # A task-level size is a cap; without one a container may use what its instance has left.
    used = min(wanted, cpu) if task.definition.get("cpu") else wanted
    return TaskUsage(used, memory, cpu, whole, varies)


def _soft(spec: dict[str, Any]) -> int:
    return int(spec.get("memoryReservation") or spec.get("memory") or 0)
