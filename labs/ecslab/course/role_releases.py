"""What a pipeline's role may do: release the catalog, and none of what would be an escalation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from ecslab.course import role_shop, role_use
from ecslab.course.outcomes import NotYet
from ecslab.course.role_audit import nameless

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["expect_no_more", "expect_release"]

_KEPT = (
    "family networkMode requiresCompatibilities cpu memory taskRoleArn executionRoleArn "
    "containerDefinitions"
)
_DENIED = ("AccessDenied", "AccessDeniedException")


def expect_release(lab: Session, role: str) -> None:
    """Release the catalog as the pipeline does; go on when every call is allowed.

    Args:
        lab: the session whose account is judged.
        role: the ARN of the pipeline's role.
    """
    plan = _plan(lab)
    service = {"cluster": role_shop.CLUSTER, "service": "catalog"}
    ecs = _as(lab, role, "ecs")
    made = _may("register", lambda: ecs.register_task_definition(**plan))
    new = made["taskDefinition"]["taskDefinitionArn"]
    _may("update", lambda: ecs.update_service(taskDefinition=new, **service))
    _may(
        "describe",
        lambda: ecs.describe_services(cluster=role_shop.CLUSTER, services=["catalog"]),
    )
    waiter = lab.client("ecs").get_waiter("services_stable")
    waiter.wait(cluster=role_shop.CLUSTER, services=["catalog"])


def expect_no_more(lab: Session, role: str) -> None:
    """Go on when the pipeline can do none of what would make it more than a pipeline.

    Args:
        lab: the session whose account is judged.
        role: the ARN of the pipeline's role.
    """
    could = []
    for what, service, call in _escalations(lab):
        try:
            call(_as(lab, role, service))
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                continue
        could.append(what)
    if could:
        raise NotYet(
            expected="a deployer that can release the catalog and do nothing else",
            found=f"it can also {', '.join(could)}",
            look_at="Resource and Condition of its statements",
        )


def _escalations(lab: Session) -> Iterator[tuple[str, str, Callable[[Any], object]]]:
    """Yield what a pipeline must not do: in words, the service, and the call.

    Each call is one that changes nothing if it is allowed: it names what is not there, or has a
    second mistake, which AWS finds only after it has looked at the permissions.
    """
    cluster, plan = role_shop.CLUSTER, _plan(lab)
    other = role_use.role_of(lab, "catalog", "taskRoleArn")
    powerful = other.replace(other.rsplit("/", 1)[-1], role_shop.ADMINISTRATOR_ROLE)
    wrong = plan | {"taskRoleArn": powerful, "cpu": "1", "memory": "1"}
    yield (
        f"pass {role_shop.ADMINISTRATOR_ROLE} to a task",
        "ecs",
        lambda ecs: ecs.register_task_definition(**wrong),
    )
    volume = {"name": "spare", "managedEBSVolume": {"roleArn": other, "sizeInGiB": 1}}
    yield (
        "pass a role to a service other than ecs-tasks.amazonaws.com",
        "ecs",
        lambda ecs: ecs.update_service(
            cluster=cluster, service="catalog", desiredCount=-1, volumeConfigurations=[volume]
        ),
    )
    yield (
        "change the service fulfilment",
        "ecs",
        lambda ecs: ecs.update_service(cluster=cluster, service="fulfilment", desiredCount=-1),
    )
    yield (
        "delete the service catalog",
        "ecs",
        lambda ecs: ecs.delete_service(cluster=cluster, service="catalog"),
    )
    yield (
        "write policies of roles",
        "iam",
        lambda iam: iam.put_role_policy(
            RoleName="no-such-role", PolicyName="none", PolicyDocument="{}"
        ),
    )
    yield (
        f"read the secret {role_shop.PAYMENTS}",
        "secretsmanager",
        lambda secrets: secrets.get_secret_value(SecretId=role_shop.PAYMENTS),
    )


def _plan(lab: Session) -> dict[str, Any]:
    """Give what the catalog's definition says now, to be registered again."""
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=role_shop.CLUSTER, services=["catalog"])["services"][0]
    answer = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])
    definition = answer["taskDefinition"]
    return {key: definition[key] for key in _KEPT.split() if key in definition}


def _as(lab: Session, role: str, service: str) -> Any:
    """Give a client that acts as a role."""
    session = lab.client("sts").assume_role(RoleArn=role, RoleSessionName="check")["Credentials"]
    return boto3.client(
        service,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def _may(what: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        raise NotYet(
            expected=f"the deployer can {what}, as release does",
            found=nameless(error.response["Error"]["Message"]),
            look_at="Action and Resource of its statements",
        ) from None
