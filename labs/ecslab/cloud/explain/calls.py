"""What a task's program asked for and did not get: refused AWS calls, unanswered requests."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecslab.cloud.explain import logs, names, permission, way
from ecslab.sim.hosts import address_in, interface_of, listener_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.journal import Entry
    from ecslab.sim.entities import Task

_PORTS = {"http": 80, "https": 443}
_BY_PROXY = (503, 504)


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
    newest = _newest(case, task)
    if newest is None:
        return
    url = newest.subject
    ending = newest.fields.get("failure") or f"HTTP {newest.fields.get('status')}"
    words = f"Its last request to {url} ended as: {ending}."
    yield case.task_step("network", words, task, "attachments")
    yield from _to_address(case, task, url)


def _newest(case: Case, task: Task) -> Entry | None:
    """Return the newest request to a URL that did not get its answer the last time.

    Through Service Connect a proxy answers 503 or 504 when no task does.
    """
    last: dict[str, Entry] = {}
    for kind in ("request.failed", "request.answered"):
        for entry in case.journal.of_kind(kind):
            if entry.fields.get("source") == task.arn:
                before = last.get(entry.subject)
                if before is None or before.seq < entry.seq:
                    last[entry.subject] = entry
    bad = [
        entry
        for entry in last.values()
        if entry.kind == "request.failed"
        or (task.proxy is not None and entry.fields.get("status") in _BY_PROXY)
    ]
    return max(bad, key=lambda entry: entry.seq, default=None)


def _to_address(case: Case, task: Task, url: str) -> Iterator[Step]:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 80)
    address = parts.hostname or ""
    if not _is_address(address):
        address = address_in(address, inside=True) or _in_dns(case, task, address)
    source = way.interface_of(case, task)
    if not address:
        yield from names.steps(case, task, parts.hostname or "", port)
        return
    if source is None:
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


def _in_dns(case: Case, task: Task, host: str) -> str:
    """Return an address that DNS has for a name that no proxy takes for itself, if it has one."""
    proxy = task.proxy
    if proxy is not None and host in proxy.names:
        return ""
    own = task.agent_interface
    records = case.account.ports.directory.query(host.lower(), own.vpc) if own else None
    return next(iter(records.addresses), "") if records is not None else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
