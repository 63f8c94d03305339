"""What holds whatever is asked of a service, whatever fails, however much time passes.

`python3 tests tests/cloud/test_programs.py --fuzz 20` runs twenty times as many programs.
"""

from __future__ import annotations

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from programs import PROGRAMS, Program, World
from shops import Shop

from ecslab import Cloud, Image

EXAMPLES = 5
SCALED_IN_AND_REPLACED: Program = (
    "awsvpc",
    False,
    [
        *(("scale", 5, 200), ("drain", 3, 45), ("unhealthy", 0, 45), ("stop", 2, 200)),
        *(("unhealthy", 3, 200), ("stop", 4, 200), ("fail", 1, 90)),
    ],
)
"""Its settling lowers the desired count and begins a deployment in one call."""
LISTS = (
    ("elbv2", "describe_load_balancers", "LoadBalancers"),
    ("elbv2", "describe_target_groups", "TargetGroups"),
    ("ecr", "describe_repositories", "repositories"),
    ("iam", "list_roles", "Roles"),
    ("ecs", "list_task_definitions", "taskDefinitionArns"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces"),
    ("ec2", "describe_instances", "Reservations"),
)


def run(seed: int, program: Program) -> Cloud:
    """Run a program in a new account, repair the service, delete it."""
    kind, breaker, steps = program
    cloud = Cloud(seed=seed).start()
    world = World(cloud, kind, breaker=breaker)
    world.play(steps)
    world.settle()
    world.leave()
    return cloud


def test_limits_are_kept_and_everything_is_given_back(pytestconfig: pytest.Config) -> None:
    """ecs_services, deployment-type-ecs, task-placement, task-lifecycle: the invariants."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(program=PROGRAMS)
    @example(program=SCALED_IN_AND_REPLACED)
    def check(program: Program) -> None:
        run(7, program).stop()

    check()


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS, seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_journal(program: Program, seed: int) -> None:
    """A program and a seed decide every byte; `reset` leaves nothing of what was there."""
    cloud = run(seed, program)
    journal = cloud.journal.to_text()
    cloud.reset()
    assert len(cloud.journal) == 0
    assert boto3.client("ecs").list_clusters()["clusterArns"] == []
    for client, operation, key in LISTS:
        assert getattr(boto3.client(client), operation)()[key] == [], operation
    cloud.stop()
    again = run(seed, program)
    assert again.journal.to_text() == journal
    again.stop()


def test_a_deployment_that_is_replaced_at_once_has_begun(shop: Shop) -> None:
    """Botocore ecs ServiceDeploymentBrief.startedAt: also when it never left PENDING."""
    first = shop.define(Image(port=80))
    shop.serve(first, 1)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    listed = shop.ecs.list_service_deployments(cluster="shop", service="web")
    newest, replaced = listed["serviceDeployments"]
    assert newest["status"] == "PENDING"
    assert replaced["status"] == "STOPPED"
    assert replaced["createdAt"] <= replaced["startedAt"] <= replaced["finishedAt"]
