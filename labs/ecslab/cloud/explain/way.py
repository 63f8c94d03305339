"""Why something is not reached: the way through the network, hop by hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain.evidence import Absent, Part
from ecslab.cloud.explain.explanation import Step
from ecslab.model.network import NetworkInterface, between, to_internet, to_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.model.network import Path
    from ecslab.model.network.path import Hop
    from ecslab.sim.entities import Task

_SHOWN: Final[dict[str, tuple[Part, ...]]] = {
    "describe_route_tables": ("RouteTables", 0, "Routes"),
    "describe_security_groups": ("SecurityGroups", 0, "IpPermissions"),
    "describe_network_acls": ("NetworkAcls", 0, "Entries"),
    "describe_nat_gateways": ("NatGateways", 0, "State"),
    "describe_network_interfaces": ("NetworkInterfaces", 0, Absent("Association")),
    "describe_subnets": ("Subnets", 0, "SubnetId"),
    "describe_internet_gateways": ("InternetGateways",),
    "describe_vpc_endpoints": ("VpcEndpoints",),
    "describe_vpc_attribute": ("EnableDnsSupport",),
}
"""What of an answer shows why a hop ends there."""

_CONTEXT: Final = ("no endpoint", "gateway endpoint", "endpoint")


def to_services(case: Case, task: Task, services: tuple[str, ...]) -> Iterator[Step]:
    """Yield what keeps a task from AWS services, the first that it does not reach.

    Args:
        case: the account.
        task: who calls.
        services: short names of endpoints, such as `ecr.api`; `internet` for a public host.
    """
    source = interface_of(case, task)
    if source is None:
        return
    paths = [_path(case, source, service) for service in services]
    for path in paths:
        if not path.reachable:
            yield from obstacle(case, path, task)
            return
    yield open_now(case, paths[-1], task)


def _path(case: Case, source: NetworkInterface, service: str) -> Path:
    if service == "internet":
        return to_internet(case.topology, source)
    return to_service(case.topology, source, service, case.region)


def to_interface(case: Case, task: Task, target: NetworkInterface, port: int) -> Iterator[Step]:
    """Yield what keeps a task from another interface of the account, if anything does."""
    source = interface_of(case, task)
    if source is not None:
        path = between(case.topology, source, target, port)
        if not path.reachable:
            yield from obstacle(case, path, task)


def obstacle(case: Case, path: Path, task: Task | None) -> Iterator[Step]:
    """Yield the hop at which a path ends, after the hops that led it there."""
    for hop in path.hops[:-1]:
        if hop.words.startswith(_CONTEXT):
            yield from _step(case, hop, task)
    if path.obstacle is not None:
        yield from _step(case, path.obstacle, task)


def open_now(case: Case, path: Path, task: Task) -> Step:
    """Return the step that says that nothing is in the way any more."""
    hop = path.hops[-1]
    evidence = case.evidence(hop.evidence, *_path_of(hop)) if hop.evidence else None
    words = "Nothing is in the way now: the network has changed since then."
    if evidence is None or evidence.refused:
        return case.task_step("network", words, task, "attachments")
    return Step("network", words, evidence)


def interface_of(case: Case, task: Task) -> NetworkInterface | None:
    """Return the interface from which a task calls AWS: its own, or what it had."""
    own = task.agent_interface
    network = case.runtime.network(case.region)
    if own is not None:
        found = network.interface(own.id)
        if found is not None:
            return found
    if own is None:
        subnet = task.subnets[0] if task.subnets else ""
        if not subnet:
            return None
        address, public = _address_in(case, subnet), None
        identifier, groups = "", task.security_groups
    else:
        subnet, address, public = own.subnet, own.private_ip, own.public_ip
        identifier, groups = own.id, own.groups
    return NetworkInterface(
        identifier, address, public, subnet, tuple(groups), label=f"task {task.id[:8]}"
    )


def _address_in(case: Case, subnet: str) -> str:
    found = case.topology.subnets.get(subnet)
    return found.cidr.partition("/")[0] if found else "10.0.0.1"


def _step(case: Case, hop: Hop, task: Task | None) -> Iterator[Step]:
    evidence = case.evidence(hop.evidence, *_path_of(hop))
    words = f"{hop.words[0].upper()}{hop.words[1:]}."
    if evidence is not None and not evidence.refused:
        yield Step("network", words, evidence)
    elif task is not None:
        yield _of_what_is_gone(case, words, task)


def _of_what_is_gone(case: Case, words: str, task: Task) -> Step:
    """Return a step about an interface that was deleted with its task."""
    if "public IP" in words and task.service is not None:
        place = ("networkConfiguration", "awsvpcConfiguration", "assignPublicIp")
        return case.service_step("network", words, task, *place)
    return case.task_step("network", words, task, "attachments", 0, "details")


def _path_of(hop: Hop) -> tuple[Part, ...]:
    operation = hop.evidence.partition(".")[2].partition("(")[0]
    if operation == "describe_security_groups" and "outbound" in hop.words:
        return ("SecurityGroups", 0, "IpPermissionsEgress")
    return _SHOWN.get(operation, ())
