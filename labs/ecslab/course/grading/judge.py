"""The process that judges one merged notebook: it limits itself, then runs pytest with nbval.

Forked from a warmed parent, it also makes the sandbox in which the notebook's own process runs.
Without one it is run as ``python -m ecslab.course.grading.judge REQUEST``; limits that are set here
hold for the notebook's process too then, and it cannot raise them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecslab.course.forking.preload import without_slow_import
from ecslab.course.grading.records import Request, write_record
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.course.grading.place import Place

__all__ = ["judge", "main"]

_REFUSAL = (
    "This machine does not offer the sandbox that was required ({} is missing), so the notebook"
    " was not run; grade in a container, or leave --require-sandbox out."
)


def judge(plain: dict[str, Any]) -> int:
    """Judge a notebook.

    Args:
        plain: a `Request` as JSON holds it.

    Returns:
        pytest's exit status: 0 when everything passed, 1 when something did not; 2 when the
        notebook was not run.
    """
    request = Request.from_plain(plain)
    request.limits.apply()
    without_slow_import()
    from ecslab.course.grading.place import Place

    records = Path(request.records)
    write_record(records, {"titles": _titles(request.module)})
    hidden = [Path(path) for path in request.hidden]
    if request.parent is None:
        place = Place.plain()
    else:
        place = Place.caged(request.parent, request.limits, request.layers, hidden)
    try:
        write_record(records, {"protections": place.protections})
        missing = [name for name in request.needed if not place.protections[name]]
        if missing:
            write_record(records, {"refusal": _REFUSAL.format(", ".join(missing))})
            return 2
        return _judged(request, place)
    finally:
        place.close()


def main(request: Path) -> int:
    """Judge the notebook that a request file names.

    Args:
        request: a `Request` as JSON.
    """
    return judge(json.loads(request.read_text(encoding="utf-8")))


def _judged(request: Request, place: Place) -> int:
    from ecslab.course.grading.place import Place

    if not request.strict:
        return _run(request, place, None)
    if request.parent is None:
        trusted = Place.plain()
    else:
        hidden = [Path(path) for path in request.hidden]
        trusted = Place.caged(request.parent, request.limits, request.layers, hidden)
    try:
        return _run(request, place, trusted)
    finally:
        trusted.close()


def _run(request: Request, place: Place, trusted: Place | None) -> int:
    import pytest

    from ecslab.course.grading import plugin

    notebook = Path(request.notebook)
    plugin.places_of_this_process(place, trusted)
    arguments = [
        *("-p", "nbval.plugin", "-p", plugin.__name__),
        *("-p", "no:cacheprovider", "-c", str(notebook.parent.with_name("pytest.ini"))),
        *("--rootdir", str(notebook.parent), "--nbval-lax", "--ecslab-merged"),
        *("--nbval-cell-timeout", str(request.timeout), "--ecslab-records", request.records),
        *("--quiet", "--tb=short", "--color=no", str(notebook)),
    ]
    return int(pytest.main(arguments))


def _titles(module: str) -> dict[str, str]:
    from ecslab.course import modules

    try:
        checks = modules.load(module).checks
    except CourseError:
        return {}
    return {name: check.title for name, check in checks.items()}


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except CourseError as error:
        sys.exit(str(error))
