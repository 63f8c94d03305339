"""An account with the gate before moto, as in a simulated cloud, and its principals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import botocore_stubber

from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_gate import Gate
from ecslab.aws.iam_managed_policies import install_managed_policies
from ecslab.aws.identity import ACCOUNT, CredentialStore, Identities

START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
REGION = "us-east-1"
ECS_TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return allow(action, resource) | {"Effect": "Deny"}


class Account:
    """A moto account, its gate and its principals; the simulated time is `now`."""

    document = staticmethod(document)
    allow = staticmethod(allow)
    deny = staticmethod(deny)

    def __init__(self) -> None:
        # moto's own calls see the real time, so simulated time starts there.
        self.now = datetime.now(UTC)
        self.credentials = CredentialStore(Random(7), lambda: self.now)
        self.task_definitions: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        identities = Identities(self.credentials, lambda: self.now)
        self.gate = Gate(identities, self._context)
        self.iam = boto3.client("iam", REGION)
        self.trust = document(ECS_TRUST | {"Action": "sts:AssumeRole"})

    def _context(self, _request: Any) -> CallContext:
        return CallContext(
            now=self.now,
            task_definition=self.task_definitions.get,
            tags=lambda arn: self.tags.get(arn, {}),
        )

    def client(self, service: str, keys: dict[str, str]) -> Any:
        return boto3.client(
            service,
            REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken", keys.get("Token")),
        )

    def user(self, *statements: dict[str, Any], name: str = "ana") -> dict[str, str]:
        self.iam.create_user(UserName=name)
        if statements:
            text = document(*statements)
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text)
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def role(self, *statements: dict[str, Any], name: str = "app", **given: Any) -> str:
        given.setdefault("AssumeRolePolicyDocument", self.trust)
        arn = self.iam.create_role(RoleName=name, **given)["Role"]["Arn"]
        if statements:
            text = document(*statements)
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=text)
        return str(arn)

    def task(self, *statements: dict[str, Any], name: str = "app") -> dict[str, str]:
        return self.credentials.mint(self.role(*statements, name=name), "0123456789abcdef")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with mock_aws():
        install_managed_policies(ACCOUNT)
        made = Account()
        answer = botocore_stubber.process_request

        def gated(request: Any) -> Any:
            refusal = made.gate.answer(request)
            return answer(request) if refusal is None else refusal

        monkeypatch.setattr(botocore_stubber, "process_request", gated, raising=False)
        yield made


@pytest.fixture
def refused() -> Callable[[Callable[[], Any]], tuple[str, str, int]]:
    """Return the code, message and HTTP status with which AWS refuses a call."""

    def judge(call: Callable[[], Any]) -> tuple[str, str, int]:
        with pytest.raises(ClientError) as caught:
            call()
        response = caught.value.response
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        return response["Error"]["Code"], response["Error"].get("Message", ""), status

    return judge
