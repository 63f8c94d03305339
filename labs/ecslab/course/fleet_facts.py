"""What a check asks the account about the instances and tasks of module 09-ec2-capacity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ecslab.course.answers import arns_of
from ecslab.course.fleet_shop import CLUSTER
from ecslab.course.outcomes import NotAttempted, NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["hosts", "instances", "memory_of", "registered_memory", "service_tasks", "tasks_of"]

Json = dict[str, Any]


def tasks_of(lab: Session, answer: object, family: str, count: int) -> list[Json]:
    """Give the tasks of an answer of RunTask, all of them started, or end the check.

    Args:
        lab: the session whose account is judged.
        answer: what RunTask answered, its list of tasks, or ARNs.
        family: the family they must be of.
        count: how many there must be.
    """
    if answer is Ellipsis or answer is None:
        raise NotAttempted
    arns = _arns(answer)
    if len(arns) != count:
        failures = answer.get("failures", []) if isinstance(answer, dict) else []
        reasons = ", ".join(sorted({str(each.get("reason")) for each in failures}))
        raise NotYet(
            expected=f"{count} tasks of {family}, placed by one call",
            found=f"{len(arns)}" + (f"; the others failed: {reasons}" if reasons else ""),
            look_at="run_task → tasks[], failures[]",
        )
    ecs = lab.client("ecs")
    found: list[Json] = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    for task in found:
        definition = str(task["taskDefinitionArn"]).rsplit("/", 1)[-1]
        if definition.split(":")[0] != family:
            raise NotYet(
                expected=f"tasks of the family {family}",
                found=definition,
                look_at="describe_tasks → tasks[].taskDefinitionArn",
            )
    idle = [task for task in found if "startedAt" not in task]
    if idle or len(found) != count:
        states = Counter(task["lastStatus"] for task in idle)
        told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        raise NotYet(
            expected=f"{count} tasks that have started",
            found=told or f"{len(found)} tasks in the cluster {CLUSTER}",
            look_at="describe_tasks → tasks[].lastStatus; let time pass",
        )
    return found


def hosts(tasks: Iterable[Json]) -> Counter[str]:
    """Count tasks by the ARN of their container instance.

    Args:
        tasks: as DescribeTasks shows them.
    """
    return Counter(str(task.get("containerInstanceArn")) for task in tasks)


def instances(lab: Session) -> dict[str, Json]:
    """Give the container instances of the cluster by ARN.

    Args:
        lab: the session whose account is judged.
    """
    ecs = lab.client("ecs")
    arns = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
    if not arns:
        return {}
    found = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=arns)
    return {each["containerInstanceArn"]: each for each in found["containerInstances"]}


def registered_memory(lab: Session) -> int:
    """Give the MiB that an instance of the fleet registers: the least of them, should they differ.

    Args:
        lab: the session whose account is judged.
    """
    registered = [
        resource["integerValue"]
        for instance in instances(lab).values()
        for resource in instance["registeredResources"]
        if resource["name"] == "MEMORY"
    ]
    if not registered:
        raise NotYet(
            expected="the container instances that this lab begins with",
            found="none",
            look_at="list_container_instances; lab.reset() brings them back",
        )
    return int(min(registered))


def service_tasks(lab: Session, service: str, status: str = "RUNNING") -> list[Json]:
    """Give the tasks of a service with a desired status.

    Args:
        lab: the session whose account is judged.
        service: its name.
        status: RUNNING or STOPPED.
    """
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=service, desiredStatus=status)["taskArns"]
    found: list[Json] = []
    if arns:
        found = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return found


def memory_of(lab: Session, definition: str) -> int:
    """Give the MiB that a task of a definition reserves on its instance.

    A soft limit counts where there is one (botocore ecs ContainerDefinition.memoryReservation),
    and a size of the whole task before that of its containers.

    Args:
        lab: the session whose account is judged.
        definition: its ARN.
    """
    found = lab.client("ecs").describe_task_definition(taskDefinition=definition)
    plan = found["taskDefinition"]
    if plan.get("memory"):
        return int(plan["memory"])
    containers = plan["containerDefinitions"]
    return sum(int(each.get("memoryReservation") or each.get("memory", 0)) for each in containers)


def _arns(answer: object) -> list[str]:
    arns = arns_of(answer)
    if arns is None:
        raise NotYet(
            expected="the answer of run_task",
            found=answer,
            look_at="what run_task gives back",
        )
    return arns
