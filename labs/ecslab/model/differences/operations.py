"""Differences in the API as a whole and in the services around ECS."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="rate-counts-from-creation",
        area=Area.OPERATIONS,
        aws="Says that a rate expression starts when its rule or schedule is created, not whether"
        " it is due at once.",
        here="It is due first when one period has passed. Rules and schedules are due to the"
        " second; EventBridge promises the minute.",
        why="EventBridge user guide, scheduled rules.",
        test="tests/cloud/test_scheduled_tasks.py::test_a_rule_runs_its_task_at_its_rate",
    ),
    Difference(
        id="scheduled-task-failures",
        area=Area.OPERATIONS,
        aws="Tries again for up to 24 hours when a target can't take an event, and puts it into the"
        " dead-letter queue after that.",
        here="A task that can't be run goes to the dead-letter queue at once, or is dropped.",
        why="EventBridge user guide, dead-letter queues; the pauses between tries are not"
        " published.",
        test="tests/cloud/test_scheduled_tasks.py::test_what_fails_is_in_the_dead_letter_queue",
    ),
    Difference(
        id="agent-reports",
        area=Area.OPERATIONS,
        aws="Takes over the states that container agents report with SubmitTaskStateChange and its"
        " like.",
        here="Acknowledges such a report when what it is about exists, and changes nothing.",
        why="The agents of the simulation report by themselves.",
        test="tests/cloud/test_agent_reports.py::test_reports_are_acknowledged_and_change_nothing",
    ),
    Difference(
        id="services-left-out",
        area=Area.OPERATIONS,
        aws="Has more than two hundred services.",
        here="Those that the course uses; a call to another one is refused by name.",
        why="The account is made for this course.",
        test="tests/cloud/test_process.py"
        "::test_unknown_services_answer_with_an_error_that_names_them",
    ),
    Difference(
        id="simulated-time",
        area=Area.OPERATIONS,
        aws="Time passes by itself.",
        here="Time stands still while your code runs; sleeping, waiting and `cloud.advance` move"
        " it. Every account begins on the same day.",
        why="So that minutes of rollout take milliseconds and every run is the same.",
        test="tests/cloud/test_process.py::test_sleeping_advances_simulated_time_only",
    ),
    Difference(
        id="lifecycle-policies-delete-nothing",
        area=Area.OPERATIONS,
        aws="Images that an ECR lifecycle policy matches are deleted within 24 hours.",
        here="The preview of a policy says which would be; nothing is deleted.",
        why="ECR, LifecyclePolicies; a lesson shows the preview.",
        test="tests/cloud/test_differences.py::test_a_lifecycle_policy_deletes_nothing",
    ),
    Difference(
        id="eks-is-an-api",
        area=Area.OPERATIONS,
        aws="An EKS cluster has a Kubernetes API, nodes that join it, and Pods that run on them.",
        here="Clusters, node groups, Fargate profiles and Pod Identity associations are kept and"
        " described; nothing runs in them, and no node is launched.",
        why="The course compares the two; it runs ECS.",
        test="tests/aws/test_eks.py"
        "::test_node_groups_have_the_clusters_version_and_an_image_for_their_processor",
    ),
    Difference(
        id="eks-at-once",
        area=Area.OPERATIONS,
        aws="A control plane takes about ten minutes to be made and minutes to be upgraded.",
        here="A cluster is ACTIVE, and an update Successful, as soon as it is asked for.",
        why="Nothing here has to be started.",
        test="tests/aws/test_eks.py"
        "::test_upgrades_go_one_minor_version_at_a_time_and_nodes_come_first",
    ),
    Difference(
        id="eks-calendar",
        area=Area.OPERATIONS,
        aws="New Kubernetes versions come about every four months; the days on which AWS upgrades"
        " a cluster by itself are not promised.",
        here="The versions 1.31 to 1.36 with the days of AWS's calendar of November 2026; a cluster"
        " is upgraded on the day after its support has ended.",
        why="EKS user guide, kubernetes-versions.",
        test="tests/aws/test_eks.py::test_the_end_of_standard_support",
    ),
    Difference(
        id="eks-texts",
        area=Area.OPERATIONS,
        aws="Does not publish what EKS answers to a public subnet in a Fargate profile, to an"
        " upgrade over two versions, or to node groups that lag behind.",
        here="Words like those that public reports quote.",
        why="The rules are in botocore eks CreateFargateProfileRequest and UpdateClusterVersion.",
        test="tests/aws/test_eks.py::test_fargate_takes_private_subnets_only",
    ),
)
