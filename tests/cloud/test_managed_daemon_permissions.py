"""Who may do what with managed daemons.

AWS: Service Authorization Reference, Amazon ECS: CreateDaemon, UpdateDaemon, ListDaemons,
DescribeDaemonDeployments, RegisterDaemonTaskDefinition (resources, condition keys, iam:PassRole).
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from botocore.exceptions import ClientError
from managed import open_managed
from shops import Shop

Json = dict[str, Any]
ARN = "arn:aws:ecs:us-east-1:123456789012"


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider."""
    return open_agents(open_managed(shop))


def allow(action: Any, resource: Any = "*", **condition: Any) -> Json:
    """Return a statement of a policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def user(*statements: Json) -> Any:
    """Return an ECS client of a new user with some statements."""
    iam: Any = boto3.client("iam")
    name = f"user{len(iam.list_users()['Users'])}"
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.client(
        "ecs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )


def create(ecs: Any, agents: Agents, definition: str, **more: Any) -> None:
    """Create the daemon `agent` as somebody."""
    ecs.create_daemon(
        clusterArn=f"{ARN}:cluster/shop",
        daemonName="agent",
        daemonTaskDefinitionArn=definition,
        capacityProviderArns=[agents.provider],
        **more,
    )


def test_the_roles_of_the_task_definition_are_passed(agents: Agents) -> None:
    """Dependent action iam:PassRole with iam:PassedToService ecs-tasks.amazonaws.com."""
    definition, role = agents.register(), agents.groups.shop.role
    daemons = allow("ecs:*Daemon", f"{ARN}:daemon/shop/agent")
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        create(user(daemons), agents, definition)
    passing = allow(
        "iam:PassRole", role, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    )
    allowed = user(daemons, passing)
    create(allowed, agents, definition)
    with pytest.raises(ClientError, match="iam:PassRole"):
        user(daemons).update_daemon(
            daemonArn=agents.daemon,
            daemonTaskDefinitionArn=definition,
            capacityProviderArns=[agents.provider],
        )
    with pytest.raises(ClientError, match="ecs:DescribeDaemon on resource"):
        allowed.describe_daemon(daemonArn=f"{ARN}:daemon/shop/other")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ecs:cluster", f"{ARN}:cluster/shop"),
        ("ecs:capacity-provider", f"{ARN}:capacity-provider/managed"),
        ("ecs:daemon-task-definition", f"{ARN}:daemon-task-definition/agent:1"),
        ("ecs:enable-execute-command", "true"),
        ("ecs:enable-ecs-managed-tags", "true"),
        ("ecs:propagate-tags", "DAEMON"),
    ],
)
def test_conditions_of_create_daemon(agents: Agents, key: str, value: str) -> None:
    """Condition keys of CreateDaemon."""
    definition = agents.register()
    settings = {"enableExecuteCommand": True, "enableECSManagedTags": True}
    passing = allow("iam:PassRole")
    other = user(passing, allow("ecs:CreateDaemon", StringEquals={key: f"{value}x"}))
    with pytest.raises(ClientError, match="ecs:CreateDaemon on resource"):
        create(other, agents, definition, propagateTags="DAEMON", **settings)
    own = user(passing, allow("ecs:CreateDaemon", StringEquals={key: value}))
    create(own, agents, definition, propagateTags="DAEMON", **settings)


def test_conditions_of_the_others(agents: Agents) -> None:
    """Condition keys ecs:cluster, ecs:daemon and aws:ResourceTag; both resources are needed."""
    agents.create(tags=[{"key": "team", "value": "platform"}])
    cluster = {"StringEquals": {"ecs:cluster": f"{ARN}:cluster/shop"}}
    user(allow("ecs:ListDaemons", **cluster)).list_daemons(clusterArn="shop")
    elsewhere = {"StringEquals": {"ecs:cluster": f"{ARN}:cluster/other"}}
    with pytest.raises(ClientError, match="ecs:ListDaemons"):
        user(allow("ecs:ListDaemons", **elsewhere)).list_daemons(clusterArn="shop")
    tagged = user(allow("ecs:DescribeDaemon", StringEquals={"aws:ResourceTag/team": "platform"}))
    tagged.describe_daemon(daemonArn=agents.daemon)
    action = "ecs:DescribeDaemonDeployments"
    by_daemon = allow(
        action,
        f"{ARN}:daemon-deployment/*",
        StringEquals={"ecs:daemon": agents.daemon},
    )
    arns = [agents.deployments[0]]
    with pytest.raises(ClientError, match=f"resource: {agents.daemon}"):
        user(by_daemon).describe_daemon_deployments(daemonDeploymentArns=arns)
    both = user(by_daemon, allow(action, agents.daemon))
    assert both.describe_daemon_deployments(daemonDeploymentArns=arns)["failures"] == []


def test_privileged_daemons_can_be_refused(agents: Agents) -> None:
    """Condition key ecs:privileged of RegisterDaemonTaskDefinition."""
    ecs = user(
        allow("ecs:RegisterDaemonTaskDefinition", Bool={"ecs:privileged": "false"}),
    )
    container = {"name": "agent", "image": "nginx", "memory": 64}
    ecs.register_daemon_task_definition(family="agent", containerDefinitions=[container])
    with pytest.raises(ClientError, match="RegisterDaemonTaskDefinition on resource"):
        ecs.register_daemon_task_definition(
            family="agent", containerDefinitions=[{**container, "privileged": True}]
        )
