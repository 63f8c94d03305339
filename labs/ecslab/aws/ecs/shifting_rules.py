"""What the load balancers of a service must have so that its deployments can shift traffic.

AWS: troubleshooting-blue-green, "Load balancer configuration issues" (the texts of what
CreateService and UpdateService refuse); botocore ecs AdvancedConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.sim.service_deployment import ROLLING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecslab.aws.ecs.operation import Call

__all__ = ["check_shifting"]

_RULES: Final = ("productionListenerRule", "testListenerRule")
_APPLICATION: Final = ":listener-rule/app/"
_NETWORK: Final = ":listener/net/"


def _refuse(message: str) -> None:
    raise AwsError("InvalidParameterException", message)


def check_shifting(call: Call, balancers: list[dict[str, Any]], strategy: str) -> None:
    """Check that each load balancer has what a strategy needs to shift its traffic.

    Args:
        call: the API call.
        balancers: the service's loadBalancers.
        strategy: its deployment strategy.

    Raises:
        AwsError: InvalidParameterException.
    """
    _check_distinct(balancers)
    advanced = [each.get("advancedConfiguration") for each in balancers]
    if any(advanced) and not all(advanced):
        _refuse(
            "Either all or none of the provided loadBalancers must have advancedConfiguration"
            " defined"
        )
    if strategy != ROLLING and not all(advanced):
        _refuse(
            "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING"
            " deployment strategy"
        )
    for balancer in balancers:
        if balancer.get("advancedConfiguration"):
            _check_rules(call, balancer)
            _check_groups(call, balancer)


def _check_distinct(balancers: Iterable[dict[str, Any]]) -> None:
    """Refuse a target group that stands in more than one place."""
    seen: set[str] = set()
    for balancer in balancers:
        other = (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
        for group in filter(None, (balancer.get("targetGroupArn"), other)):
            # One group may serve several ports of a task with rolling updates (botocore ecs
            # LoadBalancer), but each revision needs one of its own.
            if group in seen and other:
                _refuse(f"Duplicate targetGroupArn found: {group}")
            seen.add(group)


def _check_rules(call: Call, balancer: dict[str, Any]) -> None:
    groups = call.account.ports.extra["target_groups"]
    advanced = balancer["advancedConfiguration"]
    for key in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        if not advanced.get(key):
            _refuse(f"advancedConfiguration.{key} is required.")
    given = [(key, str(advanced[key])) for key in _RULES if advanced.get(key)]
    for key, arn in given:
        if _APPLICATION not in arn and _NETWORK not in arn:
            _refuse(
                f"{key} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB."
                f" Got: {arn}"
            )
        if not groups.has_rule(arn):
            _refuse(f"The specified {key} does not exist.")
    arns = [arn for _, arn in given]
    if len(set(arns)) < len(arns):
        _refuse(
            "The following rules cannot be used as both production and test listener rules:"
            f" {arns[0]}"
        )
    used = groups.forwarded_by(arns[0])
    own = {balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]}
    if _APPLICATION in arns[0] and len(arns) == 1 and not own <= used:
        _refuse(
            "For Application LoadBalancer, testListenerRule is required when productionListenerRule"
            " is not associated with both targetGroup and alternateTargetGroup"
        )


def _check_groups(call: Call, balancer: dict[str, Any]) -> None:
    groups = call.account.ports.extra["target_groups"]
    found = groups.describe(balancer["advancedConfiguration"]["alternateTargetGroupArn"])
    if found is None:
        _refuse("The specified target group does not exist.")
    if found["type"] != groups.describe(balancer["targetGroupArn"])["type"]:
        _refuse("The alternate target group must have the target type of the target group.")
