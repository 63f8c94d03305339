from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.course.values import LONGEST_LINE, render, text

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.frozensets(st.text() | st.integers())
    ),
    max_leaves=30,
)


@given(anything)
def test_one_short_printable_line(value: Any) -> None:
    for written in (render(value), text(value)):
        assert len(written) <= LONGEST_LINE
        assert written.isprintable()
        assert written


@given(st.lists(st.text(max_size=5), max_size=10, unique=True))
def test_order_of_sets_and_keys_does_not_show(items: Any) -> None:
    backwards = items[::-1]
    assert render(set(items)) == render(set(backwards))
    assert render(dict.fromkeys(items, 1)) == render(dict.fromkeys(backwards, 1))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ACTIVE", "'ACTIVE'"),
        ({"b": [1, ...], "a": (2,)}, "{'a': (2,), 'b': [1, ...]}"),
        (set(), "set()"),
        (dt.datetime(2026, 1, 15, 9, tzinfo=dt.UTC), "2026-01-15T09:00:00+00:00"),
        (list(range(14)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 2 more]"),
    ],
)
def test_values_read_like_python(value: Any, written: Any) -> None:
    assert render(value) == written


def test_prose_is_not_quoted_and_cannot_forge_a_line() -> None:
    assert text("three clusters") == "three clusters"
    assert text("") == "''"
    assert text("x\n✔ one: passed \x1b[32m") == "x\\n✔ one: passed \\x1b[32m"


def test_no_memory_address() -> None:
    assert render(object()) == "<object object>"
    assert "0x" not in render([print, object(), lambda: 0])


def test_object_that_cannot_be_written_is_named() -> None:
    class Broken(dict):
        def __repr__(self) -> None:
            raise RuntimeError

        __iter__ = __len__ = __repr__

    assert render([Broken()]) == "[<Broken>]"


def test_circle_ends() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert render(circle) == "[[[[[[…]]]]]]"
