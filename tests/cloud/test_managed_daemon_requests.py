"""The operations on managed daemons: what they take, refuse, list and tag.

AWS: managed-daemons-create-manage; botocore ecs CreateDaemon, UpdateDaemon, DeleteDaemon,
DescribeDaemon, ListDaemons, ListDaemonDeployments, DescribeDaemonDeployments,
DescribeDaemonRevisions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from agents import Agents, open_agents
from botocore.exceptions import ClientError
from managed import define, open_managed, provide, run
from shops import Shop

Json = dict[str, Any]
ARN = "arn:aws:ecs:us-east-1:123456789012"
TAGS = [{"key": "team", "value": "platform"}]


@pytest.fixture
def agents(shop: Shop) -> Agents:
    """Return a shop with a Managed Instances provider."""
    return open_agents(open_managed(shop))


def refused(code: str, words: str = "") -> Any:
    """Expect an error of AWS with a code."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{words}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"daemonName": "no spaces"}, "letters, numbers"),
        ({"daemonName": ""}, "letters, numbers"),
        ({"clientToken": "x" * 37}, "36 visible"),
        ({"propagateTags": "SERVICE"}, "not a valid propagateTags"),
        ({"capacityProviderArns": []}, "At least one"),
        ({"capacityProviderArns": [f"{ARN}:capacity-provider/none"]}, "was not found"),
        ({"capacityProviderArns": [f"{ARN}:capacity-provider/managed"] * 2}, "only once"),
        ({"capacityProviderArns": [f"{ARN}:capacity-provider/FARGATE"]}, "Managed Instances"),
        ({"deploymentConfiguration": {"drainPercent": 100.5}}, "drainPercent"),
        ({"deploymentConfiguration": {"bakeTimeInMinutes": 1441}}, "bakeTimeInMinutes"),
        ({"deploymentConfiguration": {"alarms": {"enable": True}}}, "alarmNames"),
        ({"tags": [{"key": "aws:team", "value": "x"}]}, "aws: prefixed"),
    ],
)
def test_wrong_daemons_are_refused(agents: Agents, change: Json, words: str) -> None:
    """Botocore ecs CreateDaemonRequest, DaemonDeploymentConfiguration; managed-daemons."""
    with refused("InvalidParameterException", words):
        agents.create(**change)
    assert agents.ecs.list_daemons(clusterArn="shop")["daemonSummariesList"] == []


def test_only_providers_of_managed_instances_in_the_same_cluster(agents: Agents) -> None:
    """Botocore ecs CreateDaemon: Managed Instances only; managed-daemons-create-manage."""
    agents.groups.make()
    group = agents.groups.provide()["capacityProviderArn"]
    with refused("InvalidParameterException", "not of Amazon ECS Managed Instances"):
        agents.create(capacityProviderArns=[group])
    agents.ecs.create_cluster(clusterName="other")
    with refused("InvalidParameterException", "was not found in the cluster"):
        agents.create(clusterArn="other")
    with refused("ClusterNotFoundException"):
        agents.create(clusterArn="nowhere")
    with refused("ClusterNotFoundException"):
        agents.ecs.list_daemons()


def test_the_task_definition_has_to_be_active(agents: Agents) -> None:
    """Botocore ecs DeleteDaemonTaskDefinition: no new daemons; those that are there run on."""
    definition = agents.register()
    with refused("ClientException"):
        agents.create(f"{definition}0")
    agents.create(definition)
    agents.ecs.delete_daemon_task_definition(daemonTaskDefinition=definition)
    with refused("ClientException"):
        agents.create(definition, daemonName="second")
    with refused("ClientException"):
        agents.update(definition)
    agents.cloud.advance(minutes=2)
    agents.serve()
    assert len(agents.hosts()) == 1


def test_a_name_is_taken_once_and_a_token_says_it_is_the_same(agents: Agents) -> None:
    """Botocore ecs CreateDaemonRequest.clientToken: idempotency."""
    definition = agents.register()
    made = agents.create(definition, clientToken="once")
    again = agents.create(definition, clientToken="once")
    assert again["deploymentArn"] == made["deploymentArn"]
    with refused("InvalidParameterException", "different CreateDaemon request"):
        agents.create(definition, clientToken="once", critical=False)
    with refused("InvalidParameterException", "already has a daemon named agent"):
        agents.create(definition)
    assert len(agents.ecs.list_daemons(clusterArn="shop")["daemonSummariesList"]) == 1


def test_deletion_replaces_the_instances(agents: Agents) -> None:
    """Botocore ecs DeleteDaemon: instances are drained, new ones come without the daemon."""
    definition = agents.register()
    agents.create(definition)
    agents.serve()
    [before] = agents.instances()
    delete = agents.ecs.delete_capacity_provider
    answer = delete(capacityProvider="managed", cluster="shop")["capacityProvider"]
    assert answer["updateStatus"] == "DELETE_FAILED"
    gone = agents.ecs.delete_daemon(daemonArn=agents.daemon)
    assert gone["status"] == agents.detail()["status"] == "DELETE_IN_PROGRESS"
    with refused("DaemonNotActiveException"):
        agents.ecs.delete_daemon(daemonArn=agents.daemon)
    with refused("DaemonNotActiveException"):
        agents.update(definition)
    agents.deployments.append(gone["deploymentArn"])
    done = agents.until("SUCCESSFUL")
    assert (done["circuitBreaker"]["status"], "targetDaemonRevision" in done) == ("DISABLED", False)
    assert before not in agents.instances()
    assert (agents.served(), agents.tasks()) == (1, [])
    with refused("DaemonNotFoundException"):
        agents.detail()
    assert agents.ecs.list_daemons(clusterArn="shop")["daemonSummariesList"] == []
    agents.create(definition)
    agents.cloud.advance(hours=2)
    answer = agents.ecs.describe_daemon_deployments(daemonDeploymentArns=[gone["deploymentArn"]])
    assert [each["reason"] for each in answer["failures"]] == ["MISSING"]


def test_a_provider_can_be_deleted_after_its_daemons(agents: Agents) -> None:
    """AWS: managed-daemons-create-manage, "Deleting a daemon": provider and cluster come last."""
    agents.create()
    agents.cloud.advance(seconds=10)
    agents.ecs.delete_daemon(daemonArn=agents.daemon)
    agents.cloud.advance(minutes=1)
    answer = agents.ecs.delete_capacity_provider(capacityProvider="managed", cluster="shop")
    assert answer["capacityProvider"]["updateStatus"] == "DELETE_IN_PROGRESS"


def test_what_is_not_there(agents: Agents) -> None:
    """Botocore ecs: errors of each operation; failures[].reason (api_failures_messages)."""
    missing = f"{ARN}:daemon/shop/none"
    for call in (agents.ecs.describe_daemon, agents.ecs.delete_daemon):
        with refused("DaemonNotFoundException"):
            call(daemonArn=missing)
        with refused("InvalidParameterException", "ARN is invalid"):
            call(daemonArn=f"{ARN}:service/shop/agent")
        with refused("InvalidParameterException", "number of separators"):
            call(daemonArn="agent")
        with refused("ClusterNotFoundException"):
            call(daemonArn=f"{ARN}:daemon/nowhere/agent")
    with refused("ClientException", "Daemon not found"):
        agents.ecs.list_daemon_deployments(daemonArn=missing)
    deployment, revision = f"{missing}/1".replace(":daemon/", ":daemon-deployment/"), "none"
    answer = agents.ecs.describe_daemon_deployments(daemonDeploymentArns=[deployment])
    assert answer["failures"] == [{"arn": deployment, "reason": "MISSING"}]
    answer = agents.ecs.describe_daemon_revisions(daemonRevisionArns=[revision])
    assert answer["failures"] == [{"arn": revision, "reason": "MISSING"}]
    with refused("InvalidParameterException"):
        agents.ecs.describe_daemon_revisions(daemonRevisionArns=[revision] * 21)


def test_lists_and_their_filters(agents: Agents) -> None:
    """Botocore ecs ListDaemonsRequest, ListDaemonDeploymentsRequest."""
    second = provide(agents.groups, name="second")["capacityProviderArn"]
    definition = agents.register()
    for name, arns in (("a", [agents.provider]), ("b", [second]), ("c", [agents.provider, second])):
        agents.create(definition, daemonName=name, capacityProviderArns=arns)

    def names(**more: Any) -> list[str]:
        answer = agents.ecs.list_daemons(clusterArn="shop", **more)
        return [each["daemonArn"].rsplit("/", 1)[-1] for each in answer["daemonSummariesList"]]

    assert names() == ["a", "b", "c"]
    assert names(capacityProviderArns=[second]) == ["b", "c"]
    assert names(capacityProviderArns=[f"{ARN}:capacity-provider/none"]) == []
    first = agents.ecs.list_daemons(clusterArn="shop", maxResults=2)
    assert names(maxResults=2, nextToken=first["nextToken"]) == ["c"]
    for seconds in (20, 40):
        agents.cloud.advance(seconds=seconds)
        agents.update(definition, daemonArn=f"{ARN}:daemon/shop/a")
    created = [agents.deployment(index)["createdAt"] for index in (0, 3, 4)]

    def deployments(**more: Any) -> list[Any]:
        answer = agents.ecs.list_daemon_deployments(daemonArn=f"{ARN}:daemon/shop/a", **more)
        return [each["createdAt"] for each in answer["daemonDeployments"]]

    assert deployments() == created[::-1]
    assert deployments(status=["PENDING"]) == created[-1:]
    assert deployments(status=["SUCCESSFUL", "STOPPED"]) == created[1::-1]
    assert deployments(createdAt={"after": created[0] + timedelta(seconds=1)}) == created[:0:-1]
    assert deployments(maxResults=1) == created[-1:]
    with refused("InvalidParameterException", "not a valid status"):
        deployments(status=["FAILED"])


def test_tags_are_kept_and_handed_to_tasks(agents: Agents) -> None:
    """Botocore ecs CreateDaemonRequest.tags, .propagateTags; TagResource, UntagResource."""
    ecs = agents.ecs
    agents.create(tags=TAGS, propagateTags="DAEMON", enableECSManagedTags=True)
    ecs.tag_resource(resourceArn=agents.daemon, tags=[{"key": "tier", "value": "node"}])
    listed = ecs.list_tags_for_resource(resourceArn=agents.daemon)["tags"]
    assert listed == [*TAGS, {"key": "tier", "value": "node"}]
    agents.serve()
    managed = {"key": "aws:ecs:clusterName", "value": "shop"}
    assert agents.tasks()[0]["tags"] == [*listed, managed]
    ecs.untag_resource(resourceArn=agents.daemon, tagKeys=["team", "tier"])
    assert ecs.list_tags_for_resource(resourceArn=agents.daemon)["tags"] == []
    assert agents.tasks()[0]["tags"] == [*listed, managed]
    with refused("InvalidParameterException", "Daemon not found"):
        ecs.list_tags_for_resource(resourceArn=f"{ARN}:daemon/shop/none")


def test_daemon_task_definitions_have_tags_too(agents: Agents) -> None:
    """Botocore ecs RegisterDaemonTaskDefinitionRequest.tags."""
    definition = agents.ecs.register_daemon_task_definition(
        family="tagged",
        containerDefinitions=[{"name": "agent", "image": "nginx", "memory": 64}],
        tags=TAGS,
    )["daemonTaskDefinitionArn"]
    assert agents.ecs.list_tags_for_resource(resourceArn=definition)["tags"] == TAGS
    agents.ecs.untag_resource(resourceArn=definition, tagKeys=["team"])
    agents.ecs.tag_resource(resourceArn=definition, tags=[{"key": "a", "value": "b"}])
    listed = agents.ecs.list_tags_for_resource(resourceArn=definition)["tags"]
    assert listed == [{"key": "a", "value": "b"}]


def test_tasks_of_a_daemon_are_listed_by_its_name(agents: Agents) -> None:
    """Botocore ecs ListTasksRequest.daemonName; UpdateContainerInstancesState (only ACTIVE)."""
    agents.create()
    run(agents.groups, define(agents.groups))
    agents.cloud.run_until(agents.groups.fleet.arns, 300)
    [instance] = agents.instances("REGISTERING")
    answer = agents.ecs.update_container_instances_state(
        cluster="shop", containerInstances=[instance], status="DRAINING"
    )
    assert answer["failures"] == [{"arn": instance, "reason": "REGISTERING"}]
    health = agents.groups.fleet.instance(instance, include=["CONTAINER_INSTANCE_HEALTH"])
    assert health["healthStatus"]["overallStatus"] == "INITIALIZING"
    agents.cloud.advance(minutes=2)
    [task] = agents.tasks()
    assert agents.ecs.list_tasks(cluster="shop", startedBy=task["startedBy"])["taskArns"] == [
        task["taskArn"]
    ]
    assert len(agents.ecs.list_tasks(cluster="shop")["taskArns"]) == 2


def test_who_may_not_create_a_daemon(agents: Agents) -> None:
    """Service Authorization Reference, Amazon ECS: CreateDaemon and the ARN of the daemon."""
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    ecs: Any = boto3.client(
        "ecs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    with refused("AccessDeniedException", "ecs:CreateDaemon on resource: .*:daemon/shop/agent"):
        ecs.create_daemon(
            clusterArn="shop",
            daemonName="agent",
            daemonTaskDefinitionArn=agents.register(),
            capacityProviderArns=[agents.provider],
        )
