"""Managed daemons, their revisions and deployments in the shapes of botocore's ecs model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.service_deployment_view import container_images

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account
    from ecslab.sim.managed_daemon import Daemon, DaemonDeployment, DaemonGoal, DaemonRevision


def brief_view(daemon: Daemon, *, created: bool = False) -> dict[str, Any]:
    """Return what the operations that change a daemon answer.

    Args:
        daemon: the daemon.
        created: whether it has just been created, and never updated.
    """
    view = {
        "daemonArn": daemon.arn,
        "status": daemon.status,
        "createdAt": daemon.created_at,
        "updatedAt": None if created else daemon.updated_at,
        "deploymentArn": daemon.deployment.arn,
    }
    return {key: value for key, value in view.items() if value is not None}


def summary_view(daemon: Daemon) -> dict[str, Any]:
    """Return a daemon as ListDaemons shows it."""
    return {
        "daemonArn": daemon.arn,
        "status": daemon.status,
        "createdAt": daemon.created_at,
        "updatedAt": daemon.updated_at,
    }


def daemon_view(account: Account, daemon: Daemon) -> dict[str, Any]:
    """Return a daemon as DescribeDaemon shows it."""
    found = [daemon.goal.revision, *(each.daemons.get(daemon.arn) for each in daemon.instances())]
    revisions = dict.fromkeys(each for each in found if each is not None)
    return {
        **summary_view(daemon),
        "clusterArn": daemon.cluster.arn,
        "currentRevisions": [_current(account, each) for each in revisions],
        "deploymentArn": daemon.deployment.arn,
    }


def _current(account: Account, revision: DaemonRevision) -> dict[str, Any]:
    rows = [
        {
            "arn": provider.arn,
            "runningCount": _count(revision, provider, _runs),
            "withoutDaemonCount": _count(revision, provider, _goes_without),
        }
        for provider in _providers(account, revision, revision.daemon.goal)
    ]
    return {
        "arn": revision.arn,
        "capacityProviders": rows,
        "totalRunningCount": sum(int(str(row["runningCount"])) for row in rows),
        "totalWithoutDaemonCount": sum(int(str(row["withoutDaemonCount"])) for row in rows),
    }


def revision_view(revision: DaemonRevision) -> dict[str, Any]:
    """Return a revision as DescribeDaemonRevisions shows it."""
    return {
        "daemonRevisionArn": revision.arn,
        "clusterArn": revision.daemon.cluster.arn,
        "daemonArn": revision.daemon.arn,
        "daemonTaskDefinitionArn": revision.definition_arn,
        "createdAt": revision.created_at,
        "containerImages": container_images(revision.definition, revision.digests),
        **revision.settings,
    }


def deployment_summary(daemon: Daemon, rollout: DaemonDeployment) -> dict[str, Any]:
    """Return a deployment as ListDaemonDeployments shows it."""
    revision = rollout.goal.revision
    view = {
        "daemonDeploymentArn": rollout.arn,
        "daemonArn": daemon.arn,
        "clusterArn": daemon.cluster.arn,
        "status": rollout.status,
        "statusReason": rollout.reason,
        "targetDaemonRevisionArn": revision.arn if revision is not None else None,
        "createdAt": rollout.created_at,
        "startedAt": rollout.started_at,
        "stoppedAt": rollout.stopped_at,
        "finishedAt": rollout.finished_at,
    }
    return {key: value for key, value in view.items() if value is not None}


def deployment_view(account: Account, daemon: Daemon, rollout: DaemonDeployment) -> dict[str, Any]:
    """Return a deployment as DescribeDaemonDeployments shows it."""
    summary = deployment_summary(daemon, rollout)
    shown = ("daemonArn", "targetDaemonRevisionArn")
    view = {
        **{key: value for key, value in summary.items() if key not in shown},
        "targetDaemonRevision": _in_deployment(account, rollout.goal.revision, rollout.goal),
        "sourceDaemonRevisions": [
            _in_deployment(account, each, daemon.proven or rollout.goal) for each in rollout.sources
        ],
        "circuitBreaker": {
            "failureCount": rollout.failures,
            "status": _monitor(
                rollout, enabled=rollout.goal.revision is not None, tripped=rollout.tripped
            ),
            "threshold": rollout.threshold,
        },
        "alarms": _alarms(rollout),
        "rollback": _rollback(account, rollout),
        "deploymentConfiguration": rollout.goal.configuration,
    }
    return {key: value for key, value in view.items() if value is not None}


def _in_deployment(
    account: Account, revision: DaemonRevision | None, goal: DaemonGoal
) -> dict[str, Any] | None:
    if revision is None:
        return None
    rows = [
        {
            "arn": provider.arn,
            "runningInstanceCount": _count(revision, provider, _runs_on_active),
            "withoutDaemonInstanceCount": _count(revision, provider, _goes_without),
            "drainingInstanceCount": _count(revision, provider, _drains),
        }
        for provider in _providers(account, revision, goal)
    ]
    totals = ("runningInstanceCount", "withoutDaemonInstanceCount", "drainingInstanceCount")
    return {
        "arn": revision.arn,
        "capacityProviders": rows,
        **{
            f"total{name[0].upper()}{name[1:]}": sum(int(str(row[name])) for row in rows)
            for name in totals
        },
    }


def _providers(
    account: Account, revision: DaemonRevision, goal: DaemonGoal
) -> list[CapacityProvider]:
    """Return the capacity providers of a revision: those of the goal, those of its instances."""
    names = [*goal.providers] if goal.revision is revision else []
    names += [
        str(each.capacity_provider)
        for each in revision.daemon.instances()
        if each.daemons.get(revision.daemon.arn) is revision
    ]
    found = map(account.providers.get, dict.fromkeys(names))
    return [each for each in found if each is not None]


def _count(
    revision: DaemonRevision,
    provider: CapacityProvider,
    what: Callable[[ContainerInstance, DaemonRevision], bool],
) -> int:
    return sum(
        what(each, revision)
        for each in revision.daemon.instances()
        if each.capacity_provider == provider.name
        and each.daemons.get(revision.daemon.arn) is revision
    )


def _runs(instance: ContainerInstance, revision: DaemonRevision) -> bool:
    task = revision.daemon.task_on(instance)
    return task is not None and task.last_status == "RUNNING"


def _runs_on_active(instance: ContainerInstance, revision: DaemonRevision) -> bool:
    return instance.status != "DRAINING" and _runs(instance, revision)


def _drains(instance: ContainerInstance, _: DaemonRevision) -> bool:
    return instance.status == "DRAINING"


def _goes_without(instance: ContainerInstance, revision: DaemonRevision) -> bool:
    return instance.active and not _runs(instance, revision)


def _monitor(rollout: DaemonDeployment, *, enabled: bool, tripped: bool) -> str:
    """Return botocore's DaemonDeploymentRollbackMonitorsStatus."""
    if not enabled:
        return "DISABLED"
    if tripped:
        return "TRIGGERED"
    return "MONITORING" if rollout.unfinished else "MONITORING_COMPLETE"


def _alarms(rollout: DaemonDeployment) -> dict[str, Any]:
    alarms = rollout.goal.configuration["alarms"]
    names = list(rollout.triggered_alarms)
    return {
        "status": _monitor(rollout, enabled=alarms["enable"], tripped=bool(names)),
        "alarmNames": list(alarms["alarmNames"]),
        "triggeredAlarmNames": names,
    }


def _rollback(account: Account, rollout: DaemonDeployment) -> dict[str, Any] | None:
    goal = rollout.restored
    if goal is None or goal.revision is None:
        return None
    return {
        "reason": rollout.rollback_reason,
        "startedAt": rollout.rollback_at,
        "rollbackTargetDaemonRevisionArn": goal.revision.arn,
        "rollbackCapacityProviders": [
            account.arn(f"capacity-provider/{name}") for name in goal.providers
        ],
    }
