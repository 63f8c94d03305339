"""The ECS agents on EC2 instances: they register, stay connected, and go with their instance.

AWS: launch_container_instance, instance_IAM_role, networking-connecting-vpc (what an agent needs
to register); botocore ecs DeregisterContainerInstance (what the end of an EC2 instance does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import CourseError
from ecslab.model import failures, host_failures
from ecslab.model.agent_configuration import DEFAULT_CLUSTER, AgentConfiguration, read_user_data
from ecslab.model.instance_types import (
    RESERVED_TCP,
    registered_memory,
    task_interfaces,
    trunk_tasks,
)
from ecslab.model.quotas import INSTANCES
from ecslab.sim.capacity_providers import of_group
from ecslab.sim.container_instances import ContainerInstance
from ecslab.sim.entities import Cluster
from ecslab.sim.instance_attributes import AGENT_VERSION, DOCKER_VERSION, built_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from ecslab.sim.agent import Agent
    from ecslab.sim.entities import Account
    from ecslab.sim.machines import Machine, MachinesPort

_BOOT: Final = (55.0, 8.0)
"""Seconds from the launch to the agent's first call; AWS publishes no number."""
_RESTART: Final = (25.0, 5.0)
_RETRY: Final = 60.0
_UPDATE_STEP: Final = (12.0, 4.0)
_RETENTION: Final = 3600.0
"""Seconds for which an INACTIVE instance can be described; AWS publishes no number."""
_LONGEST_RETRY: Final = 600.0
_NOTICE: Final = (4.0, 1.0)
"""Seconds until ECS knows that an EC2 instance has ended; AWS publishes no number."""

_ENDPOINTS: Final = ("ecs", "ecs-agent", "ecs-telemetry")
_REGISTER: Final = "ecs:RegisterContainerInstance"
_CONNECT: Final = ("ecs:DiscoverPollEndpoint", "ecs:Poll")


class InstanceAgents:
    """Follows the EC2 instances of an account and Region.

    Args:
        account: the account.
        agent: runs the tasks.
        machines: Amazon EC2.
    """

    def __init__(self, account: Account, agent: Agent, machines: MachinesPort) -> None:
        self._account = account
        self._env = account.clock.env
        self._agent = agent
        self._machines = machines
        self._registered: dict[str, ContainerInstance] = {}
        self._listeners: list[Callable[[ContainerInstance], None]] = []
        self._admit: Callable[[ContainerInstance], bool] = lambda _: True

    def admit(self, admit: Callable[[ContainerInstance], bool]) -> None:
        """Have `admit` asked whether a container instance that registers is ACTIVE at once.

        If not, it is REGISTERING until `set_status` says otherwise.
        """
        self._admit = admit

    def listen(self, listener: Callable[[ContainerInstance], None]) -> None:
        """Have `listener` called with every container instance that has changed."""
        self._listeners.append(listener)

    def of_machine(self, instance: str) -> ContainerInstance | None:
        """Return the container instance of an EC2 instance."""
        return self._registered.get(instance)

    # --- What happens to EC2 instances --------------------------------------------------------

    def launched(self, instances: Iterable[str]) -> None:
        """Let EC2 instances boot whose agent is going to start."""
        for instance in instances:
            machine = self._machines.find(instance)
            if machine is None:
                continue
            configuration = read_user_data(machine.user_data)
            if configuration.written or machine.optimized:
                self._env.process(self._boot(machine, configuration))

    def install(self, machine: Machine, role: str, cluster: str) -> None:
        """Let the agent of a server outside of AWS start (ecs-anywhere-registration).

        Args:
            machine: the server.
            role: the ARN of the role that Systems Manager gives it.
            cluster: the name of the cluster.
        """
        self._machines.add_server(machine, role)
        configuration = AgentConfiguration({"ECS_CLUSTER": cluster}, written=True)
        self._env.process(self._boot(machine, configuration))

    def started(self, instances: Iterable[str]) -> None:
        """Let the agents of EC2 instances that were stopped connect again."""
        for instance in instances:
            if instance in self._registered:
                self._env.process(self._reconnect(self._registered[instance]))

    def ended(self, instances: Iterable[str], how: str) -> None:
        """Take notice that EC2 instances have been stopped or terminated.

        Args:
            instances: their ids.
            how: `stopped` or `terminated`.
        """
        for instance in instances:
            found = self._registered.get(instance)
            if found is not None:
                self._env.process(self._end(found, how))

    # --- What the API asks --------------------------------------------------------------------

    def deregister(self, instance: ContainerInstance) -> None:
        """Take a container instance out of its cluster; it can be described for a while."""
        instance.status, instance.connected = "INACTIVE", False
        self._wake(instance)
        self._registered.pop(instance.machine.id, None)
        self._note(instance, "instance.deregistered")
        self._env.process(self._forget(instance))

    def update_agent(self, instance: ContainerInstance) -> None:
        """Begin to bring the agent to the newest version; tasks are not touched."""
        instance.agent_update = "PENDING"
        self._env.process(self._update(instance))

    def register(
        self, machine: Machine, cluster: Cluster, attributes: dict[str, str | None]
    ) -> ContainerInstance:
        """Register an instance as its agent's own call does, whatever its user data says.

        Args:
            machine: the EC2 instance.
            cluster: the cluster.
            attributes: custom attributes.
        """
        known = self._registered.get(machine.id)
        if known is not None and known.cluster is cluster:
            return known
        return self._add(machine, cluster, AgentConfiguration(), attributes)

    def machine(self, instance: str) -> Machine | None:
        """Return a running EC2 instance by id."""
        return self._machines.find(instance)

    def set_status(self, instance: ContainerInstance, status: str) -> None:
        """Make an instance DRAINING or ACTIVE.

        Service tasks that are not running yet stop at once; running ones are the service
        scheduler's; tasks without a service stay (container-instance-draining).
        """
        if instance.status == status:
            return
        instance.status = status
        for task in list(instance.tasks.values()) if status == "DRAINING" else ():
            if task.service is not None and task.started_at is None:
                reason = failures.SCALING_ACTIVITY(deployment=task.deployment)
                self._agent.stop(task, "ServiceSchedulerInitiated", reason)
        self._note(instance, f"instance.{status.lower().replace('_', '-')}")

    def at(self, arn: str) -> ContainerInstance:
        """Return the registered container instance with an ARN.

        Raises:
            CourseError: there is none.
        """
        found = next((each for each in self._registered.values() if each.arn == arn), None)
        if found is None:
            message = f"There is no container instance {arn}; list them to see which there are."
            raise CourseError(message)
        return found

    def fail(self, arn: str) -> None:
        """Let the EC2 instance or the server of a container instance fail.

        Raises:
            CourseError: there is no such container instance.
        """
        found = self.at(arn)
        self.terminate([found.machine.id])
        if found.machine.external:
            self.ended([found.machine.id], "stopped")

    def terminate(self, instances: Sequence[str]) -> None:
        """Terminate EC2 instances."""
        self._machines.terminate(instances)

    def in_zone(self, zone: str) -> Sequence[str]:
        """Return the ids of the EC2 instances that run in an Availability Zone."""
        return self._machines.in_zone(zone)

    def disconnect(self, instance: ContainerInstance) -> None:
        """Cut an agent off from ECS: its tasks go on, nothing is placed, nothing can be stopped.

        AWS: botocore ecs ContainerInstance.agentConnected.
        """
        if instance.back is None:
            instance.connected, instance.back = False, self._env.event()
            self._note(instance, "instance.disconnected")

    def reconnect(self, instance: ContainerInstance) -> None:
        """Let an agent that was cut off connect again; it does what was asked for meanwhile."""
        if instance.back is not None:
            instance.connected = True
            self._wake(instance)
            self._note(instance, "instance.connected")

    def lose_tasks(self, instance: ContainerInstance, reason: str) -> None:
        """Stop the tasks of an instance that is gone."""
        for task in list(instance.tasks.values()):
            self._agent.lose(task, reason)
        self._wake(instance)

    @staticmethod
    def _wake(instance: ContainerInstance) -> None:
        if instance.back is not None:
            instance.back.succeed()
            instance.back = None

    def changed(self, instance: ContainerInstance) -> None:
        """Tell everybody that a container instance has changed."""
        instance.changed()
        for listener in self._listeners:
            listener(instance)

    # --- Life ---------------------------------------------------------------------------------

    def _boot(
        self, machine: Machine, configuration: AgentConfiguration
    ) -> Generator[Any, Any, None]:
        yield self._pause(_BOOT)
        wait, reported = _RETRY, ""
        while self._machines.find(machine.id) is not None:
            reason = self._why_not(machine, configuration)
            if reason is None:
                self._register(machine, configuration)
                return
            if reason != reported:
                reported = reason
                self._account.journal.record("instance.refused", machine.id, reason=reason)
            yield self._env.timeout(wait)
            wait = min(_LONGEST_RETRY, wait * 1.5)

    def _why_not(self, machine: Machine, configuration: AgentConfiguration) -> str | None:
        """Return why the agent can't register now, None when it can."""
        network = self._account.ports.network
        for service in _ENDPOINTS:
            if not network.to_service(machine.interface, service).reachable:
                return host_failures.ENDPOINT_UNREACHABLE(service=service)
        role = self._machines.role(machine.id)
        if role is None:
            return host_failures.NO_CREDENTIALS()
        cluster = self._cluster(configuration.cluster, role)
        if cluster is None:
            return host_failures.CLUSTER_NOT_FOUND(cluster=configuration.cluster)
        there = sum(each.status != "INACTIVE" for each in cluster.instances.values())
        if there >= self._account.quotas[INSTANCES]:
            return host_failures.TOO_MANY_INSTANCES(cluster=cluster.name)
        if not self._machines.permits(role, _REGISTER, cluster.arn):
            return host_failures.REGISTER_DENIED(
                role=role, session=machine.id, action=_REGISTER, resource=cluster.arn
            )
        return None

    def _cluster(self, name: str, role: str) -> Cluster | None:
        """Return the cluster; the agent makes the one named default when it is missing.

        AWS: botocore ecs CreateCluster; amazon-ecs-agent, api/ecs/client.
        """
        found = self._account.clusters.get(name)
        if found is not None and found.active:
            return found
        arn = self._account.arn(f"cluster/{name}")
        if name != DEFAULT_CLUSTER or not self._machines.permits(role, "ecs:CreateCluster", arn):
            return None
        insights = self._account.settings.get("containerInsights", "disabled")
        record = {
            "status": "ACTIVE",
            "settings": [{"name": "containerInsights", "value": insights}],
            "tags": [],
            "capacityProviders": [],
            "defaultCapacityProviderStrategy": [],
        }
        made = self._account.clusters[name] = Cluster(name, arn, record)
        self._account.journal.record("cluster.created", arn)
        return made

    def _register(self, machine: Machine, configuration: AgentConfiguration) -> None:
        cluster = self._account.clusters[configuration.cluster]
        self._add(machine, cluster, configuration, {**configuration.attributes})

    def _add(
        self,
        machine: Machine,
        cluster: Cluster,
        configuration: AgentConfiguration,
        attributes: dict[str, str | None],
    ) -> ContainerInstance:
        account = self._account
        own = built_in(machine, configuration)
        opted_in = account.settings.get("awsvpcTrunking") == "enabled"
        trunk = (opted_in or bool(machine.provider)) and trunk_tasks(machine.instance_type) > 0
        if trunk:
            own["ecs.awsvpc-trunk-id"] = f"eni-{account.identifiers.task()[:17]}"
        memory = registered_memory(machine.instance_type, machine.memory)
        ports = configuration.reserved_ports
        instance = ContainerInstance(
            arn=account.arn(f"container-instance/{cluster.name}/{account.identifiers.task()}"),
            cluster=cluster,
            machine=machine,
            role=self._machines.role(machine.id) or "",
            cpu=machine.vcpus * 1024,
            memory=max(0, memory - configuration.reserved_memory),
            reserved=frozenset(RESERVED_TCP if ports is None else ports),
            interfaces=task_interfaces(machine.instance_type, machine.interfaces, trunking=trunk),
            attributes={**own, **attributes},
            registered_at=account.clock.now,
            agent_version=machine.agent_version or AGENT_VERSION,
            docker_version=DOCKER_VERSION,
            built_in=frozenset(own),
            trunk=trunk,
            stop_timeout=configuration.stop_timeout,
            spot_draining=configuration.spot_draining,
        )
        provider = of_group(account, machine.group)
        name = provider.name if provider is not None else machine.provider
        instance.capacity_provider = name or None
        instance.connected = all(
            self._machines.permits(instance.role, action, instance.arn) for action in _CONNECT
        )
        if not self._admit(instance):
            instance.status = "REGISTERING"
        cluster.instances[instance.id] = instance
        self._registered[machine.id] = instance
        self._note(instance, "instance.registered", machine=machine.id)
        return instance

    def _update(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        for state in ("STAGING", "STAGED", "UPDATING"):
            yield self._pause(_UPDATE_STEP)
            instance.agent_update = state
        yield self._pause(_UPDATE_STEP)
        instance.agent_update, instance.agent_version = "UPDATED", AGENT_VERSION
        self._note(instance, "instance.agent-updated")

    def _forget(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        yield self._env.timeout(_RETENTION)
        instance.cluster.instances.pop(instance.id, None)

    def _reconnect(self, instance: ContainerInstance) -> Generator[Any, Any, None]:
        yield self._pause(_RESTART)
        if self._machines.find(instance.machine.id) is not None and instance.status != "INACTIVE":
            instance.connected = True
            self._note(instance, "instance.connected")

    def _end(self, instance: ContainerInstance, how: str) -> Generator[Any, Any, None]:
        yield self._pause(_NOTICE)
        connected, instance.connected = instance.connected, False
        self.lose_tasks(instance, host_failures.HOST_ENDED(instance=instance.machine.id, how=how))
        if how == "terminated" and connected:
            self.deregister(instance)
        else:
            self._note(instance, "instance.disconnected")

    def _note(self, instance: ContainerInstance, kind: str, **fields: Any) -> None:
        self._account.journal.record(kind, instance.arn, **fields)
        self.changed(instance)

    def _pause(self, duration: tuple[float, float]) -> Any:
        return self._env.timeout(self._account.identifiers.jitter(*duration))
