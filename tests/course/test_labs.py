"""What every lab must keep: untouched, solved, wrong, repeated, in any order.

The same tests run over a tiny course (``fake``), which proves the course machinery by itself.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecslab.course import catalogue, notebook

HERE = Path(__file__).parent
WRONG_FILES = {"fake": HERE / "fake" / "wrong" / "00-shelf.toml"} | {
    entry.name: HERE / "wrong" / f"{entry.name}.toml" for entry in catalogue.load().ready
}
LABS = list(WRONG_FILES)
SHORTEST_TELLING_LINE = 12


def catalogued(name: str) -> Any:
    path = WRONG_FILES[name]
    return tomllib.loads(path.read_text(encoding="utf-8"))["wrong"] if path.exists() else []


WRONG = [
    pytest.param(name, wrong, id=f"{name}: {wrong['check']}: {wrong['name']}")
    for name in LABS
    for wrong in catalogued(name)
]


def first_words(printed: str) -> Any:
    """The verdicts of check blocks: sign and id of each."""
    return re.findall(r"^([✔○✘]) ([a-z0-9-]+):", printed, re.MULTILINE)


def notebooks_exist(lab: Any) -> None:
    """Say clearly that a lab is missing, rather than pass over it."""
    assert lab.setting.files().lab(lab.name).is_file(), f"labs/{lab.name}.ipynb is missing"
    assert lab.setting.files().solution(lab.name).is_file(), f"solutions/{lab.name} is missing"


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest, lab_named: Callable[[str], Any]) -> Any:
    found = lab_named(request.param)
    notebooks_exist(found)
    return found


def test_untouched_lab_is_not_attempted(lab: Any) -> None:
    run = lab.run(lab.starter)

    assert run.errors == {}
    blocks = [run.printed[step.check.id] for step in notebook.steps(lab.starter)]
    assert [first_words(block) for block in blocks] == [[("○", id_)] for id_ in lab.module.checks]
    assert {id_: result.points for id_, result in run.lab.results.items()} == dict.fromkeys(
        lab.module.checks, 0
    )


def test_solution_passes_every_check_and_leaves_nothing(lab: Any) -> None:
    run = lab.run(lab.solution)

    assert run.errors == {}
    results = run.lab.results
    assert [id_ for id_, result in results.items() if not result.passed] == []
    assert sum(result.points for result in results.values()) == lab.module.points
    assert sum("Nothing left" in printed for printed in run.printed.values()) == 1


def test_doing_nothing_passes_no_step_on_the_account_that_the_solution_leaves_before_it(
    lab: Any,
) -> None:
    """Grading judges a step there once more, when an earlier step has failed."""
    starter = {cell.id: cell for cell in lab.starter}
    run = lab.run([])
    passed = []
    done = 0
    for step in lab.steps:
        first = lab.solution.index(step.answers[0])
        run.cells(lab.solution[done:first])
        for cell in step.answers:
            run.cell(starter[cell.id])
        if first_words(run.cell(step.check)) == [("✔", step.check_id)]:
            passed.append(step.check_id)
        run.errors.clear()
        done = first

    assert passed == []


def test_solution_prints_the_same_each_time(lab: Any) -> None:
    assert lab.run(lab.solution).printed == lab.run(lab.solution).printed


def test_check_twice_says_the_same(lab: Any) -> None:
    run = lab.finished()

    for step in lab.steps:
        assert run.cell(step.check) == run.cell(step.check)


def test_checks_in_any_order_say_the_same(lab: Any) -> None:
    run = lab.finished()
    expected = {step.check_id: first_words(run.cell(step.check)) for step in lab.steps}

    for seed in range(3):
        steps = lab.steps
        random.Random(seed).shuffle(steps)
        assert {step.check_id: first_words(run.cell(step.check)) for step in steps} == expected


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_wrong_answer_gets_its_message(
    name: str, wrong: dict[str, str], lab_named: Callable[[str], Any]
) -> None:
    lab = lab_named(name)
    cells = lab.solution
    step = next(step for step in lab.steps if step.check_id == wrong["check"])
    replaced = {cell.id: "" for cell in step.answers} | {step.answers[0].id: wrong["answer"]}
    before = [cell for cell in cells[: cells.index(step.check)] if cell.kind == "code"]

    run = lab.run([])
    for cell in before:
        run.cell(cell, replaced.get(cell.id))
    printed = run.cell(step.check)

    assert {id_ for id_ in run.errors if id_ not in replaced} == set()
    assert first_words(printed) == [("✘", step.check_id)]
    assert wrong["message"] in printed
    assert run.cell(step.check) == printed


def test_each_check_has_two_catalogued_wrong_answers(
    lab: Any, request: pytest.FixtureRequest
) -> None:
    name = "fake" if lab.name == "00-shelf" else lab.name
    count = Counter(wrong["check"] for wrong in catalogued(name))

    assert set(count) == set(lab.module.checks)
    assert [check for check, number in count.items() if number < 2] == []
    names = [(wrong["check"], wrong["name"]) for wrong in catalogued(name)]
    assert len(names) == len(set(names))


def test_hints_do_not_give_the_solution_away(lab: Any) -> None:
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


def test_registry_catalogue_and_notebooks_agree(lab: Any) -> None:
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


def test_starter_differs_from_solution_only_in_answers(lab: Any) -> None:
    starter = {cell.id: cell for cell in lab.starter}
    for cell in lab.solution:
        if "answer" in cell.tags:
            assert "SOLUTION" not in starter[cell.id].source
            assert starter[cell.id].source != cell.source
        elif "solution" not in cell.tags:
            assert starter[cell.id] == cell


def test_lab_states_its_points_at_the_start(lab: Any) -> None:
    run = lab.run(lab.starter)

    head = next(printed for printed in run.printed.values() if printed)
    assert f"{len(lab.module.checks)} check" in head
    assert f"{lab.module.points} points" in head
