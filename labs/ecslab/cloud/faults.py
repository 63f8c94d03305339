"""What can go wrong in an account without anybody calling the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.sim.faults import interrupt_spot, lose_zone, recover_zone

if TYPE_CHECKING:
    from ecslab.aws.runtime import Runtime

__all__ = ["Faults"]


class Faults:
    """The faults of a `Cloud`: instances, zones, Spot capacity and agents."""

    @property
    def _started(self) -> Runtime:
        """Return the running account; `Cloud` has it."""
        raise AttributeError

    def fail_instance(self, arn: str) -> None:
        """Let the EC2 instance under a container instance fail; EC2 terminates it.

        Args:
            arn: the ARN of the container instance.

        Raises:
            ecslab.errors.CourseError: there is no container instance with this ARN.
        """
        self._started.engine().instances.fail(arn)

    def interrupt_spot(self, arn: str) -> None:
        """Have AWS take back the Spot capacity of a task or of a container instance.

        Of a task the warning (an EventBridge event) and SIGTERM come at once, SIGKILL after
        stopTimeout; a Spot Instance has two minutes.

        Args:
            arn: the ARN of a task whose capacity provider is FARGATE_SPOT, or of a container
                instance on a Spot Instance.

        Raises:
            ecslab.errors.CourseError: nothing of this ARN runs on Spot.
        """
        interrupt_spot(self._started.engine(), arn)

    def lose_zone(self, zone: str) -> None:
        """Let an Availability Zone fail: its Fargate capacity, its instances and their tasks.

        Args:
            zone: its name, such as `us-east-1a`.

        Raises:
            ecslab.errors.CourseError: the Region has no such zone.
        """
        lose_zone(self._started.engine(), zone)

    def recover_zone(self, zone: str) -> None:
        """Let an Availability Zone have capacity again."""
        recover_zone(self._started.engine(), zone)

    def disconnect_agent(self, arn: str) -> None:
        """Cut the agent of a container instance off from ECS; its tasks go on.

        Args:
            arn: the ARN of the container instance.

        Raises:
            ecslab.errors.CourseError: there is no container instance with this ARN.
        """
        agents = self._started.engine().instances
        agents.disconnect(agents.at(arn))

    def reconnect_agent(self, arn: str) -> None:
        """Let an agent that was cut off connect again.

        Args:
            arn: the ARN of the container instance.

        Raises:
            ecslab.errors.CourseError: there is no container instance with this ARN.
        """
        agents = self._started.engine().instances
        agents.reconnect(agents.at(arn))
