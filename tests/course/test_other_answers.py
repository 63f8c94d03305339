"""Right answers that are not the solution's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from trials import Lab, Run, apart, first_words

from ecslab.course import catalogue

RIGHT = Path(__file__).parent / "right"
LABS = [entry.name for entry in catalogue.load().ready]


@pytest.mark.parametrize("name", LABS)
def test_a_solution_by_somebody_else_passes_every_check(
    name: str, lab_named: Callable[[str], Lab]
) -> None:
    """Other names, calls, forms of values, helper functions, and texts spelled otherwise."""
    lab = lab_named(name)
    right = tomllib.loads((RIGHT / f"{name}.toml").read_text(encoding="utf-8"))
    first = lab.steps[0].answers[0]

    def solve() -> tuple[dict[str, str], list[str]]:
        run = Run(lab.setting)
        for cell in lab.solution:
            if cell == first:
                run.cell(cell, right["top"])
            if cell.kind == "code" and "solution" not in cell.tags:
                run.cell(cell, right["answers"].get(cell.id))
        return run.errors, [run.printed[step.check.id] for step in lab.steps]

    errors, blocks = apart(solve)

    assert set(right["answers"]) == {cell.id for step in lab.steps for cell in step.answers}
    assert errors == {}
    assert [block for block in blocks if not block.startswith("✔")] == []


def test_an_instance_may_be_ended_once_it_is_drained(lab_named: Callable[[str], Lab]) -> None:
    """Lab 09: whoever patches a fleet ends the empty instance; it leaves the cluster's list."""
    lab = lab_named("09-ec2-capacity")
    step = next(each for each in lab.steps if each.check_id == "drained")
    cells = lab.solution
    ended = (
        "\nboto3.client('ec2').terminate_instances(InstanceIds=[busy['ec2InstanceId']])"
        "\ntime.sleep(60)"
    )

    def check() -> str:
        run = Run(lab.setting).cells(cells[: cells.index(step.answers[0])])
        run.cell(step.answers[0], step.answers[0].source + ended)
        assert run.errors == {}
        return run.cell(step.check)

    assert first_words(apart(check)) == [("✔", "drained")]
