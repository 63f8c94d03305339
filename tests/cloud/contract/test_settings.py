"""Account settings: of the account, and of each user and role.

AWS: ecs-account-settings; botocore ecs PutAccountSetting, PutAccountSettingDefault,
ListAccountSettings, DeleteAccountSetting.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import Json, allow
from shapes import checked
from shops import Shop

ADMINISTRATOR = "arn:aws:iam::123456789012:user/administrator"
INSIGHTS = "containerInsights"


@pytest.fixture
def bob(shop: Shop) -> Any:
    """Return a client of another user, who may do everything with ECS."""
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="all", PolicyDocument=allow("ecs:*", "iam:*"))
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    return checked(
        boto3.client(
            "ecs",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
    )


def shown(ecs: Any, **arguments: Any) -> list[Json]:
    """List the account settings of one name, or what holds for it."""
    return list(ecs.list_account_settings(name=INSIGHTS, **arguments)["settings"])


def test_a_setting_is_of_the_one_who_makes_it(shop: Shop, bob: Any) -> None:
    """Without principalArn it is changed for the authenticated user only."""
    made = shop.ecs.put_account_setting(name=INSIGHTS, value="enabled")["setting"]
    row = {"name": INSIGHTS, "value": "enabled", "principalArn": ADMINISTRATOR, "type": "user"}
    assert made == row
    assert shown(shop.ecs) == [row]
    assert shown(bob) == []
    assert shown(bob, effectiveSettings=True)[0]["value"] == "disabled"
    shop.ecs.create_cluster(clusterName="mine")
    bob.create_cluster(clusterName="his")
    found = shop.ecs.describe_clusters(clusters=["mine", "his"], include=["SETTINGS"])["clusters"]
    assert [each["settings"][0]["value"] for each in found] == ["enabled", "disabled"]


def test_the_default_is_for_all_who_have_set_nothing(shop: Shop, bob: Any) -> None:
    """PutAccountSettingDefault; a user's own setting overrides it."""
    bob.put_account_setting(name=INSIGHTS, value="enhanced")
    default = shop.ecs.put_account_setting_default(name=INSIGHTS, value="enabled")["setting"]
    assert default["principalArn"] == "arn:aws:iam::123456789012:root"
    assert shown(shop.ecs) == []
    assert shown(shop.ecs, effectiveSettings=True)[0]["value"] == "enabled"
    assert shown(bob, effectiveSettings=True)[0]["value"] == "enhanced"
    bob.delete_account_setting(name=INSIGHTS)
    assert shown(bob, effectiveSettings=True)[0]["value"] == "enabled"
    with pytest.raises(ClientError, match="InvalidParameterException"):
        bob.delete_account_setting(name=INSIGHTS)


def test_only_root_speaks_for_others(shop: Shop) -> None:
    """Botocore ecs PutAccountSettingRequest.principalArn: root, or the principal itself."""
    own = shop.ecs.put_account_setting(name=INSIGHTS, value="enabled", principalArn=ADMINISTRATOR)
    assert own["setting"]["principalArn"] == ADMINISTRATOR
    with pytest.raises(ClientError, match="AccessDeniedException"):
        shop.ecs.put_account_setting(
            name=INSIGHTS, value="enabled", principalArn="arn:aws:iam::123456789012:user/bob"
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [(INSIGHTS, "on"), ("guardDutyActivate", "on"), ("fargateTaskRetirementWaitPeriod", "3")],
)
def test_values_that_are_refused(shop: Shop, name: str, value: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        shop.ecs.put_account_setting(name=name, value=value)
