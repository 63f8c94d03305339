"""`init`: write the course out of the installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecslab.cli.output import console, program

__all__ = ["init"]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write the course into.")],
) -> None:
    """Write the course's notebooks into a folder, where files that exist stay as they are."""
    from ecslab.course.files import write_out

    written = write_out(folder)
    console.print(f"{len(written)} files written to {folder}.", markup=False, soft_wrap=True)
    console.print(f"Go on with: cd {folder} && {program()}", markup=False, soft_wrap=True)
