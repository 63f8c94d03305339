"""A warmed parent that also finds a program of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ecslab.course.forking.parent import Parent


@pytest.fixture(scope="module")
def parent_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Parent]]:
    """Start a parent whose processes can import a module of this name and source."""
    with ExitStack() as started:

        def start(name: str, source: str) -> Parent:
            folder = tmp_path_factory.mktemp("programs")
            (folder / f"{name}.py").write_text(source)

            class WithProgram(Parent):
                def _environment(self) -> dict[str, str]:
                    settings = super()._environment()
                    paths = (settings["PYTHONPATH"], str(folder))
                    return {**settings, "PYTHONPATH": os.pathsep.join(paths)}

            return started.enter_context(WithProgram())

        yield start
