"""Differences in logs, metrics and events."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="lines-at-once",
        area=Area.OBSERVABILITY,
        aws="A line needs a few seconds to arrive in its log.",
        here="It is there at once.",
        why="No publication says how long it takes.",
        test="tests/cloud/test_tasks_programs.py::test_what_a_program_prints_is_in_its_own_stream",
    ),
    Difference(
        id="events-once-in-order",
        area=Area.OBSERVABILITY,
        aws="EventBridge delivers an event at least once, and the order is not promised.",
        here="Once, in the order in which things happened.",
        why="ecs_cwe_events (duplicates); a course could not be repeated otherwise.",
        test="tests/cloud/test_tasks.py::test_every_change_of_state_is_an_event",
    ),
    Difference(
        id="metric-samples",
        area=Area.OBSERVABILITY,
        aws="Each point of a service's CPU and memory is made of several samples, which are not"
        " described further.",
        here="The point of a minute holds three samples, taken at its seconds 10, 30 and 50.",
        why="cloudwatch-metrics gives the formula, not the sampling.",
        test="tests/cloud/test_metrics.py::test_a_point_holds_the_samples_of_its_minute",
    ),
)
