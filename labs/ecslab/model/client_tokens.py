"""Client tokens: how they are written, and whether a request is the one that a token came with."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANSWERS", "SERVICE_DIFFERS", "TASK_SET_DIFFERS", "check", "fingerprint"]

_VISIBLE: Final = re.compile(r"[!-~]*")

BAD_TOKEN: Final = Answer(
    message="clientToken can have at most {longest} visible ASCII characters.",
    source="botocore ecs RunTaskRequest.clientToken, CreateServiceRequest.clientToken",
    code=INVALID_PARAMETER,
    verified=False,
)
SERVICE_DIFFERS: Final = Answer(
    message="Creation of service was not idempotent.",
    source="AWS: captured InvalidParameterException of CreateService",
    code=INVALID_PARAMETER,
)
TASK_SET_DIFFERS: Final = Answer(
    message="Creation of task set was not idempotent.",
    source="botocore ecs CreateTaskSetRequest.clientToken",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS: Final = (BAD_TOKEN, SERVICE_DIFFERS, TASK_SET_DIFFERS)


def check(token: str | None, longest: int) -> None:
    """Check how a client token is written.

    Args:
        token: the token, None without one.
        longest: how many characters it may have.

    Raises:
        AwsError: it is longer, or has a character outside of 33 to 126.
    """
    if token is not None and (len(token) > longest or not _VISIBLE.fullmatch(token)):
        raise BAD_TOKEN.error(longest=longest)


def fingerprint(request: Mapping[str, Any]) -> str:
    """Return a text that two requests share when all that they ask for is the same."""
    return json.dumps(request, sort_keys=True, default=str)
