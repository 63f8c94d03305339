"""The way through a load balancer: node, listener, rule, target group, target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model.network import Hop, Path
from ecslab.sim import listener_rules
from ecslab.sim.forwarding import chosen_hop, health_call, listener_hop
from ecslab.sim.hosts import interface_of, listener_on

if TYPE_CHECKING:
    from ecslab.model.network import NetworkInterface
    from ecslab.sim.balancing import Listener, LoadBalancer, LoadBalancing, TargetGroup
    from ecslab.sim.entities import Task
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.request import Request
    from ecslab.sim.targets import Targets

__all__ = ["BalancerTracer", "listening"]


class BalancerTracer:
    """Answers how a request would travel through a load balancer.

    Args:
        balancing: what Elastic Load Balancing has been told.
        hosts: who has which address.
        reach: who reaches whom.
        targets: the targets and their health.
    """

    def __init__(
        self, balancing: LoadBalancing, hosts: Hosts, reach: Reach, targets: Targets
    ) -> None:
        self._balancing = balancing
        self._targets = targets
        self.hosts = hosts
        self.reach = reach

    def hops(
        self,
        source: NetworkInterface | None,
        balancer: LoadBalancer,
        port: int,
        request: Request,
    ) -> tuple[Hop, ...]:
        """Return the hops of a request to a load balancer.

        Args:
            source: who sends it; None for a host on the internet.
            balancer: the load balancer.
            port: the port of its listener.
            request: the request, which the rules look at.
        """
        nodes = self.reach.nodes(balancer.arn)
        shown = f"elbv2.describe_load_balancers(Names=['{balancer.name}'])"
        if not nodes:
            return (Hop(f"{balancer.name} has no subnets, so no address", shown, "dns"),)
        node = nodes[0]
        if source is None and balancer.internal:
            return (Hop(f"{node.name} has only private addresses", shown, "timeout"),)
        path = self._to_node(source, balancer, node, port)
        listener = balancer.listener(port)
        if path.failure:
            return path.hops
        if listener is None:
            words = f"load balancer {balancer.name} has no listener on port {port}"
            call = f"elbv2.describe_listeners(LoadBalancerArn='{balancer.arn}')"
            return (*path.hops, Hop(words, call, "refused"))
        before = (*path.hops, listener_hop(balancer, listener))
        return (*before, *self._behind(node, listener, request, path.source_ip))

    def _to_node(
        self,
        source: NetworkInterface | None,
        balancer: LoadBalancer,
        node: NetworkInterface,
        port: int,
    ) -> Path:
        if source is None:
            return self.reach.inbound(node, port)
        if balancer.internal:
            return self.reach.inside(source, node, port)
        return self.reach.outside(source, node, port)

    def _behind(
        self, node: NetworkInterface, listener: Listener, request: Request, client: str
    ) -> tuple[Hop, ...]:
        """Return the hops behind a listener: the rule that it follows, and what that leads to."""
        rule = listener_rules.choose(listener, request, client)
        action = rule.actions[-1]
        call = f"elbv2.describe_rules(ListenerArn='{listener.arn}')"
        if action["Type"] != "forward":
            words = f"its rule answers with a {action['Type']} action, without a target"
            return (Hop(words, call),)
        shares = [arn for arn, weight in listener_rules.weights(action) if weight]
        group = self._balancing.group(shares[0]) if shares else None
        if group is None:
            return (Hop("its rule forwards to no target group", call, "refused"),)
        kind = "a rule" if rule.conditions else "the default rule"
        first = Hop(f"{kind} forwards to target group {group.name}", call)
        return (first, *self._to_target(node, group))

    def _to_target(self, node: NetworkInterface, group: TargetGroup) -> tuple[Hop, ...]:
        """Return the hops to the first target that would take a request."""
        known = [each for each in self._targets.of(group.arn) if each.registered]
        usable = [each for each in known if each.state in ("healthy", "unhealthy")]
        usable.sort(key=lambda each: each.state)
        if not usable:
            states = ", ".join(sorted({each.state for each in known})) or "none registered"
            words = f"target group {group.name} has no target to choose ({states})"
            return (Hop(words, health_call(group), "refused"),)
        chosen = usable[0]
        target = self.hosts.private(group.vpc, chosen.ip, chosen.port)
        destination = interface_of(target) if target else None
        hop = chosen_hop(group, chosen)
        if target is None or destination is None:
            evidence = f"ec2.describe_network_interfaces()  # none with {chosen.ip}"
            words = f"no task has the address {chosen.ip} in {group.vpc}"
            return (hop, Hop(words, evidence, "timeout"))
        path = self.reach.inside(node, destination, chosen.port)
        if path.failure:
            return (hop, *path.hops)
        return (hop, *path.hops, listening(target, chosen.port))


def listening(task: Task, port: int) -> Hop:
    """Return the last hop: who takes the connection, if anybody does."""
    call = f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"
    if listener_on(task, port) is None:
        return Hop(f"nothing in task {task.id} listens on port {port}", call, "refused")
    return Hop(f"task {task.id} listens on port {port}", call)
