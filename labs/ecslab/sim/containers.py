"""Container life: dependencies, start, health, restart, end.

AWS: botocore ecs ContainerDefinition (essential, dependsOn, restartPolicy, startTimeout,
stopTimeout); amazon-ecs-agent, dependencygraph and restart_tracker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model.failures import (
    CANNOT_START,
    DEPENDENCY_FAILED,
    DEPENDENCY_NEVER_STARTS,
    DEPENDENCY_TIMED_OUT,
    ESSENTIAL_EXITED,
    TASK_FAILED_TO_START,
    USER_MISSING,
)
from ecslab.sim import exec_agent, health
from ecslab.sim.command_line import resolve
from ecslab.sim.container_files import file_system, missing_user
from ecslab.sim.environment import variables
from ecslab.sim.log_drivers import driver_for
from ecslab.sim.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.sim.entities import Account, Container, Task

DEFAULT_STOP_TIMEOUT = 30.0
NEVER_STARTED = 143
"""Exit code of a container whose dependency failed (amazon-ecs-agent, task_manager.go)."""

_CREATE_SECONDS = 0.8


class ContainerRunner:
    """Runs the containers of one task.

    Args:
        account: where it runs.
        task: the task, prepared.
        stop: asked to stop the task, with a stop code and a reason.
        changed: told that a container has changed.
        pull: pulls the image of a container that had to wait for others; returns why it can't.
    """

    def __init__(
        self,
        account: Account,
        task: Task,
        stop: Callable[[str, str], None],
        changed: Callable[[], None],
        pull: Callable[[Container], Generator[Any, Any, str | None]],
    ) -> None:
        self._account = account
        self._env = account.clock.env
        self._task = task
        self._stop = stop
        self._changed = changed
        self._pull = pull
        for container in task.containers:
            container.started = self._env.event()
            container.exited = self._env.event()
            container.healthy = self._env.event()

    def run(self, container: Container) -> Generator[Any, Any, None]:
        """Run one container from its dependencies to its end."""
        failed = yield from self._await_dependencies(container)
        if failed and self._task.wanted:
            container.exit_code = NEVER_STARTED
            self._never_started(container, failed, TASK_FAILED_TO_START())
            return
        if container.found is None:
            reason = yield from self._pull(container)
            if reason:
                self._never_started(container, reason, reason)
                return
        yield self._env.timeout(_CREATE_SECONDS)
        if self._stopping():
            return  # the shutdown records that it never ran
        while True:
            reason = self._start(container)
            if reason:
                self._never_started(container, reason, reason)
                return
            process = container.process
            assert process is not None  # noqa: S101 - _start has set it
            code = yield process.ended
            if not self._restarts(container, process, int(code)):
                break
            self._journal("container.restarting", container, exit_code=int(code))
            container.restarts += 1
            yield self._env.timeout(_CREATE_SECONDS)
            if self._stopping():
                break
        self._record_exit(container, process)

    def shut_down(self) -> Generator[Any, Any, None]:
        """Stop all containers, those on which others depend last."""
        stops = [self._env.process(self._shut_down(c)) for c in self._task.containers]
        yield from stops

    def _shut_down(self, container: Container) -> Generator[Any, Any, None]:
        dependants = [
            other
            for other in self._task.containers
            if any(d["containerName"] == container.name for d in dependencies(self._task, other))
        ]
        for other in dependants:
            if other.exited is not None and not other.exited.triggered:
                yield other.exited
        process = container.process
        if process is None or not process.alive:
            self._record_exit(container, process)
            return
        process.terminate()
        timeout = float(container.spec.get("stopTimeout") or self._default_stop_timeout())
        yield process.ended | self._env.timeout(timeout)
        process.kill()
        assert container.exited is not None  # noqa: S101 - set when the runner was made
        if not container.exited.triggered:
            yield container.exited

    def _default_stop_timeout(self) -> float:
        """Return the agent's own timeout on EC2 (`ECS_CONTAINER_STOP_TIMEOUT`), else 30 s."""
        instance = self._task.instance
        return (instance.stop_timeout if instance else None) or DEFAULT_STOP_TIMEOUT

    def _await_dependencies(self, container: Container) -> Generator[Any, Any, str | None]:
        for dependency in dependencies(self._task, container):
            other = self._task.container(dependency["containerName"])
            if other is None:
                continue
            condition = dependency["condition"]
            event = {"START": other.started, "HEALTHY": other.healthy}.get(condition, other.exited)
            assert event is not None and other.exited is not None  # noqa: S101, PT018
            waited = [event, other.exited]
            timeout = other.spec.get("startTimeout")
            if timeout and condition != "START":
                waited.append(self._env.process(self._patience(other, float(timeout))))
            if not event.triggered:
                yield self._env.any_of(waited)
            reason = self._unresolved(container, other, condition, resolved=event.triggered)
            if reason:
                return reason
        return None

    def _patience(self, other: Container, timeout: float) -> Generator[Any, Any, None]:
        """Wait until a container has been started for that many seconds (dependencygraph)."""
        if other.started is not None and other.started_at is None:
            yield other.started
        if other.started_at is not None:
            age = (self._account.clock.now - other.started_at).total_seconds()
            yield self._env.timeout(max(0.0, timeout - age))

    def _unresolved(
        self, container: Container, other: Container, condition: str, *, resolved: bool
    ) -> str | None:
        """Return why a container that waited for another one can never start."""
        names = {"dependency": _shown(other), "target": _shown(container)}
        if not resolved and other.exited is not None and not other.exited.triggered:
            return DEPENDENCY_TIMED_OUT(**names)
        if condition == "SUCCESS" and other.exit_code not in (0, None):
            return DEPENDENCY_FAILED(code=other.exit_code, **names)
        never_ran = condition in ("SUCCESS", "COMPLETE") and other.exit_code is None
        return DEPENDENCY_NEVER_STARTS(**names) if never_ran or not resolved else None

    def _start(self, container: Container) -> str | None:
        """Start the container's process; return the reason if it can't be started."""
        found = container.found
        assert found is not None  # noqa: S101 - pulled before
        if container.runtime_id is None:  # a restart is of the same container
            container.runtime_id = f"{self._task.id}-{self._account.identifiers.digits(10)}"
        environment = variables(self._account, self._task, container)
        if container.files is None:
            container.files = file_system(self._task, container, environment["HOSTNAME"])
        command = [
            *(container.spec.get("entryPoint") or []),
            *(container.spec.get("command") or []),
        ]
        resolved = resolve(found.image, command)
        if resolved.missing:
            return CANNOT_START(program=resolved.missing)
        stranger = missing_user(container)
        if stranger is not None:
            return USER_MISSING(user=stranger)
        container.log = driver_for(self._account, self._task, container)
        process = Process(
            self._account,
            self._task,
            container,
            resolved.image,
            environment=environment,
            write=container.log.write,
            folder=str(container.spec.get("workingDirectory") or "/"),
        )
        container.process = process
        container.status, container.health = "RUNNING", "UNKNOWN"
        container.started_at = self._account.clock.now
        assert container.started is not None  # noqa: S101 - set when the runner was made
        if not container.started.triggered:
            container.started.succeed()
        self._journal("container.started", container)
        if resolved.script is None:
            process.start(command[0] if command else "/usr/local/bin/python")
        else:
            process.run_script(resolved.script)
        if self._task.enable_execute_command:
            exec_agent.begin(self._account, self._task, container)
        if container.spec.get("healthCheck"):
            self._env.process(health.watch(container, process, lambda: self._health(container)))
        self._changed()
        return None

    def _restarts(self, container: Container, process: Process, code: int) -> bool:
        """Return whether the restart policy starts the container again.

        Only when it has run for restartAttemptPeriod since its start or last restart (ibid.).
        """
        policy = container.spec.get("restartPolicy") or {}
        if not policy.get("enabled") or not self._task.wanted:
            return False
        if code in (policy.get("ignoredExitCodes") or []):
            return False
        return process.age >= float(policy.get("restartAttemptPeriod", 300))

    def _stopping(self) -> bool:
        return not self._task.wanted

    def _record_exit(self, container: Container, process: Process | None) -> None:
        """Record, once, how a container ended; without a process it never ran."""
        if container.exited is not None and container.exited.triggered:
            return
        code = process.exit_code if process is not None else None
        if process is not None:
            container.reason = process.end_reason or container.reason
        container.status = "STOPPED"
        container.exit_code = code
        container.finished_at = self._account.clock.now
        self._journal("container.stopped", container, exit_code=code, reason=container.reason)
        assert container.exited is not None  # noqa: S101 - set when the runner was made
        if not container.exited.triggered:
            container.exited.succeed()
        if code is not None:
            self._execution_stopped(container)
        if container.essential and self._task.wanted:
            self._stop("EssentialContainerExited", ESSENTIAL_EXITED())
        self._changed()

    def _never_started(self, container: Container, reason: str, task_reason: str) -> None:
        container.reason = container.reason or reason
        container.status = "STOPPED"
        assert container.exited is not None  # noqa: S101 - set when the runner was made
        if not container.exited.triggered:
            container.exited.succeed()
        self._journal("container.failed", container, reason=reason)
        self._execution_stopped(container)
        if container.essential and self._task.wanted:
            self._stop("TaskFailedToStart", task_reason)
        self._changed()

    def _execution_stopped(self, container: Container) -> None:
        """Note when the first essential container ended (Task.SetExecutionStoppedAt, ibid.)."""
        if container.essential and self._task.execution_stopped_at is None:
            self._task.execution_stopped_at = self._account.clock.now

    def _health(self, container: Container) -> None:
        self._journal("container.health", container, status=container.health)
        self._changed()

    def _journal(self, kind: str, container: Container, **fields: Any) -> None:
        self._account.journal.record(kind, self._task.arn, container=container.name, **fields)


def dependencies(task: Task, container: Container) -> list[dict[str, Any]]:
    """Return what a container waits for: its dependsOn, and the log router that it writes to.

    AWS: using_firelens: the router starts before the containers that use it, and stops after them.
    """
    given = list(container.spec.get("dependsOn") or [])
    logging = container.spec.get("logConfiguration") or {}
    if logging.get("logDriver") != "awsfirelens":
        return given
    names = {each["containerName"] for each in given}
    routers = [c.name for c in task.containers if c.spec.get("firelensConfiguration")]
    return [
        *({"containerName": name, "condition": "START"} for name in routers if name not in names),
        *given,
    ]


def _shown(container: Container) -> str:
    """Return a container as the agent writes it in its messages."""
    return f"{container.name}({container.spec['image']})"
