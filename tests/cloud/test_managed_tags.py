"""The tags that ECS gives by itself, and those that it passes on.

AWS: ecs-using-tags (managed tags); botocore ecs RunTaskRequest.enableECSManagedTags,
.propagateTags, StopTask.
"""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import Json, allow
from shops import TRUST, Shop

from ecslab import Image

CLUSTER = {"key": "aws:ecs:clusterName", "value": "shop"}
SERVICE = {"key": "aws:ecs:serviceName", "value": "web"}
OWN = {"key": "team", "value": "orders"}


def tags(shop: Shop, arn: str) -> list[Json]:
    """Return the tags of a task."""
    found = shop.ecs.describe_tasks(cluster="shop", tasks=[arn], include=["TAGS"])["tasks"]
    return list(found[0]["tags"])


def test_a_task_is_tagged_with_its_cluster(shop: Shop) -> None:
    shop.define(Image())
    arn = shop.run("web", enableECSManagedTags=True, tags=[OWN])
    assert tags(shop, arn) == [OWN, CLUSTER]
    assert tags(shop, shop.run("web", tags=[OWN])) == [OWN]


def test_a_services_task_is_tagged_with_both(shop: Shop) -> None:
    shop.define(Image())
    shop.serve("web", 1, enableECSManagedTags=True, propagateTags="SERVICE", tags=[OWN])
    shop.cloud.advance(seconds=5)
    (arn,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert tags(shop, arn) == [OWN, CLUSTER, SERVICE]


def test_nobody_removes_or_sets_them(shop: Shop) -> None:
    """The prefix aws: is reserved; StopTask removes all tags."""
    shop.define(Image())
    arn = shop.run("web", enableECSManagedTags=True)
    shop.ecs.untag_resource(resourceArn=arn, tagKeys=[CLUSTER["key"]])
    assert tags(shop, arn) == [CLUSTER]
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed"):
        shop.ecs.tag_resource(resourceArn=arn, tags=[CLUSTER])
    shop.ecs.stop_task(cluster="shop", task=arn)
    assert tags(shop, arn) == []


def test_fifty_of_ones_own_are_allowed_besides(shop: Shop) -> None:
    """AWS: ecs-using-tags: managed tags do not count against the limit."""
    shop.define(Image())
    many = [{"key": f"k{number}", "value": ""} for number in range(50)]
    arn = shop.run("web", enableECSManagedTags=True, tags=many)
    assert len(tags(shop, arn)) == 51


def test_what_a_service_turns_on_later_is_for_new_tasks(shop: Shop) -> None:
    """AWS: botocore ecs UpdateServiceRequest.enableECSManagedTags: only new tasks get them."""
    shop.define(Image())
    shop.serve("web", 1)
    shop.cloud.advance(seconds=5)
    (old,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    shop.ecs.update_service(
        cluster="shop", service="web", enableECSManagedTags=True, desiredCount=2
    )
    shop.cloud.advance(seconds=20)
    arns = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert tags(shop, old) == []
    (new,) = set(arns) - {old}
    assert tags(shop, new) == [CLUSTER, SERVICE]


def test_a_scheduled_task_can_have_them(shop: Shop) -> None:
    """AWS: botocore events EcsParameters.EnableECSManagedTags."""
    shop.define(Image())
    made = shop.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    events = boto3.client("events")
    network = shop.network()["awsvpcConfiguration"]
    role = _events_role()
    events.put_rule(Name="often", ScheduleExpression="rate(1 minute)")
    parameters = {
        "TaskDefinitionArn": made["taskDefinitionArn"],
        "LaunchType": "FARGATE",
        "EnableECSManagedTags": True,
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": network["subnets"],
                "AssignPublicIp": network["assignPublicIp"],
            }
        },
    }
    cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/shop"
    target = {"Id": "t", "Arn": cluster, "RoleArn": role, "EcsParameters": parameters}
    events.put_targets(Rule="often", Targets=[target])
    shop.cloud.advance(seconds=70)
    (arn,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    assert tags(shop, arn) == [CLUSTER]


def _events_role() -> str:
    """Make a role with which EventBridge may run tasks."""
    iam = boto3.client("iam")
    made = iam.create_role(
        RoleName="events", AssumeRolePolicyDocument=TRUST.replace("ecs-tasks.", "events.")
    )
    policy = allow("ecs:RunTask", "ecs:TagResource", "iam:PassRole")
    iam.put_role_policy(RoleName="events", PolicyName="run", PolicyDocument=policy)
    return str(made["Role"]["Arn"])
