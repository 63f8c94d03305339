"""What a service says of itself: its own events, and those on the event bus.

AWS: service-event-messages (the 100 newest events; duplicates are suppressed until their cause is
resolved or six hours have passed); ecs_service_events and ecs_service_deployment_events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ecslab.sim.entities import Account
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_capacity import Unplaced
    from ecslab.sim.service_deployment import HookRun

SAY_AGAIN: Final = 6 * 3600.0
"""Seconds after which a message is repeated whose cause lasts (service-event-messages)."""

PLACEMENT: Final = "placement"
"""The cause of complaints about tasks that find no place; see `ServiceEvents.complain`."""

_ACTION: Final = "ECS Service Action"
_HOOK: Final = "ECS Hook State Change"
_DEPLOYMENT: Final = "ECS Deployment State Change"


class ServiceEvents:
    """Writes the events of services.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def say(self, service: Service, text: str) -> None:
        """Add a service event."""
        identifier = self._account.identifiers.uuid()
        service.events.append(
            {"id": identifier, "createdAt": self._account.clock.now, "message": text}
        )
        self._account.journal.record("service.event", service.arn, message=text)

    def complain(self, service: Service, cause: str, text: str) -> bool:
        """Add a service event unless it has been said, and its cause has lasted since.

        Args:
            service: the service.
            cause: what it is about; see `resolve`.
            text: the message.

        Returns:
            Whether it was said.
        """
        now = self._account.clock.seconds
        said = service.complaints.setdefault(cause, {})
        if text in said and now - said[text] < SAY_AGAIN:
            return False
        said[text] = now
        self.say(service, text)
        return True

    def resolve(self, service: Service, cause: str) -> None:
        """Note that a cause is gone: what is said about it from now on is news."""
        service.complaints.pop(cause, None)

    def act(self, service: Service, kind: str, name: str, **details: Any) -> None:
        """Send an "ECS Service Action" to the event bus.

        Args:
            service: the service.
            kind: `INFO`, `WARN` or `ERROR`.
            name: the event's name.
            details: further members of its detail.
        """
        self._emit(_ACTION, service, kind, name, details)

    def unplaced(self, service: Service, found: Unplaced) -> None:
        """Report that a task found no place, unless that has been said.

        AWS: service-event-messages-list; ecs_service_events (SERVICE_TASK_PLACEMENT_FAILURE).
        """
        if not self.complain(service, PLACEMENT, found.text):
            return
        details: dict[str, Any] = {"reason": found.reason}
        if found.instances:
            details["containerInstanceArns"] = list(found.instances)
        if found.provider is not None:
            details["capacityProviderArns"] = [self._provider(found.provider)]
        self.act(service, "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", **details)

    def steady(self, service: Service) -> None:
        """Send that a service has reached its steady state, and its capacity providers with it."""
        self.act(service, "INFO", "SERVICE_STEADY_STATE")
        settings = service.current.settings if service.current is not None else {}
        strategy = settings.get("capacityProviderStrategy") or []
        if strategy:
            arns = [self._provider(str(item["capacityProvider"])) for item in strategy]
            name = "CAPACITY_PROVIDER_STEADY_STATE"
            self.act(service, "INFO", name, capacityProviderArns=arns)

    def deployment(self, service: Service, deployment: Deployment, kind: str, name: str) -> None:
        """Send an "ECS Deployment State Change" to the event bus.

        Args:
            service: the service.
            deployment: the deployment.
            kind: `INFO` or `ERROR`.
            name: the event's name.
        """
        details = {
            "deploymentId": deployment.id,
            "updatedAt": deployment.updated_at.isoformat(),
            "reason": deployment.rollout_reason,
        }
        self._emit(_DEPLOYMENT, service, kind, name, details)

    def hook(self, service: Service, rollout: str, run: HookRun, stage: str) -> None:
        """Send an "ECS Hook State Change" to the event bus: a pause waits for an answer.

        Args:
            service: the service.
            rollout: the ARN of its service deployment.
            run: the pause.
            stage: the lifecycle stage.
        """
        details = {
            "hookId": run.id,
            "serviceDeploymentArn": rollout,
            "lifecycleStage": stage,
            "expiresAt": run.expires_at.isoformat(),
            "timeoutAction": run.timeout_action,
        }
        self._emit(_HOOK, service, "INFO", "HOOK_AWAITING_ACTION", details)

    def _provider(self, name: str) -> str:
        return self._account.arn(f"capacity-provider/{name}")

    def _emit(
        self, detail_type: str, service: Service, kind: str, name: str, details: dict[str, Any]
    ) -> None:
        detail = {
            "eventType": kind,
            "eventName": name,
            "clusterArn": service.cluster.arn,
            "createdAt": self._account.clock.now.isoformat(),
            **details,
        }
        self._account.ports.events.emit(detail_type, [service.arn], detail)
