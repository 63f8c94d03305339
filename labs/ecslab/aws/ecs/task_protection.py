"""The operations of task scale-in protection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.lookup import active_cluster, as_arn, find_task, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.sim import task_protection as protection

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Task

_INVALID = "InvalidParameterException"
_UPDATED_AT_MOST = 10
_READ_AT_MOST = 100


@operation("UpdateTaskProtection")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateTaskProtection.

    AWS: botocore ecs UpdateTaskProtectionRequest; api_failures_messages (TASK_NOT_VALID,
    DEPLOYMENT_BLOCKED, MISSING).
    """
    account = call.account
    references = _references(params, _UPDATED_AT_MOST)
    cluster = active_cluster(account, params["cluster"], task=references)
    minutes = params.get("expiresInMinutes", protection.DEFAULT_MINUTES)
    if not 1 <= minutes <= protection.MOST_MINUTES:
        message = f"expiresInMinutes must be between 1 and {protection.MOST_MINUTES}."
        raise AwsError(_INVALID, message)
    if not params["protectionEnabled"] and "expiresInMinutes" in params:
        message = "expiresInMinutes can only be specified when protectionEnabled is true."
        raise AwsError(_INVALID, message)
    changed, failures = [], []
    for reference in references:
        task = find_task(cluster, reference)
        if task is None:
            failures.append(missing(as_arn(account, "task", cluster.name, reference)))
            continue
        reason = _refusal(account, task, wanted=params["protectionEnabled"])
        if reason:
            failures.append({"arn": task.arn, "reason": reason})
            continue
        protection.protect(account, task, minutes if params["protectionEnabled"] else None)
        changed.append(_view(account, task))
        if task.service is not None:
            call.engine.scheduler.poke(task.service)
    return {"protectedTasks": changed, "failures": failures}


@operation("GetTaskProtection")
def read(call: Call, params: Params) -> dict[str, Any]:
    """Answer GetTaskProtection; without `tasks` for all running tasks of services.

    AWS: botocore ecs GetTaskProtectionRequest.
    """
    account = call.account
    references = _references(params, _READ_AT_MOST) if "tasks" in params else []
    cluster = active_cluster(account, params["cluster"], task=references)
    if not references:
        found = [t for t in cluster.tasks.values() if t.service is not None and t.wanted]
        return {"protectedTasks": [_view(account, task) for task in found], "failures": []}
    shown, failures = [], []
    for reference in references:
        task = find_task(cluster, reference)
        if task is None:
            failures.append(missing(as_arn(account, "task", cluster.name, reference)))
        elif task.service is None:
            failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID"})
        else:
            shown.append(_view(account, task))
    return {"protectedTasks": shown, "failures": failures}


def _references(params: Params, limit: int) -> list[str]:
    references = list(params["tasks"])
    if not 1 <= len(references) <= limit:
        message = f"tasks must have between 1 and {limit} items."
        raise AwsError(_INVALID, message)
    return references


def _refusal(account: Account, task: Task, *, wanted: bool) -> str | None:
    if task.service is None or not task.wanted:
        return "TASK_NOT_VALID"
    if wanted and not protection.may_protect(account, task.service, task):
        return "DEPLOYMENT_BLOCKED"
    return None


def _view(account: Account, task: Task) -> dict[str, Any]:
    view: dict[str, Any] = {"taskArn": task.arn, "protectionEnabled": False}
    if protection.is_protected(account, task):
        view |= {"protectionEnabled": True, "expirationDate": task.protected_until}
    return view
