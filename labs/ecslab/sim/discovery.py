"""Tasks in AWS Cloud Map: when they are registered, what is said of them, when they leave.

AWS: service-discovery (attributes, health, addresses); task-lifecycle-explanation (ACTIVATING and
DEACTIVATING); service-connect-concepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.sim.service_connect import ServiceConnect
from ecslab.sim.service_events import ServiceEvents

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account, Task

__all__ = ["Discovery"]


class Discovery:
    """Registers the tasks of services, and looks after their Service Connect proxies.

    Args:
        account: where they run.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.connect = ServiceConnect(account)

    def prepare(self, task: Task) -> Generator[Any, Any, None]:
        """Start the task's proxy, if it has one, before its containers start."""
        yield from self.connect.start(task)

    def join(self, task: Task) -> None:
        """Register a task whose containers have started."""
        self.connect.join(task)
        for settings in _registries(task):
            registry = self._account.ports.directory.registry(settings["registryArn"])
            attributes = self._attributes(task, settings)
            if registry is None or attributes is None:
                continue
            if registry.checked:
                attributes["AWS_INIT_HEALTH_STATUS"] = "UNHEALTHY"
            self._account.ports.directory.register(registry.arn, task.id, attributes)
            task.registries[registry.arn] = None
            self._account.journal.record("task.registered", task.arn, registry=registry.arn)

    def changed(self, task: Task) -> None:
        """Tell Cloud Map what has become of a task's health.

        AWS: service-discovery: unhealthy until the container health checks say something; one that
        fails them is deregistered.
        """
        if not task.registries or task.last_status != "RUNNING" or not task.wanted:
            return
        health = task.health if task.has_health_check else "HEALTHY"
        for registry, reported in list(task.registries.items()):
            if health == "UNHEALTHY":
                self._leave(task, registry)
                self._report(task, registry)
            elif health == "HEALTHY" and reported is None:
                self._account.ports.directory.report(registry, task.id, healthy=True)
                task.registries[registry] = health

    def leave(self, task: Task) -> None:
        """Deregister a task that is about to stop."""
        self.connect.leave(task)
        for registry in list(task.registries):
            self._leave(task, registry)

    def _leave(self, task: Task, registry: str) -> None:
        del task.registries[registry]
        self._account.ports.directory.deregister(registry, task.id)
        self._account.journal.record("task.deregistered", task.arn, registry=registry)

    def _report(self, task: Task, registry: str) -> None:
        """Send that a task in a registry is unhealthy (ecs_service_events)."""
        if task.service is not None:
            details = {"serviceRegistryArns": [registry], "taskArns": [task.arn]}
            name = "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY"
            ServiceEvents(self._account).act(task.service, "WARN", name, **details)

    def _attributes(self, task: Task, settings: dict[str, Any]) -> dict[str, str] | None:
        """Return the attributes of a task's instance, None when it has no address."""
        interface = task.agent_interface
        if interface is None or task.service is None:
            return None
        attributes = {
            "AWS_INSTANCE_IPV4": interface.private_ip,
            "AVAILABILITY_ZONE": task.zone or "",
            "REGION": self._account.region,
            "ECS_SERVICE_NAME": task.service.name,
            "ECS_CLUSTER_NAME": task.cluster.name,
            "ECS_TASK_DEFINITION_FAMILY": str(task.definition["family"]),
        }
        for each in task.service.task_sets.values():
            if each.deployment.id == task.deployment and each.external_id:
                attributes["ECS_TASK_SET_EXTERNAL_ID"] = each.external_id
        if task.instance is not None:
            attributes["EC2_INSTANCE_ID"] = task.instance.machine.id
        port = settings.get("port") or _port_of(task, settings)
        if port:
            attributes["AWS_INSTANCE_PORT"] = str(port)
        return attributes


def _registries(task: Task) -> list[dict[str, Any]]:
    if task.service is None:
        return []
    deployment = task.service.deployment(task.deployment)
    settings = deployment.settings if deployment else {}
    return list(settings.get("serviceRegistries") or [])


def _port_of(task: Task, settings: dict[str, Any]) -> int:
    """Return the port of a registry's container: the host's when the task has no own address."""
    port = int(settings.get("containerPort") or 0)
    container = task.container(str(settings.get("containerName") or ""))
    for binding in container.bindings if container and task.interface is None else ():
        if binding.get("containerPort") == port:
            return int(binding["hostPort"])
    return port
