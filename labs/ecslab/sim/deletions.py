"""Task definitions that are being deleted, until nothing uses them any more.

AWS: botocore ecs DeleteTaskDefinitions: a revision stays DELETE_IN_PROGRESS until its tasks and
services have ended. How soon it is gone after that is not published; here within a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.task_definition.families import DELETE_IN_PROGRESS

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account

_LOOK_AGAIN: Final = 60.0


class Deletions:
    """Finishes deletions of task definitions.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._running = False

    def begin(self) -> None:
        """Begin to look whether what is being deleted is still in use."""
        if not self._running:
            self._running = True
            self._account.clock.env.process(self._finish())

    def _finish(self) -> Generator[Any, Any, None]:
        definitions = self._account.definitions
        while definitions.list_arns(status=DELETE_IN_PROGRESS).items:
            yield self._account.clock.env.timeout(_LOOK_AGAIN)
            for arn in definitions.purge(self._in_use()):
                self._account.journal.record("task-definition.deleted", arn)
        self._running = False

    def _in_use(self) -> set[str]:
        """Return the ARNs of the definitions of live tasks, and of services that are not gone."""
        used = set()
        for cluster in self._account.clusters.values():
            used |= {str(task.definition["taskDefinitionArn"]) for task in cluster.live_tasks()}
            for service in cluster.services.values():
                used |= {str(d.definition["taskDefinitionArn"]) for d in service.deployments}
        return used
