"""Differences in registering task definitions."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="deletion-takes-a-minute",
        area=Area.TASK_DEFINITIONS,
        aws="A deleted revision is gone some time after the last task and service that use it.",
        here="Within a minute.",
        why="botocore ecs DeleteTaskDefinitions; no time is published.",
        test="tests/cloud/test_deletions.py"
        "::test_a_deleted_revision_is_gone_once_its_service_and_tasks_are",
    ),
    Difference(
        id="order-of-rules",
        area=Area.TASK_DEFINITIONS,
        aws="Documents each rule, not which of several broken ones is reported.",
        here="Always the first of a fixed order.",
        why="No page gives an order.",
        test="tests/model/task_definition/test_rules.py"
        "::test_row_breaks_the_rule_that_it_names_first",
    ),
    Difference(
        id="depends-on-texts",
        area=Area.TASK_DEFINITIONS,
        aws="Does not publish what it answers to a dependsOn that can not hold.",
        here="Words that public records of real deployments quote.",
        why="Other emulators have the same words; AWS's pages have none.",
        test="tests/model/task_definition/test_rules.py"
        "::test_broken_rule_answers_in_the_words_of_its_row",
    ),
    Difference(
        id="cfn-lint-disagrees",
        area=Area.TASK_DEFINITIONS,
        aws="Its published CloudFormation linter refuses some definitions that the API takes, and"
        " lets others pass.",
        here="The API's own documentation decides; each disagreement has its reason in the test.",
        why="botocore's text and the Developer Guide are closer to the API than the linter.",
        test="tests/model/task_definition/test_second_opinion.py::test_every_reason_is_needed",
    ),
    Difference(
        id="inactive-at-once",
        area=Area.TASK_DEFINITIONS,
        aws="Up to ten minutes may pass until an INACTIVE revision refuses new tasks.",
        here="It refuses at once.",
        why="botocore ecs DeregisterTaskDefinition gives the longest delay only.",
        test="tests/model/task_definition/test_families.py"
        "::test_inactive_revision_is_described_but_starts_nothing",
    ),
)
