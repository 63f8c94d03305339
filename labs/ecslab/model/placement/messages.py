"""The texts of service events about tasks that can't be placed.

AWS: service-event-messages-list; captured service events for the tails that it does not list.
"""

from __future__ import annotations

from typing import Final

from ecslab.model.placement import filters

_NO_INSTANCE: Final = "no container instance met all of its requirements."
_TAILS: Final = {
    filters.CPU: "has insufficient CPU units available.",
    filters.MEMORY: "has insufficient memory available.",
    filters.PORTS: "is already using a port required by your task.",
    filters.ATTRIBUTE: "is missing an attribute required by your task.",
}
NO_INSTANCES: Final = "No Container Instances were found in your cluster."
NO_INSTANCES_OF_PROVIDER: Final = "No Container Instances were found in your capacity provider."


def unplaced(service: str, instance: str, reason: str) -> str:
    """Return the event of a task that no instance can take.

    Args:
        service: the service's name.
        instance: the id of the closest matching container instance.
        reason: why that one can't take it, as in `failures[].reason`.
    """
    tail = _TAILS.get(reason, f'encountered error "{reason}".')
    match = f"The closest matching (container-instance {instance}) {tail}"
    return f"(service {service}) was unable to place a task because {_NO_INSTANCE} {match}"


def too_many_waiting(service: str) -> str:
    """Return the event of a task that can't wait for capacity, because too many do already."""
    return (
        f"(service {service}) was unable to place tasks in your cluster because the tasks"
        " provisioning capacity limit was exceeded."
    )


def no_instances(service: str, *, of_provider: bool = False) -> str:
    """Return the event of a task for which there is no container instance at all.

    Args:
        service: the service's name.
        of_provider: whether those of a capacity provider are meant.
    """
    if of_provider:
        return (
            f"(service {service}) was unable to reach steady state. Reason:"
            f" {NO_INSTANCES_OF_PROVIDER}"
        )
    return (
        f"(service {service}) was unable to place a task because {_NO_INSTANCE} Reason:"
        f" {NO_INSTANCES}"
    )
