"""What managed daemons say on the event bus. AWS: managed-daemons-events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import managed_daemon_answers as words
from ecslab.model.placement import filters

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.managed_daemon import Daemon, DaemonDeployment, DaemonRevision

_ACTION: Final = "ECS Daemon Service Action"
_DEPLOYMENT: Final = "ECS Daemon Deployment State Change"
_LACKS: Final = {filters.CPU: "CPU", filters.MEMORY: "memory"}


class ManagedDaemonEvents:
    """Writes the events of managed daemons.

    Args:
        account: the account; its events port sends.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def deployment(self, daemon: Daemon, rollout: DaemonDeployment) -> None:
        """Report the state that a daemon deployment has come to."""
        revision = rollout.goal.revision
        detail: dict[str, Any] = {
            "eventType": "ERROR" if rollout.status == "ROLLBACK_FAILED" else "INFO",
            "eventName": f"DAEMON_DEPLOYMENT_{rollout.status}",
            "clusterArn": daemon.cluster.arn,
            "daemonArn": daemon.arn,
            "daemonDeploymentArn": rollout.arn,
            **({"targetDaemonRevisionArn": revision.arn} if revision is not None else {}),
            "updatedAt": self._account.clock.now.isoformat(),
        }
        self._account.journal.record(
            "daemon.deployment",
            daemon.arn,
            deployment=rollout.arn,
            status=rollout.status,
            reason=rollout.reason,
        )
        self._account.ports.events.emit(_DEPLOYMENT, [daemon.arn], detail)

    def not_started(self, task: Task, revision: DaemonRevision, reason: str) -> None:
        """Report a daemon task that was made and has not come to RUNNING, or not to stay there.

        Args:
            task: the task.
            revision: the revision of the daemon.
            reason: why it has not.
        """
        text = words.STARTS_NOT(reason=reason)
        if task.instance is not None:
            self._impaired(task.instance, revision, "TASK_FAILED_TO_RUN", text, task)

    def not_created(self, instance: ContainerInstance, revision: DaemonRevision, code: str) -> None:
        """Report that no daemon task could be made.

        Args:
            instance: the container instance.
            revision: the revision of the daemon.
            code: why not, as in `failures[].reason` (api_failures_messages).
        """
        lacks = _LACKS.get(code)
        reason = words.NOT_PLACED(code=code)
        if lacks is not None:
            reason = words.NOT_CREATED(code=code, what=lacks)
        self._impaired(instance, revision, "TASK_CREATION_FAILED", reason, None)

    def _impaired(
        self,
        instance: ContainerInstance,
        revision: DaemonRevision,
        kind: str,
        reason: str,
        task: Task | None,
    ) -> None:
        detail: dict[str, Any] = {
            "eventType": "WARNING",
            "eventName": "DAEMON_TASK_START_IMPAIRED",
            "clusterArn": instance.cluster.arn,
            "containerInstanceArn": instance.arn,
            **({"taskArn": task.arn} if task is not None else {}),
            "daemonRevisionArn": revision.arn,
            "capacityProviderName": instance.capacity_provider,
            "daemonArn": revision.daemon.arn,
            "daemonTaskDefinitionArn": revision.definition_arn,
            "failureType": kind,
            "createdAt": self._account.clock.now.isoformat(),
            "reason": reason,
        }
        self._account.journal.record(
            "daemon.start-impaired",
            revision.daemon.arn,
            instance=instance.arn,
            failure=kind,
            reason=reason,
            **({"task": task.arn} if task is not None else {}),
        )
        resources = [task.arn] if task is not None else []
        self._account.ports.events.emit(_ACTION, resources, detail)
