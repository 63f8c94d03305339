"""A task definition that somebody asks to register, as the rules look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecslab.model.task_definition import units

AWSVPC = "awsvpc"
BRIDGE = "bridge"
HOST = "host"
NONE = "none"

Definition = dict[str, Any]
"""A task definition, or part of one, in botocore's shape."""


@dataclass(frozen=True)
class Draft:
    """A request that has the right types, with the questions that several rules ask of it.

    Args:
        request: the members of botocore's RegisterTaskDefinitionRequest.
        account: the AWS account id that registers it.
        region: the Region in which it is registered.
    """

    request: Definition
    account: str
    region: str

    @cached_property
    def containers(self) -> list[Definition]:
        """The container definitions, in the order of the request."""
        containers: list[Definition] = self.request.get("containerDefinitions", [])
        return containers

    @cached_property
    def by_name(self) -> dict[str, Definition]:
        """The container definitions by their names."""
        return {container.get("name", ""): container for container in self.containers}

    @cached_property
    def volumes(self) -> list[Definition]:
        """The volumes, in the order of the request."""
        volumes: list[Definition] = self.request.get("volumes", [])
        return volumes

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """The compatibilities that the request wants to be checked."""
        return tuple(self.request.get("requiresCompatibilities", ()))

    @cached_property
    def network_mode(self) -> str:
        """The network mode in force; without one, Linux containers share Docker's bridge."""
        return self.request.get("networkMode") or BRIDGE

    @cached_property
    def operating_system(self) -> str:
        """The operating system family in force."""
        return self.request.get("runtimePlatform", {}).get("operatingSystemFamily") or "LINUX"

    @cached_property
    def architecture(self) -> str:
        """The CPU architecture in force."""
        return self.request.get("runtimePlatform", {}).get("cpuArchitecture") or "X86_64"

    @property
    def windows(self) -> bool:
        """Whether the containers run Windows."""
        return self.operating_system.startswith("WINDOWS")

    @cached_property
    def cpu(self) -> int | None:
        """The task's CPU units; None without a readable value."""
        return units.cpu_units(self.request.get("cpu") or "")

    @cached_property
    def memory(self) -> int | None:
        """The task's memory in MiB; None without a readable value."""
        return units.memory_mib(self.request.get("memory") or "")

    @property
    def execution_role(self) -> str:
        """The ARN of the task execution role, empty without one."""
        return self.request.get("executionRoleArn") or ""

    def each(self, member: str) -> Iterator[tuple[Definition, Any]]:
        """Yield every container that has a member that asks for something, with its value.

        An empty list, object or text and `false` ask for nothing; 0 is a number like others.
        """
        for container in self.containers:
            value = container.get(member)
            if value is not False and value not in (None, [], {}, ""):
                yield container, value
