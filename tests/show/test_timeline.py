"""`timeline`: the lives of tasks."""

from __future__ import annotations

import pytest
from pictures import alt, boxes, parsed, share, words
from shops import Shop, open_shop

from ecslab import Cloud, Image
from ecslab.errors import CourseError
from ecslab.show import timeline

WEB = Image(port=80)
CRASHING = Image(runs_for=3.0, exit_code=1)
STATES = [
    "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING",
    "DEPROVISIONING", "STOPPED",
]  # fmt: skip


def test_a_whole_life(shop: Shop) -> None:
    """AWS: task-lifecycle-explanation: the states and their order."""
    arn = shop.run(shop.define(WEB))
    shop.cloud.advance(minutes=1)
    shop.ecs.stop_task(cluster="shop", task=arn, reason="closing time")
    task = shop.stopped(arn)
    shown = timeline(shop.cloud, arn)
    (line,) = shown.tasks
    assert [span.state for span in line.spans] == STATES
    begun = {span.state: span.begin for span in line.spans}
    first = task["createdAt"]
    for state, field in (
        ("RUNNING", "startedAt"),
        ("DEACTIVATING", "stoppingAt"),
        ("STOPPED", "stoppedAt"),
    ):
        assert begun[state] == pytest.approx((task[field] - first).total_seconds(), abs=1e-3)
    assert shown.start.timestamp() == first.timestamp()
    assert sum(span.lasted for span in line.spans) == pytest.approx(shown.length)
    assert (line.stop_code, line.stop_reason) == ("UserInitiated", "closing time")
    assert [(m.container, m.words) for m in line.marks] == [
        ("app", "started"),
        ("app", "exit code 143"),
    ]


def test_the_text_is_a_table_of_states(shop: Shop) -> None:
    arn = shop.run(shop.define(CRASHING))
    shop.stopped(arn)
    lines = str(timeline(shop.cloud, arn)).split("\n")
    assert lines[0] == "0:00 is 2026-01-15 09:00:00 UTC"
    assert lines[1] == f"task {arn[-32:][:8]} (web:1)"
    assert lines[2].split() == ["state", "entered", "lasted"]
    assert [line.split()[0] for line in lines[3:9]] == [*STATES[:4], *STATES[6:]]
    assert [line.split()[1:] for line in lines[9:]] == [
        ["app:", "started"],
        ["app:", "exit", "code", "1"],
        ["stop:", "EssentialContainerExited:", "Essential", "container", "in", "task", "exited"],
    ]


def test_the_bars_lie_side_by_side_in_proportion(shop: Shop) -> None:
    arn = shop.run(shop.define(CRASHING))
    shop.stopped(arn)
    shown = timeline(shop.cloud, arn)
    root = parsed(shown)
    at = 0.0
    for span in shown.tasks[0].spans[:-1]:
        (style,) = boxes(root, span.state)
        assert share(style, "left") == pytest.approx(at, abs=1e-3)
        assert share(style, "width") == pytest.approx(span.lasted / shown.length, abs=1e-3)
        at += span.lasted / shown.length
    assert at == pytest.approx(1)
    seen = words(root)
    assert "Stop reason EssentialContainerExited: Essential container in task exited" in seen
    assert "exit code 1 at 0:2" in seen
    assert "STOPPED because of EssentialContainerExited" in alt(root)


def test_a_running_task_goes_on_until_now(shop: Shop) -> None:
    arn = shop.run(shop.define(WEB))
    assert str(timeline(shop.cloud, arn)).endswith("0.0 s so far")
    shop.cloud.advance(hours=2)
    shown = timeline(shop.cloud, arn)
    assert shown.length == 7200
    assert shown.tasks[0].state == "RUNNING"
    assert not shown.tasks[0].spans[-1].over
    root = parsed(shown)
    assert len(boxes(root, "RUNNING")) == 2  # the axis is broken in the two quiet hours
    assert "… 1 h 59 min" in words(root)
    assert all("break" not in text for text in str(shown).split("\n"))


def test_a_failure_to_start_is_told_once(shop: Shop) -> None:
    """AWS: cannotpullcontainererror; the reason is the task's, the container's repeats it."""
    arn = shop.run(shop.define("nowhere:1"))
    shop.stopped(arn)
    shown = timeline(shop.cloud, arn)
    text = " ".join(str(shown).split())
    assert text.count("CannotPullContainerError") == 1
    assert "app: never started" in text
    parsed(shown)


def test_health_and_restarts_are_marked(shop: Shop) -> None:
    """Of botocore ecs: ContainerRestartPolicy; HealthCheck."""
    restart = {"enabled": True, "restartAttemptPeriod": 60}
    definition = shop.define(Image(runs_for=70.0, exit_code=3), restartPolicy=restart)
    arn = shop.run(definition)
    shop.cloud.advance(minutes=2)
    told = [mark.words for mark in timeline(shop.cloud, arn).tasks[0].marks]
    assert told == ["started", "exit code 3, restarting", "started"]
    check = {"command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"], "interval": 10}
    healthy = shop.run(shop.define(WEB, healthCheck=check))
    shop.cloud.advance(minutes=1)
    assert [m.words for m in timeline(shop.cloud, healthy).tasks[0].marks] == ["started", "HEALTHY"]
    parsed(timeline(shop.cloud))


def test_tasks_share_one_axis_and_are_named_in_many_ways(shop: Shop) -> None:
    definition = shop.define(WEB)
    first = shop.run(definition)
    shop.cloud.advance(seconds=10)
    second = shop.run(definition)
    shop.cloud.advance(minutes=1)
    both = timeline(shop.cloud, first, second)
    assert [task.spans[0].begin for task in both.tasks] == [0, 10]
    assert both == timeline(shop.cloud)
    assert both == timeline(shop.cloud, shop.ecs.list_tasks(cluster="shop")["taskArns"][::1])
    assert both == timeline(shop.cloud, [shop.task(first)], second[-32:])
    assert both == timeline(shop.cloud, first[-32:][:8], second, first)


def test_services_name_their_tasks_and_many_share_a_legend(shop: Shop) -> None:
    shop.serve(shop.define(WEB), 4)
    shop.cloud.advance(minutes=2)
    shown = timeline(shop.cloud)
    assert {task.title.partition(" ")[2] for task in shown.tasks} == {"(web:1, service web)"}
    assert words(parsed(shown)).count("RUNNING") == 1


def test_of_very_many_tasks_the_newest_are_shown_and_the_rest_counted(shop: Shop) -> None:
    shop.serve(shop.define(CRASHING), 5)
    shop.cloud.advance(minutes=5)
    made = [entry.subject for entry in shop.cloud.journal.of_kind("task.provisioning")]
    shown = timeline(shop.cloud)
    assert [task.id for task in shown.tasks] == [arn[-32:] for arn in made[-12:]]
    note = f"{len(made) - 12} older tasks are left out: name those that you want to see."
    assert str(shown).endswith(f"\n{note}")
    assert note in words(parsed(shown))
    assert len(timeline(shop.cloud, made).tasks) == len(made)


@pytest.mark.parametrize("reference", ["0123", "f" * 32, "arn:aws:ecs:us-east-1:1:task/x/y", 5])
def test_an_unknown_task_is_refused_in_one_sentence(shop: Shop, reference: object) -> None:
    shop.run(shop.define(WEB))
    with pytest.raises(CourseError, match=r"^(There has been no task|Give a task)"):
        timeline(shop.cloud, reference)


def test_nothing_to_draw_is_said() -> None:
    with Cloud() as cloud, pytest.raises(CourseError, match="No task has been run"):
        timeline(cloud)


def test_the_same_seed_gives_the_same_bytes_and_looking_changes_nothing() -> None:
    def bytes_of(*, looks: int) -> tuple[str, str, str]:
        with Cloud(seed=3) as cloud:
            shop = open_shop(cloud)
            arn = shop.run(shop.define(CRASHING))
            for _ in range(looks):
                timeline(cloud)._repr_html_()
            cloud.advance(minutes=1)
            shown = timeline(cloud, arn)
            return str(shown), shown._repr_html_(), cloud.journal.to_text()

    assert bytes_of(looks=0) == bytes_of(looks=2)
