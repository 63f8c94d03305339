"""The life of a standalone task as the API shows it, rule by rule.

Each rule names its source: a page of the Amazon ECS Developer Guide, a shape of botocore's ecs
model, the source of amazon-ecs-agent, or captured output of DescribeTasks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from ecslab import Cloud, Image

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
Json = dict[str, Any]


class Shop:
    """A cluster in which a test runs tasks on Fargate."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ecs: Any = boto3.client("ecs", "us-east-1")
        self.logs: Any = boto3.client("logs", "us-east-1")
        iam: Any = boto3.client("iam", "us-east-1")
        ec2: Any = boto3.client("ec2", "us-east-1")
        role = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION_POLICY)
        self.role = role["Role"]["Arn"]
        self.subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
        self.ecs.create_cluster(clusterName="shop")
        self.logs.create_log_group(logGroupName="/shop")

    def container(self, name: str, image: Image, **settings: Any) -> Json:
        """Push an image and return a container definition that logs to /shop."""
        options = {"awslogs-group": "/shop", "awslogs-region": "us-east-1"}
        options["awslogs-stream-prefix"] = "run"
        logging = {"logDriver": "awslogs", "options": options}
        uri = self.cloud.push(image, f"{name}:1")
        return {"name": name, "image": uri, "logConfiguration": logging} | settings

    def run(self, *containers: Json, **request: Any) -> str:
        """Register a family and run one task of it; return the task's ARN."""
        self.ecs.register_task_definition(
            family="job",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=self.role,
            containerDefinitions=list(containers),
        )
        network = {"subnets": self.subnets, "assignPublicIp": "ENABLED"}
        answer = self.ecs.run_task(
            cluster="shop",
            taskDefinition="job",
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            **request,
        )
        assert answer["failures"] == []
        return str(answer["tasks"][0]["taskArn"])

    def task(self, arn: str) -> Json:
        """Return the task as DescribeTasks has it now."""
        found: Json = self.ecs.describe_tasks(cluster="shop", tasks=[arn])["tasks"][0]
        return found

    def until(self, arn: str, status: str) -> Json:
        """Let time pass until the task has a status; return the task."""
        self.cloud.run_until(lambda: self.task(arn)["lastStatus"] == status, timeout=900)
        return self.task(arn)

    def states(self, arn: str) -> list[tuple[str, str]]:
        """Let time pass until the task has stopped; return each (lastStatus, desiredStatus)."""
        seen: list[tuple[str, str]] = []
        while not seen or seen[-1][0] != "STOPPED":
            task = self.task(arn)
            state = (task["lastStatus"], task["desiredStatus"])
            if seen[-1:] != [state]:
                seen.append(state)
            self.cloud.advance(seconds=0.2)
        return seen

    def lines(self) -> list[str]:
        """Return what all containers have printed, in the order of time."""
        events = self.logs.filter_log_events(logGroupName="/shop")["events"]
        return [event["message"] for event in sorted(events, key=lambda e: e["timestamp"])]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Cloud(seed=7) as cloud:
        yield Shop(cloud)


def named(task: Json, name: str) -> Json:
    return next(container for container in task["containers"] if container["name"] == name)


def seconds(task: Json, first: str, then: str) -> float:
    elapsed: float = (task[then] - task[first]).total_seconds()
    return elapsed


def test_a_task_that_ends_by_itself_passes_the_documented_states(shop: Shop) -> None:
    """AWS: task-lifecycle-explanation; botocore ecs ListTasksRequest.desiredStatus (no PENDING)."""
    states = shop.states(shop.run(shop.container("app", Image(runs_for=20))))

    assert states == [
        ("PROVISIONING", "RUNNING"),
        ("PENDING", "RUNNING"),
        ("ACTIVATING", "RUNNING"),
        ("RUNNING", "RUNNING"),
        ("DEPROVISIONING", "STOPPED"),
        ("STOPPED", "STOPPED"),
    ]


def test_a_task_that_is_stopped_passes_the_documented_states(shop: Shop) -> None:
    """AWS: task-lifecycle-explanation."""
    arn = shop.run(shop.container("app", Image(stop_after=5)))
    shop.until(arn, "RUNNING")
    shop.ecs.stop_task(cluster="shop", task=arn)

    assert shop.states(arn) == [
        ("RUNNING", "STOPPED"),
        ("DEACTIVATING", "STOPPED"),
        ("STOPPING", "STOPPED"),
        ("DEPROVISIONING", "STOPPED"),
        ("STOPPED", "STOPPED"),
    ]


def test_timestamps_follow_each_other(shop: Shop) -> None:
    """AWS: botocore ecs Task; captured task state change events of Fargate."""
    task = shop.until(shop.run(shop.container("app", Image(runs_for=20))), "STOPPED")

    order = ["createdAt", "connectivityAt", "pullStartedAt", "pullStoppedAt", "startedAt"]
    order += ["executionStoppedAt", "stoppingAt", "stoppedAt"]
    moments = [task[name] for name in order]
    assert moments == sorted(moments)


def test_a_task_that_ends_at_once_has_started(shop: Shop) -> None:
    """A container that started makes its task RUNNING, however soon it ends.

    amazon-ecs-agent, agent/api/task/task.go (task status is the least of its containers);
    captured events of Fargate tasks that ran for seconds have startedAt and executionStoppedAt.
    """
    image = Image(required_environment=("DATABASE_URL",))
    task = shop.until(shop.run(shop.container("app", image)), "STOPPED")

    assert task["stopCode"] == "EssentialContainerExited"
    assert named(task, "app")["exitCode"] == 1
    assert task["pullStoppedAt"] <= task["startedAt"] <= task["executionStoppedAt"]


def test_execution_stops_with_the_essential_container(shop: Shop) -> None:
    """amazon-ecs-agent, Task.SetExecutionStoppedAt: the first essential container that stops."""
    slow = shop.container("slow", Image(stop_after=20))
    task = shop.until(shop.run(shop.container("app", Image(runs_for=10)), slow), "STOPPED")

    assert seconds(task, "stoppingAt", "executionStoppedAt") == 0
    assert seconds(task, "executionStoppedAt", "stoppedAt") > 20


def test_a_stopped_task_stays_connected(shop: Shop) -> None:
    """Captured events of stopped Fargate and EC2 tasks say connectivity CONNECTED."""
    task = shop.until(shop.run(shop.container("app", Image(runs_for=5))), "STOPPED")

    assert task["connectivity"] == "CONNECTED"


def test_a_missing_tag_fails_the_pull(shop: Shop) -> None:
    """AWS: task_cannot_pull_image; captured output has no exitCode where nothing ran."""
    container = shop.container("app", Image())
    container["image"] = container["image"].replace(":1", ":2")
    task = shop.until(shop.run(container), "STOPPED")

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: pull image manifest")
    assert named(task, "app")["reason"] == task["stoppedReason"]
    assert "exitCode" not in named(task, "app")
    assert "startedAt" not in task
    assert "executionStoppedAt" not in task


def test_a_missing_log_group_fails_before_the_pull(shop: Shop) -> None:
    """AWS: resource-initialization-error (the log group does not exist)."""
    container = shop.container("app", Image())
    container["logConfiguration"]["options"]["awslogs-group"] = "/none"
    task = shop.until(shop.run(container), "STOPPED")

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: failed to validate")
    assert "reason" not in named(task, "app")
    assert "pullStartedAt" not in task


def test_out_of_memory_is_137_with_a_reason(shop: Shop) -> None:
    """AWS: out-of-memory; amazon-ecs-agent, dockerapi/errors.go OutOfMemoryError."""
    leaking = Image(memory=lambda age: 100 + 10 * age)
    task = shop.until(shop.run(shop.container("app", leaking, memory=256)), "STOPPED")

    assert task["stopCode"] == "EssentialContainerExited"
    assert named(task, "app")["exitCode"] == 137
    assert named(task, "app")["reason"] == (
        "OutOfMemoryError: Container killed due to memory usage"
    )


def test_a_program_that_does_not_exist_ends_a_shell_with_127(shop: Shop) -> None:
    """POSIX: exit status 127 of a shell; the container itself started."""
    container = shop.container("app", Image(), command=["sh", "-c", "no-such-program"])
    task = shop.until(shop.run(container), "STOPPED")

    assert task["stopCode"] == "EssentialContainerExited"
    assert named(task, "app")["exitCode"] == 127


@pytest.mark.parametrize(
    ("image", "settings", "code", "waited"),
    [
        pytest.param(Image(stop_after=2), {}, 143, 2, id="ends by the signal"),
        pytest.param(Image(stop_after=2, stop_exit_code=0), {}, 0, 2, id="ends in order"),
        pytest.param(Image(stop_after=None), {}, 137, 30, id="ignores the signal"),
        pytest.param(Image(stop_after=45), {}, 137, 30, id="too slow for the default"),
        pytest.param(Image(stop_after=45), {"stopTimeout": 60}, 143, 45, id="has the time"),
        pytest.param(Image(stop_after=None), {"stopTimeout": 5}, 137, 5, id="short timeout"),
    ],
)
def test_a_stop_is_sigterm_then_sigkill(
    shop: Shop, image: Image, settings: Json, code: int, waited: float
) -> None:
    """AWS: botocore ecs StopTask, ContainerDefinition.stopTimeout (30 seconds by default)."""
    arn = shop.run(shop.container("app", image, **settings))
    shop.until(arn, "RUNNING")
    shop.ecs.stop_task(cluster="shop", task=arn)
    shop.until(arn, "STOPPING")
    task = shop.until(arn, "STOPPED")

    assert named(task, "app")["exitCode"] == code
    assert "reason" not in named(task, "app")
    assert waited <= seconds(task, "stoppingAt", "executionStoppedAt") <= waited + 2


def test_who_stopped_a_task_is_told(shop: Shop) -> None:
    """AWS: botocore ecs StopTaskRequest.reason, TaskStopCode; captured default text."""
    first, second = (shop.run(shop.container("app", Image())) for _ in range(2))
    shop.until(second, "RUNNING")
    shop.ecs.stop_task(cluster="shop", task=first)
    shop.ecs.stop_task(cluster="shop", task=second, reason="maintenance")
    shop.ecs.stop_task(cluster="shop", task=second, reason="again")

    tasks = [shop.until(arn, "STOPPED") for arn in (first, second)]
    assert [task["stopCode"] for task in tasks] == ["UserInitiated"] * 2
    assert [task["stoppedReason"] for task in tasks] == ["Task stopped by user", "maintenance"]


def test_a_task_stopped_before_it_ran_has_no_exit_code(shop: Shop) -> None:
    """amazon-ecs-agent, docker_client.go: an exit code is there only after a real exit."""
    arn = shop.run(shop.container("app", Image()))
    shop.until(arn, "PENDING")
    shop.ecs.stop_task(cluster="shop", task=arn)
    task = shop.until(arn, "STOPPED")

    assert "exitCode" not in named(task, "app")
    assert "startedAt" not in task


def test_stopped_tasks_are_hidden_and_kept_for_an_hour(shop: Shop) -> None:
    """AWS: botocore ecs ListTasksRequest.desiredStatus, DescribeTasks; api_failures_messages."""
    arn = shop.run(shop.container("app", Image(runs_for=5)))
    shop.until(arn, "STOPPED")

    def listed(**filters: str) -> list[str]:
        arns: list[str] = shop.ecs.list_tasks(cluster="shop", **filters)["taskArns"]
        return arns

    assert listed() == []
    assert listed(desiredStatus="PENDING") == []
    assert listed(desiredStatus="STOPPED") == [arn]
    shop.cloud.advance(minutes=59)
    assert shop.task(arn)["lastStatus"] == "STOPPED"
    shop.cloud.advance(minutes=2)
    answer = shop.ecs.describe_tasks(cluster="shop", tasks=[arn])
    assert answer["tasks"] == []
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_stop_task_removes_the_tags(shop: Shop) -> None:
    """AWS: botocore ecs StopTask."""
    arn = shop.run(shop.container("app", Image()), tags=[{"key": "team", "value": "orders"}])
    shop.ecs.stop_task(cluster="shop", task=arn)

    found = shop.ecs.describe_tasks(cluster="shop", tasks=[arn], include=["TAGS"])
    assert found["tasks"][0]["tags"] == []


def test_the_end_of_an_essential_container_ends_the_task(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.essential, whose default is true."""
    helper = shop.container("helper", Image(runs_for=10))
    task = shop.until(shop.run(shop.container("app", Image()), helper), "STOPPED")

    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert named(task, "helper")["exitCode"] == 0
    assert named(task, "app")["exitCode"] == 143


def test_the_end_of_another_container_does_not(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.essential."""
    helper = shop.container("helper", Image(runs_for=10, exit_code=1), essential=False)
    arn = shop.run(shop.container("app", Image()), helper)
    shop.until(arn, "RUNNING")
    shop.cloud.advance(minutes=5)

    task = shop.task(arn)
    assert task["lastStatus"] == "RUNNING"
    assert named(task, "helper")["exitCode"] == 1


def wait_for(shop: Shop, condition: str, code: int, **settings: Any) -> list[Json]:
    """Return an app and the container whose end it waits for."""
    first = Image(runs_for=15, exit_code=code, logs=("first",))
    app = shop.container(
        "app",
        Image(logs=("app",)),
        dependsOn=[{"containerName": "first", "condition": condition}],
        **settings,
    )
    return [app, shop.container("first", first, essential=False)]


@pytest.mark.parametrize(("condition", "code"), [("SUCCESS", 0), ("COMPLETE", 0), ("COMPLETE", 3)])
def test_a_container_starts_after_the_end_it_waits_for(
    shop: Shop, condition: str, code: int
) -> None:
    """AWS: botocore ecs ContainerDependency.condition."""
    arn = shop.run(*wait_for(shop, condition, code))
    task = shop.until(arn, "RUNNING")

    assert named(task, "first")["exitCode"] == code
    assert seconds(task, "pullStoppedAt", "startedAt") > 15
    assert shop.lines() == ["first", "app"]


def test_a_failed_dependency_stops_what_waits_for_it(shop: Shop) -> None:
    """The container gets 143 and a reason; its task never ran and failed to start.

    amazon-ecs-agent, task_manager.go handleTerminalDependencyError and dependencygraph/graph.go;
    captured DescribeTasks output of Fargate: stoppedReason of a task that never was RUNNING.
    """
    task = shop.until(shop.run(*wait_for(shop, "SUCCESS", 3)), "STOPPED")

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == "Task failed to start"
    assert named(task, "first")["exitCode"] == 3
    app = named(task, "app")
    assert app["exitCode"] == 143
    assert app["reason"].startswith("CannotStartContainerError: dependency graph: failed to")
    assert app["reason"].endswith("as dependency did not exit successfully.")
    assert "Exit: 3" in app["reason"]
    assert "startedAt" not in task
    assert shop.lines() == ["first"]


def test_a_container_that_is_not_essential_may_fail_to_start(shop: Shop) -> None:
    """amazon-ecs-agent, handleTerminalDependencyError: only an essential one stops the task."""
    waiting = wait_for(shop, "SUCCESS", 3, essential=False)
    arn = shop.run(*waiting, shop.container("main", Image()))
    task = shop.until(arn, "RUNNING")

    assert named(task, "app")["exitCode"] == 143
    assert named(task, "main")["lastStatus"] == "RUNNING"


def test_a_wait_can_be_limited(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.startTimeout; dependencygraph/graph.go (timed out)."""
    first = shop.container("first", Image(), essential=False, startTimeout=10)
    app = shop.container(
        "app", Image(), dependsOn=[{"containerName": "first", "condition": "SUCCESS"}]
    )
    task = shop.until(shop.run(first, app), "STOPPED")

    assert task["stoppedReason"] == "Task failed to start"
    assert named(task, "app")["reason"].endswith("has timed out.")


def test_a_stop_while_a_container_waits_is_no_failure_of_it(shop: Shop) -> None:
    """AWS: botocore ecs StopTask; the container never ran, so it has neither code nor reason."""
    arn = shop.run(*wait_for(shop, "SUCCESS", 0))
    shop.cloud.run_until(lambda: shop.lines() == ["first"])
    shop.ecs.stop_task(cluster="shop", task=arn)
    task = shop.until(arn, "STOPPED")

    assert task["stopCode"] == "UserInitiated"
    assert "exitCode" not in named(task, "app")
    assert "reason" not in named(task, "app")


def test_containers_stop_in_the_reverse_order(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.dependsOn (the order is reversed at shutdown)."""
    waits = [{"containerName": "proxy", "condition": "START"}]
    app = shop.container("app", Image(stop_after=10), dependsOn=waits)
    arn = shop.run(app, shop.container("proxy", Image(stop_after=1)))
    shop.until(arn, "RUNNING")
    shop.ecs.stop_task(cluster="shop", task=arn)
    shop.until(arn, "STOPPING")
    shop.cloud.advance(seconds=5)
    halfway = shop.task(arn)
    task = shop.until(arn, "STOPPED")

    assert named(halfway, "proxy")["lastStatus"] == "RUNNING"
    assert [container["exitCode"] for container in task["containers"]] == [143, 143]


def test_an_override_changes_one_run(shop: Shop) -> None:
    """AWS: botocore ecs ContainerOverride (environment is added, command replaced)."""
    image = Image(required_environment=("A", "B"), runs_for=5)
    container = shop.container("app", image, environment=[{"name": "A", "value": "1"}])
    override = {"name": "app", "environment": [{"name": "B", "value": "2"}]}
    arn = shop.run(container, overrides={"containerOverrides": [override]})
    task = shop.until(arn, "STOPPED")

    assert named(task, "app")["exitCode"] == 0
    assert task["overrides"]["containerOverrides"] == [override]
    stored = shop.ecs.describe_task_definition(taskDefinition="job")["taskDefinition"]
    assert stored["containerDefinitions"][0]["environment"] == [{"name": "A", "value": "1"}]


@pytest.mark.parametrize(("runs_for", "restarted"), [(90, True), (30, False)])
def test_a_restart_needs_a_run_that_was_long_enough(
    shop: Shop, runs_for: float, *, restarted: bool
) -> None:
    """AWS: botocore ecs ContainerRestartPolicy.restartAttemptPeriod."""
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    image = Image(runs_for=runs_for, exit_code=1, logs=("begins",))
    arn = shop.run(shop.container("app", image, restartPolicy=policy))
    shop.until(arn, "RUNNING")
    shop.cloud.advance(seconds=runs_for + 5)

    assert shop.task(arn)["desiredStatus"] == ("RUNNING" if restarted else "STOPPED")
    assert len(shop.lines()) == (2 if restarted else 1)
