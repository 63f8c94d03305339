"""The agent that ECS Exec puts into containers: whether it runs, and whether it is connected.

AWS: ecs-exec (architecture, considerations, troubleshooting); botocore ecs ManagedAgent,
TargetNotConnectedException.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import exec_messages as messages

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from ecslab.sim.entities import Account, Container, Task
    from ecslab.sim.process import Process

__all__ = ["CHANNEL_ACTIONS", "ExecAgent", "begin", "is_connected", "role_denied"]

CHANNEL_ACTIONS: Final = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What the agent does with the task role (task-iam-roles, ECS Exec permissions)."""

_START_SECONDS: Final = 3.0


@dataclass(slots=True)
class ExecAgent:
    """The agent in one container.

    Args:
        status: PENDING, RUNNING or STOPPED, as DescribeTasks shows it.
        reason: why it has stopped.
        started_at: when it was started last.
    """

    status: str = "PENDING"
    reason: str | None = None
    started_at: datetime | None = None


def begin(account: Account, task: Task, container: Container) -> None:
    """Start the agent in a container that has been started."""
    container.exec_agent = ExecAgent()
    process = container.process
    assert process is not None  # noqa: S101 - the container has been started
    account.clock.env.process(_life(account, task, container, process))


def is_connected(account: Account, task: Task, container: Container) -> bool:
    """Return whether the agent has its channel to Systems Manager.

    It takes a way to the endpoint `ssmmessages`, and a principal that may open channels: the
    credentials that the container's own environment offers, else the task role.
    """
    interface = task.interface or task.agent_interface
    network = account.ports.network
    if interface is None or not network.to_service(interface, "ssmmessages").reachable:
        return False
    return all(role_denied(account, task, container, action) is None for action in CHANNEL_ACTIONS)


def role_denied(
    account: Account, task: Task, container: Container, action: str, resource: str = "*"
) -> str | None:
    """Return who the agent is to AWS if it may not do something, else None.

    AWS: task-iam-roles (EC2 tasks without a task role use the instance's); amazon-ssm-agent takes
    the first credentials of the SDK's chain, so keys in the environment win.
    """
    roles = account.ports.roles
    environment = container.process.environment if container.process else {}
    key = environment.get("AWS_ACCESS_KEY_ID")
    if key and environment.get("AWS_SECRET_ACCESS_KEY"):
        return roles.key_denied(key, action, resource)
    role = str(task.definition.get("taskRoleArn") or "")
    if role:
        return roles.denied(role, action, resource, task.arn)
    if task.instance is not None and task.instance.role:
        return roles.denied(task.instance.role, action, resource, task.instance.machine.id)
    return f"task/{task.id}"


def _life(
    account: Account, task: Task, container: Container, process: Process
) -> Generator[Any, Any, None]:
    agent = container.exec_agent
    assert agent is not None  # noqa: S101 - set by begin
    yield account.clock.env.timeout(_START_SECONDS)
    if process.alive:
        agent.started_at = account.clock.now
        agent.reason = _obstacle(task, container)
        agent.status = "STOPPED" if agent.reason else "RUNNING"
        account.journal.record(
            "exec.agent", task.arn, container=container.name, status=agent.status
        )
        yield process.ended
    agent.status = "STOPPED"


def _obstacle(task: Task, container: Container) -> str | None:
    """Return why the agent can't run in a container."""
    if container.spec.get("readonlyRootFilesystem"):
        return messages.AGENT_READ_ONLY()
    if task.definition.get("pidMode") == "task":
        agents = [c.exec_agent for c in task.containers if c is not container]
        if any(agent is not None and agent.status == "RUNNING" for agent in agents):
            return messages.AGENT_SHARED_PID()
    return None
