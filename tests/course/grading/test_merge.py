"""Only answers count: whatever else a submission contains, the judged notebook is the reference."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab.course.grading.merge import merge, notes_of

SOLVED = {"answer-first": "first = 5", "answer-second": "second = 1"}


def merged(handed: Any, notebook: Any) -> Any:
    return merge(handed.reference, notebook, handed.starter)


def sources(notebook: Any) -> Any:
    return {cell["id"]: cell["source"] for cell in notebook["cells"]}


def fixed(notebook: Any) -> Any:
    """Everything that a submission must not change: sources and outputs of the course's cells."""
    return [
        (cell["id"], cell["source"], cell["outputs"], cell["execution_count"])
        for cell in notebook["cells"]
        if notes_of(cell)["role"] in {"given", "check"}
    ]


def cell_named(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


@pytest.fixture
def work(handed: Any) -> Any:
    """A lab in which the first two steps are answered."""
    notebook = copy.deepcopy(handed.starter)
    for name, source in SOLVED.items():
        cell_named(notebook, name)["source"] = source
    return notebook


def test_answers_come_from_the_submission_and_the_rest_from_the_reference(
    handed: Any, work: Any
) -> None:
    result = merged(handed, work)

    assert sources(result)["answer-first"] == "first = 5"
    assert sources(result)["answer-third"] == "# your code here"
    assert "only-solution" not in sources(result)
    assert cell_named(result, "check-first")["outputs"][0]["text"][0].startswith("✔ first: passed")
    assert cell_named(result, "check-first")["execution_count"] is not None
    assert [notes_of(cell)["check"] for cell in result["cells"]][:3] == ["first"] * 3


def test_the_learner_is_known_to_have_changed_what_differs_from_the_stub(
    handed: Any, work: Any
) -> None:
    notes = {cell["id"]: notes_of(cell) for cell in merged(handed, work)["cells"]}

    assert notes["answer-first"]["changed"]
    assert not notes["answer-third"]["changed"]


def test_edited_checks_forged_outputs_and_another_kernel_change_nothing(
    handed: Any, work: Any
) -> None:
    honest = merged(handed, work)
    cell_named(work, "check-third")["source"] = 'print("✔ third: passed (1 of 1 points)")'
    cell_named(work, "setup")["source"] = "lab = None"
    for cell in work["cells"]:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "✔ passed"}]
        cell["execution_count"] = 99
        cell["metadata"]["tags"] = [*cell["metadata"]["tags"], "nbval-skip"]
    work["metadata"]["kernelspec"]["name"] = "another"

    assert merged(handed, work) == honest


def test_a_deleted_check_is_put_back(handed: Any, work: Any) -> None:
    honest = merged(handed, work)
    work["cells"].remove(cell_named(work, "check-second"))

    assert merged(handed, work) == honest


def test_a_deleted_answer_is_the_stub_again(handed: Any, work: Any) -> None:
    work["cells"].remove(cell_named(work, "answer-second"))

    assert sources(merged(handed, work))["answer-second"] == "second = ..."


def test_new_ids_change_nothing(handed: Any, work: Any) -> None:
    """Some editors give every cell a new id when they save."""
    honest = merged(handed, work)
    for number, cell in enumerate(work["cells"]):
        cell["id"] = f"new-{number}"

    assert merged(handed, work) == honest


def test_missing_ids_and_lost_tags_change_nothing(handed: Any, work: Any) -> None:
    """Notebook format 4.0 to 4.4 has no ids."""
    honest = merged(handed, work)
    for cell in work["cells"]:
        del cell["id"]
        cell["metadata"] = {}

    assert merged(handed, work) == honest


def test_ids_that_metadata_keeps_are_used_when_cells_have_new_ones(handed: Any, work: Any) -> None:
    honest = merged(handed, work)
    for number, cell in enumerate(work["cells"]):
        cell["metadata"]["ecslab"] = {"id": cell["id"]}
        cell["id"] = f"new-{number}"
    answers = [cell for cell in work["cells"] if "answer" in cell["metadata"]["tags"]]
    places = [work["cells"].index(cell) for cell in answers]
    for place, cell in zip(places, reversed(answers), strict=True):
        work["cells"][place] = cell

    assert merged(handed, work) == honest


def test_with_new_ids_a_deleted_answer_does_not_shift_the_others(handed: Any, work: Any) -> None:
    work["cells"].remove(cell_named(work, "answer-first"))
    for number, cell in enumerate(work["cells"]):
        cell["id"] = f"new-{number}"

    result = sources(merged(handed, work))

    assert result["answer-first"] == "first = ..."
    assert result["answer-second"] == "second = 1"


def test_copies_of_cells_run_once(handed: Any, work: Any) -> None:
    honest = merged(handed, work)
    work["cells"] += copy.deepcopy(work["cells"])

    assert merged(handed, work) == honest


@pytest.mark.parametrize("kept", ["answer", "check", "neither"])
def test_an_answer_that_was_merged_with_its_check_counts(handed: Any, work: Any, kept: str) -> None:
    """JupyterLab keeps the id of the first cell, other programs keep another or none."""
    honest = merged(handed, work)
    for name in ("first", "second", "third"):
        answer, check = cell_named(work, f"answer-{name}"), cell_named(work, f"check-{name}")
        both = f"{answer['source']}\n\n{check['source']}  # and see\n"
        work["cells"].remove(answer)
        if kept == "answer":
            check |= {"id": answer["id"], "metadata": answer["metadata"]}
        check["source"] = both
    if kept == "neither":
        for cell in work["cells"]:
            del cell["id"]
            cell["metadata"] = {}

    result = merged(handed, work)

    assert {name: text.strip() for name, text in sources(result).items()} == {
        name: text.strip() for name, text in sources(honest).items()
    }
    assert fixed(result) == fixed(honest)


def test_a_copy_of_a_stub_does_not_undo_the_answer(handed: Any, work: Any) -> None:
    honest = merged(handed, work)
    place = work["cells"].index(cell_named(work, "answer-first")) + 1
    work["cells"].insert(place, {**cell_named(handed.starter, "answer-first"), "id": "copied"})

    assert merged(handed, work) == honest


@pytest.fixture
def two_cells(handed: Any, work: Any) -> Any:
    """The lab with a second answer cell in its second step, which is all in the first one."""
    more = "total = ...\nsecond = ...\nprint(total)"
    for notebook in (handed.reference, handed.starter, work):
        place = notebook["cells"].index(cell_named(notebook, "check-second"))
        second = {**cell_named(notebook, "answer-second"), "id": "more-second", "source": more}
        notebook["cells"].insert(place, second)
    cell_named(work, "answer-second")["source"] = "second = 6"
    return work


def test_a_step_in_one_cell_is_not_undone_by_the_stub_of_a_deleted_one(
    handed: Any, two_cells: Any
) -> None:
    two_cells["cells"].remove(cell_named(two_cells, "more-second"))

    result = merged(handed, two_cells)

    assert sources(result)["more-second"] == "total = ...\nprint(total)"
    assert not notes_of(cell_named(result, "more-second"))["changed"]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_that_is_no_code_does_not_run_and_says_why(
    handed: Any, work: Any, kind: str
) -> None:
    cell_named(work, "answer-first")["cell_type"] = kind

    result = cell_named(merged(handed, work), "answer-first")

    assert result["source"] == "first = ..."
    assert f"is a {kind} cell" in notes_of(result)["note"]
    assert "change its type to Code" in notes_of(result)["note"]


def test_own_cells_stay_behind_the_cell_they_follow(handed: Any, work: Any) -> None:
    place = work["cells"].index(cell_named(work, "answer-first")) + 1
    own = {"cell_type": "code", "id": "mine", "metadata": {}, "source": "first += 0", "outputs": []}
    work["cells"].insert(place, own)
    work["cells"].insert(0, {"cell_type": "code", "source": ["import os\n", "import re"]})
    work["cells"].insert(0, {"cell_type": "markdown", "source": "my notes"})

    cells = merged(handed, work)["cells"]
    order = [cell["source"] for cell in cells]

    assert order[0] == "import os\nimport re"
    assert order[order.index("first = 5") + 1] == "first += 0"
    assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.mark.parametrize("marker", ["NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT", "NBVAL_RAISES_EXCEPTION"])
def test_comments_for_nbval_lose_their_meaning(handed: Any, work: Any, marker: str) -> None:
    cell_named(work, "answer-first")["source"] = f"  ##  {marker}  \nfirst = 5"

    lines = sources(merged(handed, work))["answer-first"].splitlines()

    assert lines[0].strip().lstrip("#").strip() != marker
    assert lines[1] == "first = 5"


def test_text_that_cannot_be_encoded_is_replaced(handed: Any, work: Any) -> None:
    cell_named(work, "answer-first")["source"] = "first = '\ud800'"

    assert sources(merged(handed, work))["answer-first"] == "first = '?'"


def test_merging_twice_changes_nothing(handed: Any, work: Any) -> None:
    once = merged(handed, work)

    assert merged(handed, once) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["setup", "answer-first", "check-first", "answer-third", "x"])
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.just("code") | JSON,
        "id": NAMES | JSON,
        "metadata": st.fixed_dictionaries({"tags": st.just(["answer"]) | JSON}) | JSON,
        "source": st.sampled_from(['lab.check("first")', "first = 1"]) | JSON,
        "outputs": JSON,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cells=st.lists(CELL, max_size=12))
def test_no_submission_changes_a_given_cell_a_check_or_an_output(handed: Any, cells: Any) -> None:
    result = merged(handed, {"cells": cells})

    assert fixed(result) == fixed(merged(handed, handed.starter))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(seed=st.integers(0, 2**16), lost=st.sets(st.integers(0, 6)))
def test_the_order_of_cells_and_lost_checks_do_not_matter(
    handed: Any, seed: int, lost: Any
) -> None:
    notebook = handed.solved()
    honest = sources(merged(handed, notebook))
    cells = [
        cell
        for place, cell in enumerate(notebook["cells"])
        if place not in lost or "answer" in cell["metadata"]["tags"]
    ]
    random.Random(seed).shuffle(cells)

    assert sources(merged(handed, {"cells": cells})) == honest
