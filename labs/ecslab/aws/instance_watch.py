"""Tells who wants to know when EC2 instances start and end, whoever asked moto for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Literal

from moto.core.exceptions import ServiceException
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
        """Launch instances; moto gives the instance profile to the first one alone, if at all."""
        reservation = super().run_instances(*args, **kwargs)
        given = {
            "iam_instance_profile_name": kwargs.get("iam_instance_profile_name"),
            "iam_instance_profile_arn": kwargs.get("iam_instance_profile_arn"),
        }
        by_caller = any(given.values())
        profile = given if by_caller else self._profile_of(kwargs)
        for instance in reservation.instances[by_caller:] if any(profile.values()) else ():
            # A group whose template names a profile that does not exist gets none.
            with suppress(ServiceException):
                self.associate_iam_instance_profile(instance.id, **profile)
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

    def _profile_of(self, arguments: dict[str, Any]) -> dict[str, str | None]:
        """Return the profile in a launch template or launch configuration."""
        name, arn = None, None
        if arguments.get("launch_template"):
            template = self._get_template_from_args(arguments["launch_template"])
            found = template.data.get("IamInstanceProfile") or {}
            name, arn = found.get("Name"), found.get("Arn")
        elif arguments.get("launch_config"):
            name = arguments["launch_config"].iam_instance_profile
        if name and name.startswith("arn:"):
            name, arn = None, name
        return {"iam_instance_profile_name": name, "iam_instance_profile_arn": arn}

    def _report(self, change: Change, instances: list[str]) -> None:
        listener = type(self).listener
        if instances and listener is not None:
            listener(self.region_name, change, instances)
