"""What a learner's answer means, however it is written."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.course.meaning import bare, number, word

CAUSES = ("log group missing", "out of memory", "exitCode", "fetch-rates")


@pytest.mark.parametrize("text", ["env", " env\n", '"env"', "'env'", " ` env ` ", "\"'env'\""])
def test_spaces_and_quotes_around_a_text_are_no_part_of_it(text: str) -> None:
    assert bare(text) == "env"
    assert bare([text, 1]) == ["env", 1]
    assert bare((text,)) == ("env",)
    assert bare({"command": text}) == {"command": "env"}


@pytest.mark.parametrize("answer", [..., None, 4, {"a"}, Counter(a=1), [[" a "]], "don't", "'"])
def test_anything_else_stays_as_it_is(answer: object) -> None:
    assert bare(answer) == answer
    assert type(bare(answer)) is type(answer)


@pytest.mark.parametrize("value", [4, "4.0", " 4 ", "4.00", "4.", Decimal(4), Fraction(8, 2)])
def test_a_number_is_a_number_of_any_kind_and_its_text(value: object) -> None:
    assert number(value) == 4


@pytest.mark.parametrize("text", ["1884.5", "1,884.5", "1884.5 USD", "$1884.5", "usd 1,884.5."])
def test_a_unit_may_stand_beside_a_number(text: str) -> None:
    assert number(text, "USD", "$") == 1884.5


@pytest.mark.parametrize("value", [True, None, ..., "", "four", "4 ms", "nan", "1,2", [4], 1 + 2j])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number(value) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_means_the_number(value: float) -> None:
    assert number(str(value)) == value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Log group missing.", "log group missing"),
        ("log_group_missing", "log group missing"),
        ("out-of-memory", "out of memory"),
        (' "EXITCODE" ', "exitCode"),
        ("exit code", "exitCode"),
        ("`fetch-rates`.", "fetch-rates"),
        ("memory", None),
        ("", None),
        (..., None),
        (["exitCode"], None),
    ],
)
def test_a_word_is_known_in_any_spelling(text: object, meant: str | None) -> None:
    assert word(text, CAUSES) == meant
