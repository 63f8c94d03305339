"""What managed daemons have to do with the state of the instances that they run on.

AWS: managed-daemons-auto-repair, managed-daemons-deployments; botocore ecs
CreateDaemonRequest.critical.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.sim.managed_daemon import is_well

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster, Task
    from ecslab.sim.managed_daemon import Daemon, DaemonRevision

_PLACE: Final = ("containerInstances", 0)


def describe_host(case: Case, instance: ContainerInstance) -> Answer:
    """Return the answer of DescribeContainerInstances about one instance and its health."""
    return case.describe_instance(
        instance.cluster.name, instance.id, include=["CONTAINER_INSTANCE_HEALTH"]
    )


def registering(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield what keeps an instance from taking tasks: its critical daemons come first."""
    answer = describe_host(case, instance)
    if instance.status == "REGISTRATION_FAILED":
        yield from _impaired(case, instance, answer)
        return
    words = "It takes no other tasks before its critical managed daemons run on it."
    yield case.step("capacity", words, answer, *_PLACE, "healthStatus")
    for revision in instance.daemons.values():
        task = revision.daemon.task_on(instance)
        if revision.critical and task is not None and not is_well(task):
            words = f"The task of the daemon {revision.daemon.name} is not ready so far."
            yield case.task_step("start", words, task, "lastStatus")
            return


def behind_draining(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield which daemon has an instance drained: one that failed, or one that is deployed."""
    if instance.impaired:
        yield from _impaired(case, instance, describe_host(case, instance))
        return
    for daemon in instance.cluster.daemons.values():
        if instance.daemons.get(daemon.arn) is not daemon.goal.of(instance):
            answer = case.ask("ecs", "list_daemon_deployments", daemonArn=daemon.arn)
            words = (
                f"A deployment of the managed daemon {daemon.name} replaces the instances that do"
                " not have its revision."
            )
            yield case.step("deployment", words, answer, "daemonDeployments", 0, "status")
            return


def _impaired(case: Case, instance: ContainerInstance, answer: Answer) -> Iterator[Step]:
    daemons = [
        revision.daemon
        for revision in instance.daemons.values()
        if revision.daemon.arn in instance.impaired
    ]
    for daemon in daemons[:1]:
        words = f"The critical managed daemon {daemon.name} failed on it."
        yield case.step("health", words, answer, *_PLACE, "healthStatus")
        task = failed_task(case, daemon, instance)
        if task is not None:
            words = f"This became of the task of the daemon {daemon.name}."
            yield case.task_step("start", words, task, Absent("stoppedReason"))


def failed_task(
    case: Case,
    daemon: Daemon,
    instance: ContainerInstance | None = None,
    revision: DaemonRevision | None = None,
) -> Task | None:
    """Return the newest task of a daemon that has failed, None when the account has none left.

    Args:
        case: the account.
        daemon: the managed daemon.
        instance: the container instance that it was on; None for any.
        revision: the revision that it is of; None for any.
    """
    for entry in reversed(case.journal.of_kind("task.stopped")):
        task = case.find_task(entry.subject)
        if task is None or task.daemon is None or task.daemon.daemon is not daemon:
            continue
        asked = instance in (None, task.instance) and revision in (None, task.daemon)
        if asked and task.stop_code != "ServiceSchedulerInitiated" and not task.lost:
            return task
    return None


def keeps_out(case: Case, cluster: Cluster, provider: CapacityProvider) -> Iterator[Step]:
    """Yield which critical daemon ends every new instance of a provider, if one does."""
    own = (each for each in cluster.instances.values() if each.capacity_provider == provider.name)
    newest = max(own, key=lambda each: each.registered_at, default=None)
    if newest is None or not newest.impaired or newest.active:
        return
    for daemon in cluster.daemons.values():
        revision = daemon.goal.revision
        if revision is None or daemon.arn not in newest.impaired or not revision.critical:
            continue
        answer = case.ask("ecs", "describe_daemon", daemonArn=daemon.arn)
        words = (
            f"Instances of {provider.name} come and go again: the critical managed daemon"
            f" {daemon.name} does not start on them."
        )
        yield case.step("capacity", words, answer, "daemon", "currentRevisions")
        task = failed_task(case, daemon)
        if task is not None:
            words = f"This became of the newest task of the daemon {daemon.name}."
            yield case.task_step("start", words, task, Absent("stoppedReason"))
        return


def left_on(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield what a draining instance still waits for, of the tasks that are no daemons."""
    others = [task for task in instance.tasks.values() if not task.is_daemon]
    answer = describe_host(case, instance)
    words = f"The container instance {instance.id[:8]} drains; these tasks are still on it."
    yield case.step("capacity", words, answer, *_PLACE, "runningTasksCount")
    for task in others:
        if task.service is None and task.wanted:
            words = (
                f"Task {task.id[:8]} belongs to no service, so nobody moves it; after a week the"
                " instance ends anyway."
            )
            yield case.task_step("capacity", words, task, "group")
            return


def count(answer: Answer, name: str) -> int:
    """Return a total of the current revision in an answer of DescribeDaemon, 0 without one."""
    return int(value_at(answer, "daemon", "currentRevisions", 0, name) or 0)
