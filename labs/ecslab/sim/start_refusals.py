"""Why a program ends as soon as it begins: a file or a port that its user may not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.model.capabilities import may_bind
from ecslab.model.file_system import READ_ONLY

if TYPE_CHECKING:
    from ecslab.sim.process import Process


def file_refused(process: Process) -> str | None:
    """Return Python's error for the first file that the program can't write."""
    files, user, image = process.container.files, process.user, process.image
    if files is None:
        return None
    for path in (*(("/app/cache",) if image.writes_root else ()), *image.writes):
        refusal = files.refusal(path, user)
        if refusal == READ_ONLY:
            return f"OSError: [Errno 30] {refusal}: {path!r}"
        if refusal:
            return f"PermissionError: [Errno 13] {refusal}: {path!r}"
        files.write(path, "")
    return None


def port_refused(process: Process) -> str | None:
    """Return Python's error for the first port that the program can't listen on.

    Its user may not be allowed to, or another managed daemon of the instance may have it, with
    which a daemon shares its network namespace (managed-daemons-task-definitions).
    """
    mode = str(process.task.definition.get("networkMode") or "bridge")
    for port in process.image.ports:
        if not may_bind(process.container.spec, process.user, port, mode):
            return f"PermissionError: [Errno 13] Permission denied: ('0.0.0.0', {port})"
    if _ports_of_daemons(process) & set(process.image.ports):
        return "OSError: [Errno 98] Address already in use"
    return None


def _ports_of_daemons(process: Process) -> set[int]:
    """Return the ports on which other processes of a daemon's network namespace listen."""
    task = process.task
    if task.daemon is None or task.instance is None:
        return set()
    containers = [each for task in task.instance.daemon_tasks for each in task.containers]
    others = [each.process for each in containers if each is not process.container]
    return {port for each in others if each is not None and each.alive for port in each.image.ports}
