"""Tasks as RunTask, DescribeTasks, ListTasks and StopTask show them.

What happens inside a task is in test_tasks_containers.py; sources are named test by test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import Inbox
from runs import Json
from shops import Shop, open_shop

from ecslab import Cloud, Image

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012"
CONTAINER_NAME = "$.detail.containers[0].name"
ORDER = ("createdAt", "connectivityAt", "pullStartedAt", "pullStoppedAt", "startedAt")
END = ("stoppingAt", "executionStoppedAt", "stoppedAt")
STATES = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
)


def refused(code: str, match: str = "") -> Any:
    """Expect a refusal with a code and a text."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{match}")


def seconds(task: Json, first: str, then: str) -> float:
    """Return the seconds between two of a task's timestamps."""
    return float((task[then] - task[first]).total_seconds())


def watch(shop: Shop, arn: str, step: float = 0.25) -> list[Json]:
    """Let time pass until a task has stopped; return every different look at it."""
    seen = [shop.task(arn)]
    while seen[-1]["lastStatus"] != "STOPPED":
        shop.cloud.advance(seconds=step)
        now = shop.task(arn)
        if now != seen[-1]:
            seen.append(now)
    return seen


@pytest.fixture(scope="module")
def life() -> Iterator[list[Json]]:
    """Yield every look at one task that runs for a minute and is then stopped."""
    with Cloud(seed=7) as cloud:
        shop = open_shop(cloud)
        arn = shop.run(shop.define(Image(stop_after=5, stop_exit_code=0)))
        looks = []
        for _ in range(240):
            looks.append(shop.task(arn))
            cloud.advance(seconds=0.25)
        shop.ecs.stop_task(cluster="shop", task=arn)
        yield [*looks, *watch(shop, arn)]


def test_the_states_come_in_the_documented_order(life: list[Json]) -> None:
    """AWS: task-lifecycle-explanation; every state is passed, none twice, desiredStatus first."""
    states = [task["lastStatus"] for task in life]
    assert tuple(dict.fromkeys(states)) == STATES
    assert states == sorted(states, key=STATES.index)
    pairs = dict.fromkeys((task["lastStatus"], task["desiredStatus"]) for task in life)
    assert {desired for _, desired in pairs} == {"RUNNING", "STOPPED"}
    assert [last for last, desired in pairs if desired == "RUNNING"] == list(STATES[:4])


def test_timestamps_appear_in_order_and_stay(life: list[Json]) -> None:
    """AWS: botocore ecs Task; a published sample: connected after about 4 s, running after 24 s."""
    last = life[-1]
    moments = [last[name] for name in (*ORDER, *END)]
    assert moments == sorted(moments)
    for task in life:
        assert {name: task[name] for name in (*ORDER, *END) if name in task}.items() <= last.items()
    assert 15 < seconds(last, "createdAt", "startedAt") < 40
    assert 1 < seconds(last, "pullStartedAt", "pullStoppedAt") < 10
    running = next(task for task in life if task["lastStatus"] == "RUNNING")
    assert "startedAt" in running
    assert all("startedAt" not in task for task in life if task["lastStatus"] in STATES[:3])
    assert all("stoppedAt" not in task for task in life[:-1])


def test_versions_count_the_changes_that_are_events(life: list[Json]) -> None:
    """AWS: botocore ecs Task.version (one more with each change that starts an event)."""
    assert life[0]["version"] == 1
    versions = [task["version"] for task in life]
    assert versions == sorted(versions)
    assert sorted(set(versions)) == list(range(1, versions[-1] + 1))
    for before, after in pairwise(life):
        changed = any(before[key] != after[key] for key in ("lastStatus", "desiredStatus"))
        assert (after["version"] > before["version"]) is changed


def test_connectivity_begins_when_the_agent_has_connected(life: list[Json]) -> None:
    """AWS: botocore ecs Task.connectivity, .connectivityAt (captured: CONNECTED when stopped)."""
    assert "connectivity" not in life[0]
    assert {task["connectivity"] for task in life if "connectivityAt" in task} == {"CONNECTED"}
    assert life[-1]["connectivity"] == "CONNECTED"


def test_the_interface_is_shown_while_it_is_there(life: list[Json]) -> None:
    """AWS: botocore ecs Attachment (PRECREATED, ATTACHED, DELETED) and its details."""
    shown: dict[str, list[str]] = {}
    for task in life:
        (attachment,) = task["attachments"]
        assert attachment["type"] == "ElasticNetworkInterface"
        shown.setdefault(attachment["status"], [d["name"] for d in attachment["details"]])
    assert next(iter(shown)) == "PRECREATED"
    assert list(shown)[-1] == "DELETED"
    assert shown["PRECREATED"] == ["subnetId"]
    assert shown["ATTACHED"] == [
        "subnetId",
        "networkInterfaceId",
        "macAddress",
        "privateDnsName",
        "privateIPv4Address",
    ]
    running = next(task for task in life if task["lastStatus"] == "RUNNING")
    (interface,) = running["containers"][0]["networkInterfaces"]
    details = {d["name"]: d["value"] for d in running["attachments"][0]["details"]}
    assert interface["privateIpv4Address"] == details["privateIPv4Address"]
    assert interface["attachmentId"] == running["attachments"][0]["id"]


def test_what_a_task_shows_from_the_first_moment(life: list[Json]) -> None:
    """AWS: botocore ecs Task, Container; captured DescribeTasks output of Fargate."""
    task = life[0]
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    assert re.fullmatch("[0-9a-f]{32}", task_id)
    assert task["taskArn"] == f"{ACCOUNT}:task/shop/{task_id}"
    assert task["clusterArn"] == f"{ACCOUNT}:cluster/shop"
    assert task["group"] == "family:web"
    assert task["launchType"] == "FARGATE"
    assert task["platformVersion"] == "1.4.0"
    assert task["platformFamily"] == "Linux"
    assert (task["cpu"], task["memory"]) == ("256", "512")
    assert task["attributes"] == [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
    assert task["ephemeralStorage"] == {"sizeInGiB": 20}
    assert task["overrides"] == {
        "containerOverrides": [{"name": "app"}],
        "inferenceAcceleratorOverrides": [],
    }
    assert task["tags"] == []
    assert {"startedBy", "stopCode", "stoppedReason"}.isdisjoint(task)
    (container,) = task["containers"]
    assert re.fullmatch(
        rf"{ACCOUNT}:container/shop/{task_id}/[0-9a-f-]{{36}}", container["containerArn"]
    )
    assert container["lastStatus"] == "PENDING"
    assert {"exitCode", "runtimeId", "imageDigest", "reason"}.isdisjoint(container)


def test_container_states(life: list[Json]) -> None:
    """amazon-ecs-agent, containerstatus.go: the API only sees PENDING, RUNNING and STOPPED."""
    states = [task["containers"][0]["lastStatus"] for task in life]
    assert tuple(dict.fromkeys(states)) == ("PENDING", "RUNNING", "STOPPED")
    last = life[-1]["containers"][0]
    assert last["exitCode"] == 0
    assert re.fullmatch(r"[0-9a-f]{32}-\d{10}", last["runtimeId"])
    assert last["imageDigest"].startswith("sha256:")
    assert all("exitCode" not in t["containers"][0] for t in life if t["lastStatus"] == "RUNNING")


def test_ec2_shows_the_interface_until_the_task_has_stopped(shop: Shop) -> None:
    """AWS: fargate-task-networking (the interface is in your subnet, managed by ECS)."""
    ec2: Any = boto3.client("ec2")
    arn = shop.run(shop.define(Image(runs_for=20)))
    shop.cloud.run_until(lambda: shop.task(arn)["lastStatus"] == "RUNNING")
    task = shop.task(arn)
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    (found,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert found["NetworkInterfaceId"] == details["networkInterfaceId"]
    assert found["PrivateIpAddress"] == details["privateIPv4Address"]
    assert found["MacAddress"] == details["macAddress"]
    assert found["SubnetId"] == details["subnetId"] in shop.subnets
    assert found["AvailabilityZone"] == task["availabilityZone"]
    assert found["Status"] == "in-use"
    assert found["Description"] == f"{ACCOUNT}:attachment/{task['attachments'][0]['id']}"
    assert found["Association"]["PublicIp"]
    with pytest.raises(ClientError):
        ec2.delete_network_interface(NetworkInterfaceId=found["NetworkInterfaceId"])
    shop.stopped(arn)
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_without_a_public_address_there_is_none(shop: Shop) -> None:
    """AWS: botocore ecs AwsVpcConfiguration.assignPublicIp (default DISABLED)."""
    definition = shop.define("nginx")
    network = {"awsvpcConfiguration": {"subnets": shop.subnets[:1]}}
    shop.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    shop.cloud.advance(seconds=11)
    (found,) = boto3.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert "Association" not in found


def test_tasks_spread_over_the_subnets_zones(shop: Shop) -> None:
    """AWS: task-placement (Fargate spreads a group over Availability Zones as best it can)."""
    network = {"awsvpcConfiguration": {"subnets": shop.subnets[:3], "assignPublicIp": "ENABLED"}}
    shop.ecs.run_task(
        cluster="shop",
        taskDefinition=shop.define(Image()),
        launchType="FARGATE",
        networkConfiguration=network,
        count=9,
    )
    shop.cloud.advance(seconds=30)
    arns = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    zones = [
        t["availabilityZone"] for t in shop.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    ]
    assert sorted(zones.count(zone) for zone in set(zones)) == [3, 3, 3]


# --- StopTask at any moment -----------------------------------------------------------------------


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.data(),
    moments=st.lists(st.floats(0, 60).map(lambda value: round(value, 2)), min_size=12, max_size=12),
    runs_for=st.sampled_from([None, 0.0, 0.5, 15.0]),
    stop_after=st.sampled_from([None, 0.0, 3.0]),
    seed=st.integers(0, 99),
)
def test_a_stop_at_any_moment_ends_in_order(
    data: st.DataObject,
    moments: list[float],
    runs_for: float | None,
    stop_after: float | None,
    seed: int,
) -> None:
    """AWS: task-lifecycle-explanation, botocore ecs StopTask: STOPPED, whatever was going on.

    Twelve tasks run side by side, each stopped at its own moment.
    """
    with Cloud(seed=seed) as cloud:
        shop = open_shop(cloud)
        image = Image(runs_for=runs_for, stop_after=stop_after)
        first = Image(runs_for=4.0)
        uri, helper = cloud.push(image, "app:1"), cloud.push(first, "helper:1")
        waits = {"dependsOn": [{"containerName": "helper", "condition": "SUCCESS"}]}
        policy = {"enabled": True, "restartAttemptPeriod": 60}
        helper_spec = {"name": "helper", "image": helper, "essential": False}
        extra = data.draw(st.sampled_from([{}, waits, {"restartPolicy": policy}]))
        containers = [{"name": "app", "image": uri, "stopTimeout": 5, **extra}, helper_spec]
        shop.ecs.register_task_definition(
            family="app",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=shop.role,
            containerDefinitions=containers,
        )
        arns = [shop.run("app") for _ in moments]
        before: dict[str, Json] = {}
        for moment, arn in sorted(zip(moments, arns, strict=True)):
            cloud.advance(seconds=max(0.0, moment - (cloud.now - START).total_seconds()))
            before[arn] = shop.task(arn)
            shop.ecs.stop_task(cluster="shop", task=arn, reason="drill")
        cloud.advance(seconds=120)
        for arn in arns:
            check_end(before[arn], shop.task(arn))
        assert boto3.client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []
        kinds = [e.kind for e in cloud.journal.of_kind("task.") if e.kind == "task.stopped"]
        assert len(kinds) == len(arns)


START = datetime.fromisoformat("2026-01-15T09:00:00+00:00")


def check_end(before: Json, task: Json) -> None:
    """Check the end of a task that was wanted stopped when it looked like `before`."""
    assert (task["lastStatus"], task["desiredStatus"]) == ("STOPPED", "STOPPED")
    ended_before = before["desiredStatus"] == "STOPPED"
    code = before.get("stopCode") if ended_before else "UserInitiated"
    assert task["stopCode"] == code
    assert ended_before or task["stoppedReason"] == "drill"
    start = [task[name] for name in ORDER if name in task]
    end = [task[name] for name in ("stoppingAt", "stoppedAt") if name in task]
    assert start == sorted(start)
    assert end == sorted(end)
    assert len(end) == 2
    assert task["createdAt"] <= end[0]
    assert task["attachments"][0]["status"] == "DELETED"
    for container in task["containers"]:
        assert container["lastStatus"] == "STOPPED"
        ran = "runtimeId" in container
        assert ("exitCode" in container) is ran
        assert container.get("exitCode") in (None, 0, 137, 143)
    app = task["containers"][0]
    assert ("executionStoppedAt" in task) is ("exitCode" in app)
    if "executionStoppedAt" in task:
        assert task["executionStoppedAt"] <= task["stoppedAt"]
        assert start[-1] <= task["executionStoppedAt"]


# --- Stopped tasks --------------------------------------------------------------------------------


def test_stopped_tasks_are_hidden_then_gone(shop: Shop) -> None:
    """AWS: botocore ecs ListTasksRequest.desiredStatus, DescribeTasks; api_failures_messages."""
    definition = shop.define(Image(runs_for=5))
    arn = shop.run(definition)
    running = shop.run(definition, overrides={"containerOverrides": [{"name": "app"}]})
    shop.stopped(arn)
    shop.stopped(running)
    assert shop.ecs.list_tasks(cluster="shop")["taskArns"] == []
    assert shop.ecs.list_tasks(cluster="shop", desiredStatus="PENDING")["taskArns"] == []
    listed = shop.ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    assert set(listed) == {arn, running}
    shop.cloud.advance(minutes=59)
    assert shop.task(arn)["lastStatus"] == "STOPPED"
    shop.cloud.advance(minutes=2)
    task_id = arn.rsplit("/", 1)[-1]
    for reference in (arn, task_id):
        answer = shop.ecs.describe_tasks(cluster="shop", tasks=[reference])
        assert answer["tasks"] == []
        assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    with refused("InvalidParameterException", "The referenced task was not found."):
        shop.ecs.stop_task(cluster="shop", task=arn)


def test_a_stopped_task_can_be_stopped_again_without_effect(shop: Shop) -> None:
    """AWS: botocore ecs StopTask; what stopped the task first stays its reason."""
    arn = shop.run(shop.define(Image(runs_for=5)))
    before = shop.stopped(arn)
    answer = shop.ecs.stop_task(cluster="shop", task=arn, reason="late")["task"]
    assert answer["stoppedReason"] == "Essential container in task exited"
    shop.cloud.advance(minutes=1)
    assert shop.task(arn) == before


def test_the_answer_of_stop_task_is_the_task_that_is_to_stop(shop: Shop) -> None:
    """AWS: botocore ecs StopTaskResponse: desiredStatus first, lastStatus follows."""
    arn = shop.run(shop.define(Image()))
    shop.cloud.advance(seconds=40)
    task = shop.ecs.stop_task(cluster="shop", task=arn.rsplit("/", 1)[-1])["task"]
    assert (task["desiredStatus"], task["lastStatus"]) == ("STOPPED", "RUNNING")
    assert task["stoppedReason"] == "Task stopped by user"
    assert task["stopCode"] == "UserInitiated"
    assert "stoppedAt" not in task


# --- RunTask's parameters -------------------------------------------------------------------------


def run(shop: Shop, **arguments: Any) -> list[Json]:
    """Run tasks of the family `web`, with whatever arguments; return them."""
    request = {
        "cluster": "shop",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": shop.network(),
        **arguments,
    }
    answer = shop.ecs.run_task(**{k: v for k, v in request.items() if v is not None})
    assert answer["failures"] == []
    return list(answer["tasks"])


def test_ten_tasks_at_once_but_not_eleven(shop: Shop) -> None:
    """AWS: botocore ecs RunTaskRequest.count (up to 10)."""
    shop.define(Image())
    assert len({task["taskArn"] for task in run(shop, count=10)}) == 10
    for count in (0, 11, -1):
        with refused("InvalidParameterException"):
            run(shop, count=count)
    assert len(shop.ecs.list_tasks(cluster="shop")["taskArns"]) == 10


def test_group_and_started_by(shop: Shop) -> None:
    """AWS: botocore ecs RunTaskRequest.group (default family:NAME), .startedBy (128 of a set)."""
    shop.define(Image())
    (plain,) = run(shop)
    (named,) = run(shop, group="nightly", startedBy="job/42_a-B")
    assert (plain["group"], plain.get("startedBy")) == ("family:web", None)
    assert (named["group"], named["startedBy"]) == ("nightly", "job/42_a-B")
    found = shop.ecs.list_tasks(cluster="shop", startedBy="job/42_a-B")["taskArns"]
    assert found == [named["taskArn"]]
    for wrong in ("x" * 129, "a b", "ünicode"):
        with refused("InvalidParameterException"):
            run(shop, startedBy=wrong)


def test_filters_of_list_tasks(shop: Shop) -> None:
    """AWS: botocore ecs ListTasksRequest."""
    shop.define(Image())
    shop.define(Image(), family="other")
    (web,) = run(shop)
    (other,) = run(shop, taskDefinition="other")
    listing = shop.ecs.list_tasks

    def arns(**filters: str) -> list[str]:
        return list(listing(cluster="shop", **filters)["taskArns"])

    assert arns(family="other") == [other["taskArn"]]
    assert arns(family="nothing") == []
    assert arns(launchType="FARGATE") == [web["taskArn"], other["taskArn"]]
    assert arns(launchType="EC2") == []
    with refused("ServiceNotFoundException"):
        arns(serviceName="nothing")
    with refused("InvalidParameterException"):
        arns(desiredStatus="IDLE")
    with refused("InvalidParameterException"):
        arns(launchType="NOWHERE")
    with refused("InvalidParameterException"):
        arns(startedBy="me", family="web")
    with refused("ClusterNotFoundException"):
        listing(cluster="elsewhere")


def test_tags_are_shown_when_they_are_asked_for(shop: Shop) -> None:
    """AWS: botocore ecs DescribeTasksRequest.include, RunTaskRequest.tags, .propagateTags."""
    shop.define(Image())
    arn = shop.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"][
        "taskDefinitionArn"
    ]
    shop.ecs.tag_resource(
        resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )
    own = [{"key": "b", "value": "3"}]
    (task,) = run(shop, tags=own, propagateTags="TASK_DEFINITION")
    expected = [{"key": "a", "value": "1"}, {"key": "b", "value": "3"}]
    assert sorted(task["tags"], key=lambda tag: str(tag["key"])) == expected
    assert shop.task(task["taskArn"])["tags"] == []
    described = shop.ecs.describe_tasks(cluster="shop", tasks=[task["taskArn"]], include=["TAGS"])
    assert sorted(described["tasks"][0]["tags"], key=lambda tag: str(tag["key"])) == expected
    shop.ecs.stop_task(cluster="shop", task=task["taskArn"])
    left = shop.ecs.list_tags_for_resource(resourceArn=task["taskArn"])["tags"]
    assert left == [], "StopTask removes the tags"
    with refused("InvalidParameterException"):
        run(shop, tags=[{"key": f"k{number}", "value": ""} for number in range(51)])
    with refused("InvalidParameterException"):
        run(shop, propagateTags="SERVICE")


def test_a_client_token_runs_once(shop: Shop) -> None:
    """AWS: ECS_Idempotency; botocore ecs RunTaskRequest.clientToken, ConflictException."""
    shop.define(Image())
    first = run(shop, clientToken="once", count=2)
    again = run(shop, clientToken="once", count=2)
    assert [task["taskArn"] for task in again] == [task["taskArn"] for task in first]
    assert len(shop.ecs.list_tasks(cluster="shop")["taskArns"]) == 2
    with refused("ConflictException", "clientToken is already in use") as conflict:
        run(shop, clientToken="once", count=3)
    assert conflict.value.response["resourceIds"] == [task["taskArn"] for task in first]
    assert len(run(shop, clientToken="twice")) == 1
    for wrong in ("x" * 65, "with space"):
        with refused("InvalidParameterException"):
            run(shop, clientToken=wrong)


def test_overrides_change_the_run_and_are_shown(shop: Shop) -> None:
    """AWS: botocore ecs TaskOverride, ContainerOverride; docs: task size and roles too."""
    shop.define(Image(logs=("x",)))
    overrides = {
        "cpu": "512",
        "memory": "1024",
        "ephemeralStorage": {"sizeInGiB": 30},
        "containerOverrides": [
            {
                "name": "app",
                "command": ["sh", "-c", "exit 9"],
                "environment": [{"name": "A", "value": "1"}],
            }
        ],
    }
    (task,) = run(shop, overrides=overrides)
    assert (task["cpu"], task["memory"]) == ("512", "1024")
    assert task["ephemeralStorage"] == {"sizeInGiB": 30}
    shown = task["overrides"]
    assert shown["containerOverrides"] == overrides["containerOverrides"]
    assert (shown["cpu"], shown["memory"]) == ("512", "1024")
    assert shop.stopped(task["taskArn"])["containers"][0]["exitCode"] == 9
    for wrong in (
        {"containerOverrides": [{"name": "none", "command": ["x"]}]},
        {"cpu": "300"},
        {"memory": "64"},
    ):
        with pytest.raises(ClientError) as failed:
            run(shop, overrides=wrong)
        assert failed.value.response["Error"]["Code"] in (
            "InvalidParameterException",
            "ClientException",
        )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
        ({"cluster": f"{ACCOUNT}:cluster/nowhere"}, "ClusterNotFoundException"),
        ({"taskDefinition": "nothing"}, "ClientException"),
        ({"taskDefinition": "web:99"}, "ClientException"),
        ({"networkConfiguration": None}, "InvalidParameterException"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": []}}},
            "InvalidParameterException",
        ),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
            "InvalidParameterException",
        ),
        ({"launchType": "EC2"}, "InvalidParameterException"),
        ({"launchType": "LUNAR"}, "InvalidParameterException"),
        ({"launchType": None}, "InvalidParameterException"),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "InvalidParameterException",
        ),
        ({"platformVersion": "0.9"}, "PlatformUnknownException"),
        ({"enableExecuteCommand": True}, "InvalidParameterException"),
    ],
)
def test_wrong_parameters_are_refused(shop: Shop, arguments: Json, code: str) -> None:
    """AWS: botocore ecs RunTask (errors) and RunTaskRequest."""
    shop.define(Image())
    with refused(code):
        run(shop, **arguments)
    assert shop.ecs.list_tasks(cluster="shop")["taskArns"] == []


@pytest.mark.parametrize("version", [None, "LATEST", "1.4.0"])
def test_platform_versions(shop: Shop, version: str | None) -> None:
    """AWS: platform-fargate (LATEST is 1.4.0)."""
    shop.define(Image())
    assert run(shop, platformVersion=version)[0]["platformVersion"] == "1.4.0"


def test_names_and_arns_of_tasks(shop: Shop) -> None:
    """AWS: botocore ecs DescribeTasksRequest.tasks (ids or full ARNs, up to 100)."""
    shop.define(Image())
    shop.ecs.create_cluster(clusterName="other")
    (task,) = run(shop)
    arn = task["taskArn"]
    task_id = arn.rsplit("/", 1)[-1]
    describe = shop.ecs.describe_tasks
    for reference in (arn, task_id):
        assert describe(cluster="shop", tasks=[reference])["tasks"][0]["taskArn"] == arn
    assert describe(cluster="shop", tasks=["0" * 32])["failures"][0]["reason"] == "MISSING"
    assert describe(cluster="other", tasks=[task_id])["failures"][0]["reason"] == "MISSING"
    with refused("InvalidParameterException", "Tasks cannot be empty"):
        describe(cluster="shop", tasks=[])
    with refused("InvalidParameterException"):
        describe(cluster="shop", tasks=[task_id] * 101)
    with refused("ClusterNotFoundException"):
        describe(tasks=[task_id])
    with refused("InvalidParameterException", "is for cluster shop. Your cluster is other"):
        describe(cluster="other", tasks=[arn])


def test_the_default_cluster_is_used_once_it_is_there(shop: Shop) -> None:
    """AWS: botocore ecs RunTaskRequest.cluster (without it, the cluster named default)."""
    shop.define(Image())
    with refused("ClusterNotFoundException"):
        run(shop, cluster=None)
    shop.ecs.create_cluster()
    (task,) = run(shop, cluster=None)
    assert task["clusterArn"] == f"{ACCOUNT}:cluster/default"


def test_every_change_of_state_is_an_event(shop: Shop) -> None:
    """AWS: ecs_task_events: the detail is the task, its version one more each time."""
    inbox = Inbox()
    inbox.listen("changes", {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]})
    task = shop.stopped(shop.run(shop.define(Image(runs_for=20, exit_code=3))))
    bodies = inbox.take()
    details = [body["detail"] for body in bodies]
    assert [detail["version"] for detail in details] == list(range(1, task["version"] + 1))
    assert [detail["lastStatus"] for detail in details] == [
        *STATES[:4],
        "RUNNING",
        *STATES[6:],
    ]
    assert bodies[0]["source"] == "aws.ecs"
    assert bodies[0]["resources"] == [task["taskArn"]]
    assert bodies[0]["time"] == "2026-01-15T09:00:00Z"
    last = details[-1]
    assert last["stopCode"] == "EssentialContainerExited"
    assert last["containers"][0]["exitCode"] == 3
    assert last["stoppedAt"].endswith("Z")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, None),
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.lastStatus"}, "PROVISIONING"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "s": "$.detail.lastStatus",
                        "c": "$.detail.containers[0].name",
                    },
                    "InputTemplate": '{"text": "<c> is <s>"}',
                }
            },
            {"text": "app is PROVISIONING"},
        ),
    ],
    ids=["whole", "constant", "path", "template"],
)
def test_what_a_target_of_a_rule_gets(shop: Shop, target: Json, expected: Any) -> None:
    """AWS: botocore events Target.Input, .InputPath, .InputTransformer; a log group as target."""
    events, logs = boto3.client("events"), boto3.client("logs")
    logs.create_log_group(logGroupName="/aws/events/tasks")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/tasks"
    events.put_rule(Name="tasks", EventPattern=json.dumps({"source": ["aws.ecs"]}))
    absent = {"Id": "absent", "Arn": "arn:aws:sqs:us-east-1:123456789012:absent"}
    function = {"Id": "f", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}
    events.put_targets(Rule="tasks", Targets=[absent, function, {"Id": "l", "Arn": arn, **target}])
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "l", "Arn": arn}])
    shop.run(shop.define(Image()))
    (found,) = logs.filter_log_events(logGroupName="/aws/events/tasks")["events"]
    text = found["message"]
    assert expected in (None, text if isinstance(expected, str) else json.loads(text))
    assert expected is not None or json.loads(text)["detail"]["taskArn"]
    events.disable_rule(Name="tasks")
    shop.cloud.advance(minutes=1)
    assert len(logs.filter_log_events(logGroupName="/aws/events/tasks")["events"]) == 1
