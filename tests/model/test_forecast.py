"""A plain forecast of an hourly load.

AWS: Application Auto Scaling, how predictive scaling works.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecslab.model.scaling.forecast import HOUR, forecast, load_per_unit, needed

DAY, WEEK = 24, 7 * 24


def hours(values: list[float], start: int = 0) -> dict[int, float]:
    """Return loads by the hour from a start on."""
    return {start + number * HOUR: value for number, value in enumerate(values)}


def test_the_same_hour_of_the_week_or_of_the_day() -> None:
    """Daily patterns from the days that there are; weekly ones as soon as there is a week."""
    day = [float(hour) for hour in range(DAY)]
    future = [DAY * HOUR + number * HOUR for number in range(48)]
    assert list(forecast(hours(day), future).values()) == day + day
    two = hours(day + [value + 10 for value in day])
    assert forecast(two, [2 * DAY * HOUR])[2 * DAY * HOUR] == 5.0, "the average of two days"
    week = [100.0 if number >= 5 * DAY else 10.0 for number in range(WEEK)]
    monday, saturday = WEEK * HOUR, (WEEK + 5 * DAY) * HOUR
    assert forecast(hours(week), [monday, saturday]) == {monday: 10.0, saturday: 100.0}


def test_an_hour_that_is_like_no_other_gets_the_average() -> None:
    """AWS backfills forecasts with aggregates of the data that there is."""
    assert forecast(hours([1.0, 3.0]), [5 * HOUR]) == {5 * HOUR: 2.0}
    assert forecast({}, [0]) == {}


def test_what_a_task_carries_gives_the_capacity() -> None:
    """Botocore PredictiveScalingMetricSpecification: load, scaling metric and target."""
    load, busy, tasks = hours([100.0, 300.0]), hours([50.0, 50.0]), hours([2.0, 6.0])
    assert load_per_unit(load, busy, tasks) == 1.0
    assert needed(300.0, 1.0, 50.0) == 6
    assert needed(301.0, 1.0, 50.0) == 7
    assert needed(0.0, 1.0, 50.0) == 0
    assert needed(300.0, 1.0, 5e-324) == needed(300.0, 1e-200, 1e-200) == 2**31 - 1
    assert load_per_unit(load, {}, tasks) is None
    assert load_per_unit(load, busy, hours([0.0, 0.0])) is None


@given(st.lists(st.floats(0, 1e6), min_size=24, max_size=14 * 24), st.integers(0, 47))
def test_a_forecast_stays_within_what_has_been(values: list[float], ahead: int) -> None:
    """An average is never beyond the loads that it is made of."""
    hour = (len(values) + ahead) * HOUR
    found = forecast(hours(values), [hour])[hour]
    assert min(values) * (1 - 1e-9) <= found <= max(values) * (1 + 1e-9)
