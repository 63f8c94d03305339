"""What AWS answers to a filter of a list that is none of its words."""

from __future__ import annotations

import re
from typing import Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

NOT_ONE_OF: Final = Answer(
    message="{what} should be one of [{values}]",
    source="botocore ecs, the enum values of each List operation",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS: Final = (NOT_ONE_OF,)


def spoken(member: str) -> str:
    """Return the name of a member as refusals write it: `launchType` is "Launch type"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member).capitalize()
