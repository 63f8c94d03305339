"""Why a health check fails: the load balancer's, or the container's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import logs, way
from ecslab.cloud.explain.evidence import Absent
from ecslab.model import command as shell
from ecslab.model.network import between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.journal import Entry
    from ecslab.sim.balancing import TargetGroup
    from ecslab.sim.entities import Container, Task

_GROUP: Final = re.compile(r"target-group (arn:[^)\s]+)")
_MISMATCH: Final = "Target.ResponseCodeMismatch"
_TIMEOUT: Final = "Target.Timeout"


def group_in(text: str) -> str:
    """Return the ARN of the target group that a text names, empty when it names none."""
    found = _GROUP.search(text)
    return found[1] if found else ""


def of_target(case: Case, task: Task, arn: str) -> Iterator[Step]:
    """Yield why a load balancer found a task unhealthy.

    Args:
        case: the account.
        task: the task, which may have stopped.
        arn: the target group.
    """
    group = case.runtime.load_balancers(case.region).group(arn)
    judged = _judged_unhealthy(case, task, arn)
    if judged is None or group is None:
        return
    reason, port = str(judged.fields.get("reason")), int(judged.fields["port"])
    if task.service is not None:
        answer = case.describe_service(task.cluster.name, task.service.name)
        words = f"The load balancer's check of port {group.check.port_of(port)} did not succeed."
        event = case.event_step("health", words, answer, f"(task {task.id}) (port {port}) is")
        if event is not None:
            yield event
    steps = list(_behind(case, task, group, reason, port))
    yield from steps
    yield from _too_early(case, task, group, judged, port)


def of_container(case: Case, task: Task, container: Container) -> Iterator[Step]:
    """Yield why a container's health check fails."""
    words = f"The health check of {container.name} has failed too often in a row."
    yield case.container_step("health", words, task, container.name, "healthStatus")
    words = f"This is the command, which runs inside {container.name}{_fault(task, container)}."
    place = ("healthCheck", "command")
    yield case.spec_step("health", words, task, container.name, *place)
    process = container.process
    check = container.spec["healthCheck"]
    if process is not None and process.image.ready_after > float(check.get("startPeriod") or 0):
        ready = process.image.ready_after
        if ready > float(check.get("interval", 30)):
            words = (
                f"The program needs {ready:g} s until it answers; failures before that count,"
                " because the startPeriod is shorter."
            )
            asked = Absent("startPeriod")
            yield case.spec_step("health", words, task, container.name, "healthCheck", asked)


def unhealthy_container(task: Task) -> Container | None:
    """Return the essential container that fails its health check."""
    failing = (c for c in task.containers if c.health == "UNHEALTHY" and c.essential)
    return next(failing, None)


def _judged_unhealthy(case: Case, task: Task, group: str) -> Entry | None:
    interface = task.interface
    address = interface.private_ip if interface else None
    if address is None and task.instance is not None:
        address = task.instance.machine.id
    return case.last(group, "target.unhealthy", ip=address)


def _behind(case: Case, task: Task, group: TargetGroup, reason: str, port: int) -> Iterator[Step]:
    answer = case.ask("elbv2", "describe_target_groups", TargetGroupArns=[group.arn])
    if reason == _MISMATCH:
        words = (
            f"The check asks for {group.check.path} and takes {group.check.matcher} for success;"
            " the application answers with another code."
        )
        yield case.step("health", words, answer, "TargetGroups", 0, "HealthCheckPath")
        yield from _application_error(case, task)
        return
    if reason == _TIMEOUT:
        blocked = list(_blocked(case, task, group, group.check.port_of(port)))
        yield from blocked
        if not blocked:
            words = f"The way is open; the answer takes longer than {group.check.timeout:g} s."
            yield case.step("health", words, answer, "TargetGroups", 0, "HealthCheckTimeoutSeconds")
        return
    asked = group.check.port_of(port)
    ports = sorted({p for c in task.containers if c.found for p in c.found.image.ports})
    if asked not in ports and task.interface is not None:
        listening = " and ".join(map(str, ports)) or "no port at all"
        words = f"Nothing in the task listens on port {asked}; its program listens on {listening}."
        if asked != port:
            yield case.step("health", words, answer, "TargetGroups", 0, "HealthCheckPort")
        elif task.service is not None:
            yield case.service_step("health", words, task, "loadBalancers", 0, "containerPort")


def _application_error(case: Case, task: Task) -> Iterator[Step]:
    for container in task.containers:
        line = logs.last_line(case, task, container)
        if line is not None and "Error" in logs.text_of(line):
            words = f"{container.name} reports an error of its own."
            yield case.step("application", words, *line)
            return


def _blocked(case: Case, task: Task, group: TargetGroup, port: int) -> Iterator[Step]:
    balancers = case.runtime.load_balancers(case.region)
    balancer = balancers.user_of(group.arn)
    target = way.interface_of(case, task)
    if balancer is None or target is None:
        return
    nodes = case.runtime.network(case.region).load_balancer_interfaces(balancer.arn)
    for node in nodes:
        path = between(case.topology, node, target, port)
        if not path.reachable:
            yield from way.obstacle(case, path, task)
            return


def _too_early(
    case: Case, task: Task, group: TargetGroup, judged: Entry, port: int
) -> Iterator[Step]:
    """Yield that the program was not ready yet, if that is why."""
    if task.service is None:
        return
    asked = group.check.port_of(port)
    late = [
        c.found.image.ready_after
        for c in task.containers
        if c.found is not None
        and c.started_at is not None
        and asked in c.found.image.ports
        and c.found.image.ready_after > (judged.at - c.started_at).total_seconds()
    ]
    if not late:
        return
    ready = min(late)
    grace = float(task.service.record.get("healthCheckGracePeriodSeconds") or 0)
    words = (
        f"The program needs {ready:g} s until it listens, and the grace period in which failed"
        f" checks do not count is {grace:g} s."
    )
    yield case.service_step("health", words, task, Absent("healthCheckGracePeriodSeconds"))


def _fault(task: Task, container: Container) -> str:
    """Return what is wrong with a command, as far as the image tells."""
    process = container.process
    if process is None:
        return ""
    command = container.spec["healthCheck"]["command"]
    script = " ".join(command[1:])
    try:
        steps = shell.parse(script, process.environment)
    except shell.ScriptError:
        return ", and no shell can read it"
    for step in steps:
        known = process.runs_tool(step.program) or step.program in shell.UTILITIES
        if step.program not in shell.BUILTINS and not known:
            return f"; but its image contains no {step.program}"
        if step.url is not None:
            return _fetched(task, step.url)
    return ""


def _fetched(task: Task, url: str) -> str:
    found = re.search(r":(\d+)", url.partition("://")[2])
    port = int(found[1]) if found else 80
    ports = {p for c in task.containers if c.found for p in c.found.image.ports}
    if port not in ports:
        listening = " and ".join(map(str, sorted(ports))) or "no port"
        return f"; but nothing listens on port {port}, the program listens on {listening}"
    return ""
