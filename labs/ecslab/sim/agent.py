"""The life of a task, from PROVISIONING to STOPPED.

AWS: task-lifecycle-explanation (states and what happens in them); botocore ecs Task (timestamps).
The durations follow the one sample that AWS publishes (ecs_cwe_events: 4 s to connect, 14 s to the
pull, 3 s of pull, 3 s to start) with a little chance on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from ecslab.sim.containers import ContainerRunner, dependencies
from ecslab.sim.discovery import Discovery
from ecslab.sim.entities import Container, Task
from ecslab.sim.preparation import Preparation
from ecslab.sim.task_volumes import attach_volume, release_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.sim.entities import Account

SPOT_INTERRUPTION = "SpotInterruption"
"""The stop code of a task whose Spot capacity was taken back (botocore ecs TaskStopCode)."""

_PROVISION = (8.0, 2.0)
_ATTACH_VOLUME = (5.0, 1.0)
_CONNECT = (4.0, 1.0)
_INITIALISE = (3.0, 1.0)
_PULL = (2.0, 0.5)
_MIB_A_SECOND = 60.0
_ACTIVATE = (1.5, 0.5)
_DEACTIVATE = (1.0, 0.5)
_DEPROVISION = (9.0, 2.0)
_RETENTION = 3600.0


class Agent:
    """Starts, watches and stops tasks.

    Args:
        account: where they run.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._env = account.clock.env
        self.discovery = Discovery(account)
        self._listeners: list[Callable[[Task], None]] = [self.discovery.changed]

    def listen(self, listener: Callable[[Task], None]) -> None:
        """Have `listener` called with every task that has changed."""
        self._listeners.append(listener)

    def launch(self, task: Task) -> None:
        """Take a new task into its cluster and let its life begin.

        Args:
            task: the task, with its definition and where it shall run.
        """
        identifiers = self._account.identifiers
        task.attachment_id = identifiers.uuid()
        task.stop_wanted = self._env.event()
        base = f"container/{task.cluster.name}/{task.id}"
        for spec in task.definition["containerDefinitions"]:
            arn = self._account.arn(f"{base}/{identifiers.uuid()}")
            task.containers.append(Container(str(spec["name"]), spec, arn))
        task.cluster.tasks[task.id] = task
        if task.service is not None:
            task.service.members[task.id] = task
        definition = str(task.definition["taskDefinitionArn"]).rsplit("/", 1)[-1]
        part_of = {"deployment": task.deployment} if task.deployment else {}
        plain = task.instance is not None and task.capacity_provider is None
        if plain and not task.subnets and task.volume is None:
            task.last_status = "PENDING"
        self._note(
            task,
            f"task.{task.last_status.lower()}",
            definition=definition,
            group=task.group,
            **part_of,
        )
        self._env.process(self._life(task))

    def stop(self, task: Task, code: str | None, reason: str) -> None:
        """Want a task stopped; only the first wish counts.

        Args:
            task: the task.
            code: the stop code (botocore ecs TaskStopCode), None where AWS documents none.
            reason: the text for stoppedReason.
        """
        if not task.wanted:
            return
        task.desired_status = "STOPPED"
        task.stop_code, task.stopped_reason = code, reason
        task.stopping_at = self._account.clock.now
        assert task.stop_wanted is not None  # noqa: S101 - set by launch
        task.stop_wanted.succeed()
        self._note(task, "task.stopping", code=code, reason=reason)

    def lose(self, task: Task, reason: str) -> None:
        """End a task whose container instance is gone; its exit codes are never known.

        Args:
            task: the task.
            reason: the text for stoppedReason.
        """
        task.lost = True
        self.stop(task, None, reason)
        for container in task.containers:
            if container.process is not None:
                container.process.kill()

    def _life(self, task: Task) -> Generator[Any, Any, None]:
        runner = ContainerRunner(
            self._account,
            task,
            lambda code, reason: self.stop(task, code, reason),
            lambda: self._changed(task),
            lambda container: self._pull(task, container, Preparation(self._account, task)),
        )
        start = self._env.process(self._start(task, runner))
        assert task.stop_wanted is not None  # noqa: S101 - set by launch
        yield start | task.stop_wanted
        if start.is_alive:
            start.interrupt()
        elif start.value is not None:
            self.stop(task, "TaskFailedToStart", str(start.value))
        # Also when a container has ended already: the task was RUNNING, however briefly
        # (amazon-ecs-agent, task.go: a task's status is the least of its containers').
        if task.wanted or all(container.started_at for container in task.containers):
            self._become(task, "RUNNING")
        yield task.stop_wanted
        while task.instance is not None and task.instance.back is not None and not task.lost:
            yield task.instance.back  # an agent that is cut off hears nothing of it
        yield from self._end(task, runner)

    def _start(self, task: Task, runner: ContainerRunner) -> Generator[Any, Any, str | None]:
        try:
            reason = yield from self._provision(task)
            if reason is None:
                if task.last_status != "PENDING":
                    self._become(task, "PENDING")
                yield self._pause(_CONNECT)
                task.connectivity, task.connectivity_at = "CONNECTED", self._account.clock.now
                reason = yield from self._prepare(task)
            if reason is None:
                yield from self._run_containers(task, runner)
        except simpy.Interrupt:
            return None
        return reason

    def _provision(self, task: Task) -> Generator[Any, Any, str | None]:
        if task.placed is not None:
            yield task.placed
        reason = yield from self._attach_interface(task)
        if reason is not None or task.volume is None:
            return reason
        task.volume.status = "ATTACHING"
        yield self._pause(_ATTACH_VOLUME)
        return attach_volume(self._account, task)

    def _attach_interface(self, task: Task) -> Generator[Any, Any, str | None]:
        if task.instance is not None and not task.subnets:
            return None
        yield self._pause(_PROVISION)
        if not task.subnets:
            return None
        attached = self._account.ports.network.attach(
            self._choose_subnet(task),
            task.security_groups,
            public=task.public_ip and task.instance is None,
            description=self._account.arn(f"attachment/{task.attachment_id}"),
            instance=task.instance.machine.id if task.instance is not None else None,
        )
        if isinstance(attached, str):
            task.attachment_status = "FAILED"
            return attached
        task.interface, task.attachment_status = attached, "ATTACHED"
        self._note(task, "task.attached", interface=attached.id, subnet=attached.subnet)
        return None

    def _choose_subnet(self, task: Task) -> str:
        """Return the subnet whose zone holds the fewest tasks of the same group.

        AWS: task-placement (Fargate spreads over Availability Zones as best it can).
        """
        network = self._account.ports.network
        others = task.service.members if task.service else task.cluster.tasks
        mates = [
            t.interface.zone
            for t in others.values()
            if t.interface and t.group == task.group and t.wanted
        ]
        zones = {subnet: network.zone_of(subnet) for subnet in task.subnets}
        if task.instance is not None:
            return next(s for s in task.subnets if zones[s] == task.instance.machine.zone)
        lost = self._account.lost_zones
        usable = [s for s in task.subnets if zones[s] not in lost] or task.subnets
        return min(usable, key=lambda s: (mates.count(zones[s]), task.subnets.index(s)))

    def _prepare(self, task: Task) -> Generator[Any, Any, str | None]:
        preparation = Preparation(self._account, task)
        yield self._pause(_INITIALISE)
        reason = preparation.initialise()
        if reason is not None:
            return reason
        self._become(task, "ACTIVATING")
        task.pull_started_at = self._account.clock.now
        for container in task.containers:
            # The agent on an instance pulls what depends on others when they let it start.
            if task.instance is not None and dependencies(task, container):
                continue
            reason = yield from self._pull(task, container, preparation)
            if reason is not None:
                return reason
        self._note(task, "task.pulled")
        return None

    def _pull(
        self, task: Task, container: Container, preparation: Preparation
    ) -> Generator[Any, Any, str | None]:
        reason = preparation.pull(container)
        if reason is not None:
            container.reason = reason
            container.status = "STOPPED"
        else:
            assert container.found is not None  # noqa: S101 - pull has set it
            size = container.found.image.size
            yield self._env.timeout(self._account.identifiers.jitter(*_PULL) + size / _MIB_A_SECOND)
        task.pull_stopped_at = self._account.clock.now
        return reason

    def _run_containers(self, task: Task, runner: ContainerRunner) -> Generator[Any, Any, None]:
        yield from self.discovery.prepare(task)
        instance, mode = task.instance, str(task.definition.get("networkMode") or "bridge")
        for container in task.containers:
            if instance is not None and mode in ("bridge", "host"):
                for mapping in container.spec.get("portMappings") or ():
                    container.bindings += instance.bind(task, mapping, mode)
            self._env.process(runner.run(container))
        for container in task.containers:
            assert container.started is not None and container.exited is not None  # noqa: S101, PT018
            yield container.started | container.exited
        yield self._pause(_ACTIVATE)
        for target in self._targets(task):
            self._account.ports.balancers.register(target)
            task.targets.append(target)
        self.discovery.join(task)

    def _targets(self, task: Task) -> list[Any]:
        return task.service.targets_for(task) if task.service is not None else []

    def _end(self, task: Task, runner: ContainerRunner) -> Generator[Any, Any, None]:
        self.discovery.leave(task)
        living = any(c.process is not None and c.process.alive for c in task.containers)
        if living:
            self._become(task, "DEACTIVATING")
            waits = [self._account.ports.balancers.deregister(target) for target in task.targets]
            # AWS: fargate-capacity-providers: an interruption sends SIGTERM at once.
            if task.stop_code != SPOT_INTERRUPTION:
                yield self._pause(_DEACTIVATE)
                if waits:
                    yield self._env.timeout(max(waits))
            self._become(task, "STOPPING")
        else:
            for target in task.targets:
                self._account.ports.balancers.deregister(target)
        task.targets.clear()
        yield from runner.shut_down()
        if task.interface is not None or task.subnets or task.volume is not None:
            self._become(task, "DEPROVISIONING")
            yield self._pause(_DEPROVISION)
            if task.interface is not None:
                self._account.ports.network.detach(task.interface)
            task.attachment_status = "DELETED"
            release_volume(self._account, task)
        task.stopped_at = self._account.clock.now
        for container in task.containers:
            container.status = "STOPPED"
            if task.lost:
                container.exit_code = None
        if task.instance is not None:
            task.instance.give_back(task)
        self._become(task, "STOPPED")
        yield self._env.timeout(_RETENTION)
        task.cluster.tasks.pop(task.id, None)

    def _become(self, task: Task, status: str) -> None:
        task.last_status = status
        if status == "RUNNING":
            task.started_at = self._account.clock.now
            task.running_since = self._account.clock.seconds
        self._note(task, f"task.{status.lower()}")

    def _note(self, task: Task, kind: str, **fields: Any) -> None:
        self._account.journal.record(kind, task.arn, **fields)
        self._changed(task)

    def _changed(self, task: Task) -> None:
        state = task.state()
        if task.reported and task.reported != state:
            task.version += 1
        task.reported = state
        for listener in self._listeners:
            listener(task)

    def _pause(self, duration: tuple[float, float]) -> simpy.Event:
        return self._env.timeout(self._account.identifiers.jitter(*duration))
