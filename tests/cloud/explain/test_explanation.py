"""An explanation as a value, as text, as data; and that asking changes nothing."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from chains import checked
from shops import Shop, open_shop

from ecslab import Cloud, Image
from ecslab.errors import CourseError

NO_TAG = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:2"


@pytest.fixture
def failed(shop: Shop) -> tuple[Shop, str]:
    """Return an account with a task that could not pull its image, and the task's ARN."""
    shop.cloud.push(Image(), "web:1")
    arn = shop.run(shop.define(NO_TAG))
    shop.stopped(arn)
    return shop, arn


def test_the_text(failed: tuple[Shop, str]) -> None:
    shop, arn = failed
    identifier = arn.rsplit("/", 1)[-1]
    assert str(shop.cloud.explain(arn)).splitlines()[:13] == [
        f"Task {identifier[:8]} (web:1) is STOPPED.",
        " 1. [start] It was stopped, or stopped by itself, with TaskFailedToStart: this",
        "     is the reason ECS gives.",
        '       boto3.client("ecs").describe_tasks(',
        '           cluster="shop",',
        f'           tasks=["{identifier}"],',
        '       )["tasks"][0].get("stoppedReason")',
        "       → CannotPullContainerError: pull image manifest has been retried 5",
        "         time(s): failed to resolve ref",
        f"         {NO_TAG}:",
        f"         {NO_TAG}: not found",
        " 2. [pull] The repository web has no image 2.",
        '       boto3.client("ecr").list_images(',
    ]


def test_the_data(failed: tuple[Shop, str]) -> None:
    shop, arn = failed
    found = shop.cloud.explain(arn)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["arn"] == arn
    assert [step["layer"] for step in data["steps"]] == ["start", "pull"]
    assert data["steps"][-1]["words"] == found.cause.words == "The repository web has no image 2."
    assert data["steps"][-1]["value"][0]["imageTag"] == "1"
    assert data["steps"][-1]["call"] == (
        'boto3.client("ecr").list_images(repositoryName="web")["imageIds"]'
    )


def test_cloudtrail_has_nothing_of_it(failed: tuple[Shop, str]) -> None:
    """Whoever looks for who called what finds people and programs, not explanations."""
    shop, arn = failed
    trail: Any = boto3.client("cloudtrail")
    shop.cloud.advance(hours=1)
    before = len(trail.lookup_events(MaxResults=50)["Events"])
    shop.cloud.explain(arn)
    shop.cloud.advance(hours=1)
    after = trail.lookup_events(MaxResults=50)["Events"]
    assert [each["EventName"] for each in after[: len(after) - before]] in ([], ["LookupEvents"])


def test_it_stays_as_it_was(failed: tuple[Shop, str]) -> None:
    shop, arn = failed
    before = shop.cloud.explain(arn)
    text = str(before)
    shop.cloud.advance(hours=2)
    assert str(before) == text
    assert shop.cloud.explain(arn).state.endswith("is gone.")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "web",
        "arn:aws:s3:::covers",
        "arn:aws:ecs:us-east-1:123456789012:task",
        "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
        "arn:aws:iam::123456789012:role/web",
    ],
)
def test_what_can_not_be_explained(shop: Shop, arn: str) -> None:
    with pytest.raises(CourseError, match="is not the ARN of something that can be explained"):
        shop.cloud.explain(arn)


def test_another_region_and_what_never_was(shop: Shop) -> None:
    for kind in ("task/shop/0", "service/shop/web", "service-deployment/shop/web/0"):
        for region in ("us-east-1", "eu-central-1"):
            found = shop.cloud.explain(f"arn:aws:ecs:{region}:123456789012:{kind}")
            assert found.state.startswith("There never was")
            checked(found)
    for kind in ("cluster/none", "container-instance/shop/0", "capacity-provider/none"):
        checked(shop.cloud.explain(f"arn:aws:ecs:us-east-1:123456789012:{kind}"))


def journal(*, asking: bool) -> str:
    """Return the journal of a program, in which explanations are asked for or not."""
    with Cloud(seed=3) as cloud:
        shop = open_shop(cloud)
        arn = shop.serve(shop.define(NO_TAG), 2)
        for _ in range(6):
            cloud.advance(seconds=25)
            if asking:
                for task in cloud.explain(arn), *map(cloud.explain, tasks(shop)):
                    assert task.steps
        shop.cloud.push(Image(port=80), "web:2")
        cloud.advance(minutes=5)
        return cloud.journal.to_text()


def tasks(shop: Shop) -> list[str]:
    """Return the ARNs of the tasks, without asking the API."""
    return [entry.subject for entry in shop.cloud.journal.of_kind("task.provisioning")]


def test_asking_changes_nothing() -> None:
    assert journal(asking=True) == journal(asking=False)
