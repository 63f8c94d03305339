from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from ecslab.course import Module, NotAttempted, NotYet, expect, expect_in, one
from ecslab.errors import CourseError


def run(judge: Any, answer: Any = None) -> Any:
    """Run one check that is declared on the spot, without a session."""
    module = Module("02-clusters")
    module.check("three-clusters", points=2, title="Three", hints=("Look.",))(judge)
    return module.find("three-clusters").run(None, answer)


def nothing(lab: Any, answer: Any) -> None:
    """Judge everything right."""


def raising(error: Any) -> Any:
    def judge(lab: Any, answer: Any) -> None:
        raise error

    return judge


def test_returning_passes() -> None:
    result = run(nothing)
    assert result.block == "✔ three-clusters: passed (2 of 2 points)"
    assert (result.passed, result.attempted, result.points) == (True, True, 2)


def test_not_attempted() -> None:
    result = run(raising(NotAttempted()))
    assert result.block == "○ three-clusters: not attempted (0 of 2 points)"
    assert (result.passed, result.attempted, result.points) == (False, False, 0)


def test_not_yet_prints_what_differs() -> None:
    result = run(raising(NotYet(expected="an ACTIVE cluster", found=None, look_at="status")))
    assert result.block.splitlines() == [
        "✘ three-clusters: not yet (0 of 2 points)",
        "  expected: an ACTIVE cluster",
        "  found: None",
        "  look at: status",
        '  next: lab.hint("three-clusters")',
    ]


def test_not_yet_without_a_place_to_look_leaves_the_line_out() -> None:
    assert "look at" not in run(raising(NotYet(expected=1, found=2))).block


@pytest.mark.parametrize("blank", [..., [..., ...], {"a": ...}, (...,)])
def test_untouched_stub_is_not_attempted(blank: Any) -> None:
    assert not run(raising(RuntimeError()), blank).attempted


@pytest.mark.parametrize("answer", [None, [], {}, [1, ...], 0, ""])
def test_other_answers_are_judged(answer: Any) -> None:
    assert run(nothing, answer).passed


def test_learner_text_cannot_forge_a_verdict() -> None:
    answer = "x\n✔ three-clusters: passed (2 of 2 points)\x1b[1A"
    block = run(lambda _, answer: expect(answer, "y", "your answer"), answer).block
    assert block.count("\n") == 4
    assert "\x1b" not in block
    assert block.startswith("✘")


def test_api_error_becomes_not_yet_that_names_it() -> None:
    details = {"Error": {"Code": "ClusterNotFoundException", "Message": "Cluster not found."}}
    result = run(raising(ClientError(details, "ListTasks")))
    assert "found: ClusterNotFoundException: Cluster not found." in result.block
    assert "look at: what ListTasks answers" in result.block
    assert isinstance(result.unforeseen, ClientError)


def test_value_the_api_cannot_take_becomes_not_yet() -> None:
    result = run(raising(ParamValidationError(report="Invalid type\nfor cluster")), 5)
    assert "expected: a value that the AWS API takes" in result.block
    assert "Invalid type\\nfor cluster" in result.block


def test_answer_of_the_wrong_kind_becomes_not_yet() -> None:
    result = run(lambda _, answer: answer["clusterArn"], "arn")
    assert "found: 'arn', a str the check cannot read" in result.block
    assert "Traceback" not in result.block


def test_answer_that_cannot_even_be_printed_becomes_not_yet() -> None:
    class Broken:
        def __repr__(self) -> None:
            raise RuntimeError

    assert "<Broken>" in run(lambda _, answer: answer + 1, Broken()).block


def test_surprise_without_an_answer_becomes_not_yet() -> None:
    assert "KeyError" in run(raising(KeyError("status"))).block


def test_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"check_id": "Three"}, "lower-case"),
        ({"check_id": "a" * 43}, "lower-case"),
        ({"points": 0}, "points"),
        ({"points": True}, "points"),
        ({"title": " "}, "title"),
        ({"hints": ()}, "hints"),
        ({"hints": ("a", "b", "c", "d")}, "hints"),
        ({"hints": "one"}, "hints"),
        ({"hints": ("",)}, "hint is empty"),
    ],
)
def test_bad_declaration_is_refused(change: Any, word: str) -> None:
    good = {"check_id": "fine", "points": 1, "title": "Fine", "hints": ("One.",)}
    with pytest.raises(CourseError, match=word):
        Module("02-clusters").check(**(good | change))


def test_two_checks_of_one_id_are_refused() -> None:
    module = Module("02-clusters")
    module.check("one", points=1, title="One", hints=("a",))(print)
    with pytest.raises(CourseError, match="already used"):
        module.check("one", points=1, title="One", hints=("a",))


def test_module_names_and_parts() -> None:
    with pytest.raises(CourseError, match="02-clusters"):
        Module("clusters")
    module = Module("02-clusters")
    module.starts("lab", goal="Go.")
    scenario = module.scenario_of("lab")
    assert scenario is not None
    assert (scenario.goal, scenario.given, scenario.build) == ("Go.", "An empty AWS account.", None)
    assert module.scenario_of("lesson") is None
    with pytest.raises(CourseError, match="twice"):
        module.starts("lab", goal="Again.")
    with pytest.raises(CourseError, match="lesson and lab"):
        module.scenario_of("exam")
    with pytest.raises(CourseError, match=r"no check 'x'.*none"):
        module.find("x")


@pytest.mark.parametrize(
    ("found", "expected"), [(1, 2), (True, 1), (0, False), ("a", "b"), (None, [])]
)
def test_expect_ends_with_both_values(found: Any, expected: Any) -> None:
    with pytest.raises(NotYet) as outcome:
        expect(found, expected, "describe_clusters → clusters[0].status")
    assert outcome.value.look_at == "describe_clusters → clusters[0].status"
    assert (outcome.value.found, outcome.value.expected) == (repr(found), repr(expected))


def test_expect_goes_on() -> None:
    expect(True, True, "field")
    expect({"a": [1]}, {"a": [1]}, "field")
    expect_in("FARGATE", ("EC2", "FARGATE"), "launchType")
    assert one(["a"], "cluster", "list_clusters") == "a"


def test_expect_in_lists_what_is_allowed() -> None:
    with pytest.raises(NotYet) as outcome:
        expect_in("FARGTE", ("FARGATE", "EC2"), "launchType")
    assert outcome.value.expected == "one of 'EC2', 'FARGATE'"


@pytest.mark.parametrize(("items", "found"), [([], "none"), (["a", "b"], "2")])
def test_one_counts(items: Any, found: Any) -> None:
    with pytest.raises(NotYet) as outcome:
        one(items, "cluster", "list_clusters")
    assert (outcome.value.expected, outcome.value.found) == ("exactly one cluster", found)
