"""What container agents report to ECS: states of tasks, containers and attachments.

The agents of the simulation change the state of their tasks themselves; a report that somebody
sends through the API is acknowledged like that of an agent that repeats itself, and changes
nothing.
AWS: botocore ecs SubmitTaskStateChange, SubmitContainerStateChange, SubmitAttachmentStateChanges
(only used by the Amazon ECS agent).
"""

from __future__ import annotations

from typing import Any, Final

from ecslab.aws.ecs.lookup import active_cluster, find_task
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.model.agent_answers import NO_ATTACHMENT, NO_CONTAINER, NO_TASK

_ACKNOWLEDGED: Final = {"acknowledgment": "ACK"}


@operation("SubmitTaskStateChange")
def task_changed(call: Call, params: Params) -> dict[str, Any]:
    """Answer SubmitTaskStateChange."""
    names = [each.get("containerName") for each in params.get("containers") or ()]
    names += [each["containerName"] for each in params.get("managedAgents") or ()]
    _check(call, params, names)
    return dict(_ACKNOWLEDGED)


@operation("SubmitContainerStateChange")
def container_changed(call: Call, params: Params) -> dict[str, Any]:
    """Answer SubmitContainerStateChange."""
    _check(call, params, [params.get("containerName")])
    return dict(_ACKNOWLEDGED)


@operation("SubmitAttachmentStateChanges")
def attachments_changed(call: Call, params: Params) -> dict[str, Any]:
    """Answer SubmitAttachmentStateChanges."""
    cluster = active_cluster(call.account, params.get("cluster"))
    known = {task.attachment_id for task in cluster.tasks.values()}
    for each in params["attachments"]:
        if each["attachmentArn"].rsplit("/", 1)[-1] not in known:
            raise NO_ATTACHMENT.error()
    return dict(_ACKNOWLEDGED)


def _check(call: Call, params: Params, containers: list[str | None]) -> None:
    """Refuse a report about a task or a container that does not exist.

    Raises:
        AwsError: ClusterNotFoundException or InvalidParameterException.
    """
    cluster = active_cluster(call.account, params.get("cluster"))
    task = find_task(cluster, params.get("task") or "")
    if task is None:
        raise NO_TASK.error()
    if any(name is not None and task.container(name) is None for name in containers):
        raise NO_CONTAINER.error()
