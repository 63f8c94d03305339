"""Differences in capacity providers, managed scaling, Managed Instances and own servers."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

_SCALING: Final = "tests/cloud/test_managed_scaling.py"
_PROVIDERS: Final = "tests/cloud/test_capacity_providers.py"
_MANAGED: Final = "tests/cloud/test_managed_instances.py"
_ZONES: Final = "tests/cloud/test_zones.py"

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="managed-scaling-status",
        area=Area.CAPACITY,
        aws="Does not say whether managed scaling is on when a request names some of its settings"
        " but not its status.",
        here="It is on; without any settings it is off.",
        why="botocore ecs ManagedScaling.",
        test=f"{_PROVIDERS}::test_updates_take_a_moment",
    ),
    Difference(
        id="provider-settles",
        area=Area.CAPACITY,
        aws="Promises no time for changes of attachments and capacity providers.",
        here="About six seconds.",
        why="No publication.",
        test=f"{_PROVIDERS}::test_attachments_of_a_cluster",
    ),
    Difference(
        id="inactive-providers-kept",
        area=Area.CAPACITY,
        aws="Does not say for how long a deleted capacity provider can be described.",
        here="For an hour; lists leave it out.",
        why="No publication.",
        test=f"{_PROVIDERS}::test_deletion",
    ),
    Difference(
        id="provider-of-an-instance",
        area=Area.CAPACITY,
        aws="Instances that registered before their group had a capacity provider may not belong"
        " to it.",
        here="They never do; an instance belongs to the provider that its group has when it"
        " registers.",
        why="asg-capacity-providers says may.",
        test=f"{_SCALING}::test_the_first_tasks_bring_two_instances",
    ),
    Difference(
        id="reservation-lower-bound",
        area=Area.CAPACITY,
        aws="Calls the number of instances that waiting tasks need a lower bound, kind of task by"
        " kind of task, and does not say how the kinds are put together.",
        here="The kind that needs most decides.",
        why="managed-scaling-behavior.",
        test="tests/model/test_managed_scaling.py::test_more_demand_never_needs_less",
    ),
    Difference(
        id="managed-scaling-decides",
        area=Area.CAPACITY,
        aws="The two alarms of the scaling policy set off the Auto Scaling group.",
        here="Managed scaling decides by the points that the alarms look at; the alarms are there"
        " and change their state, at most a minute later.",
        why="The outcome is the same, and no point is lost between the two.",
        test=f"{_SCALING}::test_the_scaling_policy_and_its_alarms_can_be_seen",
    ),
    Difference(
        id="empty-capacity-provider",
        area=Area.CAPACITY,
        aws="Documents `TaskFailedToStart: EMPTY CAPACITY PROVIDER`, not after which time, nor"
        " whether tasks of a provider with managed scaling give up as well.",
        here="Tasks of a provider without managed scaling fail after four seconds; with it they"
        " wait until there is room.",
        why="api_failures_messages; managed-scaling-behavior (the task stays in PROVISIONING).",
        test=f"{_SCALING}::test_a_group_without_managed_scaling_stays_as_it_is",
    ),
    Difference(
        id="group-health-check",
        area=Area.CAPACITY,
        aws="Promises no time in which a group notices that an instance has ended.",
        here="A minute.",
        why="No publication.",
        test=f"{_SCALING}::test_a_failed_instance_is_replaced_by_its_group",
    ),
    Difference(
        id="termination-policy",
        area=Area.CAPACITY,
        aws="The default termination policy looks at the zone, the age of the launch template and"
        " the next billing hour.",
        here="The zone with the most instances, of these the oldest instance.",
        why="ec2-auto-scaling-termination-policies; templates and billing hours rarely differ.",
        test=f"{_SCALING}::test_managed_termination_protection_spares_busy_instances",
    ),
    Difference(
        id="managed-instance-type",
        area=Area.CAPACITY,
        aws="Chooses among the instance types that fit by cost and availability, which it does"
        " not publish, and moves tasks to free instances that are hardly used.",
        here="The smallest type that holds all waiting tasks, of equals the current generation; an"
        " instance that runs anything is left alone.",
        why="ManagedInstances.",
        test=f"{_MANAGED}::test_the_type_fits_the_requirements",
    ),
    Difference(
        id="managed-instance-idle",
        area=Area.CAPACITY,
        aws="Without scaleInAfter a heuristic decides when an idle instance ends.",
        here="After five minutes.",
        why="botocore ecs InfrastructureOptimization.scaleInAfter.",
        test=f"{_MANAGED}::test_instances_come_for_tasks_and_go_without",
    ),
    Difference(
        id="managed-instance-reasons",
        area=Area.CAPACITY,
        aws="Does not say where an infrastructure role that may not launch instances is reported.",
        here="In the journal; the tasks wait in PROVISIONING.",
        why="infrastructure_IAM_role; the permissions themselves are those of the AWS managed"
        " policy.",
        test=f"{_MANAGED}::test_the_infrastructure_role_needs_permissions",
    ),
    Difference(
        id="fargate-vcpu-quota",
        area=Area.CAPACITY,
        aws="New accounts have 6 vCPUs each of Fargate and Fargate Spot, which rise with use.",
        here="No limit until `cloud.quotas` sets one.",
        why="The course's account is taken to be in use for long.",
        test=f"{_ZONES}::test_the_quota_of_vcpus",
    ),
    Difference(
        id="lost-zone",
        area=Area.CAPACITY,
        aws="A zone that fails may be slow, cut off or dark, in any mixture.",
        here="Its tasks and instances end at once and nothing can start there.",
        why="The plainest of these.",
        test=f"{_ZONES}::test_a_service_on_fargate_moves_to_the_other_zone",
    ),
    Difference(
        id="agent-cut-off",
        area=Area.CAPACITY,
        aws="What happens on an instance whose agent is not connected is known to ECS only when it"
        " connects again.",
        here="A container that ends by itself meanwhile is seen at once; only what ECS asks for"
        " waits.",
        why="botocore ecs ContainerInstance.agentConnected.",
        test=f"{_ZONES}::test_an_agent_that_is_cut_off",
    ),
)
