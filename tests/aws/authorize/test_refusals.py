"""The refusal of every protocol, as boto3 shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[[Callable[[], Any]], tuple[str, str, int]]


def test_made_up_credentials_are_the_administrator(account: Any, refused: Refused) -> None:
    keys = {"AccessKeyId": "test", "SecretAccessKey": "test"}
    assert account.client("ecs", keys).list_clusters()["clusterArns"] == []


def test_a_user_without_policies_gets_awss_words(account: Any, refused: Refused) -> None:
    """AWS: troubleshoot_access-denied; botocore ecs AccessDeniedException."""
    ecs = account.client("ecs", account.user())
    assert refused(lambda: ecs.delete_cluster(cluster="prod")) == (
        "AccessDeniedException",
        (
            "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: "
            "ecs:DeleteCluster on resource: arn:aws:ecs:us-east-1:123456789012:cluster/prod "
            "because no identity-based policy allows the ecs:DeleteCluster action"
        ),
        400,
    )


def test_least_privilege_by_resource_works(account: Any, refused: Refused) -> None:
    """Moto alone denies a policy that names the resource."""
    arn = "arn:aws:ecs:us-east-1:123456789012:cluster/prod"
    ecs = account.client("ecs", account.user(account.allow("ecs:CreateCluster", arn)))
    assert ecs.create_cluster(clusterName="prod")["cluster"]["clusterArn"] == arn
    assert refused(lambda: ecs.create_cluster(clusterName="test"))[0] == "AccessDeniedException"


def test_an_explicit_deny_says_so(account: Any, refused: Refused) -> None:
    user = account.user(account.allow("ecs:*"), account.deny("ecs:DeleteCluster"))
    code, message, _ = refused(lambda: account.client("ecs", user).delete_cluster(cluster="prod"))
    assert code == "AccessDeniedException"
    assert message.endswith("with an explicit deny in an identity-based policy")


@pytest.mark.parametrize(
    ("service", "call", "answer"),
    [
        ("ecs", lambda c: c.list_clusters(), ("AccessDeniedException", 400, "ecs:ListClusters")),
        (
            "logs",
            lambda c: c.describe_log_groups(),
            ("AccessDeniedException", 400, "logs:DescribeLogGroups"),
        ),
        (
            "ecr",
            lambda c: c.get_authorization_token(),
            ("AccessDeniedException", 400, "resource: *"),
        ),
        ("iam", lambda c: c.list_roles(), ("AccessDenied", 403, "iam:ListRoles")),
        ("elbv2", lambda c: c.describe_load_balancers(), ("AccessDenied", 403, "elasticloadbal")),
        ("ec2", lambda c: c.describe_vpcs(), ("UnauthorizedOperation", 403, "ec2:DescribeVpcs")),
        ("s3", lambda c: c.list_buckets(), ("AccessDenied", 403, "s3:ListAllMyBuckets")),
        (
            "s3",
            lambda c: c.get_object(Bucket="b", Key="folder/k"),
            ("AccessDenied", 403, 's3:GetObject on resource: "arn:aws:s3:::b/folder/k" because'),
        ),
        (
            "sqs",
            lambda c: c.send_message(
                QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/jobs", MessageBody="x"
            ),
            (
                "AccessDenied",
                403,
                "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:123456789012:jobs because",
            ),
        ),
        (
            "sns",
            lambda c: c.publish(TopicArn="arn:aws:sns:us-east-1:123456789012:alarms", Message="x"),
            (
                "AuthorizationError",
                403,
                "SNS:Publish on resource: arn:aws:sns:us-east-1:123456789012:alarms",
            ),
        ),
        (
            "cloudwatch",
            lambda c: c.put_metric_data(Namespace="Shop", MetricData=[]),
            ("AccessDenied", 403, "cloudwatch:PutMetricData"),
        ),
        (
            "secretsmanager",
            lambda c: c.get_secret_value(SecretId="db"),
            ("AccessDeniedException", 400, "resource: db because"),
        ),
        (
            "ssm",
            lambda c: c.get_parameters(Names=["/shop/db", "flag"]),
            ("AccessDeniedException", 400, "arn:aws:ssm:us-east-1:123456789012:parameter/shop/db"),
        ),
        (
            "dynamodb",
            lambda c: c.get_item(TableName="carts", Key={"id": {"S": "1"}}),
            ("AccessDeniedException", 400, "arn:aws:dynamodb:us-east-1:123456789012:table/carts"),
        ),
        (
            "events",
            lambda c: c.put_rule(Name="nightly", ScheduleExpression="rate(1 day)"),
            ("AccessDeniedException", 400, "arn:aws:events:us-east-1:123456789012:rule/nightly"),
        ),
        (
            "application-autoscaling",
            lambda c: c.describe_scalable_targets(ServiceNamespace="ecs"),
            ("AccessDeniedException", 400, "application-autoscaling:DescribeScalableTargets"),
        ),
        (
            "servicediscovery",
            lambda c: c.list_namespaces(),
            ("AccessDeniedException", 400, "servicediscovery:ListNamespaces"),
        ),
        ("kms", lambda c: c.list_keys(), ("AccessDeniedException", 400, "kms:ListKeys")),
        (
            "autoscaling",
            lambda c: c.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=1),
            ("AccessDenied", 403, "autoScalingGroup:*:autoScalingGroupName/g"),
        ),
        (
            "lambda",
            lambda c: c.invoke(FunctionName="resize"),
            (
                "AccessDeniedException",
                403,
                "resource: arn:aws:lambda:us-east-1:123456789012:function:resize because",
            ),
        ),
        (
            "eks",
            lambda c: c.describe_cluster(name="k"),
            ("AccessDeniedException", 403, "arn:aws:eks:us-east-1:123456789012:cluster/k"),
        ),
    ],
)
def test_each_protocol_carries_the_refusal(
    account: Any,
    refused: Refused,
    service: str,
    call: Callable[[Any], Any],
    answer: tuple[str, int, str],
) -> None:
    """AWS: the common errors of each service; troubleshoot_access-denied."""
    client = account.client(service, account.user())
    code, message, status = refused(lambda: call(client))
    assert (code, status) == answer[:2]
    assert answer[2] in message
    assert "arn:aws:iam::123456789012:user/ana is not authorized to perform" in message


def test_head_answers_without_a_body(account: Any, refused: Refused) -> None:
    """AWS: S3 HeadObject answers a generic code only."""
    client = account.client("s3", account.user())
    code, _, status = refused(lambda: client.head_object(Bucket="b", Key="k"))
    assert (code, status) == ("403", 403)
