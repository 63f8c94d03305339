"""Elastic Load Balancing as Amazon ECS uses it to shift traffic: through a role that it assumes.

AWS: AmazonECSInfrastructureRolePolicyForLoadBalancers (what the infrastructure role needs, and that
CloudTrail shows its calls); alb-resources-for-blue-green, nlb-resources-for-blue-green.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from moto.elbv2.models import elbv2_backends

from ecslab.model import service_messages as messages
from ecslab.sim.listener_rules import weights
from ecslab.sim.ports import NotShifted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.role_clients import RoleClients

_ECS: Final = "ecs.amazonaws.com"
_SESSION: Final = "ECSNetworkingWithELB"
"""The session name of the infrastructure role (troubleshooting-blue-green)."""


class TrafficShifting:
    """Reads and changes the weights of target groups.

    Args:
        account: the account id.
        region: the Region.
        roles: what IAM says about roles.
        clients: act through roles.
    """

    def __init__(self, account: str, region: str, roles: Roles, clients: RoleClients) -> None:
        self._account = account
        self._region = region
        self._roles = roles
        self._clients = clients

    def weights(self, rule: str, role: str) -> dict[str, int] | NotShifted:
        """Return the weights of the target groups that a listener rule, or a listener, forwards to.

        Args:
            rule: the ARN of the rule or of the listener.
            role: the role that Amazon ECS assumes for it.
        """
        if not self._assumable(role):
            return NotShifted(messages.balancers_not_managed(role), networking=True)
        found = self._find(rule)
        if found is None:
            return NotShifted(messages.RULE_GONE, networking=True)
        forwards = [action.data for action in found[1].actions if action.data["Type"] == "forward"]
        return dict(pair for action in forwards for pair in weights(dict(action)))

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
        found = self._find(rule)
        if found is None:
            return NotShifted(messages.RULE_GONE, networking=True)
        listener, before = found
        changed = _reweighted([dict(action.data) for action in before.actions], shares)
        client = self._clients.client(role, _SESSION, "elbv2")
        try:
            if before.is_default:
                client.modify_listener(ListenerArn=listener, DefaultActions=changed)
            else:
                client.modify_rule(RuleArn=rule, Actions=changed)
        except ClientError as error:
            return NotShifted(str(error.response["Error"]["Message"]))
        return None

    def _assumable(self, role: str) -> bool:
        source = f"arn:aws:ecs:{self._region}:{self._account}:*"
        return self._roles.assumable(role, _ECS, source_arn=source, source_account=self._account)

    def _find(self, arn: str) -> tuple[str, Any] | None:
        """Return a rule, or a listener's default rule, with the ARN of its listener."""
        backend: Any = elbv2_backends[self._account][self._region]
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for found in listener.rules.values():
                    if found.arn == arn or (listener.arn == arn and found.is_default):
                        return listener.arn, found
        return None


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
