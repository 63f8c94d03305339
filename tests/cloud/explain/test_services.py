"""Drills of services, deployments and target groups: the chain ends in the true cause."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from chains import checked, explained
from front import Front
from shops import TRUST, Shop

from ecslab import Cloud, Image

Json = dict[str, Any]
WEB = Image(port=80)
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def only_root(environ: Json, start: Any) -> list[bytes]:
    """Answer `/` and nothing else."""
    found = environ["PATH_INFO"] == "/"
    start("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
    return [b"x"]


# --- 3: Task failed ELB health checks -------------------------------------------------------------


@pytest.fixture
def cloud(shop: Shop) -> Cloud:
    """Return the running account without what a shop puts into it."""
    return shop.cloud.reset()


def ends_of(front: Front, cause: str) -> None:
    """Explain the service, its newest stopped task and its target group: all end the same."""
    front.cloud.advance(minutes=6)
    service = front.service()
    group = front.cloud.explain(front.target_group)
    checked(group)
    explained(front.cloud, service["serviceArn"], cause)
    stopped = front.tasks("STOPPED")
    assert stopped
    explained(front.cloud, stopped[-1]["taskArn"], cause)


def test_a_wrong_path(cloud: Cloud) -> None:
    front = Front(cloud, path="/healthz")
    front.serve(Image(port=8080, app=only_root), 1)
    ends_of(front, "asks for /healthz and takes 200 for success")


def test_a_wrong_port(cloud: Cloud) -> None:
    front = Front(cloud)
    front.serve(Image(port=9090), 1)
    ends_of(front, "Nothing in the task listens on port 8080; its program listens on 9090")


def test_a_closed_security_group(cloud: Cloud) -> None:
    front = Front(cloud, opened=False)
    front.serve(Image(port=8080), 1)
    ends_of(front, f"No inbound rule of security group {front.task_group}")


def test_a_slow_start_without_a_grace_period(cloud: Cloud) -> None:
    front = Front(cloud)
    front.serve(Image(port=8080, ready_after=150), 1)
    ends_of(front, "needs 150 s until it listens, and the grace period .* is 0 s")


def test_a_slow_answer(cloud: Cloud) -> None:
    front = Front(cloud)
    front.serve(Image(port=8080, latency=9), 1)
    ends_of(front, "the answer takes longer than 5 s")


def test_a_healthy_group_and_one_without_listener(cloud: Cloud) -> None:
    """Drill 3, the other way round: what is in order, and what is not used."""
    front = Front(cloud)
    front.serve(Image(port=8080), 2)
    cloud.advance(minutes=3)
    explained(cloud, front.target_group, "is healthy")
    explained(cloud, front.service()["serviceArn"], "All of them are healthy")
    lonely = front.targets("lonely")
    explained(cloud, lonely, "No listener of a load balancer sends anything to it")
    front.elb.delete_target_group(TargetGroupArn=lonely)
    explained(cloud, lonely, "no such target group")


def test_a_group_whose_service_has_no_tasks(cloud: Cloud) -> None:
    """503: the chain leads from the empty group through the service to its tasks."""
    front = Front(cloud)
    front.serve(Image(port=8080), 0)
    explained(cloud, front.target_group, "Its desired count is 0")
    ecr: Any = boto3.client("ecr")
    ecr.delete_repository(repositoryName="web", force=True)
    front.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    cloud.advance(minutes=4)
    explained(cloud, front.target_group, "Amazon ECR has no repository web")


# --- 4, 21, 26: deployments -----------------------------------------------------------------------


def test_a_service_whose_tasks_never_start(shop: Shop) -> None:
    """Drill 4: never steady; the chain goes to the task's own cause."""
    arn = shop.serve(shop.define("123456789012.dkr.ecr.us-east-1.amazonaws.com/web:9"), 1)
    shop.cloud.push(WEB, "web:1")
    shop.cloud.advance(minutes=20)
    found = explained(shop.cloud, arn, "repository web has no image 9")
    assert any("longer and longer" in step.words for step in found.steps)


def test_a_service_whose_tasks_crash(shop: Shop) -> None:
    """Drill 5 in a service: exit 0 is an end too."""
    arn = shop.serve(shop.define(Image(runs_for=20)), 1)
    shop.cloud.advance(minutes=5)
    explained(shop.cloud, arn, "app is essential, so its end is the end of the task")


def test_a_rollback_that_nobody_noticed(shop: Shop) -> None:
    """Drill 4: everything runs, but it is the old revision."""
    arn = shop.serve(shop.define(WEB), 1, deploymentConfiguration=BREAKER)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define("no/such:1"))
    shop.cloud.advance(minutes=20)
    assert shop.service()["runningCount"] == 1
    found = explained(shop.cloud, arn, "No registry that this account reaches has this image")
    assert any(step.evidence.value == "ROLLBACK_SUCCESSFUL" for step in found.steps)
    deployments = shop.ecs.list_service_deployments(cluster="shop", service="web")
    failed, first = (item["serviceDeploymentArn"] for item in deployments["serviceDeployments"])
    explained(shop.cloud, failed, "No registry")
    explained(shop.cloud, first, "has this status")


def test_a_rollout_stuck_by_its_own_arithmetic(shop: Shop) -> None:
    """Drill 26: desired 2, 75 and 100 percent."""
    limits = {"minimumHealthyPercent": 75, "maximumPercent": 100}
    arn = shop.serve(
        shop.define(WEB),
        2,
        deploymentConfiguration=limits,
        availabilityZoneRebalancing="DISABLED",
    )
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(
        cluster="shop", service="web", taskDefinition=shop.define(WEB, family="next")
    )
    shop.cloud.advance(minutes=3)
    found = explained(shop.cloud, arn, "at least 2 must stay healthy and at most 2 may be there")
    assert found.cause.evidence.value["maximumPercent"] == 100


def test_a_role_that_nobody_may_assume(shop: Shop) -> None:
    """Drill 6: the service event says so, the trust policy shows why."""
    iam: Any = boto3.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    answer = shop.ecs.register_task_definition(
        family="roles",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        taskRoleArn="arn:aws:iam::123456789012:role/app",
        containerDefinitions=[{"name": "app", "image": "nginx"}],
    )
    definition = answer["taskDefinition"]["taskDefinitionArn"]
    arn = shop.serve(definition, 1)
    shop.cloud.advance(minutes=2)
    wrong = TRUST.replace("ecs-tasks", "lambda")
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=wrong)
    task = shop.ecs.list_tasks(cluster="shop")["taskArns"][0]
    shop.ecs.stop_task(cluster="shop", task=task)
    shop.cloud.advance(minutes=3)
    found = explained(shop.cloud, arn, "does not let ecs-tasks.amazonaws.com assume it")
    assert "lambda" in str(found.cause.evidence.value)


# --- Services that are steady ---------------------------------------------------------------------


def test_all_tasks_in_one_zone(shop: Shop) -> None:
    """Drill 28: the subnets decide."""
    definition = shop.define(WEB)
    arn = shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=3,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": shop.subnets[:1], "assignPublicIp": "ENABLED"}
        },
    )["service"]["serviceArn"]
    shop.cloud.advance(minutes=3)
    explained(shop.cloud, arn, "Its subnets are all in us-east-1a")


def test_a_moved_tag_under_a_steady_service(shop: Shop) -> None:
    """Drill 15: the deployment keeps the digest with which it began."""
    arn = shop.serve(shop.define(WEB), 2)
    shop.cloud.advance(minutes=3)
    explained(shop.cloud, arn, "All of them are healthy")
    shop.cloud.push(Image(port=80, body="new"), "web:1")
    explained(shop.cloud, arn, "forceNewDeployment")


def test_scaled_in_replaced_deleted(shop: Shop) -> None:
    """Drill 29: a worker that goes because of a count, of a deployment, of a deletion."""
    arn = shop.serve(shop.define(Image(stop_after=None)), 2)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    shop.cloud.advance(minutes=2)
    (gone,) = shop.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    found = explained(shop.cloud, gone, "shall have 1 tasks, fewer than before")
    assert any("did not end after SIGTERM" in step.words for step in found.steps)
    (old,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    shop.cloud.advance(minutes=5)
    explained(shop.cloud, old, "A newer deployment of the service took its place")
    (new,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(seconds=5)
    explained(shop.cloud, new, "The service web was deleted")
    explained(shop.cloud, arn, "has been deleted")
    shop.cloud.advance(minutes=5)
    checked(shop.cloud.explain(arn))


def test_a_service_that_begins(shop: Shop) -> None:
    arn = shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(seconds=3)
    explained(shop.cloud, arn, "looking for capacity|on its way")
    shop.cloud.advance(seconds=45)
    explained(shop.cloud, arn, "does not count as healthy yet")


# --- Clusters and capacity providers --------------------------------------------------------------


def test_a_cluster_that_will_not_delete(shop: Shop) -> None:
    """Drill 19: what is in it."""
    cluster = shop.ecs.describe_clusters(clusters=["shop"])["clusters"][0]["clusterArn"]
    explained(shop.cloud, cluster, "It is empty")
    shop.serve(shop.define(WEB), 1)
    shop.cloud.advance(minutes=2)
    found = explained(shop.cloud, cluster, "It holds 1 active services")
    assert found.cause.evidence.value == 1
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define("no/such:1"))
    shop.cloud.advance(minutes=5)
    explained(shop.cloud, cluster, "No registry that this account reaches has this image")
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=5)
    shop.ecs.delete_cluster(cluster="shop")
    explained(shop.cloud, cluster, "This is its status")


def test_a_capacity_provider_in_use(shop: Shop) -> None:
    """Drill 19: Fargate's providers can be taken from a cluster only when nothing uses them."""
    shop.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    arn = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE_SPOT"
    explained(shop.cloud, arn, "The cluster shop is associated with it")
    shop.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=shop.define(WEB),
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        networkConfiguration=shop.network(),
    )
    explained(shop.cloud, arn, "The service web uses it")
    none = arn.replace("FARGATE_SPOT", "none")
    explained(shop.cloud, none, "no capacity provider none")
