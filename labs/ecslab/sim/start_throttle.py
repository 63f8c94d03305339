"""Which tasks of a service may be started now, and the delay after starts that failed.

AWS: service-throttle-logic; service-event-messages-list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model import failures
from ecslab.model import service_messages as messages
from ecslab.model.deployment import start_delay

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_events import ServiceEvents

_STARTS: Final = "starts"
_ROLES: Final = "roles"


class StartThrottle:
    """Delays the starts of deployments whose tasks never come to run.

    Args:
        account: the account.
        events: where it complains.
    """

    def __init__(self, account: Account, events: ServiceEvents) -> None:
        self._account = account
        self._events = events

    def allows(self, service: Service, deployment: Deployment) -> bool:
        """Return whether tasks of a deployment may be started now."""
        if deployment.rollout_state == "FAILED" and not deployment.serves:
            return False
        if self._account.clock.seconds < deployment.next_start:
            return False
        for key in ("executionRoleArn", "taskRoleArn"):
            role = deployment.definition.get(key)
            if role and not self._account.ports.roles.assumable(str(role)):
                reason = failures.ASSUME_ROLE(role=role)
                text = messages.role_not_assumable(service.name, reason)
                if self._events.complain(service, _ROLES, text):
                    name = "SERVICE_TASK_CONFIGURATION_FAILURE"
                    self._events.act(service, "ERROR", name, reason=reason)
                return False
        self._events.resolve(service, _ROLES)
        return True

    def never_ran(self, service: Service, deployment: Deployment, task: Task) -> None:
        """Note that a task stops without ever having run.

        The tasks that were started together count once: the delay grows with the attempts.
        """
        if task.created_at <= deployment.failed_start:
            return
        deployment.failed_start = task.created_at
        deployment.start_failures += 1
        delay = start_delay(deployment.start_failures)
        deployment.next_start = self._account.clock.seconds + delay
        if delay:
            self._events.complain(service, _STARTS, messages.inconsistent(service.name))
            self._events.act(service, "WARN", "SERVICE_TASK_START_IMPAIRED")

    def forgive(self, service: Service, deployment: Deployment) -> None:
        """Note that a task of a deployment has come to run, and end the delay."""
        deployment.start_failures = 0
        deployment.next_start = 0.0
        self._events.resolve(service, _STARTS)
