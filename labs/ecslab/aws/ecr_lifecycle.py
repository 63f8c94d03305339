"""Lifecycle policies of Amazon ECR: which images a policy expires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Expiring", "expiring", "problem"]

_DAY = 24 * 60 * 60
_NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"


@dataclass(frozen=True, slots=True)
class Expiring:
    """An image that a policy expires.

    Args:
        image: the image.
        priority: the rulePriority of the rule that expires it.
    """

    image: Any
    priority: int


def problem(text: str) -> str | None:
    """Return what is wrong with a policy whose members are of the right types, else None.

    Args:
        text: the policy as JSON.

    AWS: ECR user guide, lifecycle_policy_parameters (a rule for tagged images names tags, one for
    untagged images does not; days need a unit; priorities are unique; `any` comes last).
    """
    rules = json.loads(text)["rules"]
    for rule in rules:
        selection = rule["selection"]
        if bool(_wanted(selection)) is not (selection["tagStatus"] == "tagged"):
            return _NO_SCHEMA
        if (selection["countType"] == "sinceImagePushed") is not ("countUnit" in selection):
            return _NO_SCHEMA
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) != len(priorities):
        return "each rule needs a rulePriority of its own"
    for rule in rules:
        if rule["selection"]["tagStatus"] == "any" and rule["rulePriority"] != max(priorities):
            return "a rule with the tagStatus any must have the highest rulePriority"
    return None


def expiring(images: Sequence[Any], text: str, now: float) -> list[Expiring]:
    """Return the images that a policy expires, each by one rule.

    All rules look at all images. Then an image belongs to the first rule, by priority, whose tags
    it matches: no later rule can expire it.

    Args:
        images: as moto holds them: `image_tags`, and `image_pushed_at` in seconds.
        text: the policy as JSON.
        now: seconds since the epoch.

    AWS: ECR user guide, LifecyclePolicies (how lifecycle policies work).
    """
    found: list[Expiring] = []
    taken: set[int] = set()
    for rule in sorted(json.loads(text)["rules"], key=lambda rule: int(rule["rulePriority"])):
        matching = [image for image in images if _matches(rule["selection"], image.image_tags)]
        found += [
            Expiring(image, int(rule["rulePriority"]))
            for image in _too_many_or_old(rule["selection"], matching, now)
            if id(image) not in taken
        ]
        taken.update(id(image) for image in matching)
    return found


def _wanted(selection: dict[str, Any]) -> list[str]:
    """Return the patterns of a selection; a prefix is a pattern that ends in a star."""
    prefixes = [f"{prefix}*" for prefix in selection.get("tagPrefixList") or []]
    return prefixes + list(selection.get("tagPatternList") or [])


def _matches(selection: dict[str, Any], tags: Iterable[str]) -> bool:
    held = list(tags)
    if selection["tagStatus"] == "untagged":
        return not held
    if selection["tagStatus"] == "any":
        return True
    # With several patterns an image needs a tag for each of them.
    return all(any(fnmatchcase(tag, wanted) for tag in held) for wanted in _wanted(selection))


def _too_many_or_old(selection: dict[str, Any], images: list[Any], now: float) -> list[Any]:
    number = int(selection["countNumber"])
    if selection["countType"] == "imageCountMoreThan":
        # Of images pushed in the same second the one that came last counts as the youngest.
        oldest_first = sorted(images, key=lambda image: image.image_pushed_at)
        return oldest_first[: max(0, len(images) - number)]
    return [image for image in images if now - image.image_pushed_at > number * _DAY]
