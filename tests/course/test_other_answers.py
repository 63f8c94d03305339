"""Right answers that are not the solution's."""

from __future__ import annotations

from collections.abc import Callable

from trials import Lab, Run, apart, first_words


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
