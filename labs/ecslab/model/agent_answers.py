"""What AWS answers to reports of container agents about what does not exist."""

from __future__ import annotations

from typing import Final

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

NO_TASK: Final = Answer(
    message="The referenced task was not found.",
    source="botocore ecs SubmitTaskStateChangeRequest.task",
    code=INVALID_PARAMETER,
)
NO_CONTAINER: Final = Answer(
    message="The referenced container was not found.",
    source="botocore ecs SubmitContainerStateChangeRequest.containerName",
    code=INVALID_PARAMETER,
    verified=False,
)
NO_ATTACHMENT: Final = Answer(
    message="The referenced attachment was not found.",
    source="botocore ecs AttachmentStateChange.attachmentArn",
    code=INVALID_PARAMETER,
    verified=False,
)
