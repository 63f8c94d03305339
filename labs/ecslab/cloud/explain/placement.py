"""Why a task finds no container instance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import agents, waiting
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model import capacity_failures
from ecslab.model.placement import messages, needs_of
from ecslab.model.quotas import FARGATE_VCPUS, SPOT_VCPUS, WAITING
from ecslab.sim.engine import choose_provider
from ecslab.sim.entities import FARGATE
from ecslab.sim.fargate_limits import SPOT, vcpus_in_use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.service import Service

_CLOSEST: Final = re.compile(r"\(container-instance (\w+)\) (.+)$")
UNPLACED: Final = ("was unable to place ", messages.NO_INSTANCES_OF_PROVIDER)
"""What events about a task say that found no place."""
_RESOURCES: Final = {"CPU units": "CPU", "memory": "MEMORY"}


def causes(case: Case, service: Service) -> Iterator[Step]:
    """Yield why tasks of a service are not placed."""
    answer = case.describe_service(service.cluster.name, service.name)
    words = "ECS says where it failed."
    said = (case.event_step("place", words, answer, text) for text in UNPLACED)
    event = next((step for step in said if step is not None), None)
    if event is None:
        return
    yield event
    text = str(event.evidence.value)
    if capacity_failures.VCPU_LIMIT() in text:
        yield _quota(case, service)
        return
    if capacity_failures.NO_FARGATE_CAPACITY() in text:
        yield _zones(case, service)
        return
    if messages.too_many_waiting(service.name) == text:
        yield from _too_many(case, service)
        return
    found = _CLOSEST.search(text)
    if found is None and messages.NO_INSTANCES_OF_PROVIDER in text:
        yield from _empty_provider(case, service)
        return
    if found is None:
        yield from _none_registered(case, service)
        return
    instance = service.cluster.instances.get(found[1])
    if instance is not None:
        yield from _closest(case, service, instance, found[2])


def _quota(case: Case, service: Service) -> Step:
    """Return the step that counts what Fargate runs already."""
    spot = _provider(service) == SPOT
    limit = case.account.quotas[SPOT_VCPUS if spot else FARGATE_VCPUS]
    used = vcpus_in_use(case.account, spot=spot)
    kind = "Fargate Spot" if spot else "Fargate"
    words = (
        f"The tasks of {kind} use {used:g} of {limit:g} vCPUs that the account may have in the"
        " Region; these are the ones in this cluster."
    )
    answer = case.ask("ecs", "list_tasks", cluster=service.cluster.name, launchType=FARGATE)
    return case.step("capacity", words, answer, "taskArns")


def _zones(case: Case, service: Service) -> Step:
    """Return the step that says in which zones a service can only be."""
    settings = service.primary.settings.get("networkConfiguration") or {}
    subnets = list((settings.get("awsvpcConfiguration") or {}).get("subnets") or ())
    answer = case.ask("ec2", "describe_subnets", SubnetIds=subnets)
    zones = sorted({each["AvailabilityZone"] for each in value_at(answer, "Subnets") or []})
    words = f"Its subnets are only in {' and '.join(zones)}, where Fargate has no capacity now."
    return case.step("capacity", words, answer, "Subnets", 0, "AvailabilityZone")


def _too_many(case: Case, service: Service) -> Iterator[Step]:
    """Yield that a cluster has no room for tasks that wait, and why the first of them waits."""
    queue = case.runtime.engine(case.region).capacity.waiting.of(service.cluster)
    limit = case.account.quotas[WAITING]
    words = f"At most {limit:g} tasks of a cluster may wait for capacity; {len(queue)} do."
    answer = case.ask("ecs", "describe_clusters", clusters=[service.cluster.name])
    yield case.step("capacity", words, answer, "clusters", 0, "pendingTasksCount")
    if queue:
        yield from waiting.causes(case, queue[0].task)


def _empty_provider(case: Case, service: Service) -> Iterator[Step]:
    """Yield why the capacity provider of a service has no instances and gets none."""
    provider = case.account.providers.get(_provider(service) or "")
    if provider is not None and not provider.scales:
        yield from waiting.scales_not(case, provider)
    else:
        yield from _none_registered(case, service)


def _provider(service: Service) -> str | None:
    """Return the capacity provider of a service's next task."""
    tasks = [task.capacity_provider for task in service.wanted_of(service.primary)]
    return choose_provider(service.primary.settings.get("capacityProviderStrategy") or [], tasks)


def _none_registered(case: Case, service: Service) -> Iterator[Step]:
    cluster = service.cluster.name
    answer = case.ask("ecs", "list_container_instances", cluster=cluster)
    registered = value_at(answer, "containerInstanceArns") or []
    words = f"The cluster {cluster} has {len(registered)} container instances."
    yield case.step("capacity", words, answer, "containerInstanceArns")
    if not registered:
        yield from agents.refused(case, cluster)


def _closest(
    case: Case, service: Service, instance: ContainerInstance, tail: str
) -> Iterator[Step]:
    answer = case.describe_instance(service.cluster.name, instance.id)
    needs = needs_of(service.primary.definition)
    shown = value_at(answer, "containerInstances", 0, "remainingResources") or []
    for words, name in _RESOURCES.items():
        if words in tail:
            index = next(i for i, each in enumerate(shown) if each["name"] == name)
            want = needs.cpu if name == "CPU" else needs.memory
            text = f"A task takes {want} of {name}; the closest instance has this much left."
            place = ("containerInstances", 0, "remainingResources", index, "integerValue")
            yield case.step("capacity", text, answer, *place)
            return
    if "port" in tail:
        index = next(i for i, each in enumerate(shown) if each["name"] == "PORTS")
        ports = ", ".join(map(str, sorted(needs.tcp)))
        text = f"A task takes the host port {ports}, which the instance has given away already."
        place = ("containerInstances", 0, "remainingResources", index, "stringSetValue")
        yield case.step("capacity", text, answer, *place)
    elif "attribute" in tail:
        names = ", ".join(name for name, _ in needs.attributes if name not in instance.attributes)
        text = f"The task definition requires an attribute that the instance lacks ({names})."
        yield _definition(case, service, text, "requiresAttributes")
    elif "AGENT" in tail:
        text = "Its agent is not connected, so it takes no tasks."
        yield case.step("capacity", text, answer, "containerInstances", 0, "agentConnected")
        yield from agents.disconnected(case, instance)
    elif "ENI" in tail:
        text = (
            "A task with the network mode awsvpc takes a network interface, and one instance of"
            f" {instance.machine.instance_type} has room for {instance.interfaces} of them."
        )
        holds = ("containerInstances", 0, "runningTasksCount")
        yield case.step("capacity", text, answer, *holds)
    else:
        yield from _constraint(case, service, tail)


def _constraint(case: Case, service: Service, tail: str) -> Iterator[Step]:
    if "LOCATION" in tail:
        text = "No instance is in an Availability Zone of the service's subnets."
        answer = case.describe_service(service.cluster.name, service.name)
        place = ("networkConfiguration", "awsvpcConfiguration", "subnets")
        yield case.step("capacity", text, answer, "services", 0, *place)
        return
    text = "No instance fulfils the placement constraints."
    if service.record.get("placementConstraints"):
        answer = case.describe_service(service.cluster.name, service.name)
        yield case.step("capacity", text, answer, "services", 0, "placementConstraints")
    else:
        yield _definition(case, service, text, "placementConstraints")


def _definition(case: Case, service: Service, words: str, member: str) -> Step:
    name = str(service.primary.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]
    answer = case.ask("ecs", "describe_task_definition", taskDefinition=name)
    return case.step("capacity", words, answer, "taskDefinition", Absent(member))
