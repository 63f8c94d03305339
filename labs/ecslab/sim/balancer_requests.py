"""Requests that go through a load balancer.

AWS: elasticloadbalancing, "Troubleshoot your Application Load Balancers" (the causes of 502, 503
and 504), "HTTP headers and Application Load Balancers", "Target groups for your Network Load
Balancers".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ecslab.model.network import Hop
from ecslab.sim import listener_rules
from ecslab.sim.exchange import Wait, wait_for_answer
from ecslab.sim.health_checks import ask
from ecslab.sim.hosts import interface_of, listener_on
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    ReadTimedOutError,
    Response,
    TlsError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from ecslab.model.network import NetworkInterface, Path
    from ecslab.sim.balancing import Listener, LoadBalancer, LoadBalancing, TargetGroup
    from ecslab.sim.exchange import Way
    from ecslab.sim.hops import Reach
    from ecslab.sim.hosts import Hosts
    from ecslab.sim.process import Process
    from ecslab.sim.request import Request
    from ecslab.sim.request_counts import RequestCounts
    from ecslab.sim.targets import RegisteredTarget, Targets
    from ecslab.sim.wsgi import Answer

__all__ = ["BalancerRequests"]

_CONNECT_TO_TARGET: Final = 10.0
"""Seconds an Application Load Balancer tries to connect to a target before it answers 504."""

_TLS_PROTOCOLS: Final = ("HTTPS", "TLS")
_LAST_ACTIONS: Final = ("forward", "redirect", "fixed-response")


class BalancerRequests:
    """Takes requests from their source through a load balancer to a target.

    Args:
        env: simulated time.
        balancing: what Elastic Load Balancing has been told.
        hosts: who has which address.
        reach: who reaches whom.
        targets: the targets and their health.
        counts: where requests are counted.
    """

    def __init__(
        self,
        env: simpy.Environment,
        balancing: LoadBalancing,
        hosts: Hosts,
        reach: Reach,
        targets: Targets,
        counts: RequestCounts,
    ) -> None:
        self._env = env
        self._balancing = balancing
        self._hosts = hosts
        self._reach = reach
        self._targets = targets
        self._counts = counts
        self._turns: dict[str, int] = {}
        self._weights: dict[str, dict[str, int]] = {}

    def way(self, request: Request, balancer: LoadBalancer, source: NetworkInterface | None) -> Way:
        """Return the way of a request to a load balancer.

        Args:
            request: the request.
            balancer: the load balancer.
            source: who sends it; None for a host on the internet.
        """
        node, path = yield from self._connect(request, balancer, source)
        listener = balancer.listener(request.port)
        if listener is None:
            raise self._no_listener(request, balancer, path)
        self._check_tls(request, listener, path)
        if balancer.type == "network":
            return (yield from self._pass_on(request, balancer, listener, node, path))
        if request.scheme == "http" and listener.protocol in _TLS_PROTOCOLS:
            self._counts.by_balancer((balancer.arn,), self._env.now, HTTPStatus.BAD_REQUEST)
            return _error_page(HTTPStatus.BAD_REQUEST, path.hops)
        rule = listener_rules.choose(listener, request, path.source_ip)
        action = next(each for each in rule.actions if each["Type"] in _LAST_ACTIONS)
        if action["Type"] == "forward":
            arn = self._weighted(rule.arn, listener_rules.weights(action))
            group = self._balancing.group(arn) if arn else None
            if group is None:
                return self._answer_itself(HTTPStatus.SERVICE_UNAVAILABLE, balancer, "", path.hops)
            return (yield from self._forward(request, balancer, listener, group, node, path))
        made = (
            listener_rules.redirect(action, request)
            if action["Type"] == "redirect"
            else listener_rules.fixed_response(action)
        )
        self._counts.by_balancer((balancer.arn,), self._env.now, made.status)
        return _response(made, path.hops)

    # --- To the load balancer -----------------------------------------------------------------

    def _connect(
        self, request: Request, balancer: LoadBalancer, source: NetworkInterface | None
    ) -> Generator[Wait, bool, tuple[NetworkInterface, Path]]:
        """Try the load balancer's addresses in turn, as clients do with a name that has several."""
        nodes = self._reach.nodes(balancer.arn)
        if not nodes:
            message = f"The name {request.host} has no address: its load balancer has no subnets."
            raise NameNotResolvedError(message)
        turn = self._turns.get(balancer.arn, 0) % len(nodes)
        self._turns[balancer.arn] = turn + 1
        hops: tuple[Hop, ...] = ()
        for node in (*nodes[turn:], *nodes[:turn]):
            path = self._path(request, balancer, source, node)
            if path is not None and path.reachable:
                return node, path
            hops = path.hops if path else (_private_address(node),)
            yield Wait(request.connect_timeout)
        why = hops[-1].words
        message = f"Connecting to {request.host} on port {request.port} timed out: {why}."
        raise ConnectionTimedOutError(message, hops=hops)

    def _path(
        self,
        request: Request,
        balancer: LoadBalancer,
        source: NetworkInterface | None,
        node: NetworkInterface,
    ) -> Path | None:
        """Return the path to a node; None when the internet has no way to a private address."""
        if source is None:
            return None if balancer.internal else self._reach.inbound(node, request.port)
        if balancer.internal:
            return self._reach.inside(source, node, request.port)
        return self._reach.outside(source, node, request.port)

    def _no_listener(self, request: Request, balancer: LoadBalancer, path: Path) -> Exception:
        words = f"load balancer {balancer.name} has no listener on port {request.port}"
        evidence = f"elbv2.describe_listeners(LoadBalancerArn='{balancer.arn}')"
        refused = path.refused(words, evidence)
        message = f"{request.host} refused the connection on port {request.port}: {words}."
        return ConnectionRefusedByHostError(message, hops=refused.hops)

    def _check_tls(self, request: Request, listener: Listener, path: Path) -> None:
        if request.scheme != "https":
            return
        if listener.protocol not in _TLS_PROTOCOLS:
            message = (
                f"{request.host} does not speak HTTPS on port {request.port}:"
                f" its listener's protocol is {listener.protocol}."
            )
            raise TlsError(message, hops=path.hops)
        if request.verify:
            message = (
                f"The certificate is not valid for {request.host}: nobody gets one for a name that"
                " belongs to AWS. Use a domain name of your own."
            )
            raise TlsError(message, hops=path.hops)

    # --- Application Load Balancer ------------------------------------------------------------

    def _forward(
        self,
        request: Request,
        balancer: LoadBalancer,
        listener: Listener,
        group: TargetGroup,
        node: NetworkInterface,
        path: Path,
    ) -> Way:
        target = self._targets.choose(group)
        if target is None:
            words = f"target group {group.name} has no target that can take a request"
            hops = (*path.hops, Hop(words, _describe_health(group), "refused"))
            return self._answer_itself(HTTPStatus.SERVICE_UNAVAILABLE, balancer, group.arn, hops)
        process, onward = self._target(group, target, node)
        hops = (*path.hops, *onward.hops)
        if not onward.reachable and onward.failure != "refused":
            yield Wait(_CONNECT_TO_TARGET)
            return self._answer_itself(HTTPStatus.GATEWAY_TIMEOUT, balancer, group.arn, hops)
        if process is None:
            return self._answer_itself(HTTPStatus.BAD_GATEWAY, balancer, group.arn, hops)
        headers = _forwarded(request, listener, path.source_ip)
        answer = ask(process, request.method, request.url, headers, request.body)
        patience = min(balancer.idle_timeout, request.read_timeout or float("inf"))
        cut_short = yield from wait_for_answer(
            answer.seconds, patience, process, target, self._env.now
        )
        if cut_short:
            words = (
                f"the connection to target {target.ip}:{target.port} was closed before it answered"
            )
            hops = (*hops, Hop(words, _describe_health(group), "refused"))
            return self._answer_itself(HTTPStatus.BAD_GATEWAY, balancer, group.arn, hops)
        if answer.seconds > patience:
            if patience < balancer.idle_timeout:
                raise _read_timeout(request, patience, hops)
            words = f"target {target.ip}:{target.port} sent nothing for {patience:g} seconds"
            hops = (*hops, Hop(words, _describe_health(group), "timeout"))
            return self._answer_itself(HTTPStatus.GATEWAY_TIMEOUT, balancer, group.arn, hops)
        arns = (balancer.arn, group.arn)
        self._counts.by_target(arns, self._env.now, answer.status, answer.seconds)
        return _response(answer, hops, f"{target.ip}:{target.port}")

    def _weighted(self, rule: str, weights: list[tuple[str, int]]) -> str | None:
        """Return the target group whose turn it is, each as often as its weight says."""
        total = sum(weight for _, weight in weights)
        if not total:
            return None
        credit = self._weights.setdefault(rule, {})
        for arn, weight in weights:
            credit[arn] = credit.get(arn, 0) + weight
        chosen = max((arn for arn, weight in weights if weight), key=lambda arn: credit[arn])
        credit[chosen] -= total
        return chosen

    def _answer_itself(
        self, status: HTTPStatus, balancer: LoadBalancer, group: str, hops: tuple[Hop, ...]
    ) -> Response:
        arns = (balancer.arn, group) if group else (balancer.arn,)
        self._counts.by_balancer(arns, self._env.now, status)
        return _error_page(status, hops)

    # --- Network Load Balancer ----------------------------------------------------------------

    def _pass_on(
        self,
        request: Request,
        balancer: LoadBalancer,
        listener: Listener,
        node: NetworkInterface,
        path: Path,
    ) -> Way:
        """Join the client's connection with one to a target; the answer is the target's or none."""
        weights = listener_rules.weights(listener.rules[-1].actions[-1])
        arn = self._weighted(listener.arn, weights)
        group = self._balancing.group(arn) if arn else None
        target = self._targets.choose(group) if group else None
        if group is None or target is None:
            yield Wait(request.connect_timeout)
            message = f"Connecting to {request.host} timed out: its load balancer has no target."
            raise ConnectionTimedOutError(message, hops=path.hops)
        process, onward = self._target(group, target, node)
        hops = (*path.hops, *onward.hops)
        if process is None:
            end = f"target {target.ip}:{target.port} of load balancer {balancer.name}"
            if onward.failure == "refused":
                message = f"{request.host} refused the connection: nothing listens at {end}."
                raise ConnectionRefusedByHostError(message, hops=hops)
            yield Wait(request.connect_timeout)
            message = f"Connecting to {request.host} timed out: nothing reaches {end}."
            raise ConnectionTimedOutError(message, hops=hops)
        headers = {"Host": request.host, **request.headers}
        answer = ask(process, request.method, request.url, headers, request.body)
        patience = request.read_timeout or float("inf")
        cut_short = yield from wait_for_answer(
            answer.seconds, patience, process, target, self._env.now
        )
        if cut_short:
            message = f"{request.host} closed the connection before it answered."
            raise ConnectionClosedError(message, hops=hops)
        if answer.seconds > patience:
            raise _read_timeout(request, patience, hops)
        arns = (balancer.arn, group.arn)
        self._counts.by_target(arns, self._env.now, answer.status, answer.seconds)
        return _response(answer, hops, f"{target.ip}:{target.port}")

    # --- From the load balancer to the target ---------------------------------------------------

    def _target(
        self, group: TargetGroup, target: RegisteredTarget, node: NetworkInterface
    ) -> tuple[Process | None, Path]:
        """Return who accepts a target's connection, if anybody, and the path to it."""
        task = self._hosts.private(group.vpc, target.ip)
        interface = interface_of(task) if task else None
        if task is None or interface is None:
            words = f"no task has the address {target.ip} in {group.vpc}"
            evidence = (
                "ec2.describe_network_interfaces(Filters=[{'Name': 'addresses.private-ip-address',"
                f" 'Values': ['{target.ip}']}}])"
            )
            return None, _nobody(words, evidence)
        path = self._reach.inside(node, interface, target.port)
        if not path.reachable:
            return None, path
        process = listener_on(task, target.port)
        if process is None:
            words = f"nothing in task {task.id} listens on port {target.port}"
            evidence = f"ecs.describe_tasks(cluster='{task.cluster.name}', tasks=['{task.id}'])"
            return None, path.refused(words, evidence)
        return process, path


def _nobody(words: str, evidence: str) -> Path:
    from ecslab.model.network import Path

    return Path((Hop(words, evidence, "timeout"),), "timeout")


def _private_address(node: NetworkInterface) -> Hop:
    words = f"{node.name} has only private addresses, to which the internet has no way"
    return Hop(words, node.shown_by, "timeout")


def _describe_health(group: TargetGroup) -> str:
    return f"elbv2.describe_target_health(TargetGroupArn='{group.arn}')"


def _forwarded(request: Request, listener: Listener, source_ip: str) -> dict[str, str]:
    """Return the header fields that the target sees; AWS: x-forwarded-headers."""
    kept = {
        key: text
        for key, text in request.headers.items()
        if key.lower() not in ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "host")
    }
    before = request.header("X-Forwarded-For")
    standard = request.port in (80, 443)
    own_host = request.host if standard else f"{request.host}:{request.port}"
    return {
        **kept,
        "Host": request.header("Host") or own_host,
        "X-Forwarded-For": f"{before}, {source_ip}" if before else source_ip,
        "X-Forwarded-Proto": listener.protocol.lower(),
        "X-Forwarded-Port": str(listener.port),
    }


def _read_timeout(request: Request, seconds: float, hops: tuple[Hop, ...]) -> ReadTimedOutError:
    message = f"{request.host} did not answer within {seconds:g} seconds."
    return ReadTimedOutError(message, hops=hops)


def _response(answer: Answer, hops: tuple[Hop, ...], answered_by: str = "") -> Response:
    return Response(answer.status, dict(answer.headers), answer.body, 0.0, hops, answered_by)


def _error_page(status: HTTPStatus, hops: tuple[Hop, ...]) -> Response:
    """Return the page that an Application Load Balancer sends itself."""
    title = f"{status.value} {_TITLES.get(status, status.phrase)}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    headers = {
        "Server": "awselb/2.0",
        "Content-Type": "text/html",
        "Content-Length": str(len(body)),
    }
    return Response(status.value, headers, body, 0.0, hops)


_TITLES: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: "Service Temporarily Unavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Gateway Time-out",
}
