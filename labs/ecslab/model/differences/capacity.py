"""Differences in clusters, container instances and placement."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="strategy-order",
        area=Area.CAPACITY,
        aws="Gives the proportion in which a capacity provider strategy shares out tasks, not the"
        " order in which single tasks are shared out.",
        here="Each task goes where the fewest have been placed for the weight; of equals the"
        " earlier item of the strategy wins.",
        why="botocore ecs CapacityProviderStrategyItem; rounding and ties are not published.",
        test="tests/cloud/test_clusters.py::test_every_prefix_keeps_base_and_proportion",
    ),
    Difference(
        id="closest-match",
        area=Area.CAPACITY,
        aws="Names the closest matching container instance, without saying how it is found.",
        here="The instance that lacks only what an empty one of its kind has; the earlier of"
        " equals.",
        why="service-event-messages-list has the text, not the rule.",
        test="tests/model/placement/test_placement.py::test_the_closest_match_is_reported",
    ),
    Difference(
        id="resource-ports",
        area=Area.CAPACITY,
        aws="The reason for a taken port is written in several ways (`RESOURCE:PORTS…`).",
        here="`RESOURCE:PORTS`.",
        why="api_failures_messages; the exact spelling was not confirmed.",
        test="tests/model/placement/test_placement.py::test_reasons_of_failures",
    ),
    Difference(
        id="task-size-is-reserved",
        area=Area.CAPACITY,
        aws="Says that the scheduler takes memoryReservation, else memory, of every container from"
        " the instance; of a task-level size it says nothing there.",
        here="A task-level size is what is reserved.",
        why="Follows from what a task size means (botocore ecs ContainerDefinition.memory).",
        test="tests/model/placement/test_placement.py::test_cpu_and_memory_that_a_task_takes",
    ),
    Difference(
        id="run-task-without-strategy",
        area=Area.CAPACITY,
        aws="RunTask has no default placement strategy; how an instance is picked is not said.",
        here="One of the instances that fit, by chance that the seed decides.",
        why="task-placement.",
        test="tests/model/placement/test_placement.py"
        "::test_run_task_without_strategy_places_at_random",
    ),
    Difference(
        id="instance-boot",
        area=Area.CAPACITY,
        aws="Promises no time from the launch of an instance to its registration.",
        here="About a minute; an agent that is refused tries again after one to ten minutes.",
        why="No publication.",
        test="tests/cloud/test_ec2_instances.py::test_an_instance_registers_by_itself",
    ),
    Difference(
        id="lost-instance-notice",
        area=Area.CAPACITY,
        aws="Does not say how soon ECS notices that an instance has ended.",
        here="After about four seconds.",
        why="No publication.",
        test="tests/cloud/test_ec2_instances.py::test_the_end_of_the_ec2_instance",
    ),
    Difference(
        id="inactive-instances-kept",
        area=Area.CAPACITY,
        aws="Does not say for how long an INACTIVE container instance can be described.",
        here="For an hour.",
        why="No publication.",
        test="tests/cloud/test_ec2_instances.py::test_deregistration",
    ),
    Difference(
        id="registered-memory",
        area=Area.CAPACITY,
        aws="What an instance registers depends on its image and kernel; two values are published.",
        here="The published values for their types; for the others an estimate of 92 to 96 % of"
        " the advertised memory.",
        why="memory-management (m4.large) and the samples of DescribeContainerInstances.",
        test="tests/model/test_instance_types.py::test_published_registered_memory",
    ),
    Difference(
        id="trunk-limits",
        area=Area.CAPACITY,
        aws="Lists how many tasks each instance type can hold with trunking.",
        here="The list of the common types; the rows of the r families and of large sizes follow"
        " those of their size and were not compared one by one.",
        why="eni-trunking-supported-instance-types.",
        test="tests/model/test_instance_types.py::test_tasks_with_their_own_interface",
    ),
    Difference(
        id="inactive-clusters-kept",
        area=Area.CAPACITY,
        aws="A deleted cluster may be described as INACTIVE for a while; AWS advises not to rely on"
        " it.",
        here="As long as the account runs.",
        why="botocore ecs Cluster.status.",
        test="tests/cloud/test_clusters.py::test_a_deleted_cluster_lingers",
    ),
)
