"""Rules about port mappings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import AWSVPC, BRIDGE, HOST, NONE, Definition, Draft
from ecslab.model.task_definition.network import NETWORK_MODE
from ecslab.model.task_definition.rule import rule

PORT_MAPPING = "botocore ecs PortMapping"

LARGEST_PORT = 65_535
MAXIMUM_RANGES = 100

_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")


def protocol(mapping: Definition) -> str:
    """Return a port mapping's protocol; anything but udp counts as tcp.

    AWS: botocore ecs PortMapping.protocol.
    """
    return "udp" if mapping.get("protocol") == "udp" else "tcp"


def port_range(text: str) -> range | None:
    """Return the ports of a range such as `8080-8090`, None when it is not one.

    AWS: botocore ecs PortMapping.containerPortRange.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return range(first, last + 1) if 0 < first < last <= LARGEST_PORT else None


def _mappings(draft: Draft) -> Iterator[tuple[str, Definition]]:
    for container, mappings in draft.each("portMappings"):
        for mapping in mappings:
            yield container["name"], mapping


@rule("Port mappings are not supported when networkMode=none.", source=NETWORK_MODE, verified=False)
def ports_without_network(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Without a network there are no ports to map."""
    if draft.network_mode == NONE:
        yield from ({} for _ in _mappings(draft))


@rule(
    "Invalid port mapping for container '{container}', cannot specify both single port and port"
    " range.",
    source=f"{PORT_MAPPING}.containerPortRange",
)
def port_and_range(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A mapping is of one port, or of a range."""
    for container, mapping in _mappings(draft):
        single = "containerPort" in mapping or "hostPort" in mapping
        if "containerPortRange" in mapping and single:
            yield {"container": container}


@rule(
    "Invalid 'containerPortRange' setting for container '{container}'.",
    source=f"{PORT_MAPPING}.containerPortRange",
)
def range_syntax(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A range is written first-last, within 1 to 65535, the first port below the last."""
    for container, mapping in _mappings(draft):
        text = mapping.get("containerPortRange")
        if text is not None and port_range(text) is None:
            yield {"container": container}


@rule(
    "Port ranges are not supported when networkMode={mode}.",
    source=f"{PORT_MAPPING}.containerPortRange",
    verified=False,
)
def range_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Ranges exist in the bridge and awsvpc network modes."""
    if draft.network_mode not in (AWSVPC, BRIDGE):
        for _, mapping in _mappings(draft):
            if "containerPortRange" in mapping:
                yield {"mode": draft.network_mode}


@rule(
    "Container '{container}' exceeds the maximum of 100 port ranges.",
    source=f"{PORT_MAPPING}.containerPortRange",
    verified=False,
)
def too_many_ranges(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container has at most 100 port ranges."""
    counts = Counter(name for name, mapping in _mappings(draft) if "containerPortRange" in mapping)
    for container, count in counts.items():
        if count > MAXIMUM_RANGES:
            yield {"container": container}


@rule(
    "Invalid 'containerPort' setting for container '{container}'.",
    source=f"{PORT_MAPPING}.containerPort",
)
def container_port_range(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A mapping of one port names a container port from 1 to 65535."""
    for container, mapping in _mappings(draft):
        port = mapping.get("containerPort", 0)
        if "containerPortRange" not in mapping and not 0 < port <= LARGEST_PORT:
            yield {"container": container}


@rule(
    "Invalid 'hostPort' setting for container '{container}'.",
    source=f"{PORT_MAPPING}.hostPort",
    verified=False,
)
def host_port_range(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A host port is 0, for one that the agent chooses, to 65535."""
    for container, mapping in _mappings(draft):
        if not 0 <= mapping.get("hostPort", 0) <= LARGEST_PORT:
            yield {"container": container}


@rule(
    "When networkMode={mode}, the host ports and container ports in port mappings must match.",
    source=f"{PORT_MAPPING}.hostPort",
)
def host_port_differs(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Where the container has the host's or its own network, both ports are the same."""
    if draft.network_mode in (AWSVPC, HOST):
        for _, mapping in _mappings(draft):
            if mapping.get("hostPort", mapping.get("containerPort")) != mapping.get(
                "containerPort"
            ):
                yield {"mode": draft.network_mode}


@rule(
    "{protocol} container port '{port}' is used multiple times in task when networkMode=awsvpc.",
    source=f"{PORT_MAPPING}; AWS: task-networking-awsvpc",
)
def container_port_shared(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Containers in awsvpc mode share one network, so each port is used once in the task."""
    if draft.network_mode != AWSVPC:
        return
    taken: set[tuple[str, int]] = set()
    for _, mapping in _mappings(draft):
        for port in _container_ports(mapping):
            if (protocol(mapping), port) in taken:
                yield {"protocol": protocol(mapping).upper(), "port": port}
                return
            taken.add((protocol(mapping), port))


@rule(
    "{protocol} host port '{port}' is mapped multiple times in task.",
    source=f"{PORT_MAPPING}.hostPort",
)
def host_port_shared(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A fixed port of the host is mapped once in the task."""
    if draft.network_mode not in (BRIDGE, HOST):
        return
    ports = Counter(
        (protocol(mapping), port)
        for _, mapping in _mappings(draft)
        if (port := _host_port(mapping, draft.network_mode))
    )
    for (name, port), count in ports.items():
        if count > 1:
            yield {"protocol": name.upper(), "port": port}


@rule(
    "Container port '{port}' is exposed for multiple protocols in container '{container}'.",
    source=PORT_MAPPING,
    verified=False,
)
def port_with_two_protocols(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container exposes the same port for one protocol only."""
    for container, mappings in draft.each("portMappings"):
        seen: dict[int, str] = {}
        for mapping in mappings:
            port = mapping.get("containerPort")
            if port and seen.setdefault(port, protocol(mapping)) != protocol(mapping):
                yield {"port": port, "container": container["name"]}


@rule(
    "Port mapping name '{name}' must match ^[a-z0-9_]{{1}}[a-z0-9_-]{{0,63}}$",
    source=f"{PORT_MAPPING}.name",
    verified=False,
)
def port_name_syntax(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A mapping's name has up to 64 lower-case letters, digits, _ and -, no - at the start."""
    for _, mapping in _mappings(draft):
        name = mapping.get("name")
        if name is not None and not _NAME.fullmatch(name):
            yield {"name": name}


@rule(
    "When networkMode={mode}, port mapping name is already used",
    source=f"{PORT_MAPPING}.name",
)
def port_name_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """No two mappings of a task share a name: Service Connect refers to it."""
    names = Counter(mapping["name"] for _, mapping in _mappings(draft) if "name" in mapping)
    yield from ({"mode": draft.network_mode} for count in names.values() if count > 1)


def _container_ports(mapping: Definition) -> range:
    if "containerPortRange" in mapping:
        return port_range(mapping["containerPortRange"]) or range(0)
    port = mapping.get("containerPort", 0)
    return range(port, port + 1)


def _host_port(mapping: Definition, mode: str) -> int:
    same = mapping.get("containerPort") if mode == HOST else None
    return mapping.get("hostPort") or same or 0


RULES = (
    ports_without_network,
    port_and_range,
    range_syntax,
    range_mode,
    too_many_ranges,
    container_port_range,
    host_port_range,
    host_port_differs,
    port_name_syntax,
    port_with_two_protocols,
    container_port_shared,
    host_port_shared,
    port_name_repeated,
)
