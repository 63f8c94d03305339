"""What AWS answers about families and revisions of task definitions."""

from __future__ import annotations

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

UNKNOWN = Answer(
    message="Unable to describe task definition.",
    source="botocore ecs DescribeTaskDefinition",
)
NOT_FOUND = Answer(message="TaskDefinition not found.", source="botocore ecs RunTask")
IS_INACTIVE = Answer(
    message="TaskDefinition is inactive",
    source="botocore ecs DeregisterTaskDefinition",
)
OTHER_REGION = Answer(
    message="Invalid Region in ARN",
    source="AWS: captured InvalidParameterException of DescribeTaskDefinition",
    code=INVALID_PARAMETER,
)
NO_REVISION = Answer(
    message="Revision is missing.",
    source="botocore ecs DeregisterTaskDefinitionRequest.taskDefinition",
    verified=False,
)
BAD_REVISION = Answer(
    message="Invalid revision number. Number: {revision}",
    source="botocore ecs DeregisterTaskDefinitionRequest.taskDefinition",
    code=INVALID_PARAMETER,
    verified=False,
)
NOTHING_TO_DELETE = Answer(
    message="size of TaskDefinition references list must be greater than 0",
    source="botocore ecs DeleteTaskDefinitionsRequest.taskDefinitions",
    code=INVALID_PARAMETER,
    verified=False,
)
TOO_MANY_TO_DELETE = Answer(
    message="Size of TaskDefinition references list cannot exceed 10",
    source="botocore ecs DeleteTaskDefinitionsRequest.taskDefinitions",
    code=INVALID_PARAMETER,
    verified=False,
)
STILL_ACTIVE = Answer(
    message="The specified task definition is still in ACTIVE status. Please deregister the target"
    " and try again.",
    source="botocore ecs DeleteTaskDefinitions",
    verified=False,
)
BAD_IDENTIFIER = Answer(
    message="The specified task definition identifier is invalid. Specify a valid name or ARN and"
    " try again.",
    source="botocore ecs DeleteTaskDefinitionsRequest.taskDefinitions",
    verified=False,
)
DOES_NOT_EXIST = Answer(
    message="The specified task definition does not exist. Specify a valid account, family,"
    " revision and try again.",
    source="botocore ecs DeleteTaskDefinitionsRequest.taskDefinitions",
    verified=False,
)
BAD_CHOICE = Answer(
    message="{value} is not a valid {member}. Must be one of [{values}]",
    source="botocore ecs ListTaskDefinitionsRequest, enum values",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS = (
    UNKNOWN,
    NOT_FOUND,
    IS_INACTIVE,
    OTHER_REGION,
    NO_REVISION,
    BAD_REVISION,
    NOTHING_TO_DELETE,
    TOO_MANY_TO_DELETE,
    STILL_ACTIVE,
    BAD_IDENTIFIER,
    DOES_NOT_EXIST,
    BAD_CHOICE,
)
