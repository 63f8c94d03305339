"""How the API reads what a request calls a resource by: a name or id, or an ARN.

A reference is read before anything is looked up, so one that can't be right is refused, while one
that is right but leads nowhere is MISSING or not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer
from ecslab.model.task_definition.family_answers import OTHER_REGION

__all__ = [
    "ANSWERS",
    "CLUSTER",
    "CONTAINER_INSTANCE",
    "SERVICE",
    "TASK",
    "Home",
    "arn_path",
    "local_name",
]

CLUSTER: Final = "cluster"
CONTAINER_INSTANCE: Final = "container-instance"
SERVICE: Final = "service"
TASK: Final = "task"

_LENGTHS: Final = (32, 36)
_CALLED: Final = {CONTAINER_INSTANCE: "instanceId", TASK: "taskId"}
_ARN_PARTS: Final = 6
_CLUSTER_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")


def _captured(message: str, operation: str, *, verified: bool = True) -> Answer:
    return Answer(
        message=message,
        source=f"AWS: captured InvalidParameterException of {operation}",
        code=INVALID_PARAMETER,
        verified=verified,
    )


BLANK = _captured("{what} can not be blank.", "DescribeClusters and StopTask")
OTHER_ACCOUNT = _captured("Identifier is for {account}. Your accountId is {own}", "DescribeTasks")
OTHER_CLUSTER = _captured(
    "Invalid identifier: Identifier is for cluster {cluster}. Your cluster is {own}",
    "DescribeTasks and DescribeServices",
)
OTHER_TYPE = _captured("Unsupported resource type: {kind}", "DescribeTasks")
SEPARATORS = _captured(
    "Invalid identifier: Unexpected number of separators", "DescribeTasks and DescribeClusters"
)
LENGTH = _captured(
    "{what} length should be one of [32,36]", "DescribeTasks and DescribeContainerInstances"
)
BAD_CLUSTER = _captured(
    "Cluster must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {name}", "DescribeServices"
)
ANSWERS: Final = (
    BLANK,
    OTHER_ACCOUNT,
    OTHER_CLUSTER,
    OTHER_TYPE,
    SEPARATORS,
    LENGTH,
    BAD_CLUSTER,
)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a request looks for things.

    Args:
        account: the AWS account id.
        region: the Region.
        cluster: the name of the cluster that the request is about, empty when it is about none.
    """

    account: str
    region: str
    cluster: str = ""


def local_name(reference: str, kind: str, home: Home, *, called: str = "") -> str:
    """Return the name or id in a reference to a resource of an account, Region and cluster.

    Args:
        reference: a name or id, an ARN, or an ARN in the format before 2018, without the cluster.
        kind: the type of the resource, as ARNs write it.
        home: where it must be.
        called: what a refusal calls it; the usual name when it is empty.

    Raises:
        AwsError: it is none, or is of another type, account, Region or cluster.
    """
    what = called or _CALLED.get(kind, kind.replace("-", " ").capitalize())
    if not reference.strip():
        raise BLANK.error(what=what)
    name = _from_arn(reference, kind, home) if reference.startswith("arn:") else reference
    if "/" in name or ":" in name:
        raise SEPARATORS.error()
    if kind in _CALLED and len(name) not in _LENGTHS:
        raise LENGTH.error(what=what)
    if kind == CLUSTER and not _CLUSTER_NAME.fullmatch(name):
        raise BAD_CLUSTER.error(name=name)
    return name


def arn_path(arn: str, home: Home) -> tuple[str, str]:
    """Return the type of the resource that an ARN of ECS names, and the path behind it.

    Args:
        arn: the ARN.
        home: the account and Region that it must be of.

    Raises:
        AwsError: it is no ARN, or is of another account or Region.
    """
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[2] != "ecs":
        raise SEPARATORS.error()
    region, account, resource = parts[3:]
    kind, _, path = resource.partition("/")
    if region != home.region:
        raise OTHER_REGION.error()
    if account != home.account:
        raise OTHER_ACCOUNT.error(account=account, own=home.account)
    return kind, path


def _from_arn(reference: str, kind: str, home: Home) -> str:
    found, path = arn_path(reference, home)
    if ":" in path:
        raise SEPARATORS.error()
    if found != kind:
        raise OTHER_TYPE.error(kind=found)
    cluster, slash, name = path.partition("/")
    if kind == CLUSTER or not slash:
        return path
    if cluster != home.cluster:
        raise OTHER_CLUSTER.error(cluster=cluster, own=home.cluster)
    return name
