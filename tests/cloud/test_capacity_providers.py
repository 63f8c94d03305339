"""The API of capacity providers: what is shown, what is refused, how they come and go."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from groups import GROUP, PROVIDER, Groups, open_groups
from shops import Shop

Json = dict[str, Any]
ON, OFF = "ENABLED", "DISABLED"


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """Return a shop with one empty Auto Scaling group."""
    found = open_groups(shop)
    found.make()
    return found


def refused(call: Any, *arguments: Any, **more: Any) -> tuple[str, str]:
    """Return code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call(*arguments, **more)
    found = error.value.response["Error"]
    return str(found["Code"]), str(found["Message"])


def described(groups: Groups, name: str = PROVIDER, **more: Any) -> Json:
    """Describe one capacity provider."""
    answer = groups.ecs.describe_capacity_providers(capacityProviders=[name], **more)
    return dict(answer["capacityProviders"][0])


def cluster(groups: Groups) -> Json:
    """Describe the cluster with its attachments."""
    answer = groups.ecs.describe_clusters(clusters=["shop"], include=["ATTACHMENTS"])
    return dict(answer["clusters"][0])


def test_defaults_are_shown(groups: Groups) -> None:
    """AWS: botocore ecs ManagedScaling, AutoScalingGroupProvider; managed draining is on."""
    made = groups.ecs.create_capacity_provider(
        name=PROVIDER,
        autoScalingGroupProvider={"autoScalingGroupArn": GROUP},
        tags=[{"key": "team", "value": "shop"}],
    )["capacityProvider"]
    assert made["autoScalingGroupProvider"] == {
        "autoScalingGroupArn": groups.group()["AutoScalingGroupARN"],
        "managedScaling": {
            "status": OFF,
            "targetCapacity": 100,
            "minimumScalingStepSize": 1,
            "maximumScalingStepSize": 10000,
            "instanceWarmupPeriod": 300,
        },
        "managedTerminationProtection": OFF,
        "managedDraining": ON,
    }
    assert (made["status"], made["type"]) == ("ACTIVE", "EC2_AUTOSCALING")
    assert described(groups)["tags"] == []
    assert described(groups, include=["TAGS"])["tags"] == [{"key": "team", "value": "shop"}]
    arn = made["capacityProviderArn"]
    assert described(groups, arn)["name"] == PROVIDER
    groups.ecs.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "prod"}])
    groups.ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    tags = groups.ecs.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "stage", "value": "prod"}]


@pytest.mark.parametrize("name", ["aws-fleet", "ecsfleet", "Fargate-x", "a b", "", "x" * 256, "ä"])
def test_names(groups: Groups, name: str) -> None:
    """AWS: botocore ecs CreateCapacityProviderRequest.name."""
    provider = {"autoScalingGroupArn": GROUP}
    call = groups.ecs.create_capacity_provider
    code, message = refused(call, name=name, autoScalingGroupProvider=provider)
    assert code == "InvalidParameterException"
    assert "capacity provider name is invalid" in message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"managedScaling": {"status": "ON"}}, "not a valid status"),
        ({"managedScaling": {"targetCapacity": 101}}, "targetCapacity must be between 1 and 100"),
        ({"managedScaling": {"instanceWarmupPeriod": 10001}}, "between 0 and 10000"),
        (
            {"managedScaling": {"minimumScalingStepSize": 5, "maximumScalingStepSize": 4}},
            "must not be greater",
        ),
        ({"managedDraining": "yes"}, "not a valid managedDraining"),
        ({"managedTerminationProtection": ON}, "must have instance protection from scale in"),
        ({"autoScalingGroupArn": "nowhere"}, "Auto Scaling group was not found"),
    ],
)
def test_settings_that_are_refused(groups: Groups, given: Json, words: str) -> None:
    """AWS: botocore ecs ManagedScaling (ranges); captured ClientException (protection)."""
    provider = {"autoScalingGroupArn": GROUP, **given}
    # botocore knows the ranges too; other clients do not.
    call = groups.ecs.create_capacity_provider
    groups.ecs.meta.config.parameter_validation = False
    _, message = refused(call, name=PROVIDER, autoScalingGroupProvider=provider)
    assert words in message


def test_a_name_and_a_group_are_used_once(groups: Groups) -> None:
    """AWS: captured ClientException of CreateCapacityProvider."""
    groups.provide()
    provider = {"autoScalingGroupArn": GROUP}
    call = groups.ecs.create_capacity_provider
    code, message = refused(call, name=PROVIDER, autoScalingGroupProvider=provider)
    assert (code, "already exists" in message) == ("ClientException", True)
    code, message = refused(call, name="second", autoScalingGroupProvider=provider)
    assert (code, "already being used" in message) == ("ClientException", True)
    code, _ = refused(call, name="third")
    assert code == "InvalidParameterException"
    code, _ = refused(call, name="fourth", cluster="shop", autoScalingGroupProvider=provider)
    assert code == "InvalidParameterException"


def test_describing(groups: Groups) -> None:
    """AWS: botocore ecs DescribeCapacityProvidersRequest: names, ARNs, cluster, pages, failures."""
    for number in range(10):
        groups.make(f"group-{number}")
        groups.provide(f"provider-{number}", f"group-{number}")
    first = groups.ecs.describe_capacity_providers()
    second = groups.ecs.describe_capacity_providers(nextToken=first["nextToken"])
    names = [each["name"] for page in (first, second) for each in page["capacityProviders"]]
    assert names == ["FARGATE", "FARGATE_SPOT", *(f"provider-{number}" for number in range(10))]
    assert "nextToken" not in second
    groups.associate("provider-3", "FARGATE")
    of_cluster = groups.ecs.describe_capacity_providers(cluster="shop")["capacityProviders"]
    assert [each["name"] for each in of_cluster] == ["provider-3", "FARGATE"]
    answer = groups.ecs.describe_capacity_providers(
        capacityProviders=["provider-1", "provider-3", "none"], cluster="shop"
    )
    assert [each["name"] for each in answer["capacityProviders"]] == ["provider-3"]
    assert [each["reason"] for each in answer["failures"]] == ["MISSING", "MISSING"]
    elsewhere = "arn:aws:ecs:eu-west-1:123456789012:capacity-provider/provider-1"
    answer = groups.ecs.describe_capacity_providers(capacityProviders=[elsewhere])
    assert answer["failures"] == [{"arn": elsewhere, "reason": "MISSING"}]
    call = groups.ecs.describe_capacity_providers
    assert refused(call, cluster="none")[0] == "ClusterNotFoundException"
    assert refused(call, capacityProviders=["x"] * 101)[0] == "InvalidParameterException"


def test_updates_take_a_moment(groups: Groups) -> None:
    """AWS: update-managed-draining: UPDATE_IN_PROGRESS shows the settings before the update."""
    groups.provide()
    update = {"managedDraining": OFF, "managedScaling": {"targetCapacity": 80}}
    call = groups.ecs.update_capacity_provider
    answer = call(name=PROVIDER, autoScalingGroupProvider=update)["capacityProvider"]
    assert answer["updateStatus"] == "UPDATE_IN_PROGRESS"
    assert answer["autoScalingGroupProvider"]["managedDraining"] == ON
    code, _ = refused(call, name=PROVIDER, autoScalingGroupProvider=update)
    assert code == "ClientException"
    code, _ = refused(groups.ecs.delete_capacity_provider, capacityProvider=PROVIDER)
    assert code == "UpdateInProgressException"
    groups.shop.cloud.advance(seconds=10)
    found = described(groups)
    assert found["updateStatus"] == "UPDATE_COMPLETE"
    settings = found["autoScalingGroupProvider"]
    assert settings["managedDraining"] == OFF
    assert settings["managedScaling"]["targetCapacity"] == 80
    assert settings["managedScaling"]["status"] == ON
    assert refused(call, name="FARGATE", autoScalingGroupProvider={})[0] == "ClientException"
    assert refused(call, name="none", autoScalingGroupProvider={})[0] == "ClientException"


def test_deletion(groups: Groups) -> None:
    """AWS: botocore ecs CapacityProvider.updateStatus, DeleteCapacityProvider."""
    groups.provide()
    groups.associate(PROVIDER)
    failed = groups.ecs.delete_capacity_provider(capacityProvider=PROVIDER)["capacityProvider"]
    assert (failed["status"], failed["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    assert failed["updateStatusReason"] == (
        "The capacity provider cannot be deleted because it is associated with cluster: shop."
        " Remove the capacity provider from the cluster and try again."
    )
    groups.associate()
    going = groups.ecs.delete_capacity_provider(capacityProvider=PROVIDER)["capacityProvider"]
    assert going["updateStatus"] == "DELETE_IN_PROGRESS"
    groups.shop.cloud.advance(seconds=10)
    assert described(groups)["status"] == "INACTIVE"
    groups.provide()
    assert described(groups)["status"] == "ACTIVE"
    for name in "FARGATE", "FARGATE_SPOT", "none":
        code, _ = refused(groups.ecs.delete_capacity_provider, capacityProvider=name)
        assert code == "ClientException"


def test_attachments_of_a_cluster(groups: Groups) -> None:
    """AWS: botocore ecs Cluster.attachmentsStatus, UpdateInProgressException."""
    groups.provide()
    arguments: Json = {
        "cluster": "shop",
        "capacityProviders": [PROVIDER],
        "defaultCapacityProviderStrategy": [],
    }
    answer = groups.ecs.put_cluster_capacity_providers(**arguments)["cluster"]
    assert answer["attachmentsStatus"] == "UPDATE_IN_PROGRESS"
    kinds = {each["type"]: each["status"] for each in answer["attachments"]}
    assert kinds == {"as_policy": "PRECREATED", "managed_draining": "PRECREATED"}
    call = groups.ecs.put_cluster_capacity_providers
    assert refused(call, **arguments)[0] == "UpdateInProgressException"
    code, _ = refused(groups.ecs.delete_cluster, cluster="shop")
    assert code == "UpdateInProgressException"
    groups.shop.cloud.advance(seconds=10)
    assert cluster(groups)["attachmentsStatus"] == "UPDATE_COMPLETE"
    assert {each["status"] for each in cluster(groups)["attachments"]} == {"CREATED"}
    groups.ecs.delete_cluster(cluster="shop")
    going = groups.ecs.delete_capacity_provider(capacityProvider=PROVIDER)["capacityProvider"]
    assert going["updateStatus"] == "DELETE_IN_PROGRESS"


def test_a_cluster_that_is_created_with_a_provider(groups: Groups) -> None:
    """AWS: botocore ecs Cluster.status: PROVISIONING while its resources are made."""
    groups.provide()
    made = groups.ecs.create_cluster(
        clusterName="second",
        capacityProviders=[PROVIDER],
        defaultCapacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )["cluster"]
    assert made["status"] == "PROVISIONING"
    assert made["attachmentsStatus"] == "UPDATE_IN_PROGRESS"
    groups.shop.cloud.advance(seconds=10)
    assert groups.ecs.describe_clusters(clusters=["second"])["clusters"][0]["status"] == "ACTIVE"


def test_managed_scaling_serves_one_cluster(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: with managed scaling off a provider may serve several."""
    groups.provide()
    groups.associate(PROVIDER)
    call = groups.ecs.create_cluster
    code, _ = refused(call, clusterName="second", capacityProviders=[PROVIDER])
    assert code == "InvalidParameterException"
    groups.make("plain")
    groups.provide("plain", "plain", scaling={"status": OFF})
    groups.associate(PROVIDER, "plain")
    assert call(clusterName="second", capacityProviders=["plain"])["cluster"]["clusterName"]


def test_a_provider_in_use_stays(groups: Groups) -> None:
    """AWS: captured ResourceInUseException; botocore ecs PutClusterCapacityProviders."""
    groups.provide()
    groups.associate(PROVIDER)
    groups.ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=groups.fleet.define(),
        desiredCount=0,
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    code, message = refused(
        groups.ecs.put_cluster_capacity_providers,
        cluster="shop",
        capacityProviders=[],
        defaultCapacityProviderStrategy=[],
    )
    assert (code, "in use" in message) == ("ResourceInUseException", True)
    groups.ecs.delete_service(cluster="shop", service="web")
    groups.shop.cloud.advance(seconds=10)
    groups.associate()
    assert cluster(groups)["capacityProviders"] == []


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ([{"capacityProvider": PROVIDER, "weight": 1}, {"capacityProvider": "FARGATE"}], "mix"),
        ([{"capacityProvider": PROVIDER, "weight": 0}], "weight value greater than zero"),
        (
            [
                {"capacityProvider": PROVIDER, "base": 1, "weight": 1},
                {"capacityProvider": "second", "base": 1, "weight": 1},
            ],
            "base value",
        ),
        ([{"capacityProvider": PROVIDER, "weight": 1}] * 2, "duplicate"),
        ([{"capacityProvider": "third", "weight": 1}], "not associated with the cluster"),
        ([{"capacityProvider": f"p{n}", "weight": 1} for n in range(21)], "more than 20"),
    ],
)
def test_strategies_that_are_refused(groups: Groups, strategy: list[Json], words: str) -> None:
    """AWS: botocore ecs CapacityProviderStrategyItem; fargate-capacity-providers (no mix)."""
    groups.make("second")
    groups.make("third")
    for name, group in (PROVIDER, GROUP), ("second", "second"), ("third", "third"):
        groups.provide(name, group)
    groups.associate(PROVIDER, "second", "FARGATE")
    definition = groups.fleet.define()
    for call, more in (
        (groups.ecs.run_task, {}),
        (groups.ecs.create_service, {"serviceName": "web", "desiredCount": 1}),
    ):
        code, message = refused(
            call,
            cluster="shop",
            taskDefinition=definition,
            capacityProviderStrategy=strategy,
            **more,
        )
        assert code == "InvalidParameterException"
        assert words in message


def test_the_default_strategy_of_a_cluster(groups: Groups) -> None:
    """AWS: botocore ecs RunTaskRequest.capacityProviderStrategy; PutClusterCapacityProviders."""
    groups.provide()
    groups.associate(PROVIDER, default=[{"capacityProvider": PROVIDER, "weight": 1}])
    [task] = groups.ecs.run_task(cluster="shop", taskDefinition=groups.fleet.define())["tasks"]
    assert (task["capacityProviderName"], task["launchType"]) == (PROVIDER, "EC2")
    code, _ = refused(
        groups.ecs.run_task,
        cluster="shop",
        taskDefinition="web",
        launchType="EC2",
        capacityProviderStrategy=[{"capacityProvider": PROVIDER, "weight": 1}],
    )
    assert code == "InvalidParameterException"


def test_a_group_with_weights_is_refused(groups: Groups) -> None:
    """AWS: cluster-auto-scaling: instance weighting is not supported."""
    specification = {"LaunchTemplateName": groups.template("weighted-template")}
    overrides = [{"InstanceType": "t3.medium", "WeightedCapacity": "2"}]
    policy = {
        "LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides}
    }
    groups.make("weighted", MixedInstancesPolicy=policy)
    code, message = refused(
        groups.ecs.create_capacity_provider,
        name="weighted",
        autoScalingGroupProvider={"autoScalingGroupArn": "weighted"},
    )
    assert (code, "weight" in message) == ("ClientException", True)
