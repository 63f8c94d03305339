"""Differences in the API as a whole and in the services around ECS."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="operations-left-out",
        area=Area.OPERATIONS,
        aws="Answers every operation of its API.",
        here="An operation that is not simulated answers UnsupportedFeatureException and its name.",
        why="A clear refusal is better than a wrong answer.",
        test="tests/cloud/test_api.py::test_every_operation_of_the_model_works_or_names_itself",
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
)
