"""Client tokens: the same request again is the same thing again, another one is refused.

AWS: ECS_Idempotency; botocore ecs, the clientToken of each operation, ConflictException; captured
InvalidParameterException of CreateService ("Creation of service was not idempotent.").
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from accounts import Json, method, operations
from botocore.exceptions import ClientError
from shapes import checked
from shops import TRUST, Shop

from ecslab import Image

LONGEST = {"CreateService": 36, "CreateTaskSet": 36, "RunTask": 64}


class Repeat:
    """A shop in which each operation with a token can be called."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ecs = checked(boto3.client("ecs"))
        shop.define(Image(port=80))
        iam: Any = boto3.client("iam")
        trust = TRUST.replace("ecs-tasks.", "ecs.")
        self.role = iam.create_role(RoleName="gates", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.ecs.create_service(
            cluster="shop",
            serviceName="outside",
            desiredCount=1,
            deploymentController={"type": "EXTERNAL"},
        )

    def request(self, name: str) -> Json:
        """Return a request that makes something."""
        run = {
            "cluster": "shop",
            "taskDefinition": "web",
            "launchType": "FARGATE",
            "networkConfiguration": self.shop.network(),
        }
        return {
            "CreateGateway": {
                "name": "front",
                "infrastructureRoleArn": self.role,
                "configuration": {"hostSharedAlb": {}},
            },
            "CreateService": {**run, "serviceName": "web", "desiredCount": 1},
            "CreateTaskSet": {**run, "service": "outside"},
            "RunTask": run,
        }[name]

    def call(self, operation: str, **changes: Any) -> str:
        """Call an operation; return the ARN of what was made."""
        answer = method(self.ecs, operation)(**{**self.request(operation), **changes})
        found = answer.get("service") or answer.get("taskSet") or (answer.get("tasks") or [answer])
        made = found[0] if isinstance(found, list) else found
        members = ("taskSetArn", "serviceArn", "taskArn", "gatewayArn")
        return str(next(made[member] for member in members if member in made))

    def refusal(self, operation: str, **changes: Any) -> tuple[str, str]:
        """Call an operation that must be refused; return code and text."""
        with pytest.raises(ClientError) as refused:
            self.call(operation, **changes)
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture
def repeat(shop: Shop) -> Repeat:
    return Repeat(shop)


NAMES = ("CreateGateway", "CreateService", "CreateTaskSet", "RunTask")
CHANGES: dict[str, Json] = {
    "CreateService": {"desiredCount": 2},
    "CreateTaskSet": {"scale": {"unit": "PERCENT", "value": 50.0}},
    "RunTask": {"count": 2},
}


def test_every_operation_with_a_token_is_here() -> None:
    assert operations("clientToken") == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_request_again_makes_nothing_new(repeat: Repeat, name: str) -> None:
    first = repeat.call(name, clientToken="once")
    repeat.shop.cloud.advance(minutes=5)
    assert repeat.call(name, clientToken="once") == first


@pytest.mark.parametrize("name", CHANGES)
def test_another_request_with_the_same_token_is_refused(repeat: Repeat, name: str) -> None:
    repeat.call(name, clientToken="once")
    code, text = repeat.refusal(name, clientToken="once", **CHANGES[name])
    if name == "RunTask":
        assert code == "ConflictException"
    else:
        assert code == "InvalidParameterException"
    if name == "CreateService":
        assert text == "Creation of service was not idempotent."


def test_a_gateways_token_is_all_that_counts(repeat: Repeat) -> None:
    """A matching token: the request is ignored, and no error is returned."""
    first = repeat.call("CreateGateway", clientToken="once")
    assert repeat.call("CreateGateway", name="other", clientToken="once") == first
    assert len(repeat.ecs.list_gateways()["gateways"]) == 1


@pytest.mark.parametrize("name", LONGEST)
def test_how_a_token_is_written(repeat: Repeat, name: str) -> None:
    """Visible ASCII characters, up to 36; of RunTask up to 64."""
    for wrong in ("x" * (LONGEST[name] + 1), "a b", "tök"):
        assert repeat.refusal(name, clientToken=wrong)[0] == "InvalidParameterException"
    assert repeat.call(name, clientToken="!" + "~" * (LONGEST[name] - 1))


def test_without_a_token_a_service_is_made_once(repeat: Repeat) -> None:
    """Terraform and others rely on it: the same name again, and the service is there already."""
    repeat.call("CreateService")
    refused = repeat.refusal("CreateService")
    assert refused == ("InvalidParameterException", "Creation of service was not idempotent.")


def test_the_token_of_a_deleted_service_is_free_again(repeat: Repeat) -> None:
    repeat.call("CreateService", clientToken="once")
    repeat.ecs.delete_service(cluster="shop", service="web", force=True)
    draining = repeat.refusal("CreateService", clientToken="once")
    assert draining[1] == "Unable to Start a service that is still Draining."
    repeat.shop.cloud.advance(minutes=3)
    repeat.call("CreateService", clientToken="once", desiredCount=2)


def test_tokens_of_run_task_are_kept_for_a_day_and_by_cluster(repeat: Repeat) -> None:
    first = repeat.call("RunTask", clientToken="once")
    repeat.shop.ecs.create_cluster(clusterName="other")
    assert repeat.call("RunTask", clientToken="once", cluster="other") != first
    repeat.shop.cloud.advance(hours=25)
    assert repeat.call("RunTask", clientToken="once", count=2) != first


def test_a_request_that_found_no_room_can_be_repeated(repeat: Repeat) -> None:
    """Nothing was started, so nothing is kept: the second call looks for room again."""
    for zone in "abcdef":
        repeat.shop.cloud.lose_zone(f"us-east-1{zone}")
    request = {**repeat.request("RunTask"), "clientToken": "once"}
    assert repeat.ecs.run_task(**request)["tasks"] == []
    assert repeat.ecs.run_task(**request)["failures"]


# --- Services and clusters that are gone ----------------------------------------------------------


def test_what_can_be_done_with_a_service_that_is_gone(repeat: Repeat) -> None:
    """AWS: botocore ecs DeleteService, UpdateService (errors): DRAINING, then INACTIVE."""
    ecs = repeat.ecs
    repeat.call("CreateService")
    repeat.shop.cloud.advance(minutes=2)
    ecs.delete_service(cluster="shop", service="web", force=True)
    again = ecs.delete_service(cluster="shop", service="web", force=True)["service"]
    assert again["status"] == "DRAINING"
    with pytest.raises(ClientError, match=r"\(ServiceNotActiveException\).*Service was not ACTIVE"):
        ecs.update_service(cluster="shop", service="web", desiredCount=1)
    repeat.shop.cloud.advance(minutes=5)
    gone = ecs.describe_services(cluster="shop", services=["web"])["services"][0]
    assert (gone["status"], gone["runningCount"]) == ("INACTIVE", 0)
    with pytest.raises(ClientError, match="ServiceNotFoundException"):
        ecs.delete_service(cluster="shop", service="web", force=True)
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        ecs.update_service(cluster="shop", service="web", desiredCount=1)
    assert ecs.list_services(cluster="shop")["serviceArns"] == [
        "arn:aws:ecs:us-east-1:123456789012:service/shop/outside"
    ]
    assert ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"] == []
