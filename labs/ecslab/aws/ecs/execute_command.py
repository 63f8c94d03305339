"""ExecuteCommand."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs.lookup import active_cluster, cluster_name, find_task, home
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model import exec_messages as messages
from ecslab.model.identifiers import TASK, local_name
from ecslab.sim import exec_agent
from ecslab.sim.exec_session import ExecSession

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Container, Task

_INVALID: Final = "InvalidParameterException"
_TOKEN_BYTES: Final = 96


@operation("ExecuteCommand")
def execute(call: Call, params: Params) -> dict[str, Any]:
    """Answer ExecuteCommand with a session that the Session Manager plugin can open.

    AWS: botocore ecs ExecuteCommand; ecs-exec.
    """
    account = call.account
    name = cluster_name(account, params.get("cluster"))
    local_name(params["task"], TASK, home(account, name), called="task")
    cluster = active_cluster(account, params.get("cluster"))
    if not params["interactive"]:
        raise AwsError(_INVALID, messages.NOT_INTERACTIVE())
    task = find_task(cluster, params["task"])
    if task is None or task.stopped:
        raise AwsError(_INVALID, messages.TASK_NOT_FOUND())
    container = _container(task, params.get("container"))
    agent = container.exec_agent
    if agent is None or agent.status != "RUNNING":
        raise AwsError(_INVALID, messages.NOT_ENABLED())
    if not exec_agent.is_connected(account, task, container):
        raise AwsError("TargetNotConnectedException", messages.NOT_CONNECTED())
    session = _session(account, task, container, params["command"], call.caller)
    return {
        "clusterArn": cluster.arn,
        "containerArn": container.arn,
        "containerName": container.name,
        "interactive": True,
        "session": {
            "sessionId": session.id,
            "streamUrl": f"wss://ssmmessages.{account.region}.amazonaws.com/v1/data-channel/"
            f"{session.id}?role=publish_subscribe",
            "tokenValue": session.token,
        },
        "taskArn": task.arn,
    }


def _container(task: Task, name: str | None) -> Container:
    """Return the container that is meant.

    AWS: botocore ecs ExecuteCommandRequest.container (needed with several containers).
    """
    if name is None:
        if len(task.containers) > 1:
            raise AwsError(_INVALID, messages.CONTAINER_NEEDED())
        return task.containers[0]
    found = task.container(name)
    if found is None:
        raise AwsError(_INVALID, messages.CONTAINER_NOT_FOUND(container=name))
    return found


def _session(
    account: Account, task: Task, container: Container, command: str, caller: str
) -> ExecSession:
    identifiers = account.identifiers
    name = f"ecs-execute-command-{identifiers.task()[:25]}"
    digits = int(identifiers.task() * 6, 16).to_bytes(_TOKEN_BYTES, "big")
    session = ExecSession(
        account,
        task,
        container,
        command,
        id=name,
        token=base64.b64encode(digits).decode(),
        caller=caller,
    )
    account.exec_sessions[session.id] = session
    account.journal.record("exec.session", task.arn, container=container.name, command=command)
    return session
