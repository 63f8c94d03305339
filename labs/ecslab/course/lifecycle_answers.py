"""Judges a lifecycle policy by its preview: what it expires, and what it leaves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["BUILDS_KEPT", "DAYS_UNTAGGED", "judge_policy"]

BUILDS_KEPT = 3
"""How many builds stay, the youngest ones."""

DAYS_UNTAGGED = 7
"""Days after which an untagged image goes."""

_BUILD = "build-"
_LOOK_AT = "get_lifecycle_policy_preview → previewResults[]"


def judge_policy(lab: Session, repository: str, text: str) -> None:
    """Go on when a policy expires old builds and old untagged images, and no release.

    Args:
        lab: the session whose account is judged.
        repository: the repository's name.
        text: its policy.
    """
    ecr = lab.client("ecr")
    ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=text)
    preview = ecr.get_lifecycle_policy_preview(repositoryName=repository)["previewResults"]
    images = ecr.describe_images(repositoryName=repository)["imageDetails"]
    expired = {each["imageDigest"] for each in preview}
    _judge_others(images, expired)
    _judge_builds(images, expired)
    _judge_untagged(images, expired, lab.cloud.now - timedelta(days=DAYS_UNTAGGED))
    _judge_kind(json.loads(text)["rules"])


def _judge_others(images: list[dict[str, Any]], expired: set[str]) -> None:
    for image in images:
        tags = image.get("imageTags", [])
        if tags and image["imageDigest"] in expired and not _is_build(image):
            raise NotYet(
                expected="that releases and candidates stay",
                found=f"{', '.join(tags)} would expire",
                look_at=f"{_LOOK_AT}.appliedRulePriority: the rule that takes it",
            )


def _judge_builds(images: list[dict[str, Any]], expired: set[str]) -> None:
    builds = sorted(
        (image for image in images if _is_build(image)), key=lambda image: image["imagePushedAt"]
    )
    wanted = [image["imageTags"][0] for image in builds[:-BUILDS_KEPT]]
    found = [image["imageTags"][0] for image in builds if image["imageDigest"] in expired]
    if sorted(found) != sorted(wanted):
        raise NotYet(
            expected=f"that the {BUILDS_KEPT} youngest builds stay and the others expire: "
            f"{', '.join(wanted)}",
            found=", ".join(found) or "no build would expire",
            look_at=f"{_LOOK_AT}.imageTags",
        )


def _judge_untagged(images: list[dict[str, Any]], expired: set[str], limit: Any) -> None:
    untagged = [image for image in images if not image.get("imageTags")]
    old = {image["imageDigest"] for image in untagged if image["imagePushedAt"] < limit}
    young = {image["imageDigest"] for image in untagged} - old
    if old - expired:
        raise NotYet(
            expected=f"that untagged images expire {DAYS_UNTAGGED} days after their push",
            found=f"{len(old - expired)} of {len(old)} older ones would stay",
            look_at=_LOOK_AT,
        )
    if young & expired:
        raise NotYet(
            expected=f"that an untagged image stays for {DAYS_UNTAGGED} days",
            found=f"{len(young & expired)} younger one would expire",
            look_at=f"{_LOOK_AT}.imagePushedAt",
        )


def _judge_kind(rules: list[dict[str, Any]]) -> None:
    """End the check when the right images go today for a reason that fails tomorrow."""
    for rule in rules:
        selection = rule["selection"]
        status, kind = selection["tagStatus"], selection["countType"]
        where = f"get_lifecycle_policy → rules[rulePriority {rule['rulePriority']}].selection"
        if status == "tagged" and kind != "imageCountMoreThan":
            raise NotYet(
                expected="a rule that counts builds",
                found="a rule that counts days: after a month without builds none would be left",
                look_at=f"{where}.countType",
            )
        if status == "untagged" and kind != "sinceImagePushed":
            raise NotYet(
                expected="a rule that counts the days since the push",
                found="a rule that counts images, whatever their age",
                look_at=f"{where}.countType",
            )


def _is_build(image: dict[str, Any]) -> bool:
    return any(tag.startswith(_BUILD) for tag in image.get("imageTags", []))
