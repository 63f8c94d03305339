"""Elastic Load Balancing as Amazon ECS uses it to shift traffic, on moto's ELBv2 backend.

AWS: AmazonECSInfrastructureRolePolicyForLoadBalancers (what the infrastructure role needs);
alb-resources-for-blue-green, nlb-resources-for-blue-green.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import ServiceException
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import elbv2_backends

from ecslab.aws.identity import session_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecslab.aws.iam_roles import Roles

_ECS: Final = "ecs.amazonaws.com"
_RULE: Final = ":listener-rule/"


class TrafficShifting:
    """Changes the weights of target groups with the permissions of a role.

    Args:
        account: the account id.
        region: the Region.
        roles: what IAM says about roles.
        changed: tells the data plane that load balancers have changed.
    """

    def __init__(
        self, account: str, region: str, roles: Roles, changed: Callable[[], None]
    ) -> None:
        self._account = account
        self._region = region
        self._roles = roles
        self._changed = changed

    def shift(self, rule: str, weights: Mapping[str, float], role: str) -> str | None:
        """Give the target groups of a listener rule, or of a listener, their weights.

        Args:
            rule: the ARN of the rule or of the listener.
            weights: target group → its percentage.
            role: the role that Amazon ECS assumes for it.

        Returns:
            None, or why it is not possible.
        """
        source = f"arn:aws:ecs:{self._region}:{self._account}:*"
        if not self._roles.assumable(role, _ECS, source_arn=source, source_account=self._account):
            return f"ECS was unable to assume the role '{role}'."
        action = "ModifyRule" if _RULE in rule else "ModifyListener"
        for needed in (f"DescribeTargetHealth {action}").split():
            resource = rule if needed == action else "*"
            full = f"elasticloadbalancing:{needed}"
            if not self._roles.permits(role, full, resource).allowed:
                caller = session_caller(role, "ecs-service-scheduler").arn
                return (
                    f"User: {caller} is not authorized to perform: {full} on resource: {resource}"
                )
        try:
            self._modify(rule, _forward(weights))
        except (ServiceException, ELBClientError) as error:
            return str(error.message)
        self._changed()
        return None

    def _modify(self, rule: str, action: dict[str, Any]) -> None:
        backend: Any = elbv2_backends[self._account][self._region]
        if _RULE not in rule:
            backend.modify_listener(rule, actions=[action])
            return
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for found in listener.rules.values():
                    if found.arn == rule and found.is_default:
                        backend.modify_listener(listener.arn, actions=[action])
                        return
        backend.modify_rule(rule, [], [action])


def _forward(weights: Mapping[str, float]) -> dict[str, Any]:
    """Return a forward action; weights are whole numbers, 0 to 999 (botocore elbv2)."""
    fine = any(percent != round(percent) for percent in weights.values())
    groups = [
        {"TargetGroupArn": group, "Weight": round(percent * 10 if fine else percent)}
        for group, percent in weights.items()
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
