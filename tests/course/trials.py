"""What the notebooks of a lab print in every trial that the tests of all labs judge.

A lab's solution is run once. Wherever a learner could do something else, a forked process does
that on the account as it is there, and is gone with it: some thirty wrong answers cost little
more than one run.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import pickle
import random
import re
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ecslab.course import notebook
from ecslab.course.checks import Module
from ecslab.course.notebook import Cell, Step
from ecslab.course.session import Session, start
from ecslab.course.setting import Setting

Result = TypeVar("Result")

ORDERS = 3


@dataclass
class Run:
    """The cells of a lab that were executed so far, in one namespace, as a kernel would.

    Attributes:
        printed: the id of a cell → what it printed.
        errors: the id of a cell → the exception it ended with, for cells not allowed to raise.
        namespace: the names that the cells share.
    """

    setting: Setting
    printed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give the cells what a kernel, and an import of ecslab, would give them."""
        self.namespace.update(
            __name__="__main__",
            start=partial(start, setting=self.setting),
            display=lambda *_args, **_options: None,
        )

    @property
    def lab(self) -> Session:
        return next(value for value in self.namespace.values() if isinstance(value, Session))

    def cell(self, cell: Cell, source: str | None = None) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            try:
                code = compile(cell.source if source is None else source, f"<{cell.id}>", "exec")
                exec(code, self.namespace)
            except Exception as error:  # noqa: BLE001 - a learner's cell may raise anything
                if "raises-exception" not in cell.tags:
                    self.errors[cell.id] = repr(error)
        self.printed[cell.id] = out.getvalue()
        return out.getvalue()

    def cells(self, cells: Sequence[Cell]) -> Run:
        for cell in cells:
            if cell.kind == "code":
                self.cell(cell)
        return self

    def told(self) -> Told:
        results = self.lab.results.items()
        return Told(
            printed=self.printed,
            errors=self.errors,
            passed={id_: result.passed for id_, result in results},
            points={id_: result.points for id_, result in results},
        )


@dataclass(frozen=True)
class Lab:
    """A lab under test: its cells, its solution's cells, and a way to run them."""

    name: str
    setting: Setting

    @property
    def starter(self) -> list[Cell]:
        return notebook.read(self.setting.files().lab(self.name))

    @property
    def solution(self) -> list[Cell]:
        return notebook.read(self.setting.files().solution(self.name))

    @property
    def module(self) -> Module:
        return self.setting.module(self.name)

    @property
    def steps(self) -> list[Step]:
        return notebook.steps(self.solution)


@dataclass(frozen=True)
class Told:
    """One run of a whole notebook: what its cells printed, and what its checks gave."""

    printed: dict[str, str]
    errors: dict[str, str]
    passed: dict[str, bool]
    points: dict[str, int]


@dataclass(frozen=True)
class Wrong:
    """What became of one wrong answer: the check's words, the same asked again, and exceptions."""

    printed: str
    again: str
    errors: dict[str, str]


@dataclass(frozen=True)
class Trials:
    """All that was tried with one lab.

    Attributes:
        untouched: the starter, as the learner gets it.
        solved: the solution.
        solved_again: what it prints in another process.
        passed_by_nothing: the checks that pass a step in which nothing was done.
        twice: of each check, what it says on the finished account, and what it says once more.
        in_order: what the checks say there, the sign of each.
        in_other_orders: the same in other orders.
        wrong: the outcome of each catalogued wrong answer, in the catalogue's order.
    """

    untouched: Told
    solved: Told
    solved_again: dict[str, str]
    passed_by_nothing: list[str]
    twice: dict[str, tuple[str, str]]
    in_order: dict[str, Any]
    in_other_orders: list[dict[str, Any]]
    wrong: list[Wrong]


def first_words(printed: str) -> Any:
    """The verdicts of check blocks: sign and id of each."""
    return re.findall(r"^([✔○✘]) ([a-z0-9-]+):", printed, re.MULTILINE)


def trials(lab: Lab, catalogued: Sequence[dict[str, str]]) -> Trials:
    """Try everything with a lab, each in a process of its own.

    Args:
        lab: the lab.
        catalogued: its wrong answers.
    """
    return Trials(
        untouched=apart(lambda: Run(lab.setting).cells(lab.starter).told()),
        solved_again=apart(lambda: Run(lab.setting).cells(lab.solution).printed),
        **apart(lambda: _solution(lab, catalogued)),
    )


def _solution(lab: Lab, catalogued: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Run the solution, and leave it at each step for what could be done there instead."""
    cells = lab.solution
    starter = {cell.id: cell for cell in lab.starter}
    run = Run(lab.setting)
    passed_by_nothing = []
    wrong: dict[int, Wrong] = {}
    done = 0
    for step in lab.steps:
        first = cells.index(step.answers[0])
        run.cells(cells[done:first])
        done = first
        nothing = {cell.id: starter[cell.id].source for cell in step.answers}
        if first_words(apart(partial(_answered, run, cells, step, nothing)).printed) == [
            ("✔", step.check_id)
        ]:
            passed_by_nothing.append(step.check_id)
        for number, each in enumerate(catalogued):
            if each["check"] == step.check_id:
                answer = {cell.id: "" for cell in step.answers}
                answer[step.answers[0].id] = each["answer"]
                wrong[number] = apart(partial(_answered, run, cells, step, answer))
    last = cells.index(lab.steps[-1].check) + 1
    run.cells(cells[done:last])
    finished = apart(partial(_asked_again, run, lab.steps))
    solved = run.cells(cells[last:]).told()
    told = {"solved": solved, "passed_by_nothing": passed_by_nothing, **finished}
    return told | {"wrong": [wrong[number] for number in sorted(wrong)]}


def _answered(run: Run, cells: list[Cell], step: Step, answer: dict[str, str]) -> Wrong:
    """Give a step other answers, and ask its check twice."""
    for cell in cells[cells.index(step.answers[0]) : cells.index(step.check)]:
        if cell.kind == "code":
            run.cell(cell, answer.get(cell.id))
    return Wrong(run.cell(step.check), run.cell(step.check), run.errors)


def _asked_again(run: Run, steps: list[Step]) -> dict[str, Any]:
    """Ask the checks of a finished account twice, and in other orders."""
    twice = {step.check_id: (run.cell(step.check), run.cell(step.check)) for step in steps}
    orders = []
    for seed in range(ORDERS):
        random.Random(seed).shuffle(steps)
        orders.append({step.check_id: first_words(run.cell(step.check)) for step in steps})
    in_order = {id_: first_words(once) for id_, (once, _again) in twice.items()}
    return {"twice": twice, "in_order": in_order, "in_other_orders": orders}


def apart(work: Callable[[], Result]) -> Result:
    """Do something in a forked process, which takes all that it changes with it.

    Args:
        work: what to do; what it returns must be possible to pickle.

    Raises:
        AssertionError: it raised something; the traceback is the text.
    """
    reading, writing = os.pipe()
    gc.freeze()
    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside another thread: the runner's, which the child leaves.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            answer = (True, work())
        except BaseException:  # noqa: BLE001 - the parent raises it
            answer = (False, traceback.format_exc())
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert told, "the forked process ended without an answer"
    fine, answer = pickle.loads(told)
    assert fine, answer
    result: Result = answer
    return result
