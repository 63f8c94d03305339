"""Users, sessions and tasks: who they are and which policies count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

Refused = Callable[[Callable[[], Any]], tuple[str, str, int]]
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_everybody_may_ask_who_they_are(account: Any) -> None:
    """AWS: STS GetCallerIdentity needs no permission, even under an explicit deny."""
    user = account.user(account.deny("*"))
    identity = account.client("sts", user).get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/ana"
    assert identity["Account"] == "123456789012"
    task = account.client("sts", account.task()).get_caller_identity()
    assert task["Arn"] == "arn:aws:sts::123456789012:assumed-role/app/0123456789abcdef"


def test_a_groups_policies_are_its_members(account: Any, refused: Refused) -> None:
    """AWS: id_groups."""
    ecs = account.client("ecs", account.user())
    account.iam.create_group(GroupName="operators")
    text = account.document(account.allow("ecs:ListClusters"))
    account.iam.put_group_policy(GroupName="operators", PolicyName="p", PolicyDocument=text)
    assert refused(ecs.list_clusters)[0] == "AccessDeniedException"
    account.iam.add_user_to_group(GroupName="operators", UserName="ana")
    assert ecs.list_clusters()["clusterArns"] == []


def test_the_default_version_of_a_managed_policy_counts(account: Any, refused: Refused) -> None:
    """AWS: access_policies_managed-versioning."""
    ecs = account.client("ecs", account.user())
    text = account.document(account.allow("ecs:ListClusters"))
    arn = account.iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    account.iam.attach_user_policy(UserName="ana", PolicyArn=arn)
    assert ecs.list_clusters()["clusterArns"] == []
    nothing = account.document(account.allow("ecs:StopTask"))
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=nothing, SetAsDefault=True)
    assert refused(ecs.list_clusters)[0] == "AccessDeniedException"


def test_awss_own_policies_can_be_attached(account: Any, refused: Refused) -> None:
    """AWS: managed policy AmazonECSTaskExecutionRolePolicy v1 lacks logs:CreateLogGroup."""
    keys = account.task()
    account.iam.attach_role_policy(RoleName="app", PolicyArn=EXECUTION_POLICY)
    assert account.client("ecr", keys).get_authorization_token()["authorizationData"]
    logs = account.client("logs", keys)
    code, message, _ = refused(lambda: logs.create_log_group(logGroupName="/ecs/web"))
    assert code == "AccessDeniedException"
    assert "logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:123456789012:log-group:" in (
        message
    )


def test_a_boundary_limits_what_a_role_may_do(account: Any, refused: Refused) -> None:
    """AWS: access_policies_boundaries."""
    arn = account.role(account.allow("*"), PermissionsBoundary=READ_ONLY)
    keys = account.credentials.mint(arn, "s")
    ecs = account.client("ecs", keys)
    assert ecs.list_clusters()["clusterArns"] == []
    message = refused(lambda: ecs.create_cluster(clusterName="x"))[1]
    assert message.endswith("because no permissions boundary allows the ecs:CreateCluster action")


def test_assume_role_takes_both_sides(account: Any, refused: Refused) -> None:
    """AWS: id_roles_use_switch-role-api; troubleshoot_roles words the refusal without a reason."""
    trust = account.document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        }
    )
    arn = account.role(account.allow("ecs:*"), name="deployer", AssumeRolePolicyDocument=trust)
    sts = account.client("sts", account.user())

    def assume(**more: Any) -> Any:
        return sts.assume_role(RoleArn=arn, RoleSessionName="ci", **more)["Credentials"]

    assert refused(assume) == (
        "AccessDenied",
        (
            "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: sts:AssumeRole "
            f"on resource: {arn}"
        ),
        403,
    )
    text = account.document(account.allow("sts:AssumeRole", arn))
    account.iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=text)
    assert account.client("ecs", assume()).list_clusters()["clusterArns"] == []
    account.iam.update_assume_role_policy(RoleName="deployer", PolicyDocument=account.trust)
    assert refused(assume)[0] == "AccessDenied"


def test_a_session_policy_narrows_the_session(account: Any, refused: Refused) -> None:
    """AWS: access_policies, session policies."""
    trust = account.document(
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    )
    arn = account.role(account.allow("ecs:*"), name="deployer", AssumeRolePolicyDocument=trust)
    narrow = account.document(account.allow("ecs:ListClusters"))
    sts = account.client("sts", account.user())
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="ci", Policy=narrow)["Credentials"]
    ecs = account.client("ecs", keys)
    assert ecs.list_clusters()["clusterArns"] == []
    message = refused(lambda: ecs.create_cluster(clusterName="x"))[1]
    assert "assumed-role/deployer/ci" in message
    assert message.endswith("because no session policy allows the ecs:CreateCluster action")


def test_a_tasks_credentials_expire(account: Any, refused: Refused) -> None:
    """AWS: CommonErrors ExpiredTokenException; EC2 RequestExpired; S3 ExpiredToken."""
    keys = account.task(account.allow("*"))
    assert account.client("ecs", keys).list_clusters()["clusterArns"] == []
    account.now += timedelta(hours=7)
    ecs, ec2, s3 = (account.client(name, keys) for name in ("ecs", "ec2", "s3"))
    assert refused(ecs.list_clusters) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        400,
    )
    assert refused(ec2.describe_vpcs)[0] == "RequestExpired"
    assert refused(s3.list_buckets)[0] == "ExpiredToken"


@pytest.mark.parametrize("how", ["inactive", "deleted", "user gone", "namesake"])
def test_a_key_that_was_taken_away_is_worthless(account: Any, refused: Refused, how: str) -> None:
    """AWS: CommonErrors UnrecognizedClientException and InvalidClientTokenId; EC2 AuthFailure."""
    key = account.user(account.allow("*"))
    key_id = key["AccessKeyId"]
    if how == "inactive":
        account.iam.update_access_key(UserName="ana", AccessKeyId=key_id, Status="Inactive")
    if how == "deleted":
        account.iam.delete_access_key(UserName="ana", AccessKeyId=key_id)
    if how in {"user gone", "namesake"}:
        account.iam.delete_user_policy(UserName="ana", PolicyName="own")
        account.iam.delete_user(UserName="ana")
    if how == "namesake":
        account.user(account.allow("*"))
    invalid = "The security token included in the request is invalid."
    ecs, iam, ec2 = (account.client(name, key) for name in ("ecs", "iam", "ec2"))
    assert refused(ecs.list_clusters) == ("UnrecognizedClientException", invalid, 400)
    assert refused(iam.list_users) == ("InvalidClientTokenId", invalid, 403)
    assert refused(ec2.describe_vpcs)[0] == "AuthFailure"


def test_session_tokens_are_not_a_way_to_become_administrator(
    account: Any, refused: Refused
) -> None:
    sts = account.client("sts", account.user(account.allow("*")))
    assert refused(sts.get_session_token)[0] == "InvalidAction"


def test_a_deleted_role_leaves_its_session_without_permissions(
    account: Any, refused: Refused
) -> None:
    """AWS: id_roles_manage_delete."""
    keys = account.task(account.allow("ecs:*"))
    account.iam.delete_role_policy(RoleName="app", PolicyName="own")
    account.iam.delete_role(RoleName="app")
    assert refused(account.client("ecs", keys).list_clusters)[0] == "AccessDeniedException"


def test_even_an_administrator_needs_the_roles_trust(account: Any, refused: Refused) -> None:
    """AWS: id_roles_use_switch-role-api: a task role trusts ECS alone."""
    sts = account.client("sts", {"AccessKeyId": "test", "SecretAccessKey": "test"})
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/administrator"
    arn = account.role(account.allow("*"))
    for role in (arn, "arn:aws:iam::123456789012:role/missing"):
        code, message, _ = refused(lambda r=role: sts.assume_role(RoleArn=r, RoleSessionName="me"))
        assert code == "AccessDenied"
        assert message.endswith(f"sts:AssumeRole on resource: {role}")
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    account.iam.update_assume_role_policy(RoleName="app", PolicyDocument=account.document(trust))
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    assert account.client("ecs", keys).list_clusters()["clusterArns"] == []
