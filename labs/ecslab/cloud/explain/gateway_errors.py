"""Why a load balancer answers with 502, 503 or 504, or passes on a target's 5xx.

AWS: elasticloadbalancing, "Troubleshoot your Application Load Balancers" (HTTP 502, 503, 504);
load-balancer-connection-draining.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import logs, tasks, way
from ecslab.cloud.explain.evidence import Part, value_at
from ecslab.model.network import between
from ecslab.sim.balancer_metrics import NAMESPACES, shown_balancer, shown_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.balancer_failures import BalancerFailure
    from ecslab.sim.balancing import LoadBalancer
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Service

_WINDOW: Final = timedelta(hours=1)
_BURST: Final = timedelta(minutes=5)
_EMPTY: Final = "no target"
_MEANINGS: Final = {
    502: "a target closed or refused the connection",
    503: "there was no target to send it to",
    504: "no target was reached, or none answered in time",
}


def steps(case: Case, balancer: LoadBalancer, group: str = "") -> Iterator[Step]:
    """Yield why a load balancer answered with 5xx within the last hour, if it did.

    Args:
        case: the account.
        balancer: the load balancer.
        group: the ARN of one of its target groups; empty for all.
    """
    counts = case.runtime.load_balancers(case.region).traffic.counts
    begin = case.account.clock.seconds - _WINDOW.total_seconds()
    found = list(counts.failures.since(group or balancer.arn, begin))
    if found:
        failure = _telling(found)
        yield _counted(case, balancer, failure)
        yield from _WHY[failure.ending](case, balancer, failure)
        return
    yield from _of_targets(case, balancer, group)


def _telling(found: list[BalancerFailure]) -> BalancerFailure:
    """Return the failure that tells most: what broke a target, before those that found none.

    Args:
        found: the failures, newest first.
    """
    newest = found[0]
    if newest.ending != _EMPTY:
        return newest
    begin = newest.at - _BURST.total_seconds()
    others = (each for each in found if each.ending != _EMPTY and each.at >= begin)
    return next(others, newest)


def _counted(case: Case, balancer: LoadBalancer, failure: BalancerFailure) -> Step:
    status = failure.status
    words = (
        f"One of its own errors is {status}: {_MEANINGS[status]}; it answered itself, no"
        " application did."
    )
    name = f"HTTPCode_ELB_{status}_Count"
    answer = _metric(case, name, {"LoadBalancer": shown_balancer(balancer.arn)})
    if not value_at(answer, "Datapoints"):
        words = f"{words[:-1]} (CloudWatch counts it when the minute is over)."
    return case.step("network", words, answer, "Datapoints")


def _metric(case: Case, name: str, dimensions: dict[str, str]) -> Answer:
    now = case.account.clock.now
    return case.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=NAMESPACES["application"],
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=(now - _WINDOW).isoformat(timespec="seconds"),
        EndTime=now.isoformat(timespec="seconds"),
        Period=int(_WINDOW.total_seconds()),
        Statistics=["Sum"],
    )


def _of_targets(case: Case, balancer: LoadBalancer, group: str) -> Iterator[Step]:
    """Yield that the application itself answers with 5xx, and what it says."""
    dimensions = {"LoadBalancer": shown_balancer(balancer.arn)}
    if group:
        dimensions["TargetGroup"] = shown_group(group)
    answer = _metric(case, "HTTPCode_Target_5XX_Count", dimensions)
    if not value_at(answer, "Datapoints"):
        return
    words = "Targets answered with 5xx: the error is the application's, not the load balancer's."
    yield case.step("application", words, answer, "Datapoints")
    yield from _last_error(case, balancer, group)


def _last_error(case: Case, balancer: LoadBalancer, group: str) -> Iterator[Step]:
    balancers = case.runtime.load_balancers(case.region)
    for arn in [group] if group else balancers.groups_of(balancer):
        for target in balancers.targets.of(arn):
            task = _task_at(case, target.ip, target.port, case.account.clock.seconds)
            for container in task.containers if task is not None else ():
                line = logs.last_line(case, task, container) if task is not None else None
                if line is not None:
                    words = f"The last that {container.name} wrote to its log."
                    yield case.step("application", words, *line)
                    return


# --- Why ------------------------------------------------------------------------------------------


def _no_group(case: Case, balancer: LoadBalancer, _failure: BalancerFailure) -> Iterator[Step]:
    answer = case.ask("elbv2", "describe_listeners", LoadBalancerArn=balancer.arn)
    words = "The rule forwards to no target group that exists and has a weight above 0."
    yield case.step("network", words, answer, "Listeners", 0, "DefaultActions")


def _no_target(case: Case, _balancer: LoadBalancer, failure: BalancerFailure) -> Iterator[Step]:
    answer = case.ask("elbv2", "describe_target_health", TargetGroupArn=failure.group)
    entries = value_at(answer, "TargetHealthDescriptions") or []
    words = "The target group had no registered target then."
    if entries:
        words = "The target group had no registered target then; these are there now."
    yield case.step("network", words, answer, "TargetHealthDescriptions")
    yield from _owner(case, failure.group, case.account.clock.at(failure.at))


def _owner(case: Case, group: str, at: datetime) -> Iterator[Step]:
    """Yield which service registers its tasks in a group, and why it had none there."""
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            for deployment in service.deployments:
                balancers = deployment.settings.get("loadBalancers") or []
                if any(deployment.target_group(each) == group for each in balancers):
                    answer = case.describe_service(cluster.name, service.name)
                    words = (
                        f"The service {service.name} registers its tasks in it; of"
                        f" {service.desired} so many run."
                    )
                    yield case.step("health", words, answer, "services", 0, "runningCount")
                    yield from _gone_before(case, service, at)
                    return


def _gone_before(case: Case, service: Service, at: datetime) -> Iterator[Step]:
    """Yield why the last task of a service stopped before a moment."""
    ended = [
        task
        for task in service.cluster.tasks.values()
        if task.service is service and task.stopping_at is not None and task.stopping_at <= at
    ]
    if ended and service.desired:
        yield from tasks.stopped(case, max(ended, key=lambda task: task.stopping_at or at))


def _refused(case: Case, _balancer: LoadBalancer, failure: BalancerFailure) -> Iterator[Step]:
    task = _task_at(case, failure.ip, failure.port, failure.at)
    if task is None:
        yield from _nobody(case, failure)
        return
    yield _aimed(case, task, failure)
    if not task.wanted:
        yield from tasks.stopped(case, task)
        return
    ports = sorted({p for c in task.containers if c.found for p in c.found.image.ports})
    listening = " and ".join(map(str, ports)) or "no port at all"
    words = f"Its program did not listen on port {failure.port} then; it listens on {listening}."
    if failure.port in ports:
        words = f"Its program was not ready then: nothing listened on port {failure.port} yet."
    yield case.task_step("application", words, task, "startedAt")
    if failure.state != "healthy":
        group = case.ask("elbv2", "describe_target_health", TargetGroupArn=failure.group)
        words = (
            f"The target was {failure.state}; as no target was healthy, the load balancer tried"
            " them all."
        )
        yield case.step("health", words, group, "TargetHealthDescriptions")


def _closed(case: Case, _balancer: LoadBalancer, failure: BalancerFailure) -> Iterator[Step]:
    task = _task_at(case, failure.ip, failure.port, failure.at)
    if failure.dropped:
        answer = case.ask("elbv2", "describe_target_group_attributes", TargetGroupArn=failure.group)
        place = _attribute(answer, "deregistration_delay.timeout_seconds")
        if task is not None:
            yield _aimed(case, task, failure)
        words = (
            f"The target {failure.ip} was deregistered, and the request took longer than the"
            " deregistration delay: then the load balancer closes what is open, whatever SIGTERM"
            " and stopTimeout would have allowed."
        )
        yield case.step("network", words, answer, *place)
        return
    if task is None:
        yield from _nobody(case, failure)
        return
    yield _aimed(case, task, failure)
    words = "Its program ended while it worked on the request, and the connection with it."
    yield case.task_step("application", words, task, "lastStatus")
    if not task.wanted:
        yield from tasks.stopped(case, task)


def _unreachable(case: Case, balancer: LoadBalancer, failure: BalancerFailure) -> Iterator[Step]:
    task = _task_at(case, failure.ip, failure.port, failure.at)
    if task is None:
        yield from _nobody(case, failure)
        return
    yield _aimed(case, task, failure)
    target = way.interface_of(case, task)
    nodes = case.runtime.network(case.region).load_balancer_interfaces(balancer.arn)
    for node in nodes if target is not None else ():
        path = between(case.topology, node, target, failure.port)  # type: ignore[arg-type]
        if not path.reachable:
            yield from way.obstacle(case, path, task)
            return


def _timeout(case: Case, balancer: LoadBalancer, failure: BalancerFailure) -> Iterator[Step]:
    task = _task_at(case, failure.ip, failure.port, failure.at)
    if task is not None:
        yield _aimed(case, task, failure)
    answer = case.ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=balancer.arn)
    place = _attribute(answer, "idle_timeout.timeout_seconds")
    words = (
        f"The application sent nothing for {balancer.idle_timeout:g} s, which is the idle timeout"
        " of the load balancer."
    )
    yield case.step("application", words, answer, *place)


_WHY: Final[dict[str, Callable[[Case, LoadBalancer, BalancerFailure], Iterator[Step]]]] = {
    "no target group": _no_group,
    _EMPTY: _no_target,
    "refused": _refused,
    "closed": _closed,
    "unreachable": _unreachable,
    "timeout": _timeout,
}


# --- Helpers --------------------------------------------------------------------------------------


def _aimed(case: Case, task: Task, failure: BalancerFailure) -> Step:
    when = case.account.clock.at(failure.at)
    words = f"At {when:%H:%M:%S} it sent the request to task {task.id[:8]}."
    return case.task_step("network", words, task, "attachments")


def _nobody(case: Case, failure: BalancerFailure) -> Iterator[Step]:
    answer = case.ask("elbv2", "describe_target_health", TargetGroupArn=failure.group)
    words = (
        f"The target {failure.ip}:{failure.port} was no task that the account still knows; whoever"
        " registers targets by hand has to deregister them."
    )
    yield case.step("network", words, answer, "TargetHealthDescriptions")


def _task_at(case: Case, ip: str, port: int, seconds: float) -> Task | None:
    """Return the task that had an address at a moment."""
    at = case.account.clock.at(seconds)
    for cluster in case.account.clusters.values():
        for task in cluster.tasks.values():
            if task.created_at > at or (task.stopped_at is not None and task.stopped_at < at):
                continue
            if task.interface is not None and task.interface.private_ip == ip:
                return task
            host = task.instance.machine.id if task.instance is not None else None
            ports = {each.get("hostPort") for c in task.containers for each in c.bindings}
            if host == ip and port in ports:
                return task
    return None


def _attribute(answer: Answer, key: str) -> tuple[Part, ...]:
    """Return where an attribute stands in an answer; all of them when it is not shown."""
    found: list[dict[str, Any]] = value_at(answer, "Attributes") or []
    index = next((index for index, each in enumerate(found) if each["Key"] == key), None)
    return ("Attributes",) if index is None else ("Attributes", index, "Value")
