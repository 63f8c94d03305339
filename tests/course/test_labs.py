"""What every lab must keep: untouched, solved, wrong, repeated, in any order.

The same tests run over a tiny course (``fake``), which proves the course machinery by itself.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from trials import ORDERS, Lab, Trials, first_words, trials

from ecslab.course import catalogue, notebook

HERE = Path(__file__).parent
WRONG_FILES = {"fake": HERE / "fake" / "wrong" / "00-shelf.toml"} | {
    entry.name: HERE / "wrong" / f"{entry.name}.toml" for entry in catalogue.load().ready
}
LABS = list(WRONG_FILES)
SHORTEST_TELLING_LINE = 12


@cache
def catalogued(name: str) -> Any:
    path = WRONG_FILES[name]
    return tomllib.loads(path.read_text(encoding="utf-8"))["wrong"] if path.exists() else []


WRONG = [
    pytest.param(name, number, id=f"{name}: {wrong['check']}: {wrong['name']}")
    for name in LABS
    for number, wrong in enumerate(catalogued(name))
]
_tried: dict[str, Trials] = {}


def notebooks_exist(lab: Lab) -> None:
    """Say clearly that a lab is missing, rather than pass over it."""
    assert lab.setting.files().lab(lab.name).is_file(), f"labs/{lab.name}.ipynb is missing"
    assert lab.setting.files().solution(lab.name).is_file(), f"solutions/{lab.name} is missing"


@pytest.fixture(params=LABS)
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def lab(name: str, lab_named: Callable[[str], Lab]) -> Lab:
    found = lab_named(name)
    notebooks_exist(found)
    return found


@pytest.fixture
def tried(name: str, lab: Lab) -> Trials:
    if name not in _tried:
        _tried[name] = trials(lab, catalogued(name))
    return _tried[name]


def test_untouched_lab_is_not_attempted(lab: Lab, tried: Trials) -> None:
    told = tried.untouched

    assert told.errors == {}
    blocks = [told.printed[step.check.id] for step in notebook.steps(lab.starter)]
    assert [first_words(block) for block in blocks] == [[("○", id_)] for id_ in lab.module.checks]
    assert told.points == dict.fromkeys(lab.module.checks, 0)


def test_solution_passes_every_check_and_leaves_nothing(lab: Lab, tried: Trials) -> None:
    told = tried.solved

    assert told.errors == {}
    assert told.passed == dict.fromkeys(lab.module.checks, True)
    assert sum(told.points.values()) == lab.module.points
    assert sum("Nothing left" in printed for printed in told.printed.values()) == 1


def test_doing_nothing_passes_no_step_on_the_account_that_the_solution_leaves_before_it(
    tried: Trials,
) -> None:
    """Grading judges a step there once more, when an earlier step has failed."""
    assert tried.passed_by_nothing == []


def test_solution_prints_the_same_each_time(tried: Trials) -> None:
    assert tried.solved.printed == tried.solved_again


def test_check_twice_says_the_same(tried: Trials) -> None:
    assert {id_: again for id_, (_, again) in tried.twice.items()} == {
        id_: once for id_, (once, _) in tried.twice.items()
    }


def test_checks_in_any_order_say_the_same(tried: Trials) -> None:
    assert tried.in_other_orders == [tried.in_order] * ORDERS


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_wrong_answer_gets_its_message(name: str, number: int, lab: Lab, tried: Trials) -> None:
    wrong = catalogued(name)[number]
    step = next(step for step in lab.steps if step.check_id == wrong["check"])
    told = tried.wrong[number]

    assert set(told.errors) <= {cell.id for cell in step.answers}
    assert first_words(told.printed) == [("✘", step.check_id)]
    assert wrong["message"] in told.printed
    assert told.again == told.printed


def test_each_check_has_two_catalogued_wrong_answers(name: str, lab: Lab) -> None:
    count = Counter(wrong["check"] for wrong in catalogued(name))

    assert set(count) == set(lab.module.checks)
    assert [check for check, number in count.items() if number < 2] == []
    names = [(wrong["check"], wrong["name"]) for wrong in catalogued(name)]
    assert len(names) == len(set(names))


def test_hints_do_not_give_the_solution_away(lab: Lab) -> None:
    for step in lab.steps:
        lines = {
            line.strip()
            for cell in step.answers
            for line in notebook.without_markers(cell.source).splitlines()
            if len(line.strip()) >= SHORTEST_TELLING_LINE
        }
        told = [
            line
            for hint in lab.module.checks[step.check_id].hints
            for line in lines
            if line in hint
        ]
        assert told == []


def test_registry_catalogue_and_notebooks_agree(lab: Lab) -> None:
    entry = lab.setting.catalogue.find(lab.name)
    declared = list(lab.module.checks)

    assert lab.module.name == entry.name
    assert lab.module.points == entry.points, (
        f"course.toml says {entry.points} points, the checks sum to {lab.module.points}"
    )
    for cells in (lab.starter, lab.solution):
        steps = notebook.steps(cells)
        assert [step.check_id for step in steps] == declared
        assert [step.check.id for step in steps] == [f"check-{id_}" for id_ in declared]
        assert [step.check_id for step in steps if not step.answers] == []
        assert all(f'lab.check("{step.check_id}"' in step.check.source for step in steps)


def test_starter_differs_from_solution_only_in_answers(lab: Lab) -> None:
    starter = {cell.id: cell for cell in lab.starter}
    for cell in lab.solution:
        if "answer" in cell.tags:
            assert "SOLUTION" not in starter[cell.id].source
            assert starter[cell.id].source != cell.source
        elif "solution" not in cell.tags:
            assert starter[cell.id] == cell


def test_lab_states_its_points_at_the_start(lab: Lab, tried: Trials) -> None:
    head = next(printed for printed in tried.untouched.printed.values() if printed)
    assert f"{len(lab.module.checks)} check" in head
    assert f"{lab.module.points} points" in head
