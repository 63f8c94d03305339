"""`progress`: carry what was reached to another computer, or put several files together."""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import Annotated

import typer

from ecslab.cli.output import console
from ecslab.cli.place import workspace
from ecslab.errors import CourseError

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
    files: Annotated[list[Path], typer.Argument(help="Progress files.")],
) -> None:
    """Export, import or merge progress files; the best of each check counts."""
    from ecslab.course import storage
    from ecslab.course.progress import Progress, Store

    if action is Action.merge:
        *sources, target = files
        if not sources:
            raise CourseError("Name the files to merge, and last the file to write.")
        read = [Progress.from_text(storage.read(source)) for source in sources]
        storage.write(target, reduce(Progress.merged, read).as_text())
        console.print(f"{len(sources)} files merged into {target}.", markup=False, soft_wrap=True)
        return
    own = workspace()
    own.prepare()
    store = Store(own.progress)
    if action is Action.export:
        if len(files) != 1:
            raise CourseError("Name one file to export your progress to.")
        storage.write(files[0], store.load().as_text())
        console.print(f"Your progress is in {files[0]}.", markup=False, soft_wrap=True)
        return
    for each in [Progress.from_text(storage.read(path)) for path in files]:
        store.add(each)
    console.print(
        f"{len(files)} files taken into your progress." if len(files) > 1 else "Taken in.",
        markup=False,
    )
