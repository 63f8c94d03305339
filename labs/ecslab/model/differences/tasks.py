"""Differences in the life of tasks and containers."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="task-durations",
        area=Area.TASKS,
        aws="Promises no time for any step of a start or a stop.",
        here="Every step takes what AWS's one published sample shows (about 4 s to connect, 14 s to"
        " the pull, 3 s to start), with a little chance that the seed decides. An image comes at 60"
        " MiB a second.",
        why="ecs_cwe_events has one sample; there is no other publication.",
        test="tests/cloud/test_tasks.py::test_timestamps_appear_in_order_and_stay",
    ),
    Difference(
        id="pull-in-activating",
        area=Area.TASKS,
        aws="The current page pulls images in ACTIVATING; answers of the API have been seen with"
        " the pull still in PENDING.",
        here="The pull is in ACTIVATING.",
        why="task-lifecycle-explanation is the newer of the two.",
        test="tests/cloud/test_tasks.py::test_the_states_come_in_the_documented_order",
    ),
    Difference(
        id="states-by-network-mode",
        area=Area.TASKS,
        aws="Says that a task need not pass every state, and gives examples, but no list of which"
        " states belong to which network mode and capacity.",
        here="PROVISIONING and DEPROVISIONING come with a network interface of the task's own or a"
        " wait for capacity; all tasks pass the others.",
        why="The examples of task-lifecycle, carried over to the other modes.",
        test="tests/cloud/test_ec2_tasks.py::test_states_by_network_mode",
    ),
    Difference(
        id="stopped-tasks-kept",
        area=Area.TASKS,
        aws="A stopped task can be described for at least one hour.",
        here="For exactly one hour.",
        why="botocore ecs DescribeTasks gives the least, not the most.",
        test="tests/sim/test_task_life.py::test_stopped_tasks_are_hidden_and_kept_for_an_hour",
    ),
    Difference(
        id="secret-texts-on-instances",
        area=Area.TASKS,
        aws="The agent on EC2 has words of its own for a secret or a parameter that it can't get.",
        here="The words of Fargate, on EC2 as well.",
        why="amazon-ecs-agent, agent/asm and agent/ssm, give the beginning of the texts only.",
        test="tests/cloud/test_ec2_tasks.py::test_a_missing_secret_has_fargates_words",
    ),
    Difference(
        id="pulls-of-dependants",
        area=Area.TASKS,
        aws="The agent on EC2 pulls the image of a container that depends on others when they let"
        " it start. Fargate's own agent is not public.",
        here="On EC2 as the agent does; on Fargate all images are pulled before any container"
        " starts.",
        why="amazon-ecs-agent README, ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT.",
        test="tests/cloud/test_tasks_containers.py"
        "::test_fargate_pulls_all_images_before_any_container_starts",
    ),
    Difference(
        id="volume-that-fails",
        area=Area.TASKS,
        aws="Documents the status reason of an EBS volume that can't be attached, not the task's"
        " stopped reason; such a task may stay in DEPROVISIONING.",
        here="The stopped reason is the status reason; the task stops after its usual time.",
        why="troubleshoot-ebs-volumes-scenarios lists the status reasons only.",
        test="tests/cloud/test_managed_volumes.py::test_a_role_that_does_not_do_stops_the_task",
    ),
    Difference(
        id="volumes-start-empty",
        area=Area.TASKS,
        aws="A volume that is made from a snapshot holds what was in the snapshot.",
        here="Every new volume is empty.",
        why="The simulation has snapshots by their ids only.",
        test="tests/cloud/test_managed_volumes.py::test_what_is_written_is_on_the_volume_only",
    ),
    Difference(
        id="efs-directories",
        area=Area.TASKS,
        aws="A directory of an EFS file system can be mounted only if it is there, and is seen"
        " below the root as well; an access point has a directory and a user of its own.",
        here="Every directory and every access point can be mounted; each is a place of its own and"
        " empty at first.",
        why="efs-volumes; captured stoppedReason (`No such file or directory`). The file systems of"
        " moto have no content.",
        test="tests/cloud/test_file_systems.py::test_what_one_task_writes_another_reads",
    ),
    Difference(
        id="health-check-stop-code",
        area=Area.TASKS,
        aws="Does not say which stopCode goes with `Task failed container health checks`.",
        here="ServiceSchedulerInitiated, as for the load balancer's health checks.",
        why="The scheduler stops the task in both cases; no published pair of the two.",
        test="tests/cloud/test_tasks_health.py::test_a_service_replaces_an_unhealthy_task",
    ),
    Difference(
        id="exit-codes",
        area=Area.TASKS,
        aws="Explains 0, 1, 137, 139 and 143; says nothing about 126, 127 and 255.",
        here="The codes 126 and 127 are what a POSIX shell answers.",
        why="Convention of Docker and Linux, not a page of AWS.",
        test="tests/cloud/test_tasks_containers.py::test_the_exit_code_tells_how_it_ended",
    ),
    Difference(
        id="dependency-texts",
        area=Area.TASKS,
        aws="The texts about containers that wait for others are those of the open-source agent on"
        " EC2; Fargate's own agent is not public and may word them otherwise.",
        here="The agent's texts, and its exit code 143, on EC2 and on Fargate.",
        why="amazon-ecs-agent, dependencygraph/graph.go and task_manager.go.",
        test="tests/sim/test_task_life.py::test_a_failed_dependency_stops_what_waits_for_it",
    ),
    Difference(
        id="images-are-declared",
        area=Area.TASKS,
        aws="An image is a file system; the kernel runs the program that is in it.",
        here="An image declares what its program does: ports, answers, log lines, memory over time,"
        " exit, reaction to signals. A shell command is run by a small shell.",
        why="So that a course needs neither a kernel nor a registry, and works in a browser.",
        test="tests/model/test_image.py::test_the_digest_tells_behaviours_apart",
    ),
    Difference(
        id="unpacked-size",
        area=Area.TASKS,
        aws="Compressed and unpacked layers lie on the task's ephemeral storage; how much room an"
        " image takes depends on it.",
        here="An image takes three times its size in the registry.",
        why="fargate-task-storage says what lies there, not how large it gets.",
        test="tests/cloud/test_failures.py::test_the_task_does_not_start_and_says_why",
    ),
    Difference(
        id="public-images",
        area=Area.TASKS,
        aws="Every image of every public registry can be pulled.",
        here="A handful can, among them nginx, httpd, busybox, alpine, python and amazonlinux. All"
        " others do not exist.",
        why="The account has no internet behind it.",
        test="tests/cloud/test_failures.py::test_the_task_does_not_start_and_says_why",
    ),
    Difference(
        id="region-in-containers",
        area=Area.TASKS,
        aws="Does not say whether a definition may override the variables AWS_REGION and"
        " AWS_DEFAULT_REGION that Fargate sets.",
        here="A definition may.",
        why="As with every other variable of the environment.",
        test="tests/cloud/test_tasks_programs.py::test_a_user_may_choose_another_region",
    ),
    Difference(
        id="engines-never-fail",
        area=Area.TASKS,
        aws="A container engine that hangs or has no room ends tasks with DockerTimeoutError,"
        " CannotStopContainerError or CannotInspectContainerError, and Docker Hub limits pulls. The"
        " API model also has the stop codes TerminationNotice and InfrastructureHealth.",
        here="None of it: engines and registries do not fail by themselves.",
        why="Their causes are not simulated; AWS does not say when the two codes are used.",
        test="tests/model/test_failures.py::test_no_text_is_there_whose_cause_is_not_simulated",
    ),
)
