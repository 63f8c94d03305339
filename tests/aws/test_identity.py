"""From an access key to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import boto3
import pytest
from moto import mock_aws

from ecslab.aws.identity import (
    CredentialStore,
    Identities,
    access_key_id,
    caller_identity,
    session_caller,
)

ROLE = "arn:aws:iam::123456789012:role/service/app"
START = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


class Clock:
    now = START


@pytest.fixture
def clock() -> Iterator[Clock]:
    with mock_aws():
        yield Clock()


def store(clock: Clock, seed: int = 7) -> CredentialStore:
    return CredentialStore(Random(seed), lambda: clock.now)


@pytest.mark.parametrize(
    ("headers", "url", "key"),
    [
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20260115/us-east-1/ecs/a, S=1"},
            "",
            "AKIAX",
        ),
        ({"Authorization": b"AWS4-HMAC-SHA256 Credential=test/20260115/r/s/a"}, "", "test"),
        ({"Authorization": "AWS AKIAX:signature"}, "", "AKIAX"),
        ({}, "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAX%2F20260115%2Fr%2Fs3", "AKIAX"),
        ({}, "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAX&Signature=x", "AKIAX"),
        ({"Authorization": "Basic eDp5"}, "", ""),
        ({}, "https://ecs.us-east-1.amazonaws.com/", ""),
    ],
)
def test_the_key_is_in_the_header_or_the_url(headers: dict[str, str], url: str, key: str) -> None:
    """AWS: sigv4 authorization header and query parameters; signature version 2 of S3."""
    assert access_key_id(headers, url) == key


@pytest.mark.parametrize("key", ["test", "FOOBARKEY", "testing", "AKIAIOSFODNN7EXAMPLE"])
def test_made_up_keys_are_the_administrators(clock: Clock, key: str) -> None:
    identities = Identities(store(clock), lambda: clock.now)
    caller = identities.by_key(key)
    assert (caller.kind, caller.state) == ("administrator", "active")
    assert caller.arn == "arn:aws:iam::123456789012:user/administrator"


def test_a_key_that_looks_issued_but_is_unknown_is_nobodys(clock: Clock) -> None:
    """AWS: CommonErrors InvalidClientTokenId."""
    caller = Identities(store(clock), lambda: clock.now).by_key("AKIA" + "A" * 16)
    assert (caller.kind, caller.state) == ("user", "invalid")


def test_without_a_key_nobody_calls(clock: Clock) -> None:
    caller = Identities(store(clock), lambda: clock.now).caller({}, "https://ecs.amazonaws.com/")
    assert caller.kind == "anonymous"


def test_minted_credentials_have_the_agents_form(clock: Clock) -> None:
    """AWS: task-iam-roles; the ECS agent answers these five keys at 169.254.170.2."""
    made = store(clock).mint(ROLE, "0123abcd", "arn:aws:ecs:us-east-1:123456789012:task/c/0123abcd")
    assert list(made) == ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]
    assert made["Expiration"] == "2026-01-15T15:00:00Z"
    assert made["AccessKeyId"].startswith("ASIA")
    assert (len(made["AccessKeyId"]), len(made["SecretAccessKey"])) == (20, 40)


def test_the_same_seed_mints_the_same_credentials(clock: Clock) -> None:
    def three(seed: int) -> list[dict[str, str]]:
        made = store(clock, seed)
        return [made.mint(ROLE, str(number)) for number in range(3)]

    assert three(7) == three(7)
    assert three(7) != three(8)
    assert len({item["AccessKeyId"] for item in three(7)}) == 3


def test_a_task_is_its_roles_session_until_the_credentials_expire(clock: Clock) -> None:
    """AWS: reference_identifiers: an assumed role's ARN leaves out the role's path."""
    credentials = store(clock)
    identities = Identities(credentials, lambda: clock.now)
    key = credentials.mint(ROLE, "0123abcd", "arn:task", seconds=60)["AccessKeyId"]
    caller = identities.by_key(key)
    assert caller.arn == "arn:aws:sts::123456789012:assumed-role/app/0123abcd"
    assert (caller.role_arn, caller.source_arn) == (ROLE, "arn:task")
    assert caller.principal.role_arn == ROLE
    clock.now = START + timedelta(seconds=59)
    assert identities.by_key(key).state == "active"
    clock.now = START + timedelta(seconds=60)
    assert identities.by_key(key).state == "expired"
    credentials.forget(key)
    assert identities.by_key(key).state == "invalid"


def test_the_identity_of_a_session_names_the_role(clock: Clock) -> None:
    """AWS: STS GetCallerIdentity: the user id of a session is the role's id and its name."""
    iam = boto3.client("iam", "us-east-1")
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}", Path="/service/")["Role"]
    assert caller_identity(session_caller(role["Arn"], "s")) == {
        "UserId": f"{role['RoleId']}:s",
        "Account": "123456789012",
        "Arn": "arn:aws:sts::123456789012:assumed-role/app/s",
    }
