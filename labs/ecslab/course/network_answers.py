"""What the checks of module 07 ask the account: who may come in, where tasks are, what arrives."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from ecslab.course.network_shop import CLUSTER, NAME
from ecslab.course.outcomes import NotAttempted, NotYet
from ecslab.sim.request import ConnectionTimedOutError, TrafficError

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = [
    "addresses_of",
    "described_service",
    "expect_no_public_address",
    "expect_reached",
    "expect_timeout",
    "groups_forwarded_to",
    "lets_in",
    "load_balancer",
    "running_tasks",
    "storefront_url",
]

Found = dict[str, Any]

_PATIENCE = 5
_ALL = "-1"


def lets_in(ec2: Any, group: str, port: int, peer: str = "") -> bool:
    """Tell whether a security group has a rule that lets a peer in on a port.

    Args:
        ec2: the client.
        group: its id.
        port: a TCP port.
        peer: a security group's id, or a block of addresses, all of which must be let in; with
            nothing, whether anybody is.
    """
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    for rule in found["IpPermissions"]:
        covers = rule["IpProtocol"] == _ALL or rule["FromPort"] <= port <= rule["ToPort"]
        groups = [each["GroupId"] for each in rule.get("UserIdGroupPairs", [])]
        blocks = [each["CidrIp"] for each in rule.get("IpRanges", [])]
        if covers and (not peer or peer in groups or _covered(peer, blocks)):
            return True
    return False


def _covered(peer: str, blocks: list[str]) -> bool:
    if peer.startswith("sg-"):
        return False
    wanted = ipaddress.ip_network(peer)
    return any(wanted.subnet_of(ipaddress.ip_network(each)) for each in blocks)  # type: ignore[arg-type]


def load_balancer(elbv2: Any) -> Found:
    """Give the load balancer of the shop, or end the check with *not attempted*.

    Args:
        elbv2: the client.
    """
    found = [
        each
        for each in elbv2.describe_load_balancers()["LoadBalancers"]
        if each["LoadBalancerName"] == NAME
    ]
    if not found:
        raise NotAttempted
    balancer: Found = found[0]
    return balancer


def groups_forwarded_to(listener: Found) -> list[str]:
    """Give the ARNs of the target groups that a listener's default actions forward to."""
    found = []
    for action in listener["DefaultActions"]:
        shares = action.get("ForwardConfig", {}).get("TargetGroups", [])
        found += [each["TargetGroupArn"] for each in shares] or [action.get("TargetGroupArn", "")]
    return [arn for arn in found if arn]


def storefront_url(lab: Session) -> str:
    """Give the address of the shop's front page."""
    return f"http://{load_balancer(lab.client('elbv2'))['DNSName']}/"


def described_service(lab: Session, name: str) -> Found:
    """Give a service that is ACTIVE, or end the check with *not attempted*."""
    found = lab.client("ecs").describe_services(cluster=CLUSTER, services=[name])["services"]
    if not found or found[0]["status"] != "ACTIVE":
        raise NotAttempted
    service: Found = found[0]
    return service


def running_tasks(lab: Session, name: str, group: str = "") -> list[Found]:
    """Give the tasks of a service, or of another group, that run.

    Args:
        lab: the session.
        name: of the service.
        group: the tasks' group, when they are not a service's.
    """
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    wanted = group or f"service:{name}"
    here = [each for each in tasks if each["group"] == wanted and each["lastStatus"] == "RUNNING"]
    if not here:
        raise NotYet(
            expected=f"a running task of {name}",
            found="none; let a minute pass, and check again",
            look_at="describe_tasks → tasks[].lastStatus",
        )
    return here


def addresses_of(lab: Session, name: str) -> list[str]:
    """Give the private addresses of a service's running tasks."""
    return [
        str(each["value"])
        for task in running_tasks(lab, name)
        for attachment in task["attachments"]
        for each in attachment["details"]
        if each["name"] == "privateIPv4Address"
    ]


def expect_no_public_address(lab: Session, name: str, count: int) -> None:
    """Go on when so many tasks of a service run, and none has a public address."""
    addresses = addresses_of(lab, name)
    if len(addresses) != count:
        raise NotYet(
            expected=f"{count} running tasks of {name}",
            found=f"{len(addresses)}; let a minute pass, and check again",
            look_at="describe_services → services[0].runningCount",
        )
    only = [{"Name": "private-ip-address", "Values": addresses}]
    found = lab.client("ec2").describe_network_interfaces(Filters=only)["NetworkInterfaces"]
    if any("Association" in each for each in found):
        raise NotYet(
            expected=f"tasks of {name} without a public address",
            found="a network interface that has one",
            look_at="describe_network_interfaces → NetworkInterfaces[].Association",
        )


def expect_reached(lab: Session, url: str, source: str) -> None:
    """Go on when a request gets an answer."""
    try:
        lab.cloud.http(url, source=source, timeout=_PATIENCE)
    except TrafficError as error:
        raise NotYet(
            expected="the storefront's tasks reach the catalog's",
            found=str(error),
            look_at="lab.cloud.path(storefront, address, 8080)",
        ) from None


def expect_timeout(lab: Session, url: str, source: str, who: str) -> None:
    """Go on when a request gets no answer because its packets are dropped."""
    try:
        answer = lab.cloud.http(url, source=source, timeout=_PATIENCE)
    except ConnectionTimedOutError:
        return
    except TrafficError as error:
        found = str(error)
    else:
        found = f"{who} gets an answer with status {answer.status} from {url}"
    raise NotYet(
        expected=f"{who} waits in vain",
        found=found,
        look_at="lab.cloud.path(source, address, 8080)",
    )
