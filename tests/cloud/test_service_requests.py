"""What CreateService and UpdateService say by themselves, and which role acts for the service.

AWS: botocore ecs CreateServiceRequest; captured InvalidParameterException of CreateService; facts:
task-definitions, section 11.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fleets import open_fleet
from shops import Shop

from ecslab import Image

LINKED = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
LATTICE = {
    "roleArn": "arn:aws:iam::123456789012:role/x",
    "targetGroupArn": "arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-1",
    "portName": "http",
}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (
        {"role": "ecsServiceRole"},
        "InvalidParameterException",
        "You cannot specify an IAM role for services that require a service linked role.",
    ),
    ({"taskDefinition": ""}, "InvalidParameterException", "TaskDefinition can not be blank."),
    (
        {"healthCheckGracePeriodSeconds": -1},
        "InvalidParameterException",
        "healthCheckGracePeriodSeconds must be between 0 and 2147483647.",
    ),
    (
        {"vpcLatticeConfigurations": [LATTICE]},
        "UnsupportedFeatureException",
        "vpcLatticeConfigurations are not part of this simulation of Amazon ECS.",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "text"), REFUSED)
def test_requests_that_are_refused(
    shop: Shop, arguments: dict[str, Any], code: str, text: str
) -> None:
    definition = shop.define(Image(port=80))
    given = dict(arguments)
    with pytest.raises(ClientError, match=re.escape(text)) as refused:
        shop.serve(given.pop("taskDefinition", definition), 1, **given)
    assert refused.value.response["Error"]["Code"] == code
    assert shop.ecs.list_services(cluster="shop")["serviceArns"] == []


@pytest.mark.parametrize(
    ("count", "text"), [(5001, "Desired count exceeds limit."), (-1, "Invalid desiredCount.")]
)
def test_how_many_tasks_a_service_can_have(shop: Shop, count: int, text: str) -> None:
    """AWS: service-quotas, Tasks per service (5,000); captured InvalidParameterException."""
    definition = shop.define(Image(port=80))
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{re.escape(text)}"):
        shop.serve(definition, count)
    shop.serve(definition, 1)
    with pytest.raises(ClientError, match=f"InvalidParameterException.*{re.escape(text)}"):
        shop.ecs.update_service(cluster="shop", service="web", desiredCount=count)
    assert shop.service()["desiredCount"] == 1


def test_an_update_is_looked_at_as_well(shop: Shop) -> None:
    shop.serve(shop.define(Image(port=80)), 1)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        shop.ecs.update_service(cluster="shop", service="web", healthCheckGracePeriodSeconds=-1)
    with pytest.raises(ClientError, match="UnsupportedFeatureException"):
        shop.ecs.update_service(cluster="shop", service="web", vpcLatticeConfigurations=[LATTICE])


def test_the_service_linked_role_acts_for_it(shop: Shop) -> None:
    """AWS: botocore ecs Service.roleArn, CreateServiceRequest.role."""
    shop.serve(shop.define(Image(port=80)), 1)
    assert shop.service()["roleArn"] == LINKED


def test_a_role_of_ones_own_takes_a_load_balancer(shop: Shop) -> None:
    """AWS: botocore ecs CreateServiceRequest.role: only with a load balancer, not in awsvpc."""
    fleet = open_fleet(shop)
    fleet.join(1)
    request = {"cluster": "shop", "serviceName": "web", "desiredCount": 1, "launchType": "EC2"}
    definition = fleet.define()
    with pytest.raises(ClientError, match="InvalidParameterException"):
        fleet.ecs.create_service(**request, taskDefinition=definition, role="ecsServiceRole")
    made = fleet.ecs.create_service(**request, taskDefinition=definition)["service"]
    assert "roleArn" not in made


def test_ecs_exec_needs_a_task_role(shop: Shop) -> None:
    """AWS: captured InvalidParameterExceptions of CreateService, UpdateService and RunTask."""
    definition = shop.define(Image(port=80))
    text = "because a valid taskRoleArn is not being used. Specify a valid task role in your task"
    with pytest.raises(ClientError, match=f"InvalidParam.*service couldn't be created {text}"):
        shop.serve(definition, 1, enableExecuteCommand=True)
    shop.serve(definition, 1)
    with pytest.raises(ClientError, match=f"InvalidParam.*service couldn't be updated {text}"):
        shop.ecs.update_service(cluster="shop", service="web", enableExecuteCommand=True)
    with pytest.raises(ClientError, match=r"InvalidParam.*in your task definition or as a task ov"):
        shop.ecs.run_task(
            cluster="shop",
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=shop.network(),
            enableExecuteCommand=True,
        )
