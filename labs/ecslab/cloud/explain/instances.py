"""Why a container instance is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import agents, daemon_hosts, placement, retained
from ecslab.cloud.explain.evidence import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.container_instances import ContainerInstance

_RUNNING: Final = ("Reservations", 0, "Instances", 0)


def state(instance: ContainerInstance) -> str:
    """Return the state of a container instance in a few words."""
    link = "connected" if instance.connected else "not connected"
    kind = instance.machine.instance_type
    return f"Container instance {instance.id[:8]} ({kind}) is {instance.status}, agent {link}."


def steps(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield the chain behind the state of a container instance."""
    answer = case.describe_instance(instance.cluster.name, instance.id)
    yield case.step("state", "This is its status.", answer, "containerInstances", 0, "status")
    if instance.status == "INACTIVE":
        yield from _ended(case, instance)
    elif instance.status in ("REGISTERING", "REGISTRATION_FAILED"):
        yield from daemon_hosts.registering(case, instance)
    elif not instance.connected:
        words = "Its agent is not connected: ECS places nothing on it and hears nothing of it."
        yield case.step("capacity", words, answer, "containerInstances", 0, "agentConnected")
        yield from agents.disconnected(case, instance)
    elif instance.status == "DRAINING":
        yield from _draining(case, instance, answer)
    else:
        words = "It takes tasks as long as these resources last."
        yield case.step("capacity", words, answer, "containerInstances", 0, "remainingResources")
        yield from retained.of_instance(case, instance)


def _ended(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    machine = instance.machine.id
    answer = case.ask("ec2", "describe_instances", InstanceIds=[machine])
    condition = value_at(answer, *_RUNNING, "State", "Name")
    if condition == "running":
        words = f"It was deregistered; the EC2 instance {machine} goes on running, and costs."
    else:
        words = f"The EC2 instance {machine} has ended."
    yield case.step("capacity", words, answer, *_RUNNING, "State", "Name")


def _draining(case: Case, instance: ContainerInstance, answer: Answer) -> Iterator[Step]:
    words = "It takes no new tasks; these are still on it."
    yield case.step("capacity", words, answer, "containerInstances", 0, "runningTasksCount")
    yield from daemon_hosts.behind_draining(case, instance)
    tasks = [task for task in instance.tasks.values() if task.wanted and not task.is_daemon]
    alone = [task for task in tasks if task.service is None]
    if alone:
        words = f"Task {alone[0].id[:8]} belongs to no service: draining leaves it alone."
        yield case.task_step("capacity", words, alone[0], "group")
        return
    for task in tasks:
        service = task.service
        if service is None:
            continue
        lower, upper = service.limits.lower, service.limits.upper
        if lower >= service.desired >= upper:
            words = (
                f"The service {service.name} may neither start another task nor stop one:"
                f" at least {lower} and at most {upper} of {service.desired}."
            )
            yield case.service_step("deployment", words, task, "deploymentConfiguration")
            return
        found = list(placement.causes(case, service))
        if found:
            words = f"The service {service.name} has no place for the replacement."
            yield case.service_step("place", words, task, "desiredCount")
            yield from found
            return
