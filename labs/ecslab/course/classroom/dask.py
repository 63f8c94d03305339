"""Grading on the machines of a Dask cluster that somebody else runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from ecslab.course.classroom.plain import from_plain, to_plain
from ecslab.course.classroom.results import rules_of
from ecslab.course.classroom.run import Judge, grade_content
from ecslab.course.classroom.submissions import Submission
from ecslab.course.files import locate
from ecslab.course.grading.grader import Grader
from ecslab.course.grading.report import Report
from ecslab.course.grading.text import clean
from ecslab.errors import CourseError

__all__ = ["on_cluster"]

_CONNECT_SECONDS = 20
_MOST_ORDERS = 500

Options = tuple[tuple[str, Any], ...]


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

    # What goes wrong is said in one sentence, and not also with tracebacks.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # It is published with few types.
    connect: Any = distributed.Client
    completed: Any = distributed.as_completed
    asked = tuple(sorted(options.items()))
    rules = rules_of(locate(), **options)

    def judge(waiting: Sequence[Submission]) -> Iterator[tuple[Submission, Report]]:
        if not waiting:
            return
        try:
            client: Any = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError):
            raise CourseError(
                f"No Dask scheduler answers at {address}; check the address and the network."
            ) from None
        with client:
            if not client.scheduler_info()["workers"]:
                raise CourseError(
                    f"The cluster at {address} has no workers; start some with `dask worker`."
                )
            yield from _shared_out(client, completed([], loop=client.loop), waiting, asked, rules)

    return judge


def _shared_out(
    client: Any, finished: Any, waiting: Sequence[Submission], asked: Options, rules: str
) -> Iterator[tuple[Submission, Report]]:
    """Keep the cluster busy, and not its memory full of notebooks that wait."""
    left = iter(waiting)
    orders: dict[Any, Submission] = {}
    while True:
        for submission in islice(left, _MOST_ORDERS - len(orders)):
            try:
                content = submission.content()
            except CourseError as error:
                yield submission, _refused(submission, str(error))
                continue
            order = client.submit(_grade, submission.name, content, asked, rules, pure=False)
            orders[order] = submission
            finished.add(order)
        if not orders:
            return
        order = next(finished)
        submission = orders.pop(order)
        yield submission, replace(_result(order, submission), learner=submission.learner)


def _result(order: Any, submission: Submission) -> Report:
    if order.status == "finished":
        return from_plain(order.result())
    if order.status != "error":
        raise CourseError(
            "The scheduler of the cluster is gone; what was graded is kept, so start it and grade"
            " again."
        )
    error = order.exception()
    if isinstance(error, CourseError):
        raise error
    if type(error).__name__ != "KilledWorker":
        why = clean(str(error.__cause__ or error)).partition("\n")[0]
        raise CourseError(
            f"The workers of the cluster cannot run this grader ({why}); install the same versions"
            " of ecslab and of Dask there as here."
        )
    return _refused(
        submission, "The cluster lost the workers that graded this notebook; grade it again."
    )


def _refused(submission: Submission, problem: str) -> Report:
    return Report(Path(submission.name), learner=submission.learner, problem=problem)


def _grade(name: str, content: bytes, options: Options, rules: str) -> dict[str, Any]:
    """Grade on a worker, by the rules that are asked for; what goes back is plain data."""
    if _rules(options) != rules:
        raise CourseError(
            "The workers of the cluster have another version of ecslab, or of the course; install"
            " the same one there as here."
        )
    return to_plain(grade_content(name, content, _grader(os.getpid(), options)))


@cache
def _rules(options: Options) -> str:
    return rules_of(locate(), **dict(options))


@cache
def _grader(_process: int, options: Options) -> Grader:
    """Keep a warmed grader for as long as the worker lives."""
    return Grader(**dict(options)).start()
