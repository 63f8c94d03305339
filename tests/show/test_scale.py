"""Time on an axis, and in words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.show.moments import duration, moment
from ecslab.show.scale import Scale

TIMES = st.lists(st.floats(0, 1e5, allow_nan=False).map(lambda t: round(t, 2)), min_size=1)


@given(TIMES)
def test_later_is_never_further_left(times: list[float]) -> None:
    scale = Scale(times)
    places = [scale.place(at) for at in sorted(times)]
    assert all(0 <= place <= 1 + 1e-9 for place in places)
    assert all(left <= right + 1e-9 for left, right in pairwise(places))
    if len(set(times)) > 1:
        assert places[0] == 0
        assert places[-1] == pytest.approx(1)


@given(TIMES)
def test_what_is_drawn_stays_on_the_axis(times: list[float]) -> None:
    scale = Scale(times)
    pieces = list(scale.pieces(min(times), max(times)))
    assert all(left >= 0 and width > 0 and left + width <= 1 + 1e-9 for left, width in pieces)
    assert all(a + width <= b + 1e-9 for (a, width), (b, _) in pairwise(pieces))
    assert len(pieces) == (len(scale.omissions()) + 1 if len(set(times)) > 1 else 0)


@given(TIMES)
def test_labels_ascend_and_keep_apart(times: list[float]) -> None:
    places = [place for place, _ in Scale(times).ticks()]
    assert places == sorted(places)
    assert all(right - left > 0.06 for left, right in pairwise(places))


def test_without_long_quiet_stretches_time_runs_evenly() -> None:
    scale = Scale([0, 20, 60, 100])
    assert scale.omissions() == []
    assert [scale.place(at) for at in (0, 25, 50, 100)] == pytest.approx([0, 0.25, 0.5, 1])
    assert list(scale.pieces(25, 50)) == [(0.25, 0.25)]


def test_an_hour_of_rest_is_drawn_short_and_says_so() -> None:
    scale = Scale([0, 20, 40, 3640, 3660])
    assert [length for _, _, length in scale.omissions()] == ["1 h"]
    assert scale.place(40) == pytest.approx(40 / 90)  # 60 busy seconds, and 30 for the hour
    assert len(list(scale.pieces(0, 3660))) == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.9, "0:07"), (60, "1:00"), (3599.99, "59:59"), (3661, "1:01:01")],
)
def test_moments(seconds: float, text: str) -> None:
    assert moment(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (7.48, "7.5 s"), (59.96, "1 min"), (75, "1 min 15 s"), (3725, "1 h 2 min 5 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
