"""What a learner has reached in each module, for the commands that show it."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.cli.place import progress_file
from ecslab.course import modules
from ecslab.course.catalogue import Catalogue, Entry
from ecslab.course.progress import Progress, Store

__all__ = ["Standing", "next_notebook", "standings"]


@dataclass(frozen=True)
class Standing:
    """One module as a learner stands in it.

    Attributes:
        entry: the module.
        lesson: whether the lesson was worked through.
        earned: points of the checks that passed.
        possible: points of all checks.
    """

    entry: Entry
    lesson: bool
    earned: int
    possible: int

    @property
    def done(self) -> bool:
        """Whether every check of the lab passed."""
        return self.entry.ready and self.earned == self.possible


def standings(catalogue: Catalogue) -> list[Standing]:
    """Give every module of the course as the learner stands in it."""
    progress = _progress()
    return [_standing(entry, progress) for entry in catalogue]


def next_notebook(catalogue: Catalogue) -> tuple[Entry, str] | None:
    """Give the first unfinished notebook: a module and `lesson` or `lab`; None after the last."""
    checks = {entry.name: len(modules.load(entry.name).checks) for entry in catalogue.ready}
    return _progress().next(catalogue, checks)


def _progress() -> Progress:
    path = progress_file()
    return Store(path).load() if path else Progress()


def _standing(entry: Entry, progress: Progress) -> Standing:
    if not entry.ready:
        return Standing(entry, lesson=False, earned=0, possible=0)
    checks = modules.load(entry.name).checks.values()
    return Standing(
        entry,
        lesson=progress.module(entry.name).lesson,
        earned=sum(each.points for each in checks if progress.check(entry.name, each.id).passed),
        possible=sum(each.points for each in checks),
    )
