"""What happens inside a task: order of starts, health, restarts, exit codes, the stop sequence.

Moments are read where a learner reads them: in the timestamps of log lines and of the task.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from runs import LOG_GROUP, Json, Runs, depends, named
from shops import Shop, open_shop

from ecslab import Cloud, Image

OOM = "OutOfMemoryError: Container killed due to memory usage"


@pytest.fixture
def runs(shop: Shop) -> Runs:
    """Return the means to run tasks by name."""
    return Runs(shop)


def moments(runs: Runs, name: str, container: str = "") -> list[float]:
    """Return when a container printed its lines, in seconds since the account began."""
    stream = f"{container or name}/{container or name}/{runs.arns[name].rsplit('/', 1)[-1]}"
    events = runs.logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream)["events"]
    begin = 1768467600000  # 2026-01-15 09:00 UTC
    return [(event["timestamp"] - begin) / 1000 for event in events]


# --- How containers end ---------------------------------------------------------------------------

ENDINGS: dict[str, tuple[Image, Json, int]] = {
    "clean": (Image(runs_for=5), {}, 0),
    "error": (Image(runs_for=5, exit_code=1), {}, 1),
    "segmentation-fault": (Image(runs_for=5, exit_code=139), {}, 139),
    "missing-variable": (Image(required_environment=("DB",)), {}, 1),
    "shell-not-found": (Image(), {"command": ["sh", "-c", "nope --now"]}, 127),
    "shell-exit": (Image(), {"command": ["sh", "-c", "false; exit $?"]}, 1),
    "shell-code": (Image(), {"command": ["sleep 1; exit 42"], "entryPoint": ["sh", "-c"]}, 42),
    "shell-syntax": (Image(), {"command": ["sh", "-c", "echo 'x"]}, 2),
    "lone-shell": (Image(), {"command": ["sh"]}, 0),
    "exec-true": (Image(), {"command": ["true"]}, 0),
    "loop": (
        Image(),
        {"command": ["sh", "-c", "while sleep 1; do echo round && exit 7; done"]},
        7,
    ),
    "nested": (Image(), {"command": ["sh", "-c", '/bin/sh -c "echo in; exit 6"']}, 6),
    "last-program-is-main": (
        Image(runs_for=5, exit_code=8),
        {"command": ["sh", "-c", "python x"]},
        8,
    ),
    "raises": (Image(work=lambda: 1 / 0), {}, 1),
    "leaves": (Image(work=lambda: sys.exit(5)), {}, 5),
    "memory": (Image(memory=200), {"memory": 128}, 137),
    "memory-of-task": (Image(memory=600), {}, 137),
    "memory-grows": (Image(memory=lambda age: 50 + 5 * age), {"memory": 100}, 137),
    "read-only": (Image(writes_root=True), {"readonlyRootFilesystem": True}, 1),
    "wrong-architecture": (Image(architecture="ARM64"), {}, 1),
    "wrong-architecture-shell": (
        Image(architecture="ARM64"),
        {"command": ["sh", "-c", "exit 0"]},
        1,
    ),
    "curl-itself": (Image(), {"command": ["sh", "-c", "curl -f http://localhost:9/"]}, 7),
}
STAYING: dict[str, tuple[Image, Json]] = {
    "soft-limit": (Image(memory=200), {"memoryReservation": 128}),
    "just-below": (Image(memory=128), {"memory": 128}),
    "writable": (Image(writes_root=True), {}),
    "variable": (
        Image(required_environment=("DB",)),
        {"environment": [{"name": "DB", "value": "x"}]},
    ),
    "exec-main": (
        Image(command=("python", "app")),
        {"command": ["sh", "-c", "sleep 2 && exec python app"]},
    ),
    "endless-loop": (Image(), {"command": ["sh", "-c", "while true; do date; sleep 5; done"]}),
    "busy-loop": (Image(), {"command": ["sh", "-c", "while :; do true; done"]}),
    "aws-sample": (
        Image(command=("httpd-foreground",), tools=("sh", "httpd-foreground"), port=80),
        {
            "entryPoint": ["sh", "-c"],
            "command": ['/bin/sh -c "echo hi > /i.html && httpd-foreground"'],
        },
    ),
}


@pytest.fixture(scope="module")
def ended() -> Iterator[Runs]:
    """Yield an account in which a task of each kind has had three minutes."""
    with Cloud(seed=7) as cloud:
        runs = Runs(open_shop(cloud))
        for name, (image, container, _) in ENDINGS.items():
            runs.start(name, runs.container(name, image, **container))
        for name, (image, container) in STAYING.items():
            runs.start(name, runs.container(name, image, **container))
        cloud.advance(minutes=3)
        yield runs


@pytest.mark.parametrize("name", ENDINGS)
def test_the_exit_code_tells_how_it_ended(ended: Runs, name: str) -> None:
    """AWS: stopped-task-error-codes, out-of-memory; POSIX (127); Linux (128 + signal)."""
    task = ended.task(name)
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == ENDINGS[name][2]
    reason = task["containers"][0].get("reason")
    assert reason == (OOM if name.startswith("memory") else None)
    assert task["startedAt"] <= task["executionStoppedAt"] <= task["stoppedAt"]


@pytest.mark.parametrize("name", STAYING)
def test_nothing_wrong_nothing_ends(ended: Runs, name: str) -> None:
    """AWS: botocore ecs ContainerDefinition.memory, .memoryReservation, .readonlyRootFilesystem."""
    assert ended.task(name)["lastStatus"] == "RUNNING"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("missing-variable", "KeyError: 'DB'"),
        ("shell-not-found", "nope: not found"),
        ("shell-syntax", "Syntax error: unterminated quoted string"),
        ("raises", "ZeroDivisionError: division by zero"),
        ("read-only", "OSError: [Errno 30] Read-only file system"),
        ("wrong-architecture", "exec format error"),
        ("wrong-architecture-shell", "exec /bin/sh: exec format error"),
        ("nested", "in"),
        ("loop", "round"),
    ],
)
def test_the_log_says_why(ended: Runs, name: str, line: str) -> None:
    """AWS: using_awslogs (standard output and error of the container)."""
    assert line in "\n".join(ended.lines(name))


def test_a_program_that_the_image_lacks_can_not_be_started(runs: Runs) -> None:
    """AWS: cannot-start-container; botocore ecs TaskStopCode TaskFailedToStart."""
    runs.start("app", runs.container("app", Image(), command=["/opt/nope", "--serve"]))
    task = runs.until("app", "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    reason = named(task, "app")["reason"]
    assert reason.startswith("CannotStartContainerError: ")
    assert 'exec: "/opt/nope": executable file not found in $PATH' in reason
    assert "startedAt" not in task
    assert "exitCode" not in named(task, "app")


def test_a_long_reason_is_cut(runs: Runs) -> None:
    """AWS: botocore ecs Container.reason (1024 characters at most)."""
    runs.start("app", runs.container("app", Image(), command=["/" + "nope" * 400]))
    reason = named(runs.until("app", "STOPPED"), "app")["reason"]
    assert reason.startswith("CannotStartContainerError: ")
    assert len(reason) == 1024


def test_the_larger_container_goes_when_the_task_is_full(runs: Runs) -> None:
    """AWS: task_definition_parameters, Task size (a hard limit of all containers together)."""
    small = runs.container("small", Image(memory=200), essential=False)
    large = runs.container("large", Image(memory=lambda age: 150 + 10 * age), essential=False)
    runs.start("both", small, large, runs.container("app", Image(memory=1)))
    runs.shop.cloud.advance(minutes=2)
    task = runs.task("both")
    assert task["lastStatus"] == "RUNNING"
    assert (named(task, "large")["exitCode"], named(task, "large")["reason"]) == (137, OOM)
    assert named(task, "small")["lastStatus"] == "RUNNING"


def test_the_end_of_an_essential_container_is_the_end_of_all(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.essential (default true)."""
    app = runs.container("app", Image(runs_for=10, exit_code=3))
    helper = runs.container("helper", Image(stop_after=2, stop_exit_code=0), essential=False)
    runs.start("task", app, helper)
    task = runs.until("task", "STOPPED")
    assert (named(task, "app")["exitCode"], named(task, "helper")["exitCode"]) == (3, 0)
    assert (task["stoppedAt"] - task["executionStoppedAt"]).total_seconds() > 2


def test_a_container_that_is_not_essential_may_go_and_counts_as_a_change(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.essential; ecs_task_events (a container changed)."""
    helper = runs.container("helper", Image(runs_for=30, exit_code=1), essential=False)
    runs.start("task", runs.container("app", Image()), helper)
    before = runs.until("task", "RUNNING")["version"]
    runs.shop.cloud.advance(minutes=2)
    task = runs.task("task")
    assert task["lastStatus"] == "RUNNING"
    assert named(task, "helper")["exitCode"] == 1
    assert task["version"] == before + 1


# --- Dependencies ---------------------------------------------------------------------------------


def test_start_waits_for_the_start_only(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDependency.condition START."""
    runs.start(
        "task",
        runs.container("app", Image(logs=("app",)), dependsOn=depends("proxy", "START")),
        runs.container("proxy", Image(logs=("proxy",), ready_after=60)),
    )
    runs.until("task", "RUNNING")
    (proxy,), (app,) = moments(runs, "task", "proxy"), moments(runs, "task", "app")
    assert 0 < app - proxy < 3


def test_healthy_waits_for_the_first_success(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDependency.condition HEALTHY; the task is not RUNNING before."""
    check = {"command": ["CMD-SHELL", "curl -f http://localhost:80/ || exit 1"], "interval": 10}
    db = Image(port=80, ready_after=25, logs=("db",))
    runs.start(
        "task",
        runs.container("app", Image(logs=("app",)), dependsOn=depends("db", "HEALTHY")),
        runs.container("db", db, healthCheck=check, essential=False),
    )
    task = runs.until("task", "RUNNING")
    (started,), (app,) = moments(runs, "task", "db"), moments(runs, "task", "app")
    assert 30 <= app - started < 33
    assert named(task, "db")["healthStatus"] == "HEALTHY"


@pytest.mark.parametrize(
    ("condition", "code", "starts"),
    [("COMPLETE", 0, 1), ("COMPLETE", 5, 1), ("SUCCESS", 0, 1), ("SUCCESS", 5, 0)],
)
def test_complete_and_success_wait_for_the_end(
    runs: Runs, condition: str, code: int, *, starts: bool
) -> None:
    """AWS: botocore ecs ContainerDependency.condition COMPLETE (any code), SUCCESS (0)."""
    init = runs.container("init", Image(runs_for=20, exit_code=code, logs=("i",)), essential=False)
    app = runs.container(
        "app", Image(logs=("a",), runs_for=5), dependsOn=depends("init", condition)
    )
    runs.start("task", app, init)
    task = runs.until("task", "STOPPED")
    assert named(task, "init")["exitCode"] == code
    if not starts:
        assert task["stopCode"] == "TaskFailedToStart"
        assert moments(runs, "task", "app") == []
        return
    assert task["stopCode"] == "EssentialContainerExited"
    assert 20 < moments(runs, "task", "app")[0] - moments(runs, "task", "init")[0] < 23


def test_a_chain_of_dependencies(runs: Runs) -> None:
    """AWS: container-considerations; every condition in one chain, in its order."""
    check = {"command": ["CMD-SHELL", "exit 0"], "interval": 5}
    runs.start(
        "task",
        runs.container("d", Image(logs=("d",)), dependsOn=depends("c", "HEALTHY")),
        runs.container(
            "c", Image(logs=("c",)), dependsOn=depends("b", "SUCCESS"), healthCheck=check
        ),
        runs.container(
            "b", Image(logs=("b",), runs_for=4), dependsOn=depends("a", "START"), essential=False
        ),
        runs.container("a", Image(logs=("a",))),
    )
    runs.until("task", "RUNNING")
    starts = [moments(runs, "task", name)[0] for name in "abcd"]
    assert starts == sorted(starts)
    assert starts[2] - starts[1] >= 4
    assert starts[3] - starts[2] >= 5


@pytest.mark.parametrize(("limit", "starts"), [(30, True), (20, False)])
def test_the_start_timeout_counts_from_the_start_of_the_dependency(
    runs: Runs, limit: int, *, starts: bool
) -> None:
    """AWS: botocore ecs ContainerDefinition.startTimeout; amazon-ecs-agent dependencygraph.

    The database waits 40 s for its own dependency; that time is not its own.
    """
    check = {"command": ["CMD-SHELL", "curl -f http://localhost/"], "interval": 5}
    init = runs.container("init", Image(runs_for=40), essential=False)
    db = runs.container(
        "db",
        Image(port=80, ready_after=22),
        healthCheck=check,
        startTimeout=limit,
        dependsOn=depends("init", "SUCCESS"),
    )
    app = runs.container("app", Image(runs_for=5), dependsOn=depends("db", "HEALTHY"))
    runs.start("task", app, db, init)
    task = runs.until("task", "STOPPED")
    assert task["stopCode"] == ("EssentialContainerExited" if starts else "TaskFailedToStart")
    assert ("startedAt" in task) is starts


def test_fargate_pulls_all_images_before_any_container_starts(runs: Runs) -> None:
    """A wrong tag of the second image shows before the first container has run."""
    init = runs.container("init", Image(runs_for=60), essential=False)
    app = runs.container("app", Image(), dependsOn=depends("init", "SUCCESS"))
    app["image"] = app["image"].replace(":1", ":2")
    runs.start("task", app, init)
    task = runs.until("task", "STOPPED")
    assert named(task, "app")["reason"].startswith("CannotPullContainerError: ")
    assert "runtimeId" not in named(task, "init")


def test_stopping_goes_the_other_way_round(runs: Runs) -> None:
    """AWS: botocore ecs ContainerDefinition.dependsOn (shutdown in reverse order)."""
    chain = [
        runs.container("c", Image(stop_after=7), dependsOn=depends("b", "START")),
        runs.container("b", Image(stop_after=5), dependsOn=depends("a", "START")),
        runs.container("a", Image(stop_after=3)),
    ]
    arn = runs.start("task", *chain)
    runs.until("task", "RUNNING")
    runs.ecs.stop_task(cluster="shop", task=arn)
    runs.until("task", "STOPPING")
    ends: dict[str, float] = {}
    for second in range(20):
        for container in runs.task("task")["containers"]:
            if container["lastStatus"] == "STOPPED":
                ends.setdefault(container["name"], second)
        runs.shop.cloud.advance(seconds=1)
    assert list(ends) == ["c", "b", "a"]
    assert [ends["b"] - ends["c"], ends["a"] - ends["b"]] == [5, 3]


# --- The stop sequence ----------------------------------------------------------------------------

STOPS: dict[str, tuple[Image, Json, int, float]] = {
    "at once": (Image(), {}, 143, 0.5),
    "in order": (Image(stop_after=10, stop_exit_code=0), {}, 0, 10),
    "never": (Image(stop_after=None), {}, 137, 30),
    "too late": (Image(stop_after=31), {}, 137, 30),
    "patience": (Image(stop_after=90), {"stopTimeout": 120}, 143, 90),
    "impatience": (Image(stop_after=10), {"stopTimeout": 2}, 137, 2),
    "sleep": (Image(), {"command": ["sleep", "3600"]}, 137, 30),
    "shell": (Image(), {"command": ["sh", "-c", "sleep 3600"]}, 137, 30),
    "init": (
        Image(),
        {"command": ["sleep", "3600"], "linuxParameters": {"initProcessEnabled": True}},
        143,
        0,
    ),
    "exec": (
        Image(command=("python", "app")),
        {"command": ["sh", "-c", "exec python app"]},
        143,
        0.5,
    ),
}


def test_sigterm_then_sigkill(runs: Runs) -> None:
    """AWS: botocore ecs StopTask, ContainerDefinition.stopTimeout (default 30 s, up to 120)."""
    for name, (image, settings, _, _) in STOPS.items():
        key = name.replace(" ", "-")
        runs.start(key, runs.container(key, image, **settings))
    runs.shop.cloud.advance(minutes=1)
    for arn in runs.arns.values():
        runs.ecs.stop_task(cluster="shop", task=arn)
    runs.shop.cloud.advance(minutes=4)
    for name, (_, _, code, duration) in STOPS.items():
        task = runs.task(name.replace(" ", "-"))
        assert task["containers"][0]["exitCode"] == code, name
        assert "reason" not in task["containers"][0]
        took = (task["executionStoppedAt"] - task["stoppingAt"]).total_seconds()
        assert duration <= took <= duration + 2, (name, took)


# --- Restart policy -------------------------------------------------------------------------------

RESTARTS: dict[str, tuple[Image, Json, int]] = {
    # name: image, restart policy, how many starts within ten minutes
    "long enough": (Image(runs_for=70, exit_code=1), {"restartAttemptPeriod": 60}, 9),
    "default period is 300": (Image(runs_for=290, exit_code=1), {}, 1),
    "longer than the default": (Image(runs_for=310, exit_code=1), {}, 2),
    "too early": (Image(runs_for=50, exit_code=1), {"restartAttemptPeriod": 60}, 1),
    "clean exits count too": (Image(runs_for=70), {"restartAttemptPeriod": 60}, 9),
    "ignored": (
        Image(runs_for=70, exit_code=3),
        {"restartAttemptPeriod": 60, "ignoredExitCodes": [0, 3]},
        1,
    ),
    "not ignored": (
        Image(runs_for=70, exit_code=1),
        {"restartAttemptPeriod": 60, "ignoredExitCodes": [0, 3]},
        9,
    ),
    "off": (Image(runs_for=70, exit_code=1), {"enabled": False}, 1),
}


def test_restarts_need_a_run_of_the_attempt_period(runs: Runs) -> None:
    """AWS: container-restart-policy; botocore ecs ContainerRestartPolicy; restart_tracker.go."""
    for name, (image, policy, _) in RESTARTS.items():
        key = name.replace(" ", "-")
        talking = replace(image, logs=("up",))
        restarts = {"enabled": True, **policy}
        runs.start(key, runs.container(key, talking, restartPolicy=restarts))
    runs.shop.cloud.advance(seconds=10 * 60 + 30)
    for name, (_, _, starts) in RESTARTS.items():
        key = name.replace(" ", "-")
        assert len(runs.lines(key)) == starts, name
        task = runs.task(key)
        assert (task["lastStatus"] == "RUNNING") is (starts > 1), name
    again = runs.task("long-enough")["containers"][0]
    assert again["lastStatus"] == "RUNNING"
    assert "exitCode" not in again


def test_a_restart_is_of_the_same_container_with_new_health(runs: Runs) -> None:
    """AWS: container-restart-policy (the task is not replaced); Docker begins to check anew."""
    check = {"command": ["CMD-SHELL", "exit 0"], "interval": 30}
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    runs.start(
        "app",
        runs.container("app", Image(runs_for=70), restartPolicy=policy, healthCheck=check),
    )
    before = runs.until("app", "RUNNING")["containers"][0]
    runs.shop.cloud.advance(seconds=60)
    assert runs.task("app")["healthStatus"] == "HEALTHY"
    runs.shop.cloud.advance(seconds=20)
    task = runs.task("app")
    assert task["containers"][0]["runtimeId"] == before["runtimeId"]
    assert task["healthStatus"] == "UNKNOWN"
    runs.shop.cloud.advance(seconds=20)
    assert runs.task("app")["healthStatus"] == "HEALTHY"


def test_no_restart_once_the_task_is_wanted_stopped(runs: Runs) -> None:
    """amazon-ecs-agent, restart_tracker.go (desired status STOPPED); also between two runs."""
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    image = Image(runs_for=70, exit_code=1, logs=("up",))
    for number in range(6):
        runs.start(f"app{number}", runs.container(f"app{number}", image, restartPolicy=policy))
    runs.shop.cloud.advance(seconds=60)
    first = max(moments(runs, name)[0] for name in runs.arns)
    now = runs.shop.cloud.now.timestamp() - 1768467600
    runs.shop.cloud.advance(seconds=first + 69.5 - now)
    for number in range(6):
        runs.shop.cloud.advance(seconds=0.15)
        runs.ecs.stop_task(cluster="shop", task=runs.arns[f"app{number}"])
    runs.shop.cloud.advance(minutes=5)
    for name in runs.arns:
        task = runs.task(name)
        assert task["lastStatus"] == "STOPPED"
        assert task["containers"][0]["exitCode"] in (1, 143)
        assert len(runs.lines(name)) <= 2
