"""`rollout`: the revisions of a service over time."""

from __future__ import annotations

import pytest
from pictures import alt, boxes, parsed, share, words
from shops import Shop, open_shop

from ecslab import Cloud, Image
from ecslab.errors import CourseError
from ecslab.show import rollout
from ecslab.show.service_words import shortened

WEB = Image(port=80)
CRASHING = Image(runs_for=3.0, exit_code=1)
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/0123456789abcdef"
T = "a" * 32
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def rolled(shop: Shop, **percents: int) -> None:
    """Bring a service of three tasks to its second revision."""
    shop.serve(shop.define(WEB), 3, deploymentConfiguration=percents)
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define(WEB))
    shop.cloud.advance(minutes=8)


def test_the_second_revision_takes_the_place_of_the_first(shop: Shop) -> None:
    """AWS: deployment-type-ecs: rolling update within the two percentages."""
    rolled(shop)
    shown = rollout(shop.cloud, "web")
    assert [item.title for item in shown.revisions] == [
        "deployment 1 (web:1)",
        "deployment 2 (web:2)",
    ]
    first, last = shown.steps[0], shown.steps[-1]
    assert [(c.running, c.pending, c.stopping) for c in first.counts] == [(3, 0, 0), (0, 0, 0)]
    assert [(c.running, c.pending, c.stopping) for c in last.counts] == [(0, 0, 0), (3, 0, 0)]
    (goal,) = shown.goals
    assert (goal.desired, goal.lower, goal.upper) == (3, 3, 6)
    assert [item.words for item in shown.happenings] == [
        "deployment 2 begins",
        "started 3 tasks",
        "stopped 3 running tasks",
        "deployment 2 completed",
        "reached a steady state",
    ]


@pytest.mark.parametrize(("minimum", "maximum"), [(100, 200), (50, 100), (0, 100), (67, 150)])
def test_the_counts_stay_within_the_limits_shown(shop: Shop, minimum: int, maximum: int) -> None:
    """AWS: deployment-type-ecs; botocore ecs DeploymentConfiguration."""
    rolled(shop, minimumHealthyPercent=minimum, maximumPercent=maximum)
    shown = rollout(shop.cloud, "web")
    (goal,) = shown.goals
    assert (goal.lower, goal.upper) == (-(-3 * minimum // 100), 3 * maximum // 100)
    for step in shown.steps:
        assert step.total("running") >= goal.lower
        assert step.total("running") + step.total("pending") <= goal.upper


def test_the_end_agrees_with_the_api(shop: Shop) -> None:
    """Of botocore ecs Deployment: runningCount, pendingCount."""
    shop.serve(shop.define(WEB), 3)
    for _ in range(30):
        shop.cloud.advance(seconds=3)
        (deployment,) = shop.service()["deployments"]
        counts = rollout(shop.cloud, "web").steps[-1].counts[0]
        assert counts.running == deployment["runningCount"]
        assert counts.pending == deployment["pendingCount"]


def test_the_text_is_a_table_of_counts(shop: Shop) -> None:
    rolled(shop)
    lines = str(rollout(shop.cloud, "web")).split("\n")
    assert lines[:4] == [
        "service web: deployment 1 (web:1) + deployment 2 (web:2)",
        "0:00 is 2026-01-15 09:03:00 UTC; 3 desired, at least 3, at most 6",
        "   time  running  pending  stopping  what happened",
        "   0:00    3 + 0    0 + 0     0 + 0  deployment 2 begins",
    ]
    assert lines[4] == "   0:01    3 + 0    0 + 3     0 + 0  started 3 tasks"


def test_the_picture_stacks_running_pending_and_stopping(shop: Shop) -> None:
    rolled(shop)
    shown = rollout(shop.cloud, "web")
    root = parsed(shown)
    (old,) = boxes(root, "3 running, deployment 1")
    (new,) = boxes(root, "3 pending, deployment 2")
    assert (share(old, "bottom"), share(old, "height")) == (0, 0.5)
    assert (share(new, "bottom"), share(new, "height")) == (0.5, 0.5)
    (lower,), (upper,) = boxes(root, "lower limit 3"), boxes(root, "upper limit 6")
    assert (share(lower, "bottom"), share(upper, "bottom")) == (0.5, 1)
    assert "at least 3" in words(root)
    assert "at least 3 running" in alt(root)
    assert "2 1:0" in words(root)  # the second mark, at its moment


def test_a_rollback_belongs_to_the_deployment_that_failed(shop: Shop) -> None:
    """AWS: deployment-circuit-breaker."""
    shop.serve(shop.define(WEB), 3, deploymentConfiguration=BREAKER)
    shop.cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", taskDefinition=shop.define(CRASHING))
    shop.cloud.advance(minutes=15)
    shown = rollout(shop.cloud, "web")
    told = [item.words for item in shown.happenings]
    assert told[0] == "deployment 2 begins"
    assert "deployment 2 failed: tasks failed to start" in told
    assert "rolling back to deployment 1" in told
    assert told[-2:] == ["deployment 1 completed", "reached a steady state"]
    assert sum("stops: EssentialContainerExited" in text for text in told) >= 3
    assert [item.number for item in shown.revisions] == [1, 2]
    parsed(shown)


def test_a_change_of_the_desired_count_moves_the_limits(shop: Shop) -> None:
    shop.serve(shop.define(WEB), 2)
    shop.cloud.advance(minutes=2)
    shop.ecs.update_service(cluster="shop", service="web", desiredCount=4)
    shop.cloud.advance(minutes=2)
    shown = rollout(shop.cloud, "web")
    assert [(g.at, g.desired, g.lower, g.upper) for g in shown.goals] == [
        (0, 2, 2, 4),
        (120, 4, 4, 8),
    ]
    assert "4 desired, at least 4, at most 8" in [item.words for item in shown.happenings]
    assert len(boxes(parsed(shown), "upper limit")) == 2


def test_a_loop_of_failures_stays_readable(shop: Shop) -> None:
    """AWS: service-throttle-logic; a service without circuit breaker tries for ever."""
    shop.serve(shop.define(CRASHING), 4)
    shop.cloud.advance(hours=1)
    shown = rollout(shop.cloud, "web")
    assert len(shown.happenings) > 60
    assert len(str(shown).split("\n")) <= 70 + 60
    assert "more lines" in str(shown)
    root = parsed(shown)
    assert "more, see the text" in words(root)
    assert "some are left out" in words(root)
    assert words(root).count("stops:") < 60
    assert len(shown._repr_html_()) < 400_000


def test_older_deployments_are_shown_when_asked_for(shop: Shop) -> None:
    rolled(shop)
    shown = rollout(shop.cloud, "web", deployments=5)
    assert shown.steps[0].total("running") == 0
    assert [item.words for item in shown.happenings].count("reached a steady state") == 2
    parsed(shown)


def test_a_deleted_service_and_a_new_one_of_its_name(shop: Shop) -> None:
    definition = shop.define(WEB)
    arn = shop.serve(definition, 1)
    shop.cloud.advance(minutes=2)
    shop.ecs.delete_service(cluster="shop", service="web", force=True)
    shop.cloud.advance(minutes=2)
    shown = rollout(shop.cloud, arn)
    assert [item.words for item in shown.happenings][-1] == "service inactive"
    assert shown.steps[-1].total("stopping") == 0
    parsed(shown)
    shop.serve(definition, 2)
    again = rollout(shop.cloud, "web")
    assert [item.number for item in again.revisions] == [1]
    assert again.goals[0].desired == 2
    parsed(again)


def test_a_name_must_mean_one_service(shop: Shop) -> None:
    with pytest.raises(CourseError, match="There has been no service 'web'"):
        rollout(shop.cloud, "web")
    definition = shop.define(WEB)
    arn = shop.serve(definition, 1)
    shop.ecs.create_cluster(clusterName="other")
    shop.ecs.create_service(
        cluster="other",
        serviceName="web",
        taskDefinition=definition,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=shop.network(),
    )
    shop.cloud.advance(minutes=2)
    with pytest.raises(CourseError, match="2 clusters have a service 'web'; give its ARN"):
        rollout(shop.cloud, "web")
    assert rollout(shop.cloud, arn).steps[-1].total("running") == 1


def test_the_same_seed_gives_the_same_bytes_and_looking_changes_nothing() -> None:
    def bytes_of(*, looks: int) -> tuple[str, str, str]:
        with Cloud(seed=5) as cloud:
            shop = open_shop(cloud)
            shop.serve(shop.define(WEB), 2)
            for _ in range(looks):
                rollout(cloud, "web")._repr_html_()
            cloud.advance(minutes=2)
            shown = rollout(cloud, "web")
            return str(shown), shown._repr_html_(), cloud.journal.to_text()

    assert bytes_of(looks=0) == bytes_of(looks=2)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            f"(service web) has started 2 tasks: (task {'a' * 32}) (task {'b' * 32}).",
            "started 2 tasks",
        ),
        (
            f"(service web) has stopped 1 running tasks: (task {'a' * 32}).",
            "stopped 1 running task",
        ),
        ("(service web) (deployment ecs-svc/12) deployment completed.", "deployment 3 completed"),
        (
            f"(service web) registered 1 targets in (target-group {GROUP})",
            "registered 1 target in target group shop",
        ),
        (
            "(service web, taskSet ecs-svc/12) has begun draining connections on 2 tasks.",
            "begun draining connections on 2 tasks",
        ),
        (
            f"(service s) (task {T}) (port 80) is unhealthy in (target-group {GROUP}) due to (X)",
            "task aaaaaaaa (port 80) is unhealthy in target group shop due to (X)",
        ),
    ],
)
def test_service_events_are_shortened(message: str, words: str) -> None:
    """AWS: service-event-messages-list."""
    assert shortened(message, {"ecs-svc/12": 3}) == words
