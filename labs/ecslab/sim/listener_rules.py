"""Which rule of a listener answers a request, and what its action makes of it.

AWS: botocore elbv2 RuleCondition and Action; elasticloadbalancing, "Listener rules for your
Application Load Balancer".
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ecslab.sim.wsgi import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecslab.sim.balancing import Listener, LoadBalancer, Rule
    from ecslab.sim.request import Request

__all__ = ["choose", "fixed_response", "groups_of", "redirect", "weights"]

_DEFAULT_PORTS = {"http": "80", "https": "443"}


def choose(listener: Listener, request: Request, source_ip: str) -> Rule:
    """Return the first rule whose conditions all hold; the default rule has none.

    Args:
        listener: the listener that received the request.
        request: the request.
        source_ip: the address that the load balancer sees.
    """
    return next(
        rule
        for rule in listener.rules
        if all(_holds(condition, request, source_ip) for condition in rule.conditions)
    )


def weights(action: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the target groups of a forward action with their weights (default 1)."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if groups:
        return [(each["TargetGroupArn"], int(each.get("Weight", 1))) for each in groups]
    return [(action["TargetGroupArn"], 1)] if action.get("TargetGroupArn") else []


def groups_of(balancer: LoadBalancer) -> Iterator[str]:
    """Yield the ARNs of the target groups that a load balancer's rules forward to."""
    for listener in balancer.listeners:
        for rule in listener.rules:
            for action in rule.actions:
                if action["Type"] == "forward":
                    yield from (arn for arn, _ in weights(action))


def fixed_response(action: dict[str, Any]) -> Answer:
    """Return the answer of a fixed-response action."""
    config = action["FixedResponseConfig"]
    headers = {"Content-Type": config.get("ContentType") or "text/plain; charset=utf-8"}
    return Answer(int(config["StatusCode"]), headers, (config.get("MessageBody") or "").encode())


def redirect(action: dict[str, Any], request: Request) -> Answer:
    """Return the answer of a redirect action; AWS: botocore elbv2 RedirectActionConfig.

    Components that the action leaves out, and the keywords in those it gives, are the request's.
    """
    config = action.get("RedirectConfig") or {}
    own = {
        "protocol": request.scheme,
        "host": request.host,
        "port": str(request.port),
        "path": request.path.lstrip("/"),
        "query": request.query,
    }

    def component(name: str, default: str) -> str:
        text = str(config.get(name) or default)
        return re.sub(r"#\{(\w+)\}", lambda match: own.get(match[1], match[0]), text)

    scheme = component("Protocol", "#{protocol}").lower()
    port = component("Port", "#{port}")
    shown_port = "" if port == _DEFAULT_PORTS.get(scheme) else f":{port}"
    query = component("Query", "#{query}")
    path = component("Path", "/#{path}")
    location = f"{scheme}://{component('Host', '#{host}')}{shown_port}{path}"
    status = 301 if config.get("StatusCode") == "HTTP_301" else 302
    return Answer(status, {"Location": f"{location}?{query}" if query else location}, b"")


def _holds(condition: dict[str, Any], request: Request, source_ip: str) -> bool:
    field = condition["Field"]
    if field == "path-pattern":
        return _any_like(condition, "PathPatternConfig", request.path, ignore_case=False)
    if field == "host-header":
        return _any_like(condition, "HostHeaderConfig", request.authority.partition(":")[0])
    if field == "http-header":
        found = request.header(condition["HttpHeaderConfig"]["HttpHeaderName"])
        return _any_like(condition, "HttpHeaderConfig", found)
    return _other_holds(field, condition, request, source_ip)


def _other_holds(field: str, condition: dict[str, Any], request: Request, source_ip: str) -> bool:
    if field == "http-request-method":
        return request.method in condition["HttpRequestMethodConfig"]["Values"]
    if field == "query-string":
        return _query_holds(condition["QueryStringConfig"]["Values"], request.query)
    if field == "source-ip":
        return any(_inside(source_ip, each) for each in condition["SourceIpConfig"]["Values"])
    return False


def _any_like(condition: dict[str, Any], key: str, text: str, *, ignore_case: bool = True) -> bool:
    config = condition.get(key) or {}
    patterns = config.get("Values") or condition.get("Values") or []
    expressions = config.get("RegexValues") or condition.get("RegexValues") or []
    if not text:
        return False
    if any(_like(pattern, text, ignore_case=ignore_case) for pattern in patterns):
        return True
    return any(_found(expression, text) for expression in expressions)


def _found(expression: str, text: str) -> bool:
    try:
        return re.search(expression, text) is not None
    except re.error:
        return False  # AWS refuses such an expression; moto keeps it


def _query_holds(values: Iterable[dict[str, str]], query: str) -> bool:
    pairs = parse_qsl(query, keep_blank_values=True)
    return any(
        _like(wanted.get("Value", "*"), value, ignore_case=True)
        and ("Key" not in wanted or _like(wanted["Key"], key, ignore_case=True))
        for wanted in values
        for key, value in pairs
    )


def _inside(address: str, cidr: str) -> bool:
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False  # AWS refuses such a block; moto keeps it
    return ipaddress.ip_address(address) in network


def _like(pattern: str, text: str, *, ignore_case: bool) -> bool:
    return _expression(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - for the cache
    r"""Return a wildcard pattern as an expression: ``*``, ``?``, and a backslash before either."""
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    text = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
