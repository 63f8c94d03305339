"""Task scale-in protection: the two operations, and the endpoint in the container.

AWS: botocore ecs UpdateTaskProtection, GetTaskProtection; task-scale-in-protection and
-endpoint; api_failures_messages; facts: services-deployments, section 12.
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from runs import Runs, allow

from ecslab import Image

WEB = Image(port=8080)


def serve(shop: Any, count: int = 2, image: Image = WEB, **definition: Any) -> list[str]:
    """Run a service; return its tasks."""
    runs = Runs(shop)
    answer = shop.ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=shop.role,
        containerDefinitions=[runs.container("web", image)],
        **definition,
    )
    shop.serve(answer["taskDefinition"]["taskDefinitionArn"], count)
    shop.ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"])
    return list(shop.ecs.list_tasks(cluster="shop")["taskArns"])


def protect(shop: Any, *tasks: str, on: bool = True, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = shop.ecs.update_task_protection(
        cluster="shop", tasks=list(tasks), protectionEnabled=on, **given
    )
    return found


def protection(shop: Any, *tasks: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ecs.get_task_protection(cluster="shop", tasks=list(tasks))
    return found


def test_protection_lasts_two_hours_by_default_and_can_be_taken_away(shop: Any) -> None:
    """AWS: botocore ecs UpdateTaskProtectionRequest.expiresInMinutes: 120 by default."""
    task, other = serve(shop)
    (protected,) = protect(shop, task)["protectedTasks"]
    assert protected["protectionEnabled"] is True
    assert abs((protected["expirationDate"] - shop.cloud.now).total_seconds() - 7200) < 1
    assert protection(shop, task)["protectedTasks"] == [protected]
    plain = {"taskArn": other, "protectionEnabled": False}
    assert protection(shop, other)["protectedTasks"] == [plain]
    assert protect(shop, task, on=False)["protectedTasks"] == [plain | {"taskArn": task}]


def test_protection_ends_by_itself_and_begins_anew_with_each_call(shop: Any) -> None:
    """AWS: botocore ecs UpdateTaskProtection: the period is always reset."""
    task, _ = serve(shop)
    protect(shop, task, expiresInMinutes=10)
    shop.cloud.advance(minutes=8)
    protect(shop, task, expiresInMinutes=10)
    shop.cloud.advance(minutes=8)
    assert protection(shop, task)["protectedTasks"][0]["protectionEnabled"] is True
    shop.cloud.advance(minutes=3)
    assert protection(shop, task)["protectedTasks"][0]["protectionEnabled"] is False


@pytest.mark.parametrize("minutes", [0, -1, 2881])
def test_the_period_is_from_one_minute_to_forty_eight_hours(shop: Any, minutes: int) -> None:
    """AWS: botocore ecs UpdateTaskProtectionRequest.expiresInMinutes."""
    task, _ = serve(shop)
    with pytest.raises(ClientError, match="InvalidParameterException"):
        protect(shop, task, expiresInMinutes=minutes)
    assert protect(shop, task, expiresInMinutes=2880)["failures"] == []


def test_at_most_ten_tasks_are_updated_and_a_hundred_read(shop: Any) -> None:
    """AWS: botocore ecs UpdateTaskProtectionRequest.tasks, GetTaskProtectionRequest.tasks."""
    with pytest.raises(ClientError, match="between 1 and 10"):
        protect(shop, *["0" * 32] * 11)
    with pytest.raises(ClientError, match="between 1 and 100"):
        protection(shop, *["0" * 32] * 101)
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        shop.ecs.get_task_protection(cluster="none")


def test_only_running_tasks_of_services(shop: Any) -> None:
    """AWS: api_failures_messages: MISSING, TASK_NOT_VALID."""
    serve(shop, 1)
    alone = shop.run("web")
    gone = f"{alone.rsplit('/', 1)[0]}/{'0' * 32}"
    expected = [
        {"arn": alone, "reason": "TASK_NOT_VALID"},
        {"arn": gone, "reason": "MISSING"},
    ]
    assert protect(shop, alone, gone)["failures"] == expected
    assert protection(shop, alone, gone)["failures"] == expected


def test_more_protected_tasks_than_wanted_ones_block(shop: Any) -> None:
    """AWS: task-scale-in-protection, considerations: DEPLOYMENT_BLOCKED."""
    first, second = serve(shop)
    protect(shop, first)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    blocked = protect(shop, second)["failures"]
    assert blocked == [{"arn": second, "reason": "DEPLOYMENT_BLOCKED"}]


def test_without_tasks_those_of_all_services_are_read(shop: Any) -> None:
    """AWS: botocore ecs GetTaskProtectionRequest.tasks is optional."""
    tasks = serve(shop, 3)
    found = shop.ecs.get_task_protection(cluster="shop")["protectedTasks"]
    assert sorted(each["taskArn"] for each in found) == sorted(tasks)


def _protects_itself() -> None:
    import os

    uri = f"{os.environ['ECS_AGENT_URI']}/task-protection/v1/state"
    body = {"ProtectionEnabled": True, "ExpiresInMinutes": 60}
    print(requests.put(uri, json=body, timeout=5).text)
    print(requests.get(uri, timeout=5).text)


def _asks_badly() -> None:
    import os

    uri = f"{os.environ['ECS_AGENT_URI']}/task-protection/v1/state"
    for body in ({}, {"ProtectionEnabled": "yes"}, {"Protected": True}, []):
        answer = requests.put(uri, json=body, timeout=5)
        print(answer.status_code, answer.json()["error"]["Code"])


def lines(task: str) -> list[str]:
    logs: Any = boto3.client("logs")
    stream = f"web/web/{task.rsplit('/', 1)[-1]}"
    found = logs.get_log_events(logGroupName="/runs", logStreamName=stream, startFromHead=True)
    return [event["message"] for event in found["events"]]


def test_a_task_protects_itself_through_its_agent(shop: Any) -> None:
    """AWS: task-scale-in-protection-endpoint; the task role needs both ECS actions."""
    iam: Any = boto3.client("iam")
    from shops import TRUST

    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    actions = ("ecs:UpdateTaskProtection", "ecs:GetTaskProtection")
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=allow(*actions))
    image = Image(port=8080, work=_protects_itself, every=3600)
    (task,) = serve(shop, 1, image, taskRoleArn=role)
    shop.cloud.advance(seconds=30)
    (protected,) = protection(shop, task)["protectedTasks"]
    assert protected["protectionEnabled"] is True
    import json

    put, get = (json.loads(line) for line in lines(task)[-2:])
    assert put == get
    assert put["protection"]["ProtectionEnabled"] is True
    assert put["protection"]["TaskArn"] == task
    assert put["protection"]["ExpirationDate"].endswith("Z")


def test_the_agent_passes_on_what_the_task_role_is_denied(shop: Any) -> None:
    """amazon-ecs-agent, tmds/handlers/taskprotection: error with Arn, Code and Message."""
    iam: Any = boto3.client("iam")
    from shops import TRUST

    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    image = Image(port=8080, work=_protects_itself, every=3600)
    (task,) = serve(shop, 1, image, taskRoleArn=role)
    shop.cloud.advance(seconds=30)
    assert '"Code": "AccessDeniedException"' in lines(task)[-1]
    assert "ecs:GetTaskProtection" in lines(task)[-1]


def test_without_a_task_role_the_agent_has_no_credentials(shop: Any) -> None:
    """amazon-ecs-agent, tmds/handlers/taskprotection: 403 AccessDeniedException."""
    (task,) = serve(shop, 1, Image(port=8080, work=_protects_itself, every=3600))
    shop.cloud.advance(seconds=30)
    assert "no task IAM role credentials available" in lines(task)[-1]


def test_the_agent_refuses_what_it_can_not_read(shop: Any) -> None:
    """amazon-ecs-agent, tmds/handlers/taskprotection: 400 InvalidParameterException."""
    (task,) = serve(shop, 1, Image(port=8080, work=_asks_badly, every=3600))
    shop.cloud.advance(seconds=30)
    assert lines(task)[-4:] == ["400 InvalidParameterException"] * 4


# --- What the service scheduler makes of it -----------------------------------------------------


def settle(shop: Any, minutes: float = 5) -> set[str]:
    """Let time pass; return the tasks that are wanted then."""
    shop.cloud.advance(minutes=minutes)
    return set(shop.ecs.list_tasks(cluster="shop")["taskArns"])


def kept_event(shop: Any, count: int) -> list[str]:
    deployments = shop.service()["deployments"]
    ids = [deployment["id"] for deployment in deployments]
    texts = {
        f"(service web, taskSet {each}) was unable to scale in due to (reason {count} tasks under"
        " protection)"
        for each in ids
    }
    return [message for message in shop.messages() if message in texts]


def test_scale_in_stops_the_unprotected_tasks(shop: Any) -> None:
    """AWS: task-scale-in-protection: protected tasks are not stopped by scale-in."""
    tasks = serve(shop, 3)
    protect(shop, tasks[0], tasks[2])
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=2)
    assert settle(shop) == {tasks[0], tasks[2]}
    assert kept_event(shop, 2) == []


def test_scale_in_waits_for_the_end_of_protection(shop: Any) -> None:
    """AWS: task-scale-in-protection: the service event, once, and the stop when it has ended."""
    tasks = serve(shop, 2)
    protect(shop, *tasks, expiresInMinutes=30)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=0)
    assert settle(shop, 20) == set(tasks)
    assert len(kept_event(shop, 2)) == 1
    assert settle(shop, 15) == set()


def test_taking_protection_away_lets_scale_in_go_on(shop: Any) -> None:
    tasks = serve(shop, 2)
    protect(shop, *tasks)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=1)
    assert settle(shop) == set(tasks)
    protect(shop, tasks[0], on=False)
    assert settle(shop) == {tasks[1]}


def test_a_rolling_update_keeps_protected_old_tasks(shop: Any) -> None:
    """AWS: task-scale-in-protection, deployment considerations."""
    old = serve(shop, 2)
    protect(shop, old[0], expiresInMinutes=60)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    now = settle(shop, 20)
    assert old[0] in now
    assert old[1] not in now
    assert len(now) == 3
    states = [each["rolloutState"] for each in shop.service()["deployments"]]
    assert states[0] == "IN_PROGRESS"
    assert len(kept_event(shop, 1)) == 1
    assert settle(shop, 60).isdisjoint(old)
    assert [each["rolloutState"] for each in shop.service()["deployments"]] == ["COMPLETED"]


def test_stop_task_and_health_checks_stop_protected_tasks(shop: Any) -> None:
    """AWS names scale-in and deployments only; that the rest is not held up is UNVERIFIED."""
    task, _ = serve(shop, 2)
    protect(shop, task)
    shop.ecs.stop_task(cluster="shop", task=task)
    assert task not in settle(shop)
