"""`look`: what is in an account now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.view import (
    ClusterView,
    DaemonView,
    DeploymentView,
    InstanceView,
    ServiceView,
    TaskView,
    View,
    ZoneView,
)

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Cluster, Task
    from ecslab.sim.managed_daemon import Daemon
    from ecslab.sim.service import Deployment, Service


def look(account: Account) -> View:
    """Return what is in an account now; looking changes nothing.

    Args:
        account: the data plane's state.
    """
    active = [cluster for cluster in account.clusters.values() if cluster.active]
    active.sort(key=lambda cluster: cluster.name)
    return View(account.clock.now, account.region, tuple(_cluster(item) for item in active))


def _cluster(cluster: Cluster) -> ClusterView:
    alive = [task for task in cluster.tasks.values() if not task.stopped]
    hosts = [item for item in cluster.instances.values() if item.status != "INACTIVE"]
    names = {task.zone or "" for task in alive} | {item.machine.zone for item in hosts}
    kept = [item for item in cluster.services.values() if item.status != "INACTIVE"]
    return ClusterView(
        cluster.name,
        tuple(_service(item) for item in kept),
        tuple(_zone(hosts, alive, name) for name in sorted(names, key=lambda n: (not n, n))),
        tuple(_task(task) for task in cluster.tasks.values() if task.stopped),
        tuple(_daemon(item) for item in cluster.daemons.values()),
    )


def _zone(hosts: list[ContainerInstance], alive: list[Task], name: str) -> ZoneView:
    here = [task for task in alive if (task.zone or "") == name]
    local = [item for item in hosts if item.machine.zone == name]
    placed = {id(item): [task for task in here if task.instance is item] for item in local}
    others = [task for task in here if id(task.instance) not in placed]
    return ZoneView(
        name,
        tuple(_task(task) for task in others),
        tuple(_instance(item, placed[id(item)]) for item in local),
    )


def _instance(instance: ContainerInstance, tasks: list[Task]) -> InstanceView:
    left = instance.left()
    return InstanceView(
        instance.id,
        instance.machine.instance_type,
        instance.status,
        instance.connected,
        instance.cpu,
        left.cpu,
        instance.memory,
        left.memory,
        tuple(_task(task) for task in tasks),
    )


def _service(service: Service) -> ServiceView:
    tasks = service.tasks()
    return ServiceView(
        service.name,
        service.status,
        service.desired,
        _running(tasks),
        _pending(tasks),
        tuple(_deployment(service, item) for item in service.deployments),
    )


def _deployment(service: Service, deployment: Deployment) -> DeploymentView:
    tasks = service.tasks_of(deployment)
    return DeploymentView(
        deployment.status,
        _short(deployment.definition["taskDefinitionArn"]),
        deployment.rollout_state,
        deployment.desired,
        _running(tasks),
        _pending(tasks),
    )


def _daemon(daemon: Daemon) -> DaemonView:
    revision = daemon.goal.revision
    return DaemonView(
        daemon.name,
        daemon.status,
        _short(revision.definition_arn) if revision is not None else "",
        daemon.deployment.status,
        sum(1 for _ in daemon.instances()),
        _running(list(daemon.tasks())),
    )


def _task(task: Task) -> TaskView:
    return TaskView(
        task.id,
        _short(task.definition["taskDefinitionArn"]),
        task.group,
        task.last_status,
        task.health,
        task.zone or "",
        task.stop_code or "",
        task.stopped_reason or "",
    )


def _running(tasks: list[Task]) -> int:
    return sum(task.last_status == "RUNNING" for task in tasks)


def _pending(tasks: list[Task]) -> int:
    return sum(task.started_at is None and task.wanted for task in tasks)


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
