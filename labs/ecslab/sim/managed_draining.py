"""Managed draining: container instances are emptied before their group terminates them.

AWS: managed-instance-draining (a lifecycle hook holds the instance, for 48 hours at most).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Task
    from ecslab.sim.instance_agents import InstanceAgents
    from ecslab.sim.scaling_groups import ScalingGroupsPort


class ManagedDraining:
    """Empties instances that are about to be terminated.

    Args:
        agents: the container instances.
        groups: Amazon EC2 Auto Scaling.
    """

    def __init__(self, agents: InstanceAgents, groups: ScalingGroupsPort) -> None:
        self._agents = agents
        self._groups = groups
        self._leaving: dict[str, str] = {}

    def begin(self, group: str, machine: str) -> None:
        """Drain the container instance on an EC2 instance whose termination waits.

        Args:
            group: the name of the Auto Scaling group.
            machine: the id of the EC2 instance.
        """
        instance = self._agents.of_machine(machine)
        if instance is None:
            self._groups.complete(group, machine)
            return
        self._leaving[machine] = group
        if instance.status == "ACTIVE":
            self._agents.set_status(instance, "DRAINING")
        self._look(instance)

    def task_changed(self, task: Task) -> None:
        """Take notice of a task that may have been the last one on its instance."""
        if task.stopped and task.instance is not None:
            self._look(task.instance)

    def _look(self, instance: ContainerInstance) -> None:
        group = self._leaving.get(instance.machine.id)
        if group is not None and not instance.tasks:
            del self._leaving[instance.machine.id]
            self._groups.complete(group, instance.machine.id)
