"""Why a load balancer answers as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import gateway_errors, groups
from ecslab.cloud.explain.evidence import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step

_PLACE: Final = ("LoadBalancers", 0)


def state(arn: str) -> str:
    """Return what is explained in a few words."""
    return f"Load balancer {arn.split('/')[2] if arn.count('/') > 1 else arn}."


def steps(case: Case, arn: str) -> Iterator[Step]:
    """Yield the chain behind what a load balancer answers."""
    answer = case.ask("elbv2", "describe_load_balancers", LoadBalancerArns=[arn])
    if answer.error:
        yield case.step("state", "There is no such load balancer (any more).", answer)
        return
    yield case.step("state", "This is its state.", answer, *_PLACE, "State", "Code")
    listeners = case.ask("elbv2", "describe_listeners", LoadBalancerArn=arn)
    if not value_at(listeners, "Listeners"):
        words = "It has no listener: every connection to it is refused."
        yield case.step("network", words, listeners, "Listeners")
        return
    balancers = case.runtime.load_balancers(case.region)
    balancer = balancers.named(str(value_at(answer, *_PLACE, "DNSName")))
    if balancer is None:
        return
    errors = list(gateway_errors.steps(case, balancer))
    yield from errors
    sick = [
        group
        for group in balancers.groups_of(balancer)
        if any(target.state != "healthy" for target in balancers.targets.of(group))
        or not balancers.targets.of(group)
    ]
    if sick:
        yield from groups.steps(case, sick[0])
    elif not errors:
        words = "All its targets are healthy."
        if balancer.type == "application":
            words = f"Within the last hour it has answered nothing with 5xx. {words}"
        yield case.step("state", words, listeners, "Listeners", 0, "DefaultActions")
