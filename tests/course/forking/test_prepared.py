"""Processes that are forked from a prepared parent begin where its code ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecslab.course.forking.parent import Parent, fork_at, listens
from ecslab.course.forking.prepared import prepared_parent
from ecslab.course.forking.wire import Order

PROGRAM = """\
from ecslab.course.forking import kernels

def run(code):
    exec(code, kernels.scope)
"""

STEPS = [["import os\nnumbers = [1]"], ["numbers.append(2)", "drawn = os.urandom(8).hex()"]]
SHOW = "print(numbers, drawn, __name__)"


@pytest.fixture(scope="module")
def parent(parent_with: Callable[[str, str], Parent]) -> Parent:
    return parent_with("running", PROGRAM)


@pytest.fixture
def shown(tmp_path: Path) -> Any:
    """Run code in a process that is forked at an address; gives what it prints."""

    def run(address: str | None, code: str) -> str:
        assert address is not None
        with (tmp_path / "out").open("w") as out:
            variables = {"TMPDIR": str(tmp_path)}
            order = Order("running:run", code, variables, str(tmp_path))
            process = fork_at(address, order, out, out)
        assert process.wait(30) == 0, (tmp_path / "out").read_text()
        return (tmp_path / "out").read_text()

    return run


def test_code_has_run_once_for_all_of_its_processes(parent: Parent, shown: Any) -> None:
    address = prepared_parent(parent.address, STEPS, {})

    first = shown(address, f"numbers.append(3)\n{SHOW}")
    second = shown(prepared_parent(parent.address, STEPS, {}), SHOW)

    assert first.startswith("[1, 2, 3] ")
    assert first.split()[3:] == second.split()[2:], "it was drawn once"
    assert second.startswith("[1, 2] ")
    assert second.endswith(" __main__\n")


def test_a_later_step_goes_on_from_the_earlier_one(parent: Parent, shown: Any) -> None:
    earlier = prepared_parent(parent.address, STEPS, {})
    later = prepared_parent(parent.address, [*STEPS, ["numbers.append(3)"]], {})

    assert shown(later, SHOW).split()[3:] == shown(earlier, SHOW).split()[2:]
    assert shown(later, "print(numbers)") == "[1, 2, 3]\n"


def test_another_environment_has_another_parent(parent: Parent, shown: Any) -> None:
    steps = [["import os\nmine = os.environ.get('MINE')"]]

    found = [prepared_parent(parent.address, steps, {"MINE": each}) for each in ("1", "2")]

    assert [shown(address, "print(mine)") for address in found] == ["1\n", "2\n"]


def test_what_runs_later_is_not_bound_to_the_conditions_before(
    parent: Parent, shown: Any, tmp_path: Path
) -> None:
    code = "import tempfile\nbefore = tempfile.gettempdir()\ndef kind(x: int): pass"
    address = prepared_parent(parent.address, [[code]], {})

    assert shown(address, "print(tempfile.gettempdir())") == f"{tmp_path}\n"
    assert shown(address, "print(kind.__annotations__)") == "{'x': <class 'int'>}\n"


@pytest.mark.parametrize(
    "code",
    [
        "1 / 0",
        "no python (",
        "raise SystemExit",
        "open('a file', 'w')",
        "import threading\nthreading.Thread(target=threading.Event().wait).start()",
        "await something()",
        "import os\nos._exit(0)",
    ],
)
def test_code_that_cannot_be_run_ahead_has_no_parent(parent: Parent, code: str) -> None:
    assert prepared_parent(parent.address, [["fine = 1"], [code]], {}) is None


def test_nobody_to_ask_is_no_parent(tmp_path: Path) -> None:
    assert prepared_parent(str(tmp_path / "nobody"), STEPS, {}) is None


def test_it_ends_with_the_parent_it_came_from(shown: Any) -> None:
    with Parent() as parent:
        address = prepared_parent(parent.address, STEPS, {})
        assert address is not None
        assert listens(Path(address))
    assert not listens(Path(address))
