"""The pytest plugin through which nbval gives the true verdict on notebooks of the course.

pytest imports this module at every start, in any project of the same environment, so it imports
nothing else until a notebook is collected with ``--nbval`` or ``--nbval-lax``.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ecslab.course.files import CourseFiles
    from ecslab.course.grading.collector import CourseFile
    from ecslab.course.grading.place import Place

_SLOW = "rfc3987_syntax"
_seen = pytest.StashKey["list[CourseFile]"]()
_places: list[tuple[Place, Place | None]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the grader."""
    group = parser.getgroup("ecslab", "notebooks of the ECS course")
    group.addoption(
        "--ecslab-course",
        metavar="FOLDER",
        help="Where lessons, labs and solutions are, if not beside the package.",
    )
    group.addoption(
        "--ecslab-records",
        metavar="FILE",
        help="Write the verdict on each cell to a file, one JSON object a line.",
    )
    group.addoption(
        "--ecslab-merged",
        action="store_true",
        help="The notebooks are already merged; delete each as soon as it is read.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin the list of what was judged."""
    config.stash[_seen] = []
    if sys.modules.get(_SLOW, config) is None:
        del sys.modules[_SLOW]  # nbval is imported by now


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Put our collector in place of nbval's for a notebook of the course."""
    found = yield
    option = parent.config.option
    asked = getattr(option, "nbval", False) or getattr(option, "nbval_lax", False)
    if not asked or file_path.suffix != ".ipynb":
        return found
    from nbval.plugin import IPyNbFile

    ours = _collector(file_path, parent)
    if ours is None:
        return found
    return [each for each in found if not isinstance(each, IPyNbFile)] + [ours]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say in words what each lab earned."""
    ran = [file for file in config.stash[_seen] if file.verdicts]
    whole = [file for file in ran if len(file.verdicts) == len(file.cells)]
    labs = [file for file in whole if file.subject.kind == "lab"]
    if not labs or config.getoption("ecslab_records"):
        return
    from ecslab.course.grading.render import in_words
    from ecslab.course.grading.report import Report, results_of, steps_of

    terminalreporter.section("labs")
    for file in labs:
        checks = results_of(steps_of(file.subject.notebook, {}), file.verdicts.values(), "not run")
        terminalreporter.write_line(in_words(Report(file.path, file.subject.module, checks)))


def places_of_this_process(place: Place, trusted: Place | None) -> None:
    """Have the notebook of this process run in places that the judge has made.

    Args:
        place: for the learner's process.
        trusted: for the one that never runs the learner's code, in strict grading.
    """
    _places[:] = [(place, trusted)]


class Refused(pytest.File):
    """A file of the course that cannot be judged: one sentence instead of items."""

    reason = ""

    def collect(self) -> list[pytest.Item]:
        """Say what is wrong."""
        raise self.CollectError(self.reason)


def _collector(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    from ecslab.course.grading.collector import CourseFile
    from ecslab.course.grading.notebook import read_notebook
    from ecslab.course.grading.subject import Subject, find_subject
    from ecslab.errors import CourseError

    config = parent.config
    try:
        if config.getoption("ecslab_merged"):
            subject: Subject | None = Subject(path.stem, "lab", read_notebook(path))
            path.unlink()
        else:
            subject = find_subject(path, _course(config))
    except CourseError as error:
        refused: Refused = Refused.from_parent(parent, path=path)
        refused.reason = str(error)
        return refused
    if subject is None:
        return None
    place, trusted = _places[-1] if _places else (None, None)
    file: CourseFile = CourseFile.from_parent(
        parent, path=path, subject=subject, place=place, trusted=trusted
    )
    config.stash[_seen].append(file)
    return file


def _course(config: pytest.Config) -> CourseFiles:
    from ecslab.course.files import CourseFiles, locate

    folder = config.getoption("ecslab_course")
    return CourseFiles(Path(folder)) if folder else locate()


if any(word.startswith("--nbval") for word in sys.argv):
    sys.modules.setdefault(_SLOW, None)  # type: ignore[arg-type]  # as forking.preload explains
