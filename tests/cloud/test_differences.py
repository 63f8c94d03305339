"""What the table of known differences says, where no other test pins it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from shops import Shop

from ecslab import Image
from ecslab.course.fargate_shop import monthly

LIFECYCLE = (
    '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType":'
    ' "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}'
)


def test_a_crash_before_health_counts_as_a_failure(shop: Shop) -> None:
    """AWS: deployment-circuit-breaker does not say; it counts until the task was healthy once."""
    shop.serve(shop.define(Image(runs_for=20, exit_code=1)), 1)
    shop.cloud.advance(minutes=10)
    crashed = shop.service()["deployments"][0]["failedTasks"]
    assert crashed >= 3
    healthy = shop.define(Image(runs_for=90, exit_code=1), family="later")
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=healthy)
    shop.cloud.advance(minutes=10)
    assert shop.service()["deployments"][0]["failedTasks"] == 0


def test_a_lifecycle_policy_deletes_nothing(shop: Shop) -> None:
    """AWS: ECR, LifecyclePolicies: within 24 hours; here never."""
    ecr: Any = boto3.client("ecr")
    for version in range(3):
        shop.cloud.push(Image(body=str(version)), f"web:{version}")
    ecr.put_lifecycle_policy(repositoryName="web", lifecyclePolicyText=LIFECYCLE)
    shop.cloud.advance(days=2)
    assert len(ecr.list_images(repositoryName="web")["imageIds"]) == 3


def test_a_fargate_task_costs_the_stated_list_price() -> None:
    """AWS Fargate, Linux/X86 in us-east-1: 0.04048 USD a vCPU-hour, 0.004445 a GB-hour."""
    assert monthly(1024, 2048) == pytest.approx(730 * (0.04048 + 2 * 0.004445))
