"""Tells who wants to know when EC2 instances start and end, whoever asked moto for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from moto.ec2.models import EC2Backend

__all__ = ["Change", "WatchedInstances"]

Change = Literal["launched", "started", "stopped", "terminated"]
Listener = Callable[[str, Change, list[str]], None]


class WatchedInstances(EC2Backend):
    """moto's EC2 backend with a report of every instance that begins or ends.

    Auto Scaling groups and fleets launch and terminate through the same methods as the API.
    """

    listener: ClassVar[Listener | None] = None
    """Called with the Region, what happened and the instances' ids."""

    def run_instances(self, *args: Any, **kwargs: Any) -> Any:
        """Launch instances; moto forgets the profile that a launch template or group names."""
        reservation = super().run_instances(*args, **kwargs)
        profile = kwargs.get("iam_instance_profile") or self._profile_of(kwargs)
        for instance in reservation.instances:
            instance.iam_instance_profile = instance.iam_instance_profile or profile
        self._report("launched", [each.id for each in reservation.instances])
        return reservation

    def start_instances(self, instance_ids: list[str]) -> Any:
        """Start stopped instances."""
        found = super().start_instances(instance_ids)
        self._report("started", [each.id for each, state in found if state.name == "stopped"])
        return found

    def stop_instances(self, instance_ids: list[str]) -> Any:
        """Stop instances."""
        found = super().stop_instances(instance_ids)
        self._report("stopped", [each.id for each, state in found if state.name == "running"])
        return found

    def terminate_instances(self, instance_ids: list[str]) -> Any:
        """Terminate instances."""
        found = super().terminate_instances(instance_ids)
        ended = [each.id for each, state in found if state.name != "terminated"]
        self._report("terminated", ended)
        return found

    def _profile_of(self, arguments: dict[str, Any]) -> dict[str, str] | None:
        if arguments.get("launch_template"):
            template = self._get_template_from_args(arguments["launch_template"])
            found: dict[str, str] | None = template.data.get("IamInstanceProfile")
            return found
        configuration = arguments.get("launch_config")
        name = configuration.iam_instance_profile if configuration else None
        return {"Arn" if str(name).startswith("arn:") else "Name": name} if name else None

    def _report(self, change: Change, instances: list[str]) -> None:
        if instances and type(self).listener is not None:
            type(self).listener(self.region_name, change, instances)
