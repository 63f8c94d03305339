"""How the shop's roles prove themselves: tasks start, readers get books, orders are packed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
from botocore.exceptions import ClientError

from ecslab.course import role_shop
from ecslab.course.outcomes import NotYet
from ecslab.course.role_audit import nameless, stopped

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = [
    "ACCOUNT",
    "expect_books",
    "expect_not_assumable",
    "expect_packed",
    "expect_start",
    "role_of",
    "statements",
    "trust_of",
    "untouched",
]

ACCOUNT = "123456789012"
"""The shop's account."""

_VISITS = 5
_SECONDS = 5
_RECOVERY = 180
"""Seconds in which a service replaces its tasks and the load balancer trusts them."""

_PACKING_MINUTES = 10
_DENIED = re.compile(r"not authorized to perform: (\S+) on resource: \"?([^\s\"]+)")


def role_of(lab: Session, service: str, member: str) -> str:
    """Give the ARN of a role that a service uses now.

    Args:
        lab: the session whose account is judged.
        service: its name.
        member: ``taskRoleArn`` or ``executionRoleArn``.
    """
    definition = _definition(lab, service)
    if member not in definition:
        raise NotYet(
            expected=f"a {member} in the definition that {service} runs",
            found="none",
            look_at="describe_task_definition → taskDefinition",
        )
    return str(definition[member])


def untouched(lab: Session, role: str) -> bool:
    """Tell whether a role still has AdministratorAccess and nothing else.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
    """
    iam, name = lab.client("iam"), role.rsplit("/", 1)[-1]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    own = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return [each["PolicyArn"] for each in attached] == [role_shop.ADMINISTRATOR] and not own


def trust_of(lab: Session, role: str) -> dict[str, Any]:
    """Give the trust policy of a role.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
    """
    found = lab.client("iam").get_role(RoleName=role.rsplit("/", 1)[-1])["Role"]
    document: dict[str, Any] = found["AssumeRolePolicyDocument"]
    return document


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the statements of a policy, which may be a single one without a list.

    Args:
        document: the policy.
    """
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def expect_start(lab: Session, service: str) -> None:
    """Start one more task of what a service runs; go on when it reaches RUNNING.

    Args:
        lab: the session whose account is judged.
        service: its name.
    """
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=role_shop.CLUSTER, services=[service])["services"][0]
    look_at = "describe_tasks → tasks[0].stoppedReason"
    expected = f"a new task of {service} that starts"
    try:
        answer = ecs.run_task(
            cluster=role_shop.CLUSTER,
            taskDefinition=found["taskDefinition"],
            launchType="FARGATE",
            networkConfiguration=found["networkConfiguration"],
            startedBy="check",
        )
    except ClientError as error:
        message = nameless(error.response["Error"]["Message"])
        raise NotYet(expected=expected, found=message, look_at=f'run_task of "{service}"') from None
    arn = answer["tasks"][0]["taskArn"]
    task = answer["tasks"][0]
    while task["lastStatus"] not in {"RUNNING", "STOPPED"}:
        time.sleep(5)
        task = ecs.describe_tasks(cluster=role_shop.CLUSTER, tasks=[arn])["tasks"][0]
    if task["lastStatus"] == "STOPPED":
        reason = nameless(task["stoppedReason"])
        denied = _refusal(reason)
        if denied:
            reason = f"{reason.partition(':')[0]}: {denied}"
        raise NotYet(expected=expected, found=reason, look_at=look_at)
    ecs.stop_task(cluster=role_shop.CLUSTER, task=arn)
    stopped(lab, arn)


def expect_books(lab: Session) -> None:
    """Visit the catalog a few times; go on when every visitor gets the books.

    Args:
        lab: the session whose account is judged.
    """
    statuses = _visit(lab)
    if set(statuses) != {"200"}:
        # The service may be replacing tasks that were ill until the policy was mended.
        time.sleep(_RECOVERY)
        statuses = _visit(lab)
    bad = [status for status in statuses if status != "200"]
    if bad:
        denied = _denied(lab, "catalog", minutes=10)
        raise NotYet(
            expected="every visitor gets the books",
            found=f"{len(bad)} of {_VISITS} visitors get {bad[0]}"
            + (denied and f"; its log says: {denied}"),
            look_at=f"the log group {role_shop.LOG_GROUP}, streams catalog/catalog/…",
        )


def expect_packed(lab: Session, kind: str) -> None:
    """Send an order, and go on when the worker has packed it.

    Args:
        lab: the session whose account is judged.
        kind: ``order``, or ``gift`` for one with a letter.
    """
    sqs = lab.client("sqs")
    order = f"{kind}-{time.strftime('%H%M%S', time.gmtime())}"
    url = sqs.get_queue_url(QueueName=role_shop.QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=order)
    for _ in range(_PACKING_MINUTES * 3):
        time.sleep(20)
        lines = _lines(lab, "fulfilment", minutes=2)
        if any(f"packed {order}" in line for line in lines):
            break
        told = [line for line in lines if line.startswith((f"{order} failed", "orders failed"))]
        found = next(filter(None, map(_refusal, told)), "")
        if found:
            raise NotYet(
                expected=f"the worker packs an order of the kind {kind}-…",
                found=f"its log says: {found.replace(order, f'{kind}-…')}",
                look_at=f"the log group {role_shop.LOG_GROUP}, streams fulfilment/fulfilment/…",
            )
    else:
        raise NotYet(
            expected=f"the worker packs an order of the kind {kind}-…",
            found=f"it is not packed after {_PACKING_MINUTES} minutes",
            look_at=f"the log group {role_shop.LOG_GROUP}, streams fulfilment/fulfilment/…",
        )
    if kind == "gift":
        # Ends with an error of S3 if the letter is not there.
        lab.client("s3").head_object(Bucket=role_shop.LETTERS, Key=f"{order}.txt")


def expect_not_assumable(lab: Session, role: str) -> None:
    """Go on when a person of the account cannot become a role that is for tasks.

    Args:
        lab: the session whose account is judged.
        role: the role's ARN.
    """
    try:
        lab.client("sts").assume_role(RoleArn=role, RoleSessionName="check")
    except ClientError:
        return
    raise NotYet(
        expected=f"only ECS may use {role.rsplit('/', 1)[-1]}",
        found="a user of the account could assume it with sts:AssumeRole",
        look_at="get_role → Role.AssumeRolePolicyDocument.Statement[].Principal",
    )


def _definition(lab: Session, service: str) -> dict[str, Any]:
    ecs = lab.client("ecs")
    services = ecs.describe_services(cluster=role_shop.CLUSTER, services=[service])["services"]
    if not services:
        raise NotYet(
            expected=f"the service {service} in the cluster {role_shop.CLUSTER}",
            found="none",
            look_at="lab.reset(), which gives you a fresh account",
        )
    answer = ecs.describe_task_definition(taskDefinition=services[0]["taskDefinition"])
    definition: dict[str, Any] = answer["taskDefinition"]
    return definition


def _visit(lab: Session) -> list[str]:
    """Give the status of each visit; the books belong to a 200."""
    balancers = lab.client("elbv2").describe_load_balancers(Names=[role_shop.BALANCER])
    url = f"http://{balancers['LoadBalancers'][0]['DNSName']}/books"
    statuses = []
    for _ in range(_VISITS):
        time.sleep(1)
        statuses.append(str(requests.get(url, timeout=_SECONDS).status_code))
    return statuses


def _denied(lab: Session, family: str, minutes: int) -> str:
    """Give the newest refusal that a service has logged, in a few words; empty without one."""
    found = [_refusal(line) for line in _lines(lab, family, minutes)]
    return next(filter(None, reversed(found)), "")


def _refusal(line: str) -> str:
    found = _DENIED.search(line)
    return f"{found[1]} is denied on {found[2].rstrip(',.')}" if found else ""


def _lines(lab: Session, family: str, minutes: int) -> list[str]:
    """Give what the tasks of a family have printed in the last minutes, in order."""
    answer = lab.client("logs").filter_log_events(
        logGroupName=role_shop.LOG_GROUP,
        logStreamNamePrefix=f"{family}/",
        startTime=int((time.time() - 60 * minutes) * 1000),
    )
    return [event["message"] for event in answer["events"]]
