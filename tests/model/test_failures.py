"""Texts with blanks: filled, and read back."""

from __future__ import annotations

from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model import failures, host_failures
from ecslab.model.failures import Failure

FAILURES = {
    f"{module.__name__.rpartition('.')[2]}-{name}": value
    for module in (failures, host_failures)
    for name, value in vars(module).items()
    if isinstance(value, Failure)
}
VALUE = st.text("abcdefghij0123456789-/_", min_size=1, max_size=20)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@settings(max_examples=5)
@given(data=st.data())
def test_what_was_filled_in_is_found_again(failure: Failure, data: st.DataObject) -> None:
    names = {name for _, name, _, _ in Formatter().parse(failure.message) if name}
    values = {name: data.draw(VALUE, label=name) for name in sorted(names)}
    assert failure.find(failure(**values)) == values
    assert failure.find(f"{failure(**values)} And more") in (None, *_longer(failure, values))


def _longer(failure: Failure, values: dict[str, str]) -> list[dict[str, str]]:
    """Return what a text can also be read as: a blank at the end takes whatever follows."""
    return [{**values, name: f"{value} And more"} for name, value in values.items()]


def test_another_text_is_not_found() -> None:
    assert failures.SECRET_MISSING.find("Task stopped by user") is None
    assert failures.STOPPED_BY_USER.find("Task stopped by user") == {}


@pytest.mark.parametrize(
    "name",
    [
        "DockerTimeoutError",
        "CannotStopContainerError",
        "CannotInspectContainerError",
        "toomanyrequests",
        "TerminationNotice",
        "InfrastructureHealth",
    ],
)
def test_no_text_is_there_whose_cause_is_not_simulated(name: str) -> None:
    """The row engines-never-fail: container engines and registries work."""
    assert [each for each in FAILURES.values() if name in f"{each.message} {each}"] == []
