"""Why ECS Exec opens no session in a task.

AWS: ecs-exec (considerations, troubleshooting); task-iam-roles, ECS Exec permissions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecslab.cloud.explain import permission, way
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model import exec_messages as messages
from ecslab.model.network import NetworkInterface, to_service
from ecslab.sim.exec_agent import CHANNEL_ACTIONS, role_denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Container, Task

_ENDPOINT = "ssmmessages"
_KEY = "AWS_ACCESS_KEY_ID"
_DENIED = "AccessDenied"


def of_task(case: Case, task: Task) -> Iterator[Step]:
    """Yield why ExecuteCommand is refused for a task that wants it, or was asked for it."""
    refused = list(_refused(case, task))
    if not task.enable_execute_command:
        if refused:
            yield from refused
            yield from _not_enabled(case, task)
        return
    for container in task.containers:
        found = list(_of_container(case, task, container))
        if found:
            yield from refused
            yield from found
            return
    if refused:
        yield from refused if _is_pending(task) else ()
        yield from _pending(case, task)
    if any(step.evidence.value and _DENIED in str(step.evidence.value) for step in refused):
        yield from refused


def _is_pending(task: Task) -> bool:
    agents = (container.exec_agent for container in task.containers)
    return any(agent is not None and agent.status == "PENDING" for agent in agents)


def _pending(case: Case, task: Task) -> Iterator[Step]:
    """Yield that the agent of a container has not started yet."""
    for container in task.containers:
        if container.exec_agent is not None and container.exec_agent.status == "PENDING":
            words = (
                f"The agent of ECS Exec in {container.name} has not started yet: it comes some"
                " seconds after its container."
            )
            place = ("managedAgents", 0, "lastStatus")
            yield case.container_step("start", words, task, container.name, *place)
            return


def _refused(case: Case, task: Task) -> Iterator[Step]:
    """Yield the newest call of ExecuteCommand for the task, if it was refused."""
    answer = case.calls_of("ExecuteCommand")
    for index, event in enumerate(value_at(answer, "Events") or []):
        record: dict[str, Any] = json.loads(event["CloudTrailEvent"])
        asked = str((record.get("requestParameters") or {}).get("task"))
        if asked.rsplit("/", 1)[-1] != task.id:
            continue
        if record.get("errorCode"):
            words = f"ExecuteCommand was refused with {record['errorCode']}, as CloudTrail has it."
            yield case.step("start", words, answer, "Events", index, "CloudTrailEvent")
        return


def _not_enabled(case: Case, task: Task) -> Iterator[Step]:
    words = "ECS Exec was not enabled when this task was started, and that counts."
    yield case.task_step("start", words, task, "enableExecuteCommand")
    if task.service is None:
        return
    answer = case.describe_service(task.cluster.name, task.service.name)
    if value_at(answer, "services", 0, "enableExecuteCommand"):
        words = "Its service has it enabled by now; only new tasks get it (forceNewDeployment)."
    else:
        words = "Its service does not enable it for new tasks either."
    yield case.service_step("start", words, task, "enableExecuteCommand")


def _of_container(case: Case, task: Task, container: Container) -> Iterator[Step]:
    agent = container.exec_agent
    if agent is None or agent.status == "PENDING" or container.process is None:
        return
    if agent.status != "RUNNING":
        if agent.reason:
            yield from _stopped(case, task, container)
        return
    yield from _unreachable(case, task)
    for action in CHANNEL_ACTIONS:
        if role_denied(case.account, task, container, action) is not None:
            yield _agent(case, task, container)
            yield from _denied(case, task, container, action)
            return


def _stopped(case: Case, task: Task, container: Container) -> Iterator[Step]:
    words = f"The agent of ECS Exec in {container.name} has stopped, for this reason."
    place = ("managedAgents", 0, Absent("reason"))
    yield case.container_step("start", words, task, container.name, *place)
    reason = str(container.exec_agent.reason if container.exec_agent else "")
    if reason == messages.AGENT_READ_ONLY():
        words = f"The root file system of {container.name} is read-only; the agent writes to it."
        member = "readonlyRootFilesystem"
        yield case.spec_step("start", words, task, container.name, member)
    elif reason == messages.AGENT_SHARED_PID():
        words = "All containers share one PID namespace, in which one agent can run."
        yield case.definition_step("start", words, task, "pidMode")


def _agent(case: Case, task: Task, container: Container) -> Step:
    words = f"The agent of ECS Exec in {container.name} runs, but has no channel to AWS."
    return case.container_step(
        "start", words, task, container.name, "managedAgents", 0, "lastStatus"
    )


def _unreachable(case: Case, task: Task) -> Iterator[Step]:
    """Yield what keeps the agent from Systems Manager, if the network does."""
    own = task.interface or task.agent_interface
    if own is None:
        words = "The task has no network interface, so its agent reaches nothing."
        yield case.definition_step("network", words, task, "networkMode")
        return
    source = case.runtime.network(case.region).interface(own.id)
    if not isinstance(source, NetworkInterface):
        return
    path = to_service(case.topology, source, _ENDPOINT, case.region)
    if not path.reachable:
        yield _agent(case, task, next(c for c in task.containers if c.exec_agent is not None))
        yield from way.obstacle(case, path, task)


def _denied(case: Case, task: Task, container: Container, action: str) -> Iterator[Step]:
    """Yield why the agent may not open channels, as whoever it is."""
    environment = container.process.environment if container.process else {}
    if environment.get(_KEY) and environment.get("AWS_SECRET_ACCESS_KEY"):
        words = (
            f"{container.name} has access keys in its environment, which its agent takes before"
            f" the task role; they may not {action}."
        )
        yield case.spec_step("permission", words, task, container.name, "environment")
        return
    role = str(task.definition.get("taskRoleArn") or "")
    if not role and task.instance is not None:
        role = task.instance.role
    words = f"The agent acts as the task role, which needs {action}."
    yield case.definition_step("permission", words, task, Absent("taskRoleArn"))
    if role:
        yield permission.lacking(case, role, action, "*")
