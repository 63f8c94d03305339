"""Container health checks: when a container becomes healthy or unhealthy, and what follows.

AWS: botocore ecs HealthCheck. Docker runs a check `interval` seconds after the start, and then
`interval` seconds after the end of the check before.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from runs import Json, Runs
from shops import Shop, open_shop

from ecslab import Cloud, Image

OK = ["CMD-SHELL", "exit 0"]
BAD = ["CMD-SHELL", "exit 1"]
CURL = ["CMD-SHELL", "curl -f http://localhost:80/ || exit 1"]
Changes = list[tuple[str, float]]


def check(command: list[str], **settings: int) -> Json:
    """Return a health check."""
    return {"healthCheck": {"command": command, **settings}}


CASES: dict[str, tuple[Image, Json, Changes]] = {
    "defaults": (Image(), check(OK), [("HEALTHY", 30)]),
    "interval": (Image(), check(OK, interval=10), [("HEALTHY", 10)]),
    "three-failures": (Image(), check(BAD, interval=10), [("UNHEALTHY", 30)]),
    "one-retry": (Image(), check(BAD, interval=10, retries=1), [("UNHEALTHY", 10)]),
    "ten-retries": (Image(), check(BAD, interval=5, retries=10), [("UNHEALTHY", 50)]),
    "start-period": (
        Image(),
        check(BAD, interval=5, retries=2, startPeriod=28),
        [("UNHEALTHY", 35)],
    ),
    "success-ends-the-start-period": (
        Image(health=lambda age: age < 12),
        check(["CMD", "python", "check.py"], interval=5, retries=2, startPeriod=100),
        [("HEALTHY", 5), ("UNHEALTHY", 20)],
    ),
    "one-success-is-enough": (
        Image(health=lambda age: not 8 < age < 38),
        check(["CMD", "python", "check.py"], interval=5, retries=3),
        [("HEALTHY", 5), ("UNHEALTHY", 20), ("HEALTHY", 40)],
    ),
    "failures-must-follow-each-other": (
        Image(health=lambda age: int(age) % 15 == 0),
        check(["CMD", "python", "check.py"], interval=5, retries=3),
        [("HEALTHY", 15)],
    ),
    "hangs": (
        Image(),
        check(["CMD-SHELL", "sleep 60"], interval=10, timeout=5, retries=2),
        [("UNHEALTHY", 30)],
    ),
    "slow-but-in-time": (
        Image(),
        check(["CMD-SHELL", "sleep 4"], interval=10, timeout=5),
        [("HEALTHY", 14)],
    ),
    "slow-answer": (
        Image(port=80, latency=3),
        check(CURL, interval=10, timeout=2, retries=2),
        [("UNHEALTHY", 24)],
    ),
    "listens": (Image(port=80), check(CURL, interval=5), [("HEALTHY", 5)]),
    "listens-late": (Image(port=80, ready_after=12), check(CURL, interval=5), [("HEALTHY", 15)]),
    "listens-elsewhere": (Image(port=8080), check(CURL, interval=5), [("UNHEALTHY", 15)]),
    "error-500": (Image(port=80, status=500), check(CURL, interval=5), [("UNHEALTHY", 15)]),
    "error-without-f": (
        Image(port=80, status=500),
        check(["CMD", "curl", "http://localhost/"], interval=5),
        [("HEALTHY", 5)],
    ),
    "no-curl-in-the-image": (
        Image(port=80, tools=("sh", "python")),
        check(CURL, interval=5),
        [("UNHEALTHY", 15)],
    ),
    "no-shell-in-the-image": (
        Image(port=80, tools=("python",)),
        check(OK, interval=5),
        [("UNHEALTHY", 15)],
    ),
    "without-a-shell": (
        Image(tools=("python",)),
        check(["CMD", "python", "check.py"], interval=5),
        [("HEALTHY", 5)],
    ),
    "wget": (
        Image(port=80, tools=("sh", "wget")),
        check(["CMD-SHELL", "wget -q --spider localhost:80/ || exit 1"], interval=5),
        [("HEALTHY", 5)],
    ),
    "quotes-left-open": (Image(), check(["CMD-SHELL", "echo 'x"], interval=5), [("UNHEALTHY", 15)]),
    "no-such-port": (
        Image(port=80),
        check(["CMD", "curl", "http://localhost:99999/"], interval=5),
        [("UNHEALTHY", 15)],
    ),
    "shell-in-exec-form": (
        Image(),
        check(["CMD", "sh", "-c", "exit 0"], interval=5),
        [("HEALTHY", 5)],
    ),
    "no-check": (Image(), {}, []),
}


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, list[Json]]]:
    """Yield what DescribeTasks showed of each task, second by second."""
    with Cloud(seed=7) as cloud:
        runs = Runs(open_shop(cloud))
        for name, (image, settings, _) in CASES.items():
            runs.start(name, runs.container(name, image, **settings))
        looks: dict[str, list[Json]] = {name: [] for name in runs.arns}
        names = {arn: name for name, arn in runs.arns.items()}
        for _ in range(90):
            tasks = runs.ecs.describe_tasks(cluster="shop", tasks=list(names))["tasks"]
            for task in tasks:
                looks[names[task["taskArn"]]].append(task)
            cloud.advance(seconds=1)
        yield looks


@pytest.mark.parametrize("name", CASES)
def test_when_the_health_changes(seen: dict[str, list[Json]], name: str) -> None:
    """AWS: botocore ecs HealthCheck.interval, .timeout, .retries, .startPeriod, .command."""
    looks = seen[name]
    start = next(i for i, t in enumerate(looks) if t["containers"][0]["lastStatus"] == "RUNNING")
    states = [task["containers"][0]["healthStatus"] for task in looks]
    changes = [
        (state, index - start)
        for index, (before, state) in enumerate(zip(["UNKNOWN", *states], states, strict=False))
        if state != before
    ]
    expected = CASES[name][2]
    assert [state for state, _ in changes] == [state for state, _ in expected]
    for (_, found), (_, wanted) in zip(changes, expected, strict=True):
        assert wanted - 1 <= found <= wanted + 1, (changes, expected)
    assert [task["healthStatus"] for task in looks] == states


@pytest.mark.parametrize("name", CASES)
def test_no_standalone_task_is_stopped_for_it(seen: dict[str, list[Json]], name: str) -> None:
    """AWS: botocore ecs HealthCheck: only tasks of a service are stopped and replaced."""
    assert seen[name][-1]["lastStatus"] == "RUNNING"


@pytest.mark.parametrize(
    ("first", "second", "essential", "expected"),
    [
        (OK, OK, True, "HEALTHY"),
        (OK, BAD, True, "UNHEALTHY"),
        (OK, BAD, False, "HEALTHY"),
        (BAD, OK, True, "UNHEALTHY"),
        (OK, None, True, "HEALTHY"),
        (None, BAD, False, "UNKNOWN"),
    ],
)
def test_the_health_of_a_task_is_that_of_its_essential_containers(
    shop: Shop,
    first: list[str] | None,
    second: list[str] | None,
    expected: str,
    *,
    essential: bool,
) -> None:
    """AWS: botocore ecs HealthCheck (UNHEALTHY before UNKNOWN before HEALTHY; essential only)."""
    runs = Runs(shop)
    checks = [check(command, interval=5) if command else {} for command in (first, second)]
    runs.start(
        "task",
        runs.container("app", Image(), **checks[0]),
        runs.container("helper", Image(), essential=essential, **checks[1]),
    )
    shop.cloud.advance(minutes=1)
    assert runs.task("task")["healthStatus"] == expected


def test_a_service_replaces_an_unhealthy_task(shop: Shop) -> None:
    """AWS: botocore ecs HealthCheck; stopped-task-errors (Task failed container health checks)."""
    sick = Image(health=lambda age: age < 60)
    settings = check(["CMD", "python", "check.py"], interval=5, retries=2)
    shop.serve(shop.define(sick, **settings), 1)
    shop.cloud.advance(seconds=60)
    (first,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert shop.task(first)["healthStatus"] == "HEALTHY"
    shop.cloud.advance(minutes=3)
    task = shop.task(first)
    assert task["stopCode"] == "ServiceSchedulerInitiated"
    assert task["stoppedReason"] == "Task failed container health checks"
    assert first not in shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert shop.service()["runningCount"] >= 1


def test_the_grace_period_protects_from_container_health_checks_too(shop: Shop) -> None:
    """AWS: botocore ecs CreateServiceRequest.healthCheckGracePeriodSeconds (container checks)."""
    settings = check(BAD, interval=5, retries=1)
    shop.serve(shop.define(Image(), **settings), 1, healthCheckGracePeriodSeconds=120)
    shop.cloud.advance(seconds=90)
    (arn,) = shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert shop.task(arn)["healthStatus"] == "UNHEALTHY"
    assert shop.task(arn)["desiredStatus"] == "RUNNING"
    shop.cloud.advance(minutes=2)
    assert len(shop.ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]) == 2
    shop.cloud.advance(minutes=4)
    assert shop.task(arn)["stoppedReason"] == "Task failed container health checks"
