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
        id="predictive-forecast",
        area=Area.SCALING,
        aws="Predictive scaling finds daily and weekly patterns by machine learning.",
        here="An hour is expected to be the average of the same hour of the same weekday, or of the"
        " same hour of all days as long as there is no such one; the capacity follows from what one"
        " task has carried for each unit of the scaling metric.",
        why="The page on how predictive scaling works says what goes in and what comes out.",
        test="tests/model/test_forecast.py::test_the_same_hour_of_the_week_or_of_the_day",
    ),
    Difference(
        id="predictive-first-forecast",
        area=Area.SCALING,
        aws="Does not say how soon after the policy the first forecast is there, nor what"
        " GetPredictiveScalingForecast answers before.",
        here="It is there at once if there are 24 hours of data, and with the first hour that"
        " completes them if not; before, the answer has no points.",
        why="The page on how predictive scaling works names the 24 hours alone.",
        test="tests/cloud/test_predictive_scaling.py::test_a_forecast_needs_24_hours_of_data",
    ),
    Difference(
        id="predictive-metrics",
        area=Area.SCALING,
        aws="Names the predefined metrics of predictive scaling; which of them are pairs, loads and"
        " scaling metrics is said for EC2's alone, and not how they are added up.",
        here="ECSServiceCPUUtilization, ECSServiceMemoryUtilization and ALBRequestCount are pairs,"
        " those with Total are loads, those with Average or PerTarget scaling metrics. The load is"
        " the average utilization times LiveTaskCount, or the requests of an hour.",
        why="botocore application-autoscaling PredictiveScalingPredefinedMetricPairSpecification.",
        test="tests/cloud/test_predictive_scaling.py::test_a_predefined_pair_of_metrics",
    ),
    Difference(
        id="predictive-texts",
        area=Area.SCALING,
        aws="Does not publish the words of the refusals and of the scaling activities.",
        here="ValidationException and words of ours; the cause names the policy and the capacity.",
        why="botocore application-autoscaling has the rules.",
        test="tests/cloud/test_predictive_scaling.py::test_configurations_that_are_refused",
    ),
)
