"""Answers that sort: what is read as letters, and which orders are right."""

from __future__ import annotations

import itertools

import pytest

from ecslab.course.outcomes import NotYet
from ecslab.course.sorting import expect_letters, expect_order, letters

KNOWN = frozenset("abcd")
NEEDS = {"image": (), "cluster": (), "plan": ("image",), "task": ("plan", "cluster")}


@pytest.mark.parametrize(
    "answer",
    [
        *(["a", "b"], ("b", "a"), {"a", "b"}, {"b": 1, "a": 2}.keys(), ["a ", "B.", "a"]),
        *("ab", "a, b", "A B", "b; a.", "a and b"),
    ],
)
def test_letters_are_read_in_any_form(answer: object) -> None:
    assert letters(answer, KNOWN, "mine") == {"a", "b"}


@pytest.mark.parametrize(
    ("answer", "found"),
    [(["a", "x"], "x"), (..., "..."), (3, "a value of type int"), ("scheduler", "scheduler")],
)
def test_what_is_no_letter_of_the_table_is_named(answer: object, found: str) -> None:
    with pytest.raises(NotYet) as outcome:
        letters(answer, KNOWN, "mine")

    assert outcome.value.found == found
    assert outcome.value.look_at == "the variable mine"


def test_right_letters_pass() -> None:
    expect_letters(frozenset("ab"), frozenset("ab"), {}, "mine")


def test_first_letter_too_much_is_named_with_its_reason() -> None:
    with pytest.raises(NotYet, match="mine without c: it is not"):
        expect_letters(
            frozenset("acd"), frozenset("ab"), {"c": "it is not", "d": "nor this"}, "mine"
        )


@pytest.mark.parametrize(("found", "words"), [("a", "1, all of them right: a"), ("", "none")])
def test_missing_letters_are_counted_and_not_given_away(found: str, words: str) -> None:
    with pytest.raises(NotYet, match="expected: 2 letters in mine") as outcome:
        expect_letters(frozenset(found), frozenset("ab"), {}, "mine")

    assert outcome.value.found == words


def test_an_order_passes_exactly_when_each_piece_comes_after_its_needs() -> None:
    for order in itertools.permutations(NEEDS):
        right = all(
            order.index(need) < order.index(piece) for piece in order for need in NEEDS[piece]
        )
        if right:
            expect_order([piece.title() for piece in order], NEEDS, "order")
        else:
            with pytest.raises(NotYet, match="which needs it"):
                expect_order(order, NEEDS, "order")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("image", "a value of type str"),
        (["image", "cluster", "plan"], "without task"),
        (["image", "cluster", "plan", "shop"], "shop, which is none of them"),
        (["image", "cluster", "plan", "task", "task"], "a piece that stands twice"),
    ],
)
def test_an_order_of_other_pieces_is_refused(answer: object, found: str) -> None:
    with pytest.raises(NotYet) as outcome:
        expect_order(answer, NEEDS, "order")

    assert outcome.value.found == found
