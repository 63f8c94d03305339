"""Availability Zone rebalancing: a task moves from the fullest zone to the emptiest.

AWS: service-rebalancing (one task is started, and once it is healthy one is stopped; no instances
are launched), track-service-rebalancing (events).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model import failures
from ecslab.model import service_messages as messages
from ecslab.sim.service import is_healthy
from ecslab.sim.task_protection import unprotected

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_events import ServiceEvents
    from ecslab.sim.service_tasks import ServiceTasks

_SPREAD: Final = {"type": "spread", "field": "attribute:ecs.availability-zone"}
_TRY_AGAIN: Final = 600.0
"""Seconds until it tries again after a zone had no room; AWS publishes no number."""


def fits(record: dict[str, object], strategy: list[dict[str, str]]) -> bool:
    """Return whether a service can be rebalanced by its placement strategy.

    Args:
        record: the service's parameters.
        strategy: its placement strategy, whose first item must spread over zones if there is one.
    """
    first = {key: str(value) for key, value in strategy[0].items()} if strategy else _SPREAD
    return record.get("schedulingStrategy") == "REPLICA" and first == _SPREAD


class ZoneRebalancing:
    """Moves tasks of services whose tasks are spread unevenly.

    Args:
        account: the account.
        tasks: starts and stops tasks.
        events: where it reports.
    """

    def __init__(self, account: Account, tasks: ServiceTasks, events: ServiceEvents) -> None:
        self._account = account
        self._tasks = tasks
        self._events = events

    def look(self, service: Service) -> None:
        """Take the next step towards an even spread, if there is one to take."""
        if not self._may(service):
            service.extra = 0
            return
        wanted = service.wanted()
        if service.extra and len(wanted) <= service.desired:
            service.extra = 0  # the additional task has gone, or another one
            service.rebalance_at = self._account.clock.seconds + _TRY_AGAIN
        if not all(is_healthy(self._account, task) for task in wanted):
            return
        counts = self._counts(service, wanted)
        if service.extra:
            self._stop_one(service, wanted, counts)
        elif max(counts.values()) - min(counts.values()) > 1:
            self._start_one(service, counts)
        elif service.rebalancing:
            service.rebalancing = False
            self._events.say(service, messages.balanced(service.name, counts))
            self._events.act(service, "INFO", "SERVICE_REBALANCING_COMPLETED")

    def _may(self, service: Service) -> bool:
        record = service.record
        return (
            record.get("availabilityZoneRebalancing") == "ENABLED"
            and fits(record, record.get("placementStrategy") or [])
            and service.rollout is None
            and len(service.deployments) == 1
            and service.primary.rollout_state == "COMPLETED"
            and service.limits.upper > service.desired > 1
            and len(service.wanted()) >= service.desired
            and len(self._zones(service)) > 1
        )

    def _zones(self, service: Service) -> list[str]:
        """Return the zones in which its tasks may run, in order."""
        settings = service.primary.settings
        if any(task.instance is not None for task in service.members.values()):
            instances = service.cluster.instances.values()
            return sorted({each.machine.zone for each in instances if each.active})
        network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        port = self._account.ports.network
        return sorted({port.zone_of(subnet) for subnet in network.get("subnets") or []})

    def _counts(self, service: Service, tasks: list[Task]) -> dict[str, int]:
        counts = dict.fromkeys(self._zones(service), 0)
        for task in tasks:
            zone = task.zone or ""
            counts[zone] = counts.get(zone, 0) + 1
        return counts

    def _start_one(self, service: Service, counts: dict[str, int]) -> None:
        if self._account.clock.seconds < service.rebalance_at:
            return
        emptiest = min(counts, key=lambda zone: (counts[zone], zone))
        deployment: Deployment = service.primary
        task = self._tasks.start_in(service, deployment, emptiest)
        if task is None:
            service.rebalance_at = self._account.clock.seconds + _TRY_AGAIN
            return
        service.extra = 1
        if not service.rebalancing:
            service.rebalancing = True
            self._events.say(service, messages.unbalanced(service.name, counts))
            self._events.act(service, "INFO", "SERVICE_REBALANCING_STARTED")
        self._events.say(service, messages.started_in_zone(service.name, emptiest, task.id))

    def _stop_one(self, service: Service, wanted: list[Task], counts: dict[str, int]) -> None:
        fullest = max(counts, key=lambda zone: (counts[zone], zone))
        free = [task for task in unprotected(self._account, wanted) if task.zone == fullest]
        if not free:
            return
        victim = free[0]
        service.extra = 0
        reason = failures.SCALING_ACTIVITY(deployment=service.primary.id)
        self._tasks.stop(service, [victim], reason)
        self._events.say(service, messages.stopped_in_zone(service.name, fullest, victim.id))
