"""Differences in service auto scaling."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="tracking-alarms",
        area=Area.SCALING,
        aws="The alarms of a target tracking policy are AWS's own matter.",
        here="Three points above the target, fifteen below nine tenths of it; with metrics of"
        " 20 seconds three and forty-five points.",
        why="Long-standing behaviour that AWS does not promise.",
        test="tests/cloud/test_scaling.py::test_target_tracking_makes_two_alarms",
    ),
    Difference(
        id="tracking-amount",
        area=Area.SCALING,
        aws="By how much target tracking scales is described as in proportion to the metric.",
        here="To the least count at which the metric would be at its target, for the latest point.",
        why="The page target-tracking-scaling-policy-overview gives no formula.",
        test="tests/model/test_scaling.py::test_enough_and_not_more",
    ),
    Difference(
        id="scale-in-after-out",
        area=Area.SCALING,
        aws="Whether a scale-in waits for the cooldown of a scale-out is not said.",
        here="It does.",
        why="The pages define each cooldown for its own direction.",
        test="tests/cloud/test_scaling.py::test_it_scales_out_in_proportion_and_in_later",
    ),
    Difference(
        id="scaling-event",
        area=Area.SCALING,
        aws="SERVICE_DESIRED_COUNT_UPDATED is sent when the scheduler updates the computed"
        " desired count, not when a user does; whether scaling counts as that is not said.",
        here="It is sent when Application Auto Scaling changes the count.",
        why="The page ecs_service_events names the event only.",
        test="tests/cloud/test_scaling.py::test_scaling_is_an_event",
    ),
    Difference(
        id="limits-at-once",
        area=Area.SCALING,
        aws="Whether new limits move a service that lies outside of them at once is described"
        " for scheduled actions only.",
        here="They always do.",
        why="Captured scaling activities have the cause `minimum capacity was set to 2`.",
        test="tests/cloud/test_scaling.py::test_scheduled_actions_change_the_limits",
    ),
    Difference(
        id="predictive",
        area=Area.SCALING,
        aws="Predictive scaling forecasts the load of a service.",
        here="A policy of the type PredictiveScaling is refused.",
        why="A forecast by machine learning can't be reproduced.",
        test="tests/cloud/test_scaling.py::test_predictive_scaling_is_refused",
    ),
)
