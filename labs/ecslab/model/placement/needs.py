"""What one task asks of the container instance that shall run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PROTOCOLS = ("tcp", "udp")


@dataclass(frozen=True, slots=True)
class Needs:
    """What is taken from a container instance while a task is on it.

    Args:
        cpu: CPU units.
        memory: MiB.
        tcp: fixed TCP ports of the host.
        udp: fixed UDP ports of the host.
        gpus: GPUs.
        interface: whether the task gets a network interface of its own (awsvpc).
        attributes: names, and values where there are any, that the instance must have.
    """

    cpu: int = 0
    memory: int = 0
    tcp: frozenset[int] = frozenset()
    udp: frozenset[int] = frozenset()
    gpus: int = 0
    interface: bool = False
    attributes: tuple[tuple[str, str | None], ...] = ()


def needs_of(definition: Mapping[str, Any]) -> Needs:
    """Return what a task of a task definition needs.

    Task sizes count before those of the containers; of a container, the soft memory limit counts
    before the hard one. Ports that Docker chooses itself are not reserved.

    Args:
        definition: the task definition in botocore's shape, overrides applied.

    AWS: botocore ecs ContainerDefinition.cpu, .memory, .memoryReservation; PortMapping.hostPort;
    task-placement.
    """
    containers = definition["containerDefinitions"]
    mode = definition.get("networkMode") or "bridge"
    return Needs(
        cpu=int(definition.get("cpu") or sum(int(each.get("cpu") or 0) for each in containers)),
        memory=int(definition.get("memory") or sum(_memory(each) for each in containers)),
        tcp=_ports(containers, mode, "tcp"),
        udp=_ports(containers, mode, "udp"),
        gpus=sum(_gpus(each) for each in containers),
        interface=mode == "awsvpc",
        attributes=tuple(
            (each["name"], each.get("value")) for each in definition.get("requiresAttributes") or ()
        ),
    )


def host_ports(mapping: Mapping[str, Any], mode: str) -> Iterator[int]:
    """Yield the fixed host ports of one port mapping; none in awsvpc and none mode.

    In host mode a container listens on the host's own ports (botocore ecs PortMapping.hostPort).
    """
    if mode not in ("bridge", "host"):
        return
    if mode == "host" and mapping.get("containerPortRange"):
        first, last = port_range(mapping["containerPortRange"])
        yield from range(first, last + 1)
        return
    port = mapping.get("hostPort") or (mapping.get("containerPort") if mode == "host" else 0)
    if port:
        yield int(port)


def port_range(text: str) -> tuple[int, int]:
    """Return the first and last port of a range such as `8000-8010`."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _ports(containers: list[dict[str, Any]], mode: str, protocol: str) -> frozenset[int]:
    return frozenset(
        port
        for container in containers
        for mapping in container.get("portMappings") or ()
        if (mapping.get("protocol") or _PROTOCOLS[0]) == protocol
        for port in host_ports(mapping, mode)
    )


def _memory(container: Mapping[str, Any]) -> int:
    return int(container.get("memoryReservation") or container.get("memory") or 0)


def _gpus(container: Mapping[str, Any]) -> int:
    return sum(
        int(each["value"])
        for each in container.get("resourceRequirements") or ()
        if each.get("type") == "GPU"
    )
