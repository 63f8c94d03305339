"""Rules of RunTask and ListTasks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.operation import DetailedError
from ecslab.errors import AwsError
from ecslab.model import client_tokens, failures

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params
    from ecslab.sim.entities import Cluster, Task

_INVALID = "InvalidParameterException"
_MOST_TASKS = 10
_STARTED_BY = re.compile(r"[A-Za-z0-9/_-]*")
_LONGEST_STARTED_BY = 128
_GROUPS_OF_SERVICES = "service:"
_LONGEST_TOKEN = 64
_TOKENS_ARE_KEPT = timedelta(hours=24)


def check_request(params: Params, *, longest_started_by: int = _LONGEST_STARTED_BY) -> None:
    """Refuse a RunTask or StartTask request for what it says by itself.

    AWS: botocore ecs RunTaskRequest.count, .startedBy, .clientToken, StartTaskRequest.startedBy;
    PropagateTags ("SERVICE" is an error when running a task). The texts on a long startedBy and on
    the group of a service are captured answers (issues convox/rack 1727; aws/copilot-cli stops
    the tasks that no service has by relying on the latter).

    Args:
        params: the request.
        longest_started_by: how many characters `startedBy` may have.

    Raises:
        AwsError: InvalidParameterException.
    """
    message = None
    started_by = params.get("startedBy") or ""
    if not 1 <= params.get("count", 1) <= _MOST_TASKS:
        message = "The number of tasks must be between 1 and 10."
    elif len(started_by) > longest_started_by:
        message = f"startedBy longer than {longest_started_by}."
    elif not _STARTED_BY.fullmatch(started_by):
        message = "startedBy can have letters, numbers, hyphens, forward slashes and underscores."
    elif (params.get("group") or "").startswith(_GROUPS_OF_SERVICES):
        message = "Invalid namespace for group."
    elif params.get("propagateTags") not in (None, "TASK_DEFINITION", "NONE"):
        message = "propagateTags for a task must be TASK_DEFINITION or NONE."
    if message:
        raise AwsError(_INVALID, message)
    client_tokens.check(params.get("clientToken"), _LONGEST_TOKEN)


def check_roles(call: Call, definition: dict[str, Any], *, exec_wanted: bool) -> None:
    """Refuse roles that ECS tasks can't assume, and ECS Exec without a task role.

    AWS: captured ClientException and InvalidParameterException of RunTask; botocore ecs
    RunTaskRequest.enableExecuteCommand.

    Raises:
        AwsError: ClientException or InvalidParameterException.
    """
    for key in ("executionRoleArn", "taskRoleArn"):
        role = definition.get(key)
        if role and not call.account.ports.roles.assumable(str(role)):
            raise AwsError("ClientException", failures.ASSUME_ROLE(role=role))
    if exec_wanted and not definition.get("taskRoleArn"):
        message = (
            "The execute command failed because a valid task role is not being used. Specify a"
            " valid task role in your task definition or as a task override and try again."
        )
        raise AwsError(_INVALID, message)


def started_before(call: Call, cluster: Cluster, params: Params) -> list[Task]:
    """Return the tasks that an earlier call with the same client token has started.

    AWS: ECS_Idempotency (24 hours, per cluster); botocore ecs RunTask, ConflictException.

    Raises:
        AwsError: ConflictException when that call asked for something else.
    """
    token = params.get("clientToken")
    if not token or token not in cluster.client_tokens:
        return []
    request, tasks = cluster.client_tokens[token]
    if call.account.clock.now - tasks[0].created_at > _TOKENS_ARE_KEPT:
        return []
    if request != client_tokens.fingerprint(params):
        message = (
            "The RunTask request could not be processed due to conflicts. The provided clientToken"
            " is already in use with a different RunTask request. The resourceIds are the existing"
            " task ARNs which are already associated with the clientToken."
        )
        raise DetailedError("ConflictException", message, resourceIds=[t.arn for t in tasks])
    return tasks


def remember(cluster: Cluster, params: Params, tasks: list[Task]) -> None:
    """Keep which tasks a request with a client token has started; none is nothing to keep."""
    token = params.get("clientToken")
    if token and tasks:
        cluster.client_tokens[token] = (client_tokens.fingerprint(params), tasks)


def check_filters(params: Params) -> None:
    """Refuse filters that ListTasks does not take.

    AWS: botocore ecs ListTasksRequest (startedBy goes with no other filter).

    Raises:
        AwsError: InvalidParameterException.
    """
    others = ("family", "serviceName", "daemonName", "containerInstance")
    if "startedBy" in params and any(key in params for key in others):
        message = "startedBy must be the only filter."
        raise AwsError(_INVALID, message)
