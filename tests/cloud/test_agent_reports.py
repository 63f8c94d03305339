"""What a container agent reports through the API is acknowledged; nonsense is refused.

AWS: botocore ecs SubmitTaskStateChange, SubmitContainerStateChange, SubmitAttachmentStateChanges.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from shops import Shop

from ecslab import Image

Json = dict[str, Any]


@pytest.fixture
def task(shop: Shop) -> Json:
    """Return a running task."""
    arn = shop.run(shop.define(Image()))
    shop.ecs.get_waiter("tasks_running").wait(cluster="shop", tasks=[arn])
    return shop.task(arn)


def test_reports_are_acknowledged_and_change_nothing(shop: Shop, task: Json) -> None:
    """The agents of the simulation report by themselves."""
    place = {"cluster": "shop", "task": task["taskArn"]}
    attachment = {"attachmentArn": f"arn:x/{task['attachments'][0]['id']}", "status": "ATTACHED"}
    answers = [
        shop.ecs.submit_task_state_change(
            **place, status="STOPPED", containers=[{"containerName": "app", "exitCode": 3}]
        ),
        shop.ecs.submit_container_state_change(**place, containerName="app", status="STOPPED"),
        shop.ecs.submit_attachment_state_changes(cluster="shop", attachments=[attachment]),
    ]
    assert [each["acknowledgment"] for each in answers] == ["ACK"] * 3
    assert shop.task(task["taskArn"]) == task


def test_reports_about_nothing_are_refused(shop: Shop, task: Json) -> None:
    """Botocore ecs InvalidParameterException, ClusterNotFoundException."""
    place = {"cluster": "shop", "task": task["taskArn"]}
    wrong: list[tuple[str, Json, str]] = [
        ("submit_task_state_change", {**place, "task": "none"}, "InvalidParameter"),
        ("submit_task_state_change", {**place, "cluster": "none"}, "ClusterNotFound"),
        ("submit_task_state_change", {}, "ClusterNotFound"),
        ("submit_container_state_change", {**place, "containerName": "no"}, "InvalidParameter"),
        (
            "submit_attachment_state_changes",
            {"cluster": "shop", "attachments": [{"attachmentArn": "x", "status": "y"}]},
            "InvalidParameter",
        ),
    ]
    for name, arguments, code in wrong:
        with pytest.raises(ClientError, match=code):
            getattr(shop.ecs, name)(**arguments)
