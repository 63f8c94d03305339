"""CloudWatch's arithmetic: statistics, metric math, and the states of alarms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.cloudwatch.alarm_rule import AlarmRule, AlarmRuleError
from ecslab.model.cloudwatch.alarm_state import evaluate
from ecslab.model.cloudwatch.expression import ExpressionError, calculate
from ecslab.model.cloudwatch.statistic_set import StatisticSet

_POINTS = {"0": 0.0, "X": 1.0, "-": None}
KEEP = None


def judged(shown: str, treatment: str, to_alarm: int) -> str | None:
    """Return the state for points as AWS's tables show them, with 3 evaluation periods."""
    points = [_POINTS[sign] for sign in shown.split()]
    return evaluate(
        points, periods=3, to_alarm=to_alarm, treatment=treatment, breaches=lambda p: p > 0
    ).state


@pytest.mark.parametrize(
    ("shown", "to_alarm", "states"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("0 - - - -", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, ("INSUFFICIENT_DATA", KEEP, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", KEEP, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_every_row_of_awss_tables(
    shown: str, to_alarm: int, states: tuple[str | None, ...]
) -> None:
    """AWS: alarms-and-missing-data, both tables, row by row."""
    treatments = ("missing", "ignore", "breaching", "notBreaching")
    assert tuple(judged(shown, treatment, to_alarm) for treatment in treatments) == states


@pytest.mark.parametrize("shown", ["- - - - X", "- - - X -"])
def test_too_few_points_do_not_alarm_at_once(shown: str) -> None:
    """AWS: alarms-and-missing-data, "Avoiding premature transitions to alarm state"."""
    assert judged(shown, "missing", 3) is KEEP


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=50))
def test_statistics_agree_with_the_samples(samples: list[float]) -> None:
    """AWS: Statistics-definitions."""
    found = StatisticSet.of(samples)
    ordered = sorted(samples)
    assert found.read("SampleCount") == len(samples)
    assert found.read("Minimum") == found.read("p0") == ordered[0]
    assert found.read("Maximum") == found.read("p100") == ordered[-1]
    assert found.read("Average") == pytest.approx(sum(samples) / len(samples))
    median = found.read("p50")
    assert median is not None
    assert sum(sample <= median for sample in samples) * 2 >= len(samples)


@given(st.lists(st.lists(st.floats(0, 9), min_size=1, max_size=5), min_size=1, max_size=5))
def test_periods_add_up(parts: list[list[float]]) -> None:
    """A longer period holds all samples of the shorter ones in it."""
    whole = StatisticSet.of([sample for part in parts for sample in part])
    merged = StatisticSet.merged([StatisticSet.of(part) for part in parts])
    for name in ("SampleCount", "Minimum", "Maximum", "p99", "p50"):
        assert merged.read(name) == whole.read(name)
    assert merged.total == pytest.approx(whole.total)


def test_percentiles_need_samples() -> None:
    """AWS: Statistics-definitions: percentiles need raw data, or a set whose values are equal."""
    assert StatisticSet(2, 3.0, 1.0, 2.0).read("p99") is None
    assert StatisticSet(2, 4.0, 2.0, 2.0).read("p99") == 2.0
    assert StatisticSet.of([1.0, 2.0, 3.0, 100.0]).read("tm75") == 2.0


def test_metric_math() -> None:
    """AWS: using-metric-math: arithmetic point by point; no point where one is missing."""
    metrics = {"errors": {0: 2.0, 60: 4.0}, "all": {0: 10.0, 60: 0.0, 120: 5.0}}
    times = [0, 60, 120]

    def math(text: str) -> dict[int, float]:
        return calculate(text, metrics, times, 60)

    assert math("100 * errors / all") == {0: 20.0}
    assert math("FILL(errors, 0) + 1") == {0: 3.0, 60: 5.0, 120: 1.0}
    assert math("SUM(METRICS())") == {0: 12.0, 60: 4.0, 120: 5.0}
    assert math("IF(all > 0, errors, 9)") == {0: 2.0, 60: 9.0}
    assert math("MAX([errors, all])") == {0: 10.0, 60: 4.0, 120: 5.0}
    assert math("DIFF(all)") == {60: -10.0, 120: 5.0}
    assert math("-all") == {0: -10.0, 60: -0.0, 120: -5.0}


@pytest.mark.parametrize(
    "text",
    ["errors +", "nobody", "__import__('os')", "ANOMALY_DETECTION_BAND(errors)", "METRICS()"],
)
def test_what_is_no_metric_math_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="Error in expression"):
        calculate(text, {"errors": {0: 1.0}}, [0], 60)


def test_rules_of_composite_alarms() -> None:
    """AWS: botocore PutCompositeAlarmInput.AlarmRule."""
    rule = AlarmRule.parse('ALARM(cpu) AND (NOT ALARM("slow one") OR OK(disk)) OR FALSE')
    assert rule.names == ("cpu", "slow one", "disk")
    states = {"cpu": "ALARM", "slow one": "OK", "disk": "ALARM"}
    assert rule.holds(lambda name, state: states[name] == state)
    states["slow one"] = "ALARM"
    assert not rule.holds(lambda name, state: states[name] == state)


@pytest.mark.parametrize("text", ["", "ALARM", "ALARM(a) AND", "ALARM(a) ALARM(b)", "(OK(a)", "x"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(AlarmRuleError):
        AlarmRule.parse(text)
