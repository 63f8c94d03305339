"""What was really called: the records of the trail, and the call that was refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecslab.course import bookshop, role_shop
from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["compare", "judge_denied", "recorded"]

_ACTION = "s3:PutObject"
_DATA = {"s3:GetObject", "sqs:ReceiveMessage", "sqs:DeleteMessage"}


def recorded(lab: Session) -> dict[str, set[str]]:
    """Give the IAM actions that the log files of the trail have for each of the shop's roles.

    Args:
        lab: the session whose account is judged.
    """
    s3 = lab.client("s3")
    names = (bookshop.EXECUTION_ROLE, role_shop.CATALOG_ROLE, role_shop.FULFILMENT_ROLE)
    found: dict[str, set[str]] = {name: set() for name in names}
    for item in s3.list_objects_v2(Bucket=role_shop.TRAIL_BUCKET)["Contents"]:
        body = s3.get_object(Bucket=role_shop.TRAIL_BUCKET, Key=item["Key"])["Body"].read()
        for record in json.loads(gzip.decompress(body))["Records"]:
            issuer = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
            if issuer.get("userName") in found:
                service = record["eventSource"].partition(".")[0]
                found[issuer["userName"]].add(f"{service}:{record['eventName']}")
    return found


def compare(role: str, given: set[str], wanted: set[str]) -> None:
    """End the check while the actions of an answer are not those that were recorded.

    Args:
        role: its name.
        given: the answer's actions.
        wanted: those of the records.
    """
    known = {each.lower() for each in given}
    missing = sorted(each for each in wanted if each.lower() not in known)
    extra = sorted(each for each in given if each.lower() not in {item.lower() for item in wanted})
    if not missing and not extra:
        return
    found = f"these are missing: {', '.join(missing)}"
    if extra:
        found = f"{', '.join(extra)}, which the role has not called"
    if any(":" not in each for each in extra):
        found = f"{extra[0]}, which names no service"
    elif any(".amazonaws.com:" in each for each in extra):
        found = f"{extra[0]}; IAM's prefix is the first part of the host's name"
    elif missing and set(missing) <= _DATA and not extra:
        found += ", which are data events; the event history has none, the files have them"
    raise NotYet(
        expected=f"the IAM actions that {role} has called, such as ecr:BatchGetImage",
        found=found,
        look_at=f'called["{role}"]',
    )


def judge_denied(answer: object) -> None:
    """End the check while an answer does not name the call that was refused to the worker.

    Args:
        answer: a dictionary with ``action`` and ``resource``.
    """
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary with the texts 'action' and 'resource'",
            found=answer,
            look_at="denied",
        )
    action, resource = answer.get("action"), answer.get("resource")
    if str(action).lower() != _ACTION.lower():
        raise NotYet(
            expected="the action behind 'is not authorized to perform:'",
            found=action,
            look_at="the line of gift-001 in the log of fulfilment",
        )
    if not str(resource).strip('"').startswith(f"arn:aws:s3:::{role_shop.LETTERS}"):
        raise NotYet(
            expected="the ARN behind 'on resource:'",
            found=resource,
            look_at="the line of gift-001 in the log of fulfilment",
        )
