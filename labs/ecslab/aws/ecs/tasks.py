"""Task operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs import task_rules as rules
from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.container_instances import registered
from ecslab.aws.ecs.instance_tasks import new_task, run_on_instances
from ecslab.aws.ecs.lookup import (
    active_cluster,
    as_arn,
    check_references,
    find_service,
    find_task,
    included,
    missing,
)
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.placement import Placement, decide
from ecslab.aws.ecs.task_view import task_view
from ecslab.errors import AwsError
from ecslab.model import failures, platform_versions
from ecslab.model.task_definition.overrides import apply
from ecslab.model.task_definition.paging import page
from ecslab.sim.engine import choose_provider
from ecslab.sim.entities import FARGATE
from ecslab.sim.fargate_limits import fargate_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.sim.entities import Cluster, Task

_INVALID = "InvalidParameterException"
_DESCRIBED_AT_MOST = 100


@operation("RunTask")
def run(call: Call, params: Params) -> dict[str, Any]:
    """Answer RunTask."""
    account = call.account
    cluster = active_cluster(account, params.get("cluster"))
    rules.check_request(params)
    earlier = rules.started_before(call, cluster, params)
    if earlier:
        return {"tasks": [task_view(task, tags=True) for task in earlier], "failures": []}
    definition = account.definitions.runnable(params["taskDefinition"])
    placement = decide(call, cluster, params, definition)
    overrides = params.get("overrides") or {}
    effective = apply(
        definition,
        overrides,
        launch_type=placement.launch_type,
        account=account.id,
        region=account.region,
    )
    exec_wanted = bool(params.get("enableExecuteCommand"))
    rules.check_roles(call, effective, exec_wanted=exec_wanted)
    if placement.platform:
        platform_versions.check(placement.platform, effective, exec_wanted=exec_wanted)
    run_tasks = _launch if placement.launch_type == FARGATE else run_on_instances
    tasks, unplaced = run_tasks(call, cluster, params, effective, placement)
    rules.remember(cluster, params, tasks)
    return {"tasks": [task_view(task, tags=True) for task in tasks], "failures": unplaced}


@operation("StopTask")
def stop(call: Call, params: Params) -> dict[str, Any]:
    """Answer StopTask; the task's tags are gone from then on."""
    cluster = active_cluster(call.account, params.get("cluster"), task=params["task"])
    task = find_task(cluster, params["task"])
    if task is None:
        message = "The referenced task was not found."
        raise AwsError(_INVALID, message)
    reason = params.get("reason") or failures.STOPPED_BY_USER()
    call.engine.agent.stop(task, "UserInitiated", reason)
    task.tags.clear()
    return {"task": task_view(task)}


@operation("DescribeTasks")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeTasks; stopped tasks are there for an hour."""
    references = list(params["tasks"])
    check_references(references, _DESCRIBED_AT_MOST, "Tasks", "taskIds")
    tags = "TAGS" in included(params, "TAGS")
    cluster = active_cluster(call.account, params.get("cluster"), task=references)
    tasks, absent = [], []
    for reference in references:
        task = find_task(cluster, reference)
        if task is None:
            absent.append(missing(as_arn(call.account, "task", cluster.name, reference)))
        else:
            tasks.append(task_view(task, tags=tags))
    return {"tasks": tasks, "failures": absent}


@operation("ListTasks")
def list_tasks(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListTasks; without desiredStatus only tasks that are wanted running."""
    rules.check_filters(params)
    host = params.get("containerInstance")
    cluster = active_cluster(
        call.account,
        params.get("cluster"),
        service=params.get("serviceName"),
        container_instance=host,
    )
    instance = registered(cluster, host) if host else None
    wanted = params.get("desiredStatus") or "RUNNING"
    service = params.get("serviceName")
    if service is not None and find_service(cluster, service) is None:
        message = "Service not found."
        raise AwsError("ServiceNotFoundException", message)
    daemon = params.get("daemonName")
    conditions: dict[str, Callable[[Task], Any]] = {
        "startedBy": lambda task: task.started_by,
        "launchType": lambda task: task.launch_type,
        "family": lambda task: task.definition["family"],
    }
    found = [
        task.arn
        for task in cluster.tasks.values()
        if task.desired_status == wanted
        and instance in (None, task.instance)
        and all(key not in params or read(task) == params[key] for key, read in conditions.items())
        and (
            service is None
            or (task.service is not None and task.service.name == service.rsplit("/", 1)[-1])
        )
        and (daemon is None or (task.daemon is not None and task.daemon.daemon.name == daemon))
    ]
    asked = [(key, params[key]) for key in sorted(params) if key not in ("maxResults", "nextToken")]
    answer = page(
        found,
        query=("tasks", *map(str, asked)),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"taskArns": answer.items}, answer.next_token)


def _launch(
    call: Call,
    cluster: Cluster,
    params: Params,
    effective: dict[str, Any],
    placement: Placement,
) -> tuple[list[Task], list[dict[str, str]]]:
    placed: list[str | None] = []
    tasks: list[Task] = []
    for _ in range(params.get("count", 1)):
        provider = choose_provider(placement.strategy, placed)
        placed.append(provider)
        task = new_task(call, cluster, params, effective, placement, provider=provider)
        refused = fargate_refusal(call.account, task)
        if refused is not None:
            return tasks, [{"reason": refused}]
        call.engine.agent.launch(task)
        tasks.append(task)
    return tasks, []
