"""What the checks of module 11 ask the account, and the traffic that they send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

from ecslab.course import private_network, private_shop
from ecslab.course.outcomes import NotAttempted, NotYet
from ecslab.course.security_controls import failed_by_definition

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = [
    "bare_definition",
    "expect_private",
    "expect_serving",
    "expect_tiers",
    "judge_controls",
    "judge_secret_reader",
    "newest",
    "password_of",
    "secret_of",
    "shown",
    "untouched_tiers",
]

Json = dict[str, Any]

# Group → the port on which it lets callers in, and the groups that they are in.
_RULES: dict[str, tuple[int, frozenset[str]]] = {
    "storefront": (private_shop.PORT, frozenset({"front-door"})),
    "catalog-door": (80, frozenset({"storefront"})),
    "catalog": (private_shop.PORT, frozenset({"catalog-door"})),
    "endpoints": (443, frozenset({"storefront", "catalog"})),
}
_REQUESTS = 6
_ARN_PARTS = 7  # behind them, valueFrom may name a key, a stage and a version
_PAYROLL = "arn:aws:secretsmanager:us-east-1:123456789012:secret:payroll-AbCdEf"
"""A secret of others, which the shop has no business to read."""


def newest(lab: Session, family: str) -> Json:
    """Give the newest revision of a family."""
    answer = lab.client("ecs").describe_task_definition(taskDefinition=family)
    found: Json = answer["taskDefinition"]
    return found


def bare_definition(definition: Json) -> bool:
    """Say whether nobody has hardened a definition yet."""
    container = definition["containerDefinitions"][0]
    return not container.get("readonlyRootFilesystem") and not container.get("user")


def untouched_tiers(lab: Session) -> bool:
    """Say whether every group still lets in the whole world on every port."""
    groups = private_network.groups(lab.client("ec2"))
    return all(
        [rule["IpProtocol"] for rule in groups[name]["IpPermissions"]] == ["-1"] for name in _RULES
    )


def expect_tiers(lab: Session) -> None:
    """End the check while a group lets in more, or less, than the tier before it."""
    groups = private_network.groups(lab.client("ec2"))
    names = {group["GroupId"]: name for name, group in groups.items()}
    for name, (port, callers) in _RULES.items():
        where = f"describe_security_groups → {name}.IpPermissions"
        if _is_open(groups[name]):
            raise NotYet(
                expected=f"{name} lets in {' and '.join(sorted(callers))}, and nobody else",
                found=f"{name} lets in addresses (0.0.0.0/0 or another range)",
                look_at=where,
            )
        let_in = {
            (rule.get("FromPort"), rule.get("ToPort"), names.get(pair["GroupId"], "another"))
            for rule in groups[name]["IpPermissions"]
            for pair in rule.get("UserIdGroupPairs") or ()
        }
        wanted = {(port, port, caller) for caller in callers}
        if let_in != wanted:
            raise NotYet(
                expected=f"{name} lets in {_words(wanted)}",
                found=f"{name} lets in {_words(let_in)}",
                look_at=where,
            )


def expect_serving(lab: Session) -> None:
    """End the check unless the front door gives the books, again and again."""
    for _ in range(_REQUESTS):
        shown(lab, "/")


def shown(lab: Session, path: str) -> str:
    """Give the text that the shop's front door answers, or end the check."""
    balancers = lab.client("elbv2").describe_load_balancers(Names=["storefront"])
    url = f"http://{balancers['LoadBalancers'][0]['DNSName']}{path}"
    try:
        answer = requests.get(url, timeout=10)
    except requests.RequestException as error:
        found = type(error).__name__
    else:
        if answer.ok:
            return answer.text.strip()
        found = f"{answer.status_code} {answer.text.strip()}"
    raise NotYet(
        expected=f"the shop answers GET {path} with 200",
        found=found,
        look_at="the targets' health, the rules of the groups, and the log /bookshop/private",
    )


def secret_of(container: Json, where: str) -> str:
    """Give the ARN of the secret behind DB_PASSWORD, or end the check."""
    found = _reference(container)
    if ":secretsmanager:" not in found:
        raise NotYet(
            expected="DB_PASSWORD with the ARN of a secret of Secrets Manager",
            found=found or "no secret of this name",
            look_at=f"{where}.secrets",
        )
    return ":".join(found.split(":")[:_ARN_PARTS])


def password_of(container: Json, secret: str) -> str:
    """Give what the container gets of a secret: all of it, or one key of its JSON document.

    Args:
        container: as DescribeTaskDefinition shows it.
        secret: the secret's text.
    """
    key = _reference(container).split(":")[_ARN_PARTS:][:1]
    if not key or not key[0]:
        return secret
    try:
        return str(json.loads(secret)[key[0]])
    except (ValueError, KeyError, TypeError):
        return secret


def _reference(container: Json) -> str:
    """Give the whole valueFrom of DB_PASSWORD."""
    entries = {each["name"]: each["valueFrom"] for each in container.get("secrets") or ()}
    return str(entries.get("DB_PASSWORD", ""))


def judge_secret_reader(lab: Session, arn: str) -> None:
    """Judge by IAM's own simulator who may read the secret, and whether that is all."""
    iam = lab.client("iam")
    if not _may_read(iam, "bookshop-execution", arn):
        misplaced = _may_read(iam, private_shop.CATALOG_ROLE, arn)
        raise NotYet(
            expected="bookshop-execution may secretsmanager:GetSecretValue on your secret",
            found="the task role may, which does not start tasks"
            if misplaced
            else "it may not, so that no task of the catalog can start",
            look_at="the policies of the role bookshop-execution",
        )
    if _may_read(iam, "bookshop-execution", _PAYROLL):
        raise NotYet(
            expected="the right to read this one secret",
            found="the right to read every secret of the account",
            look_at="Resource in the policy of bookshop-execution",
        )


def expect_private(lab: Session) -> None:
    """End the check while a task is elsewhere, has a public address or is of an old revision."""
    ecs, ec2 = lab.client("ecs"), lab.client("ec2")
    names = {value: key for key, value in private_network.subnets(ec2).items()}
    found = ecs.describe_services(cluster=private_shop.CLUSTER, services=list(private_shop.COUNTS))[
        "services"
    ]
    networks = [each["networkConfiguration"]["awsvpcConfiguration"] for each in found]
    if all(each.get("assignPublicIp") == "ENABLED" for each in networks):
        raise NotAttempted
    for service, network in zip(found, networks, strict=True):
        name = service["serviceName"]
        if network.get("assignPublicIp", "DISABLED") != "DISABLED":
            raise NotYet(
                expected=f"tasks of {name} without a public address",
                found="assignPublicIp ENABLED",
                look_at="describe_services → networkConfiguration.awsvpcConfiguration",
            )
        outside = sorted(names.get(s, s) for s in network["subnets"])
        if outside != sorted(private_network.PRIVATE):
            raise NotYet(
                expected=f"{name} in private-a and private-b",
                found=f"{name} in {', '.join(outside)}",
                look_at="describe_services → networkConfiguration.awsvpcConfiguration.subnets",
            )
        _expect_steady(lab, service)
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    if any(each["State"] in {"pending", "available"} for each in gateways):
        raise NotYet(
            expected="a way to AWS's services alone, through endpoints",
            found="a NAT gateway, which is a way to the whole internet",
            look_at="describe_nat_gateways",
        )


def _expect_steady(lab: Session, service: Json) -> None:
    """End the check while a service is not at its count with its newest revision."""
    name = service["serviceName"]
    deployment = service["deployments"][0]
    wanted = newest(lab, name)["taskDefinitionArn"]
    if deployment["taskDefinition"] != wanted:
        raise NotYet(
            expected=f"{name} runs your newest revision, {wanted.rsplit('/', 1)[-1]}",
            found=deployment["taskDefinition"].rsplit("/", 1)[-1],
            look_at="describe_services → services[0].taskDefinition",
        )
    running = service["runningCount"]
    steady = deployment.get("rolloutState") == "COMPLETED" and len(service["deployments"]) == 1
    if steady and running == private_shop.COUNTS[name]:
        return
    ecs = lab.client("ecs")
    ended = ecs.list_tasks(cluster=private_shop.CLUSTER, serviceName=name, desiredStatus="STOPPED")[
        "taskArns"
    ]
    reason = ""
    if ended:
        tasks = ecs.describe_tasks(cluster=private_shop.CLUSTER, tasks=ended)["tasks"]
        failed = [
            t["stoppedReason"] for t in tasks if t.get("stopCode") != "ServiceSchedulerInitiated"
        ]
        reason = f"; a task ended: {failed[-1]}" if failed else ""
    raise NotYet(
        expected=f"{private_shop.COUNTS[name]} tasks of {name}, and its deployment COMPLETED",
        found=f"{running} running, {deployment.get('rolloutState')}{reason}",
        look_at="describe_tasks → tasks[].stoppedReason, .containers[0].reason",
    )


def judge_controls(function: Callable[[Json], object]) -> None:
    """Judge a learner's function on definitions that differ in one thing each."""
    definitions = _definitions()
    # All answers come first: while the function runs, no frame holds what is right.
    answers = [_asked(function, definition) for _, definition in definitions]
    for (words, definition), given in zip(definitions, answers, strict=True):
        wanted = failed_by_definition(definition)
        if given is None or given is Ellipsis:
            raise NotAttempted
        found = set(given) if isinstance(given, set | frozenset | list | tuple) else given
        if found != wanted:
            shown = ", ".join(sorted(found)) or "nothing" if isinstance(found, set) else found
            raise NotYet(
                expected=f"{', '.join(sorted(wanted)) or 'nothing'} for a definition {words}",
                found=shown,
                look_at="failed",
            )


def _asked(function: Callable[[Json], object], definition: Json) -> object:
    try:
        return function(json.loads(json.dumps(definition)))
    except Exception as error:  # noqa: BLE001 - a learner's code may raise anything
        return f"{type(error).__name__}: {error}"


def _definitions() -> list[tuple[str, Json]]:
    good: Json = {"name": "a", "user": "app", "readonlyRootFilesystem": True}
    good["logConfiguration"] = {"logDriver": "awslogs"}
    key = [{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]
    harmless = [{"name": "SHOP_NAME", "value": "x"}]

    def one(**changes: Any) -> Json:
        container = {key: value for key, value in (good | changes).items() if value is not None}
        return {"networkMode": "awsvpc", "containerDefinitions": [container]}

    bare = {"containerDefinitions": [{"name": "a"}], "networkMode": "awsvpc"}
    second = {"networkMode": "awsvpc", "containerDefinitions": [good, good | {"user": "root"}]}
    return [
        ("with nothing wrong", one(environment=harmless)),
        ("with pidMode host", one() | {"pidMode": "host"}),
        ("with pidMode task", one() | {"pidMode": "task"}),
        ("with a privileged container", one(privileged=True)),
        ("with a writable root file system", one(readonlyRootFilesystem=False)),
        ("with a key of AWS in environment", one(environment=key)),
        ("without logConfiguration", one(logConfiguration=None)),
        ("with networkMode host", one() | {"networkMode": "host"}),
        ("whose user is root", one(user="root")),
        ("whose user is 0:0", one(user="0:0")),
        ("whose user is 1000", one(user="1000")),
        ("whose second container is root", second),
        ("that says nothing of all that", bare),
    ]


def _is_open(group: Json) -> bool:
    return any(
        rule.get("IpRanges") or rule.get("Ipv6Ranges") or rule.get("PrefixListIds")
        for rule in group["IpPermissions"]
    )


def _words(rules: set[tuple[Any, Any, str]]) -> str:
    if not rules:
        return "nobody"
    return " and ".join(
        f"{name} on {'every port' if first is None else first}"
        for first, _, name in sorted(rules, key=str)
    )


def _may_read(iam: Any, role: str, arn: str) -> bool:
    """Say whether a role's policies let it read a secret; IAM's own simulator knows."""
    answer = iam.simulate_principal_policy(
        PolicySourceArn=iam.get_role(RoleName=role)["Role"]["Arn"],
        ActionNames=["secretsmanager:GetSecretValue"],
        ResourceArns=[arn],
    )
    return any(each["EvalDecision"] == "allowed" for each in answer["EvaluationResults"])
