"""What AWS answers to a word that is none of those that a member can have."""

from __future__ import annotations

from typing import Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

NOT_ONE_OF: Final = Answer(
    message="{value} is not a valid {member}. Must be one of [{values}]",
    source="botocore ecs, the enum values of each input shape",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS: Final = (NOT_ONE_OF,)
