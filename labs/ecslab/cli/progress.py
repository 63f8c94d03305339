"""`progress`: carry what was reached to another computer, or put several files together."""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecslab.cli.output import console
from ecslab.cli.place import workspace
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from ecslab.course.progress import Progress

__all__ = ["Action", "progress"]


class Action(StrEnum):
    """What to do with progress files."""

    export = "export"
    import_ = "import"
    merge = "merge"


def progress(
    action: Annotated[
        Action,
        typer.Argument(
            help="`export` writes your progress to a file; `import` takes files into yours;"
            " `merge` puts files together into the last one, without yours."
        ),
    ],
    files: Annotated[
        list[Path], typer.Argument(help="Progress files, or zip files and folders of them.")
    ],
) -> None:
    """Export, import or merge progress files; the best of each check counts."""
    from ecslab.course import storage
    from ecslab.course.interchange.progress import read_progress
    from ecslab.course.progress import Store

    if action is Action.merge:
        *sources, target = files
        _merge(sources, target)
        return
    own = workspace()
    own.prepare()
    store = Store(own.progress)
    if action is Action.export:
        if len(files) != 1:
            raise CourseError("Name one file to export your progress to.")
        storage.write(files[0], store.load().as_text())
        _say(f"Your progress is in {files[0]}.")
        return
    read = [each for path in files for each in read_progress(path)]
    before = _passed(store.load())
    after = _passed(reduce(lambda _, each: store.add(each), read, store.load()))
    what = "1 file" if len(read) == 1 else f"{len(read)} files"
    _say(f"{what} taken into your progress; checks passed: {after}, of them new: {after - before}.")


def _merge(sources: list[Path], target: Path) -> None:
    from ecslab.course import storage
    from ecslab.course.interchange.progress import read_progress
    from ecslab.course.progress import Progress

    if not sources:
        raise CourseError("Name the files to merge, and last the file to write.")
    if target.is_file() and not any(target.samefile(each) for each in sources if each.exists()):
        raise CourseError(
            f"{target} exists, and would be lost; name it twice to merge it too, or name a new file"
            " last."
        )
    read = [each for path in sources for each in read_progress(path)]
    storage.write(target, reduce(Progress.merged, read).as_text())
    what = "1 file" if len(read) == 1 else f"{len(read)} files"
    _say(f"{what} merged into {target}.")


def _passed(progress: Progress) -> int:
    return sum(module.passed for module in progress.modules.values())


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
