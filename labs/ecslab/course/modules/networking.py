"""Scenarios and checks of module 07-networking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from ecslab.course import Module, NotAttempted, NotYet, Session, expect, network_shop
from ecslab.course.answers import task_of
from ecslab.course.network_answers import (
    addresses_of,
    described_service,
    expect_no_public_address,
    expect_reached,
    expect_timeout,
    groups_forwarded_to,
    lets_in,
    load_balancer,
    running_tasks,
    storefront_url,
)
from ecslab.course.network_shop import CLUSTER, PORT
from ecslab.course.releases import expect_none_lost
from ecslab.sim.load import Load

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("07-networking")

DESIRED = 2
SLOW_START = 75.0
"""Seconds that the lab's storefront takes: longer than its target group is patient."""

_WEB = 80
_ENOUGH = 150
_ONE = "describe_services → services[0]"

Found = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Follow a request and an image pull hop by hop, and mend what stops them.",
    given="A VPC with two public and two private subnets; a cluster; task definitions.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare all but load balancers, ways out and services."""
    network_shop.prepare(cloud, ready_after=3.0)


@MODULE.scenario(
    "lab",
    goal="Put the storefront behind a load balancer, and hide the catalog from all but it.",
    given="A VPC, empty security groups, task definitions, somebody else's task.",
)
def lab(cloud: Cloud) -> None:
    """Prepare the same with a storefront that starts slowly, and a stranger in the VPC."""
    network_shop.prepare(cloud, ready_after=SLOW_START)
    network_shop.run_stranger(cloud)


@MODULE.check(
    "way-out",
    points=2,
    title="A task in a private subnet can pull its image",
    hints=(
        "lab.cloud.path(task, image) says at which hop a pull ends; a stopped task will do.",
        "A NAT gateway has an Elastic IP address and stands in a public subnet; who sends to it?",
        "allocate_address, create_nat_gateway, the waiter nat_gateway_available, create_route.",
    ),
)
def way_out(lab: Session, answer: object) -> None:
    """Judge by a task that ran to its end in a private subnet, without a public address."""
    task = _task(lab, answer, "probe")
    subnets = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    if subnets.get("subnetId") not in network_shop.subnet_ids("private"):
        raise NotYet(
            expected="a task in a private subnet",
            found="a task in another subnet",
            look_at="describe_tasks → tasks[0].attachments[0].details",
        )
    if task.get("stopCode") == "TaskFailedToStart":
        raise NotYet(
            expected="a task that starts",
            found=str(task["stoppedReason"])[:80],
            look_at="describe_tasks → tasks[0].stoppedReason",
        )
    if "startedAt" not in task:
        raise NotYet(
            expected="a task that has run",
            found=f"{task['lastStatus']}; let a minute pass, and check again",
            look_at="describe_tasks → tasks[0].lastStatus",
        )


@MODULE.check(
    "rules",
    points=2,
    title="Three security groups, one behind the other",
    hints=(
        "Who sends to whom? Visitors to the door, the door to the storefront, and so on.",
        "A rule can name a group instead of addresses: UserIdGroupPairs in IpPermissions.",
        "Ports: 80 for the door, 8080 for the storefront and for the catalog.",
    ),
)
def rules(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge who may come in where, whatever the rules look like."""
    groups = network_shop.group_ids()
    ec2 = lab.client("ec2")
    look_at = "describe_security_groups → SecurityGroups[].IpPermissions"
    wanted = (
        ("door", _WEB, "0.0.0.0/0", "everybody"),
        ("storefront", PORT, groups["door"], "the group door"),
        ("catalog", PORT, groups["storefront"], "the group storefront"),
    )
    has = [lets_in(ec2, groups[name], port, peer) for name, port, peer, _ in wanted]
    ids = [groups[name] for name, *_ in wanted]
    found = ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]
    if not any(group["IpPermissions"] for group in found):
        raise NotAttempted
    for (name, port, _, who), reached in zip(wanted, has, strict=True):
        if not reached:
            raise NotYet(
                expected=f"{name} lets in {who} on port {port}",
                found="no rule for that",
                look_at=look_at,
            )
    for name in ("storefront", "catalog"):
        for peer, who in (("0.0.0.0/0", "everybody"), ("10.0.0.0/16", "the whole VPC")):
            if lets_in(ec2, groups[name], PORT, peer):
                raise NotYet(
                    expected=f"{name} lets in nobody but the group in front of it",
                    found=f"{who} may come in on port {PORT}",
                    look_at=look_at,
                )


@MODULE.check(
    "front-door",
    points=2,
    title="A load balancer for the whole world",
    hints=(
        "Three things: a load balancer in the public subnets, a target group, a listener.",
        "Fargate tasks have addresses of their own: which TargetType suits them?",
        "The listener on port 80 has one default action, forward, with the target group's ARN.",
    ),
)
def front_door(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the load balancer, its listener and the target group behind it."""
    elbv2 = lab.client("elbv2")
    balancer = load_balancer(elbv2)
    where = "describe_load_balancers → LoadBalancers[0]"
    expect(balancer["Scheme"], "internet-facing", f"{where}.Scheme")
    subnets = {zone["SubnetId"] for zone in balancer["AvailabilityZones"]}
    if not subnets <= set(network_shop.subnet_ids("public")):
        raise NotYet(
            expected="a load balancer in the public subnets",
            found="a private subnet, to which the internet has no way",
            look_at=f"{where}.AvailabilityZones[].SubnetId",
        )
    own = [network_shop.group_ids()["door"]]
    expect(balancer["SecurityGroups"], own, f"{where}.SecurityGroups")
    arn = balancer["LoadBalancerArn"]
    listeners = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    on_web = [each for each in listeners if each["Port"] == _WEB]
    groups = [arn for each in on_web for arn in groups_forwarded_to(each)]
    if not groups:
        raise NotYet(
            expected="a listener on port 80 that forwards to the target group",
            found="no listener on port 80" if not on_web else "a listener without a target group",
            look_at="describe_listeners → Listeners[].DefaultActions",
        )
    group = elbv2.describe_target_groups(TargetGroupArns=groups[:1])["TargetGroups"][0]
    look_at = "describe_target_groups → TargetGroups[0]"
    expect(group["TargetType"], "ip", f"{look_at}.TargetType")
    expect(group["HealthCheckPath"], "/health", f"{look_at}.HealthCheckPath")


@MODULE.check(
    "catalog",
    points=2,
    title="The catalog has a name in the namespace, and no public address",
    hints=(
        "Service Connect names a port mapping: register the family again, with a name for it.",
        "serviceConnectConfiguration has enabled, and services with portName and clientAliases.",
        "The storefront asks http://catalog:8080/: that is dnsName and port of the alias.",
    ),
)
def catalog(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the service, the endpoint that it offers, and where its tasks are."""
    found = described_service(lab, "catalog")
    deployment = found["deployments"][0]
    configuration = deployment.get("serviceConnectConfiguration") or {}
    where = f"{_ONE}.deployments[0].serviceConnectConfiguration"
    services = configuration.get("services") or []
    if not services:
        raise NotYet(
            expected="a client-server service: one that offers an endpoint",
            found="a client service, with an empty list of services"
            if configuration
            else "no serviceConnectConfiguration; update the service",
            look_at=f"{where}.services",
        )
    alias = (services[0].get("clientAliases") or [{}])[0]
    if not alias.get("dnsName"):
        raise NotYet(
            expected="a client alias, so that the storefront reaches http://catalog:8080",
            found="an endpoint without a name of its own: it has that of its port and namespace",
            look_at=f"{where}.services[0].clientAliases[0].dnsName",
        )
    expect(alias["dnsName"], "catalog", f"{where}.services[0].clientAliases[0].dnsName")
    expect(alias.get("port"), PORT, f"{where}.services[0].clientAliases[0].port")
    expect(found["desiredCount"], DESIRED, f"{_ONE}.desiredCount")
    network = found["networkConfiguration"]["awsvpcConfiguration"]
    own = [network_shop.group_ids()["catalog"]]
    look_at = f"{_ONE}.networkConfiguration.awsvpcConfiguration"
    expect(network["securityGroups"], own, f"{look_at}.securityGroups")
    expect_no_public_address(lab, "catalog", DESIRED)


@MODULE.check(
    "visited",
    points=2,
    title="A visitor sees the books",
    hints=(
        "The storefront takes 75 seconds to start: which field of the service makes ECS patient?",
        "The page says what is missing. A client knows what was there when it was deployed.",
        "serviceConnectConfiguration with enabled alone makes a client; then forceNewDeployment.",
    ),
)
def visited(lab: Session, answer: object) -> None:  # noqa: ARG001 - sends traffic
    """Judge by what visitors get, and by tasks that are no longer replaced."""
    found = described_service(lab, "storefront")
    if not found["loadBalancers"]:
        raise NotYet(
            expected="a service behind the target group",
            found="no loadBalancers",
            look_at=f"{_ONE}.loadBalancers",
        )
    failed = sum("is unhealthy in" in event["message"] for event in found["events"][:20])
    grace = found.get("healthCheckGracePeriodSeconds", 0)
    if failed and grace < SLOW_START:
        raise NotYet(
            expected="a storefront that gets the time it needs to start",
            found=f"tasks that fail the health check, and a grace period of {grace} s",
            look_at=f"{_ONE}.events[].message, {_ONE}.healthCheckGracePeriodSeconds",
        )
    answers = [requests.get(storefront_url(lab), timeout=20) for _ in range(4)]
    for each in answers:
        if each.status_code != requests.codes.ok:
            raise NotYet(
                expected="200 and the titles of the books",
                found=f"{each.status_code} {each.text.strip()[:60]}",
                look_at="requests.get(url).text",
            )
    expect_no_public_address(lab, "storefront", DESIRED)


@MODULE.check(
    "sealed",
    points=3,
    title="Nobody but the storefront reaches the catalog",
    hints=(
        "lab.cloud.path(stranger, address, 8080) shows which rule lets the stranger in.",
        "A rule with addresses lets in whoever has one of them; a rule with a group does not.",
    ),
)
def sealed(lab: Session, answer: object) -> None:
    """Judge by requests from the storefront, from a stranger, and from the internet."""
    described_service(lab, "catalog")
    described_service(lab, "storefront")
    if requests.get(storefront_url(lab), timeout=20).status_code != requests.codes.ok:
        raise NotYet(
            expected="a storefront that gets its books from the catalog",
            found="a page without books; step 5 comes first",
            look_at="requests.get(url).text",
        )
    stranger = running_tasks(lab, "stranger", group="family:stranger")[0]["taskArn"]
    storefront = running_tasks(lab, "storefront")[0]["taskArn"]
    for address in addresses_of(lab, "catalog"):
        expect_reached(lab, f"http://{address}:{PORT}/", storefront)
        expect_timeout(lab, f"http://{address}:{PORT}/", stranger, "somebody else's task")
        expect_timeout(lab, f"http://{address}:{PORT}/", "internet", "the internet")
    if "timed out" not in str(answer):
        raise NotYet(
            expected="the text of the error that the stranger meets at the catalog",
            found=answer,
            look_at="lab.cloud.http(…, source=stranger, timeout=5)",
        )


@MODULE.check(
    "guard",
    points=1,
    title="The security group that stops the stranger",
    hints=(
        "lab.cloud.path takes a source, here the stranger's ARN, a destination and a port.",
        "The obstacle of the path has words and evidence; the call in it names one group.",
    ),
)
def guard(lab: Session, answer: object) -> None:  # noqa: ARG001 - an id is judged
    """Judge that the answer is the group at whose rules the way ends."""
    groups = network_shop.group_ids()
    if answer == groups["catalog"]:
        return
    named = {group: name for name, group in groups.items()}
    raise NotYet(
        expected="the id of the security group whose inbound rules have no place for the stranger",
        found=f"the group {named[answer]}" if answer in named else answer,
        look_at="lab.cloud.path(…).obstacle.evidence",
    )


@MODULE.check(
    "endured",
    points=2,
    title="A catalog task is stopped, and no visitor notices",
    hints=(
        "Begin the load, let some seconds pass, then stop one of the two catalog tasks.",
        "lab.cloud.load(url, per_second=2, seconds=100), then time.sleep, then stop_task.",
        "Let more than two minutes pass at the end, so that the replacement is there.",
    ),
)
def endured(lab: Session, answer: object) -> None:
    """Judge by the load while a task of the catalog was stopped."""
    if not isinstance(answer, Load):
        raise NotYet(
            expected="the load that you sent",
            found=f"a value of type {type(answer).__name__}",
            look_at="what lab.cloud.load(…) gives back",
        )
    if not answer.finished or answer.sent < _ENOUGH:
        raise NotYet(
            expected=f"a load of at least {_ENOUGH} requests that has ended",
            found=f"{answer.sent} requests sent; 2 a second for 100 seconds are 200",
            look_at="load.sent, load.finished",
        )
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
    stopped = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    end = answer.began.timestamp() + answer.seconds
    during = [
        task
        for task in stopped
        if task["group"] == "service:catalog"
        and task.get("stopCode") == "UserInitiated"
        and answer.began.timestamp() <= task["stoppingAt"].timestamp() <= end
    ]
    if not during:
        raise NotYet(
            expected="a task of the catalog that you stopped while the load went on",
            found="none",
            look_at="describe_tasks → tasks[].stopCode, stoppingAt",
        )
    expect_none_lost(answer)
    expect_no_public_address(lab, "catalog", DESIRED)


def _task(lab: Session, answer: object, family: str) -> Found:
    """Give the task that an answer names, or end the check with *not yet*."""
    task: Found = task_of(lab, answer, CLUSTER)
    if f"/{family}:" not in task["taskDefinitionArn"]:
        raise NotYet(
            expected=f"the ARN of a task of the family {family}",
            found="the ARN of another task",
            look_at="run_task → tasks[0].taskArn",
        )
    return task
