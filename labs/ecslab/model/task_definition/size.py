"""Rules about CPU and memory: of the task, of its containers, and of Fargate's fixed sizes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.rule import EC2, EXTERNAL, FARGATE, MANAGED_INSTANCES, rule

SIZES = "AWS: fargate-tasks-services (task CPU and memory)"
SIZE_ERRORS = "AWS: task-cpu-memory-error"

SMALLEST_TASK_CPU = 128
LARGEST_TASK_CPU = 196_608
SMALLEST_CONTAINER_MEMORY = 6


@dataclass(frozen=True)
class FargateSize:
    """One row of Fargate's table of task sizes.

    Args:
        cpu: CPU units, 1024 to a vCPU.
        memory: the MiB that go with them.
        windows: whether Windows tasks can have this size.
        platform_version: the oldest Linux platform version with this size, empty for any.
    """

    cpu: int
    memory: Collection[int]
    windows: bool = False
    platform_version: str = ""


FARGATE_SIZES = (
    FargateSize(256, (512, 1024, 2048)),
    FargateSize(512, range(1024, 4096 + 1, 1024)),
    FargateSize(1024, range(2048, 8192 + 1, 1024), windows=True),
    FargateSize(2048, range(4096, 16384 + 1, 1024), windows=True),
    FargateSize(4096, range(8192, 30720 + 1, 1024), windows=True),
    FargateSize(8192, range(16384, 61440 + 1, 4096), platform_version="1.4.0"),
    FargateSize(16384, range(32768, 122880 + 1, 8192), platform_version="1.4.0"),
    FargateSize(32768, (61440, 122880, 249856), platform_version="1.4.0"),
)
"""All task sizes of Fargate. AWS: fargate-tasks-services, create-task-definition."""


def fargate_size(cpu: int, memory: int, *, windows: bool = False) -> FargateSize | None:
    """Return the row of Fargate's table that allows a task size, None when none does.

    Args:
        cpu: CPU units.
        memory: MiB.
        windows: whether the task runs Windows, which has fewer sizes.
    """
    for size in FARGATE_SIZES:
        if size.cpu == cpu and memory in size.memory and (size.windows or not windows):
            return size
    return None


def reserved_memory(container: Definition) -> int:
    """Return the MiB that are set aside for a container: its soft limit, else its hard limit."""
    return int(container.get("memoryReservation") or container.get("memory") or 0)


@rule("Invalid 'cpu' setting for task.", source=SIZE_ERRORS)
def task_cpu_unreadable(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task's cpu is a positive number of CPU units, or of vCPUs."""
    if draft.request.get("cpu") is not None and not draft.cpu:
        yield {}


@rule("Invalid 'memory' setting for task.", source=SIZE_ERRORS, verified=False)
def task_memory_unreadable(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task's memory is a positive number of MiB, or of GB."""
    if draft.request.get("memory") is not None and not draft.memory:
        yield {}


@rule(
    "Invalid 'cpu' setting for task.",
    source="botocore ecs RegisterTaskDefinitionRequest.cpu",
    only=(EC2, EXTERNAL, MANAGED_INSTANCES),
)
def task_cpu_range(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Off Fargate a task's cpu is 128 to 196608 units; Windows containers ignore it."""
    if draft.cpu and not draft.windows and not SMALLEST_TASK_CPU <= draft.cpu <= LARGEST_TASK_CPU:
        yield {}


@rule(
    "Invalid 'cpu' setting for container '{container}'.",
    source="botocore ecs ContainerDefinition.cpu",
    verified=False,
)
def container_cpu_negative(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container's cpu is not negative."""
    for container, cpu in draft.each("cpu"):
        if cpu < 0:
            yield {"container": container["name"]}


@rule(
    "Invalid setting for container '{container}'."
    " At least one of 'memory' or 'memoryReservation' must be specified.",
    source="botocore ecs ContainerDefinition.memoryReservation",
)
def container_memory_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Without memory for the task, every container says how much it needs."""
    if not draft.memory:
        for container in draft.containers:
            if not reserved_memory(container):
                yield {"container": container["name"]}


@rule(
    "Invalid '{member}' setting for container '{container}'.",
    source="botocore ecs ContainerDefinition.memory (Docker's minimum is 6 MiB)",
    verified=False,
)
def container_memory_small(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container has at least 6 MiB of memory, the least that Docker gives."""
    for member in ("memory", "memoryReservation"):
        for container, memory in draft.each(member):
            if memory and memory < SMALLEST_CONTAINER_MEMORY:
                yield {"container": container["name"], "member": member}


@rule(
    "Invalid setting for container '{container}'."
    " 'memory' must be greater than or equal to 'memoryReservation'.",
    source="botocore ecs ContainerDefinition.memory",
)
def container_memory_order(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container's hard memory limit is not below its soft limit."""
    for container, memory in draft.each("memory"):
        if memory and memory < container.get("memoryReservation", 0):
            yield {"container": container["name"]}


@rule(
    "The 'memory' setting for container '{container}' is greater than for the task.",
    source="botocore ecs ContainerDefinition.memory",
)
def container_memory_above_task(draft: Draft) -> Iterator[Mapping[str, object]]:
    """No container has a higher memory limit than the whole task."""
    for container, memory in draft.each("memory"):
        if draft.memory and memory > draft.memory:
            yield {"container": container["name"]}


@rule(
    "The sum of all container 'memoryReservation' values cannot be greater than the value of the"
    " task 'memory'.",
    source="botocore ecs ContainerDefinition.memory",
)
def container_reservations_above_task(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The soft limits of all containers fit into the task's memory together."""
    total = sum(container.get("memoryReservation", 0) for container in draft.containers)
    if draft.memory and total > draft.memory:
        yield {}


@rule(
    "The sum of all container 'memory' values cannot be greater than the value of the task"
    " 'memory'.",
    source="botocore ecs ContainerDefinition.memory",
    verified=False,
)
def container_memories_above_task(draft: Draft) -> Iterator[Mapping[str, object]]:
    """What is set aside for all containers fits into the task's memory together."""
    total = sum(reserved_memory(container) for container in draft.containers)
    if draft.memory and total > draft.memory:
        yield {}


@rule(
    "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    source="botocore ecs ContainerDefinition.cpu",
)
def container_cpus_above_task(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The CPU units of all containers fit into the task's together."""
    total = sum(container.get("cpu", 0) for container in draft.containers)
    if draft.cpu and total > draft.cpu:
        yield {}


@rule(
    "Fargate requires that 'cpu' be defined at the task level.",
    source="botocore ecs RegisterTaskDefinitionRequest.cpu",
    only=(FARGATE,),
)
def fargate_cpu_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate a task says how much CPU it needs."""
    if draft.cpu is None:
        yield {}


@rule(
    "Fargate requires that 'memory' be defined at the task level.",
    source="botocore ecs RegisterTaskDefinitionRequest.memory",
    only=(FARGATE,),
)
def fargate_memory_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate a task says how much memory it needs."""
    if draft.memory is None:
        yield {}


@rule(
    "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
    " See the Amazon ECS documentation for the valid values.",
    source=SIZES,
    only=(FARGATE,),
)
def fargate_size_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate a task has one of the fixed sizes; Windows ones start at 1 vCPU, on X86_64."""
    if not draft.cpu or not draft.memory:
        return
    arm_windows = draft.windows and draft.architecture == "ARM64"
    if arm_windows or fargate_size(draft.cpu, draft.memory, windows=draft.windows) is None:
        yield {"cpu": draft.cpu, "memory": draft.memory}


CONTAINER_RULES = (
    task_cpu_unreadable,
    task_memory_unreadable,
    container_cpu_negative,
    container_memory_missing,
    container_memory_small,
    container_memory_order,
    container_memory_above_task,
    container_reservations_above_task,
    container_memories_above_task,
    container_cpus_above_task,
)
PLATFORM_RULES = (
    task_cpu_range,
    fargate_cpu_missing,
    fargate_memory_missing,
    fargate_size_unknown,
)
