"""Tasks on container instances: what RunTask does on EC2, and StartTask.

AWS: botocore ecs RunTask, StartTask; api_failures_messages (a task that finds no room is a failure
in an answer with HTTP status 200).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs import task_rules
from ecslab.aws.ecs.container_instances import find_instance
from ecslab.aws.ecs.lookup import active_cluster, as_arn, check_references, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.placement import Placement, awsvpc_configuration
from ecslab.aws.ecs.task_view import task_view
from ecslab.errors import AwsError
from ecslab.model import managed_volumes
from ecslab.model.capacity_failures import EMPTY_PROVIDER, TOO_MANY_WAITING
from ecslab.model.placement.messages import NO_INSTANCES
from ecslab.model.task_definition.overrides import apply
from ecslab.model.task_definition.tags import managed_tags, merged
from ecslab.sim.engine import choose_provider
from ecslab.sim.entities import EXTERNAL
from ecslab.sim.task_volumes import new_volume

if TYPE_CHECKING:
    from ecslab.sim.entities import Cluster, Task

_INVALID = "InvalidParameterException"
_STARTED_AT_MOST = 10
_LONGEST_STARTED_BY = 36


def new_task(
    call: Call,
    cluster: Cluster,
    params: Params,
    definition: dict[str, Any],
    placement: Placement,
    *,
    provider: str | None = None,
) -> Task:
    """Return a task of a RunTask or StartTask request, ready to be placed and launched.

    Args:
        call: the call.
        cluster: where it will run.
        params: the request.
        definition: the task definition with overrides applied.
        placement: where the request wants its tasks.
        provider: the capacity provider for this one.
    """
    tags = merged([], params.get("tags") or [])
    if params.get("propagateTags") == "TASK_DEFINITION":
        tags = merged(call.account.definitions.tags_of(definition["taskDefinitionArn"]), tags)
    if params.get("enableECSManagedTags"):
        tags = [*tags, *managed_tags(cluster.name)]
    return call.engine.new_task(
        cluster,
        definition,
        placement.network,
        group=params.get("group") or f"family:{definition['family']}",
        started_by=params.get("startedBy"),
        launch_type=placement.launch_type,
        capacity_provider=provider,
        platform_version=placement.platform,
        overrides=params.get("overrides") or {},
        enable_execute_command=bool(params.get("enableExecuteCommand")),
        tags=tags,
        volume=new_volume(
            call.account,
            params.get("volumeConfigurations") or [],
            definition=definition["taskDefinitionArn"],
        ),
    )


def run_on_instances(
    call: Call,
    cluster: Cluster,
    params: Params,
    definition: dict[str, Any],
    placement: Placement,
) -> tuple[list[Task], list[dict[str, str]]]:
    """Place and launch the tasks of a RunTask request on container instances.

    A task with a capacity provider is there in any case: it waits where its provider adds
    capacity, and fails to start where that does not (api_failures_messages, DescribeTasks).

    Returns:
        The tasks that found room, and a failure for each instance that can't take one more.

    Raises:
        AwsError: InvalidParameterException when the cluster has no ACTIVE instance.
    """
    placer, external = call.engine.placer, placement.launch_type == EXTERNAL
    if not placement.strategy and not placer.instances(cluster, external=external):
        raise AwsError(_INVALID, NO_INSTANCES)
    constraints = params.get("placementConstraints") or ()
    strategy = params.get("placementStrategy") or ()
    tasks: list[Task] = []
    for _ in range(params.get("count", 1)):
        chosen = [each.capacity_provider for each in tasks]
        provider = choose_provider(placement.strategy, chosen)
        task = new_task(call, cluster, params, definition, placement, provider=provider)
        found = placer.place(task, constraints, strategy)
        if found.instance is None and provider is None:
            return tasks, [
                {"arn": instance.arn, "reason": reason} for instance, reason in found.obstacles
            ]
        if found.instance is None and not placer.waiting.may(task):
            reason = found.closest[1] if found.closest is not None else EMPTY_PROVIDER
            call.engine.fail_start(task, reason)
        elif found.instance is None and placer.waiting.is_full(cluster):
            return tasks, [{"reason": TOO_MANY_WAITING()}]
        else:
            if found.instance is None:
                placer.waiting.add(task, constraints, strategy)
            call.engine.agent.launch(task)
        tasks.append(task)
    return tasks, []


@operation("StartTask")
def start(call: Call, params: Params) -> dict[str, Any]:
    """Answer StartTask: one task on each of the instances that the request names."""
    account = call.account
    references = list(params["containerInstances"])
    check_references(references, _STARTED_AT_MOST, "Container instance", "instanceIds")
    cluster = active_cluster(account, params.get("cluster"), container_instance=references)
    task_rules.check_request({**params, "count": 1}, longest_started_by=_LONGEST_STARTED_BY)
    definition = account.definitions.runnable(params["taskDefinition"])
    if "EC2" not in definition["compatibilities"]:
        message = "Task definition does not support launch_type EC2."
        raise AwsError(_INVALID, message)
    network = awsvpc_configuration(call, params, definition, "EC2")
    managed_volumes.check(params.get("volumeConfigurations") or [], definition, fargate=False)
    effective = apply(
        definition,
        params.get("overrides") or {},
        launch_type="EC2",
        account=account.id,
        region=account.region,
    )
    wants_exec = bool(params.get("enableExecuteCommand"))
    task_rules.check_roles(call, effective, exec_wanted=wants_exec)
    placement = Placement("EC2", [], network)
    tasks, failures = [], []
    for reference in references:
        instance = find_instance(cluster, reference)
        if instance is None:
            arn = as_arn(account, "container-instance", cluster.name, reference)
            failures.append(missing(arn))
            continue
        task = new_task(call, cluster, params, effective, placement)
        # A DRAINING instance takes no new tasks either; AWS does not publish the reason for it.
        reason = call.engine.placer.put(task, instance) if instance.active else "INACTIVE"
        if reason is not None:
            failures.append({"arn": instance.arn, "reason": reason})
            continue
        call.engine.agent.launch(task)
        tasks.append(task)
    return {"tasks": [task_view(task, tags=True) for task in tasks], "failures": failures}
