"""The processes that `ps` shows in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.model.file_system import is_root

if TYPE_CHECKING:
    from ecslab.sim.entities import Container
    from ecslab.sim.process import Process

__all__ = ["process_table"]

_AGENT: Final = ("/ecs-execute-command/amazon-ssm-agent", "/ecs-execute-command/ssm-agent-worker")


def process_table(viewer: Process) -> list[str]:
    """Return the lines of `ps`: the container's processes, and the one that looks.

    With pidMode `task` the containers of a task share one namespace (botocore ecs
    RegisterTaskDefinitionRequest.pidMode). Ended sessions stay as zombies unless an init process
    reaps them (ecs-exec, LinuxParameters.initProcessEnabled).

    Args:
        viewer: the process that runs `ps`.
    """
    task, own = viewer.task, viewer.container
    shared = task.definition.get("pidMode") == "task"
    rows: list[tuple[str, str]] = []
    for container in task.containers if shared else [own]:
        rows += _rows(container)
    ended = [
        session
        for session in viewer.account.exec_sessions.values()
        if session.container is own and session.state == "CLOSED"
    ]
    if not (own.spec.get("linuxParameters") or {}).get("initProcessEnabled"):
        rows += [("root", "[ssm-session-wor] <defunct>")] * len(ended)
    if viewer.is_guest:
        rows += [("root", f"{_AGENT[1].replace('agent', 'session')} ecs-execute-command")]
    rows.append((_name(viewer.user), "ps"))
    lines = [f"{number:>5} {user:<8} {line}" for number, (user, line) in enumerate(rows, 1)]
    return [f"{'PID':>5} {'USER':<8} COMMAND", *lines]


def _rows(container: Container) -> list[tuple[str, str]]:
    process = container.process
    if process is None or not process.alive:
        return []
    spec = container.spec
    words = [*(spec.get("entryPoint") or ()), *(spec.get("command") or ())]
    line = " ".join(words or process.image.command or ("/usr/local/bin/python",))
    user = _name(process.user)
    rows = [(user, line)]
    if (spec.get("linuxParameters") or {}).get("initProcessEnabled"):
        rows = [("root", f"/sbin/docker-init -- {line}"), *rows]
    agent = container.exec_agent
    if agent is not None and agent.status == "RUNNING":
        rows += [("root", each) for each in _AGENT]
    return rows


def _name(user: str) -> str:
    return "root" if is_root(user) else user.partition(":")[0]
