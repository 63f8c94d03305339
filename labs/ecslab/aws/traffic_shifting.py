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
from ecslab.model import service_messages as messages
from ecslab.sim.listener_rules import weights
from ecslab.sim.ports import NotShifted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecslab.aws.iam_roles import Roles

_ECS: Final = "ecs.amazonaws.com"
_RULE: Final = ":listener-rule/"
_SESSION: Final = "ECSNetworkingWithELB"
"""The session name of the infrastructure role (troubleshooting-blue-green)."""


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

    def weights(self, rule: str, role: str) -> dict[str, int] | NotShifted:
        """Return the weights of the target groups that a listener rule, or a listener, forwards to.

        Args:
            rule: the ARN of the rule or of the listener.
            role: the role that Amazon ECS assumes for it.
        """
        if not self._assumable(role):
            return NotShifted(messages.balancers_not_managed(role), networking=True)
        found = self._actions(rule)
        if found is None:
            return NotShifted(messages.RULE_GONE, networking=True)
        forwards = [action for action in found if action["Type"] == "forward"]
        return dict(pair for action in forwards for pair in weights(action))

    def shift(self, rule: str, shares: Mapping[str, float], role: str) -> NotShifted | None:
        """Give the target groups of a listener rule, or of a listener, their weights.

        The rest of the rule stays as it is.

        Args:
            rule: the ARN of the rule or of the listener.
            shares: target group → its percentage.
            role: the role that Amazon ECS assumes for it.

        Returns:
            None, or why it is not possible.
        """
        if not self._assumable(role):
            return NotShifted(messages.balancers_not_managed(role), networking=True)
        action = "ModifyRule" if _RULE in rule else "ModifyListener"
        for needed in ("DescribeTargetHealth", action):
            resource = rule if needed == action else "*"
            full = f"elasticloadbalancing:{needed}"
            decision = self._roles.permits(role, full, resource)
            if not decision.allowed:
                caller = session_caller(role, _SESSION).arn
                text = f"User: {caller} is not authorized to perform: {full} on resource: "
                return NotShifted(f"{text}{resource} {decision.because(full)}")
        before = self._actions(rule)
        if before is None:
            return NotShifted(messages.RULE_GONE, networking=True)
        try:
            self._modify(rule, _reweighted(before, shares))
        except (ServiceException, ELBClientError) as error:
            return NotShifted(str(error.message))
        self._changed()
        return None

    def _assumable(self, role: str) -> bool:
        source = f"arn:aws:ecs:{self._region}:{self._account}:*"
        return self._roles.assumable(role, _ECS, source_arn=source, source_account=self._account)

    def _actions(self, arn: str) -> list[dict[str, Any]] | None:
        """Return the actions of a rule, or of a listener's default rule."""
        backend: Any = elbv2_backends[self._account][self._region]
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for found in listener.rules.values():
                    if found.arn == arn or (listener.arn == arn and found.is_default):
                        return [dict(action.data) for action in found.actions]
        return None

    def _modify(self, rule: str, actions: list[dict[str, Any]]) -> None:
        backend: Any = elbv2_backends[self._account][self._region]
        if _RULE not in rule:
            backend.modify_listener(rule, actions=actions)
            return
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for found in listener.rules.values():
                    if found.arn == rule and found.is_default:
                        backend.modify_listener(listener.arn, actions=actions)
                        return
        backend.modify_rule(rule, [], actions)


def _reweighted(actions: list[dict[str, Any]], shares: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the actions of a rule with new weights: whole numbers, 0 to 999 (botocore elbv2).

    What else a forward action says, such as its stickiness, and other actions stay.
    """
    fine = any(percent != round(percent) for percent in shares.values())
    groups = [
        {"TargetGroupArn": group, "Weight": round(percent * 10 if fine else percent)}
        for group, percent in shares.items()
    ]
    changed = []
    for action in actions:
        if action["Type"] == "forward":
            kept = {key: each for key, each in action.items() if key != "TargetGroupArn"}
            config = {**(action.get("ForwardConfig") or {}), "TargetGroups": groups}
            changed.append({**kept, "ForwardConfig": config})
        else:
            changed.append(action)
    return changed
