"""What no request of AWS's API reaches: moto's own switches, and code of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from ecslab import Cloud
from ecslab.aws.gateway import open_gateways
from ecslab.errors import CourseError

RESET = "amazonaws.com/moto-api/reset"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as started:
        yield started


def answered(url: str) -> Any:
    """Send a signed request to an address; give the status and the body."""
    request = AWSRequest("POST", url, data=b"x")
    SigV4Auth(boto3.Session().get_credentials(), "ecs", "us-east-1").add_auth(request)
    status, _, body = open_gateways()[-1].answer(request.prepare())
    return status, body


@pytest.mark.parametrize("host", ["motoapi.", "MOTOAPI.", "motoapi.us-east-1."])
def test_motos_own_switches_are_no_service_of_aws(cloud: Cloud, host: str) -> None:
    status, body = answered(f"http://{host}{RESET}")

    assert status == 400
    assert b"is not part of this simulation of AWS" in body


@pytest.mark.parametrize(
    "url",
    [
        f"http://motoapi.amazonaws.com@ecs.us-east-1.{RESET}",
        f"http://ecs.us-east-1.amazonaws.com:8080@motoapi.{RESET}",
        f"http://motoapi.amazonaws.com:8080.us-east-1.{RESET}",
    ],
)
def test_a_request_has_one_host(cloud: Cloud, url: str) -> None:
    with pytest.raises((CourseError, ValueError)):
        answered(url)


def test_no_template_is_read(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    template = "!!python/object/apply:builtins.print ['code of this machine']"

    with pytest.raises(ClientError, match="CreateStack is not part of this simulation of AWS"):
        boto3.client("cloudformation").create_stack(StackName="any", TemplateBody=template)

    assert capsys.readouterr().out == ""
