"""Grading on the machines of a Dask cluster that somebody else runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ecslab.course.classroom.plain import from_plain, to_plain
from ecslab.course.classroom.run import Judge, grade_content
from ecslab.course.classroom.submissions import Submission
from ecslab.course.grading.grader import Grader
from ecslab.course.grading.report import Report
from ecslab.errors import CourseError

__all__ = ["on_cluster"]

_CONNECT_SECONDS = 20


def on_cluster(address: str, **options: Any) -> Judge:
    """Make a judge of a Dask cluster.

    Its workers need this package. A notebook whose worker is lost is graded by another.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.5:8786``.
        options: of `Grader`; each worker grades by the course that is installed there.

    Raises:
        CourseError: Dask is not installed here.
    """
    try:
        import distributed
    except ImportError:
        raise CourseError(
            "Grading on a cluster needs Dask; install it with `pip install 'ecslab[cluster]'`."
        ) from None

    # It is published with few types.
    connect: Any = distributed.Client
    completed: Any = distributed.as_completed

    def judge(waiting: Sequence[Submission]) -> Iterator[tuple[Submission, Report]]:
        if not waiting:
            return
        try:
            client: Any = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError):
            raise CourseError(
                f"No Dask scheduler answers at {address}; check the address and the network."
            ) from None
        with client:
            orders = {}
            for each in waiting:
                order = _order(client, each, options)
                if isinstance(order, Report):
                    yield each, order
                else:
                    orders[order] = each
            for order in completed(list(orders), loop=client.loop):
                submission = orders[order]
                yield submission, replace(_result(order, submission), learner=submission.learner)

    return judge


def _order(client: Any, submission: Submission, options: dict[str, Any]) -> Any:
    """Send a notebook to the cluster, or give the report on one that cannot be read."""
    try:
        content = submission.content()
    except CourseError as error:
        return Report(Path(submission.name), learner=submission.learner, problem=str(error))
    asked = tuple(sorted(options.items()))
    return client.submit(_grade, submission.name, content, asked, pure=False)


def _result(order: Any, submission: Submission) -> Report:
    if order.status == "finished":
        return from_plain(order.result())
    return Report(
        Path(submission.name),
        problem="The cluster lost the workers that graded this notebook; grade it again.",
    )


def _grade(name: str, content: bytes, options: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Grade on a worker; what goes back is plain data."""
    return to_plain(grade_content(name, content, _grader(os.getpid(), options)))


@cache
def _grader(_process: int, options: tuple[tuple[str, Any], ...]) -> Grader:
    """Keep a warmed grader for as long as the worker lives."""
    return Grader(**dict(options)).start()
