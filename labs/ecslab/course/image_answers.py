"""What tasks and tags say about images, for the checks of module 05-images-ecr."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests

from ecslab.course import image_shop
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = [
    "architecture",
    "definition_of",
    "digest_of",
    "expect_digest",
    "expect_success",
    "family",
    "visit",
]

_TASK = "describe_tasks → tasks[0]"
_SECONDS = 5
_DENIED = re.compile(r"not authorized to perform: (\S+)")

Json = dict[str, Any]


def digest_of(lab: Session, repository: str, tag: str) -> str | None:
    """Give the digest that a tag names now, or None."""
    images = lab.client("ecr").describe_images(repositoryName=repository)["imageDetails"]
    for image in images:
        if tag in image.get("imageTags", []):
            return str(image["imageDigest"])
    return None


def expect_digest(task: Json, digest: str | None, name: str) -> None:
    """Go on when a task runs the image with a digest, else end the check with *not yet*.

    Args:
        task: as DescribeTasks gives it.
        digest: the digest.
        name: of the image, in words.
    """
    found = task["containers"][0].get("imageDigest")
    if found is None:
        raise NotYet(
            expected=f"a task that pulled {name}",
            found=f"a task that pulled nothing: {task.get('stoppedReason', task['lastStatus'])}",
            look_at=f"{_TASK}.stoppedReason",
        )
    if found != digest:
        raise NotYet(
            expected=f"a task that runs {name}",
            found="another image: its digest differs",
            look_at=f"{_TASK}.containers[0].imageDigest",
        )


def expect_success(lab: Session, task: Json) -> None:
    """End the check when a task has not ended with exit code 0."""
    if task["lastStatus"] != "STOPPED":
        raise NotYet(
            expected="the task STOPPED; it takes about a minute",
            found=task["lastStatus"],
            look_at=f"{_TASK}.lastStatus",
        )
    code = task["containers"][0].get("exitCode")
    if code is None:
        denied = _DENIED.search(str(task.get("stoppedReason")))
        why = f"not allowed: {denied[1]}" if denied else task.get("stoppedReason")
        raise NotYet(
            expected="exit code 0",
            found=f"no exit code; {why}",
            look_at=f"{_TASK}.stoppedReason",
        )
    if code:
        raise NotYet(
            expected="exit code 0",
            found=f"exit code {code}, on {architecture(lab, task)}",
            look_at="log(arn), and describe_task_definition → taskDefinition.runtimePlatform",
        )


def architecture(lab: Session, task: Json) -> str:
    """Give the CPU architecture that a task asked for."""
    platform = definition_of(lab, task).get("runtimePlatform") or {}
    return str(platform.get("cpuArchitecture", "X86_64"))


def definition_of(lab: Session, task: Json) -> Json:
    """Give the task definition of a task."""
    arn = task["taskDefinitionArn"]
    found = lab.client("ecs").describe_task_definition(taskDefinition=arn)
    definition: Json = found["taskDefinition"]
    return definition


def visit(lab: Session, task: Json) -> str:
    """Give the page of a task as anybody on the internet sees it."""
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    [interface] = lab.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"]
    address = interface.get("Association", {}).get("PublicIp")
    if address is None:
        return "no public address"
    try:
        url = f"http://{address}:{image_shop.PORT}"
        return str(requests.get(url, timeout=_SECONDS).text).strip()
    except requests.RequestException as error:
        return f"no answer: {type(error).__name__}"


def family(task: Json) -> str:
    """Give the family of a task's definition."""
    return str(task["taskDefinitionArn"]).rsplit("/", 1)[-1].split(":")[0]
