"""Whose share of a service's traffic goes where: weights in load balancers and in proxies.

AWS: alb-resources-for-blue-green, nlb-resources-for-blue-green, service-connect-blue-green;
troubleshooting-blue-green (what must be so before traffic can shift).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import service_messages as messages
from ecslab.sim.ports import NotShifted
from ecslab.sim.service_connect import Shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.model.service_messages import Failure
    from ecslab.sim.entities import Account
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_connect import ServiceConnect
    from ecslab.sim.service_deployment import ServiceDeployment

__all__ = ["TrafficWeights"]

_PRODUCTION: Final = "productionListenerRule"
_TEST: Final = "testListenerRule"
_NETWORK: Final = ":listener/net/"
_NETWORK_MINUTES: Final = 10.0
_ALL: Final = 100.0


class TrafficWeights:
    """Sets the weights of the revisions of services.

    Args:
        account: the account.
        connect: what the proxies of Service Connect know.
    """

    def __init__(self, account: Account, connect: ServiceConnect) -> None:
        self._account = account
        self._connect = connect

    def why_not(self, rollout: ServiceDeployment) -> Failure | None:
        """Return what of the load balancers keeps a service deployment from shifting traffic.

        One target group serves the production traffic, it is one of the service's, and both are
        used by one of the two rules (troubleshooting-blue-green).
        """
        for balancer, advanced in _shifting(rollout.target):
            own = (str(balancer["targetGroupArn"]), str(advanced["alternateTargetGroupArn"]))
            found = self._weights_of(advanced, _PRODUCTION)
            if isinstance(found, NotShifted):
                return messages.networking(found.text)
            serving = [group for group, weight in found.items() if weight > 0]
            if len(serving) != 1:
                text = messages.several_serve(advanced[_PRODUCTION], len(serving))
                return messages.networking(text)
            if serving[0] not in own:
                return messages.networking(messages.unexpected_group(serving[0], *own))
            tested = self._weights_of(advanced, _TEST)
            if isinstance(tested, NotShifted):
                return messages.networking(tested.text)
            for group in own:
                if group not in found and group not in tested:
                    return messages.networking(messages.unused_group(group), ":")
        return None

    def minutes_to_settle(self, rollout: ServiceDeployment) -> float:
        """Return how long a shift is given with a Network Load Balancer, in minutes.

        AWS: nlb-resources-for-blue-green: ten minutes at each of the two shifts, because weights
        and traffic may disagree for so long.
        """
        rules = [str(advanced[_PRODUCTION]) for _, advanced in _shifting(rollout.target)]
        return _NETWORK_MINUTES if any(_NETWORK in rule for rule in rules) else 0.0

    def shift(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        percent: float,
        stage: str,
    ) -> Failure | None:
        """Give the new revision a percentage of the production traffic.

        Args:
            service: the service.
            rollout: its service deployment.
            blue: what has served the production traffic; without one, the new revision gets all.
            percent: what the new revision gets.
            stage: the lifecycle stage, for the words of a failure.

        Returns:
            Why it is not possible, None when it is done.
        """
        percent = percent if blue is not None else _ALL
        failure = self._weigh(rollout.target, _PRODUCTION, percent, stage)
        if failure is None:
            self._share(service, rollout, blue, percent)
            rollout.production = _shares(rollout.target, blue, percent)
            self._note(service, rollout, "production", percent)
        return failure

    def shift_test(
        self, service: Service, rollout: ServiceDeployment, blue: Deployment | None, stage: str
    ) -> Failure | None:
        """Give the new revision all of the test traffic; see `shift`."""
        failure = self._weigh(rollout.target, _TEST, _ALL, stage)
        if failure is None:
            rollout.test = _shares(rollout.target, blue, _ALL)
            self._share(service, rollout, blue, rollout.production[rollout.target.revision_arn])
            self._note(service, rollout, "test", _ALL)
        return failure

    def restore(
        self, service: Service, rollout: ServiceDeployment, blue: Deployment, stage: str
    ) -> Failure | None:
        """Give all traffic back to the old revision; see `shift`."""
        rollout.test = {}
        # The proxies need no permission, so their clients are served whatever the others say.
        self._share(service, rollout, blue, 0.0)
        knows = any(_shifting(blue))
        owner, percent = (blue, _ALL) if knows else (rollout.target, 0.0)
        for rule in (_PRODUCTION, _TEST):
            failure = self._weigh(owner, rule, percent, stage)
            if failure is not None:
                return failure
        rollout.production = _shares(rollout.target, blue, 0.0)
        self._note(service, rollout, "production", 0.0)
        return None

    def release(self, service: Service) -> None:
        """Let all tasks of a service take turns, once there is one revision."""
        self._connect.share(service, None)

    def stay(self, service: Service, rollout: ServiceDeployment) -> None:
        """Have a deployment that shifts no traffic go where the production traffic is.

        AWS: botocore ecs ServiceRevisionLoadBalancer: each revision has one of the target groups.
        """
        self.release(service)
        for earlier in reversed(service.rollouts[:-1]):
            if earlier.production:
                serving = max(earlier.production, key=lambda arn: earlier.production[arn])
                rollout.target.alternate = any(
                    item.alternate for item in service.history if item.revision_arn == serving
                )
                return

    def _weights_of(self, advanced: dict[str, Any], rule: str) -> dict[str, int] | NotShifted:
        if rule not in advanced:
            return {}
        return self._account.ports.shifting.weights(advanced[rule], str(advanced["roleArn"]))

    def _weigh(
        self, deployment: Deployment, rule: str, percent: float, stage: str
    ) -> Failure | None:
        """Give a revision's target group a percentage in a rule of each load balancer."""
        for balancer, advanced in _shifting(deployment):
            own = str(deployment.target_group(balancer))
            groups = (balancer["targetGroupArn"], advanced["alternateTargetGroupArn"])
            other = next(group for group in groups if group != own)
            if rule not in advanced:
                continue
            weights = {own: percent, other: _ALL - percent}
            if _are_so(self._weights_of(advanced, rule), weights):
                continue
            why = self._account.ports.shifting.shift(
                advanced[rule], weights, str(advanced["roleArn"])
            )
            if why is not None and why.networking:
                return messages.networking(why.text)
            if why is not None:
                return messages.hooks_failed(stage, why.text)
        return None

    def _share(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        percent: float,
    ) -> None:
        """Have the proxies of Service Connect share out the traffic."""
        green = rollout.target
        weights = {green.id: round(10 * percent)}
        if blue is not None:
            weights[blue.id] = 1000 - weights[green.id]
        self._connect.share(service, Shares(weights, green.id if rollout.test else None))

    def _note(
        self, service: Service, rollout: ServiceDeployment, traffic: str, percent: float
    ) -> None:
        rollout.updated_at = self._account.clock.now
        self._account.journal.record(
            "deployment.shifted",
            service.arn,
            deployment=rollout.target.id,
            traffic=traffic,
            percent=percent,
        )


def _shifting(deployment: Deployment) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the load balancers of a revision, each with its advanced configuration."""
    for balancer in deployment.settings.get("loadBalancers") or []:
        advanced = balancer.get("advancedConfiguration")
        if advanced:
            yield balancer, advanced


def _are_so(found: dict[str, int] | NotShifted, wanted: dict[str, float]) -> bool:
    """Return whether the weights of a rule share the traffic out as wanted already."""
    if isinstance(found, NotShifted):
        return False
    total = sum(found.values())
    shares = {group: _ALL * weight / total for group, weight in found.items() if weight}
    return shares == {group: percent for group, percent in wanted.items() if percent}


def _shares(green: Deployment, blue: Deployment | None, percent: float) -> dict[str, float]:
    """Return the percentages of the revisions."""
    if blue is None:
        return {green.revision_arn: percent}
    return {green.revision_arn: percent, blue.revision_arn: round(_ALL - percent, 1)}
