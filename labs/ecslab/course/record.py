"""The best results of a session, kept in memory and, where there is one, in the progress file."""

from __future__ import annotations

from pathlib import Path

from ecslab.course.progress import CheckProgress, Progress, Store
from ecslab.errors import CourseError

__all__ = ["Record"]


class Record:
    """One module's progress while its notebook is open.

    A progress file that cannot be read or written never stops a lab: the record goes on in memory
    and `notice` says once what is wrong.

    Args:
        name: of the module.
        path: the progress file, or None to keep nothing.
    """

    def __init__(self, name: str, path: Path | None) -> None:
        self._name = name
        self._store = None if path is None else Store(path)
        self._notice: str | None = None
        self._progress = Progress()
        if self._store is not None:
            try:
                self._progress, self._notice = self._store.open()
            except CourseError as error:
                self._give_up(error)

    def notice(self) -> str | None:
        """Give the sentence that the learner has not seen yet, if there is one."""
        notice, self._notice = self._notice, None
        return notice

    def check(self, check_id: str) -> CheckProgress:
        """Give the best reached on a check."""
        return self._progress.check(self._name, check_id)

    def tried(self, check_id: str, *, passed: bool) -> None:
        """Count one try; tries after the first pass are not counted.

        Args:
            check_id: the id of the check.
            passed: how the try ended.
        """
        best = self.check(check_id)
        if not best.passed:
            self._keep(check_id, CheckProgress(passed, best.tries + 1, best.hints))

    def hinted(self, check_id: str, hints: int) -> None:
        """Note how many hints of a check were read.

        Args:
            check_id: the id of the check.
            hints: how many of them.
        """
        best = self.check(check_id)
        if hints > best.hints:
            self._keep(check_id, CheckProgress(best.passed, best.tries, hints))

    def lesson_done(self) -> None:
        """Note that the lesson was worked through to its clean-up."""
        self._progress = self._progress.with_lesson(self._name)
        self._save()

    def _keep(self, check_id: str, reached: CheckProgress) -> None:
        self._progress = self._progress.with_check(self._name, check_id, reached)
        self._save()

    def _save(self) -> None:
        if self._store is None:
            return
        try:
            self._progress = self._store.add(self._progress)
        except CourseError as error:
            self._give_up(error)

    def _give_up(self, error: CourseError) -> None:
        self._store = None
        self._notice = f"Your progress is not being recorded. {error}"
