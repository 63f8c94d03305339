"""What a task's program asked for and did not get: refused AWS calls, unanswered requests."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecslab.cloud.explain import logs, permission, way
from ecslab.sim.hosts import address_in, interface_of, listener_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task

_PORTS = {"http": 80, "https": 443}


def denied(case: Case, task: Task) -> Iterator[Step]:
    """Yield the newest refusal of IAM in the task's logs, and why it was refused."""
    for container in task.containers:
        for line in logs.lines(case, task, container):
            denial = permission.denial_in(logs.text_of(line))
            if denial is not None:
                words = f"IAM refused a call of {container.name}, as its log says."
                yield case.step("permission", words, *line)
                yield from permission.causes(case, task, denial)
                return


def unanswered(case: Case, task: Task) -> Iterator[Step]:
    """Yield the newest request of the task that got no answer, and where it ended."""
    failed = [
        entry
        for entry in case.journal.of_kind("request.failed")
        if entry.fields.get("source") == task.arn
    ]
    if not failed:
        return
    url = failed[-1].subject
    answered = case.last(url, "request.answered", source=task.arn)
    if answered is not None and answered.seq > failed[-1].seq:
        return
    words = f"Its last request to {url} ended as: {failed[-1].fields['failure']}."
    yield case.task_step("network", words, task, "attachments")
    yield from _to_address(case, task, url)


def _to_address(case: Case, task: Task, url: str) -> Iterator[Step]:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 80)
    address = parts.hostname or ""
    if not _is_address(address):
        address = address_in(address, inside=True)
    source = way.interface_of(case, task)
    if not address or source is None:
        return
    vpc = case.topology.vpc_of(source.subnet)
    hosts = case.runtime.load_balancers(case.region).hosts
    other = hosts.private(vpc, address, port)
    target = interface_of(other) if other is not None else None
    if other is None or target is None:
        filters = [{"Name": "private-ip-address", "Values": [address]}]
        answer = case.ask("ec2", "describe_network_interfaces", Filters=filters)
        words = f"No network interface has the address {address} (any more)."
        yield case.step("network", words, answer, "NetworkInterfaces")
        return
    steps = list(way.to_interface(case, task, target, port))
    yield from steps
    if not steps and listener_on(other, port) is None:
        words = f"The way is open, but nothing in the task behind it listens on port {port}."
        yield case.task_step("application", words, other, "containers")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
