"""Differences in managed daemons and their deployments."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

_TASKS: Final = "tests/cloud/test_managed_daemons.py"
_DEPLOYMENTS: Final = "tests/cloud/test_managed_daemon_deployments.py"
_REQUESTS: Final = "tests/cloud/test_managed_daemon_requests.py"

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="daemon-task-marks",
        area=Area.CAPACITY,
        aws="Does not say in which task group a managed daemon's task is, nor what its startedBy"
        " is.",
        here="`daemon:name`, as in the dimension of its metrics, and `daemon/name`.",
        why="available-metrics; the instructions of the beta list tasks by `daemon/name`.",
        test=f"{_TASKS}::test_the_daemon_starts_before_the_tasks_of_a_new_instance",
    ),
    Difference(
        id="daemon-registration",
        area=Area.CAPACITY,
        aws="Says that critical daemons can block the registration of an instance, not what becomes"
        " of one on which they never start.",
        here="It is REGISTERING until they are well; if one fails it is REGISTRATION_FAILED and"
        " ends, and the next instance comes after a pause that grows to two minutes.",
        why="botocore ecs CreateDaemonRequest.critical, ContainerInstance.status.",
        test=f"{_TASKS}::test_a_critical_daemon_that_never_starts_keeps_its_instances_out",
    ),
    Difference(
        id="daemon-tried-again",
        area=Area.CAPACITY,
        aws="Does not say whether the task of a daemon that is not critical is started again on an"
        " instance that stays.",
        here="It is, after a pause that grows to two minutes; so is that of a critical daemon where"
        " auto repair is turned off.",
        why="managed-daemons-auto-repair; exactly one task on every instance.",
        test=f"{_TASKS}::test_the_end_of_a_daemon_that_is_not_critical",
    ),
    Difference(
        id="daemon-early-end",
        area=Area.CAPACITY,
        aws="Counts essential containers that exit among the starts that failed, not within which"
        " time.",
        here="A daemon task that ends within 40 seconds has failed to start.",
        why="managed-daemons-events; botocore ecs DeploymentConfiguration.minimumHealthyPercent.",
        test=f"{_DEPLOYMENTS}::test_a_daemon_that_ends_soon_has_not_started",
    ),
    Difference(
        id="daemon-stops-others",
        area=Area.CAPACITY,
        aws="Stops the other tasks of an instance whose critical daemon has failed, and has the"
        " service scheduler replace those of services.",
        here="Tasks of services move as from any draining instance; tasks of no service are"
        " stopped at once.",
        why="botocore ecs CreateDaemonRequest.critical; container-instance-draining.",
        test=f"{_TASKS}::test_the_end_of_a_critical_daemon_replaces_its_instance",
    ),
    Difference(
        id="daemon-drain-rounding",
        area=Area.CAPACITY,
        aws="Does not say how drainPercent is rounded, nor what 0 means, which the API takes and"
        " the guide does not.",
        here="Down, but never less than one instance.",
        why="botocore ecs DaemonDeploymentConfiguration.drainPercent; managed-daemons-deployments.",
        test="tests/model/test_managed_daemons.py::test_batches",
    ),
    Difference(
        id="daemon-breaker",
        area=Area.CAPACITY,
        aws="Shows the threshold of a daemon deployment's circuit breaker in one example: 10 for"
        " three instances.",
        here="Half of the instances, at least 10, at most 200; a rollback is counted anew.",
        why="botocore ecs DescribeDaemonDeployments, example.",
        test="tests/model/test_managed_daemons.py::test_thresholds",
    ),
    Difference(
        id="daemon-batches",
        area=Area.CAPACITY,
        aws="Drains a batch, provisions replacements, and repeats that; it does not say when a"
        " batch is over.",
        here="When its instances have gone and every new one has its daemon. Tasks that move take"
        " free room on any ACTIVE instance first.",
        why="managed-daemons-deployments.",
        test=f"{_DEPLOYMENTS}::test_it_comes_to_instances_by_replacing_them_in_batches",
    ),
    Difference(
        id="daemon-deployment-waits",
        area=Area.CAPACITY,
        aws="Does not say what a daemon deployment does about tasks that belong to no service.",
        here="It waits for them, as draining does, but not longer than the week after which"
        " Managed Instances end anyway.",
        why="container-instance-draining; ManagedInstances.",
        test=f"{_DEPLOYMENTS}::test_a_deployment_waits_for_tasks_that_nobody_moves",
    ),
    Difference(
        id="daemon-same-revision",
        area=Area.CAPACITY,
        aws="Does not say whether an update that changes only the capacity providers makes a new"
        " daemon revision.",
        here="It does not, and instances that have the revision stay.",
        why="managed-daemons-deployments (the added provider gets the daemon); botocore ecs"
        " DaemonRevision holds no providers.",
        test=f"{_DEPLOYMENTS}::test_another_capacity_provider_is_added",
    ),
    Difference(
        id="daemon-first-deployment",
        area=Area.CAPACITY,
        aws="Says that a deployment that fails is stopped or rolled back, not what a first one"
        " leaves behind.",
        here="The daemon stays as it was created, and new instances get it.",
        why="managed-daemons-deployments, STOPPED.",
        test=f"{_DEPLOYMENTS}::test_a_first_deployment_that_fails_is_stopped",
    ),
    Difference(
        id="deleted-daemons-kept",
        area=Area.CAPACITY,
        aws="Does not say for how long the deployments of a deleted daemon can be described.",
        here="For an hour; the daemon itself is not found as soon as its instances are replaced.",
        why="botocore ecs DaemonStatus has no state after DELETE_IN_PROGRESS.",
        test=f"{_REQUESTS}::test_deletion_replaces_the_instances",
    ),
)
