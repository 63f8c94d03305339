"""What a notebook shows of an error."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from ecslab.cloud import Cloud
from ecslab.course.tracebacks import shorten

CALL = """
import boto3

def delete(name):
    boto3.client("ecs").delete_cluster(cluster=name)

delete("missing")
"""


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    made = InteractiveShell(config=config)
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()


def shown(shell: InteractiveShell, code: str) -> str:
    with Cloud(), capture_output(display=False) as captured:
        result = shell.run_cell(code)
    assert result.error_in_exec is not None
    return str(captured.stdout + captured.stderr)


def test_own_lines_and_the_words_of_aws_are_shown(shell: InteractiveShell) -> None:
    shorten(shell)

    text = shown(shell, CALL)

    assert 'delete("missing")' in text
    assert "delete_cluster(" in text
    assert "Cluster not found." in text
    assert "botocore/client.py" not in text


def test_other_errors_are_shown_in_full(shell: InteractiveShell) -> None:
    shorten(shell)

    assert "json/decoder.py" in shown(shell, "import json\njson.loads('{')")


def test_a_check_before_its_answer_is_not_attempted(shell: InteractiveShell) -> None:
    shorten(shell)
    shell.run_cell("class Lab:\n    def check(self, *answer): ...\nlab = Lab()")

    text = shown(shell, 'lab.check("symptom", symptom)')

    assert text.strip() == (
        "CourseError: symptom: not attempted. Run the cell above the check first: it makes symptom."
    )
    assert "NameError" in shown(shell, "print(symptom)")

    shell.run_cell("del lab")
    assert "the check needs lab; run the notebook's first cell" in shown(
        shell, 'lab.check("symptom", 1)'
    )


def test_a_second_call_after_the_error_works(shell: InteractiveShell) -> None:
    shorten(shell)
    shown(shell, CALL)

    assert shell.run_cell("1 + 1").result == 2


def test_outside_of_a_notebook_nothing_happens() -> None:
    shorten()
