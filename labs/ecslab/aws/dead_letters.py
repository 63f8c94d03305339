"""Where EventBridge puts what it could not deliver (AWS: eb-rule-dlq; DeadLetterConfig)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["keep_failed"]


def keep_failed(
    place: tuple[str, str], target: Mapping[str, Any], given: Any, code: str, message: str
) -> None:
    """Send what failed to the target's dead-letter queue; without one it is lost.

    Args:
        place: the account id and the Region.
        target: the target, in botocore's shape.
        given: what it should have got.
        code: the error code that the message is marked with.
        message: the error's text.
    """
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    texts = {"ERROR_CODE": code, "ERROR_MESSAGE": message, "TARGET_ARN": str(target["Arn"])}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    account, region = place
    queues: Any = sqs_backends[account][region]
    try:
        queues.send_message(
            queue_name=queue.rsplit(":", 1)[-1],
            message_body=given if isinstance(given, str) else json.dumps(given),
            message_attributes=attributes,
        )
    except (ServiceException, HTTPException):
        return
