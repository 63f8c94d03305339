"""Why a target group is as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.cloud.explain import gateway_errors, health, services
from ecslab.cloud.explain.evidence import Absent, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task


def state(case: Case, arn: str) -> str:
    """Return the state of a target group in a few words."""
    targets = case.runtime.load_balancers(case.region).targets.of(arn)
    healthy = sum(target.state == "healthy" for target in targets)
    name = arn.split("/")[1] if arn.count("/") else arn
    return f"Target group {name} has {healthy} healthy of {len(targets)} targets."


def steps(case: Case, arn: str) -> Iterator[Step]:
    """Yield the chain behind the state of a target group."""
    described = case.ask("elbv2", "describe_target_groups", TargetGroupArns=[arn])
    if described.error:
        yield case.step("state", "There is no such target group (any more).", described)
        return
    if not value_at(described, "TargetGroups", 0, "LoadBalancerArns"):
        words = "No listener of a load balancer sends anything to it, so nothing is checked."
        yield case.step("network", words, described, "TargetGroups", 0, "LoadBalancerArns")
        return
    answer = case.ask("elbv2", "describe_target_health", TargetGroupArn=arn)
    entries = value_at(answer, "TargetHealthDescriptions") or []
    if not entries:
        words = "Nothing is registered in it, so the load balancer answers 503."
        yield case.step("health", words, answer, "TargetHealthDescriptions")
        yield from _registering(case, arn)
        return
    order = {"unhealthy": 0, "unused": 1, "initial": 2, "draining": 3, "healthy": 4}
    index = min(
        range(len(entries)), key=lambda i: (order.get(entries[i]["TargetHealth"]["State"], 5), i)
    )
    worst = entries[index]
    place = ("TargetHealthDescriptions", index, "TargetHealth")
    condition = worst["TargetHealth"]["State"]
    words = f"The target {worst['Target']['Id']} is {condition}."
    yield case.step("health", words, answer, *place, "State")
    if condition == "healthy":
        balancer = case.runtime.load_balancers(case.region).user_of(arn)
        if balancer is not None:
            yield from gateway_errors.steps(case, balancer, arn)
        return
    task = _task_of(case, arn, str(worst["Target"]["Id"]), int(worst["Target"]["Port"]))
    words = worst["TargetHealth"].get("Description") or "No reason is given."
    yield case.step("health", f"{words}.".replace("..", "."), answer, *place, Absent("Description"))
    if task is not None and condition == "unhealthy":
        yield from health.of_target(case, task, arn)


def _registering(case: Case, arn: str) -> Iterator[Step]:
    """Yield which service registers its tasks here, and that it has none to register."""
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            balancers = [
                balancer.get("targetGroupArn")
                for deployment in service.deployments
                for balancer in deployment.settings.get("loadBalancers") or []
            ]
            if arn in balancers:
                answer = case.describe_service(cluster.name, service.name)
                words = f"The service {service.name} registers its tasks in it."
                yield case.step("health", words, answer, "services", 0, "loadBalancers")
                yield from services.steps(case, service)
                return


def _task_of(case: Case, arn: str, address: str, port: int) -> Task | None:
    balancers = case.runtime.load_balancers(case.region)
    group = balancers.group(arn)
    return balancers.hosts.private(group.vpc, address, port) if group else None
