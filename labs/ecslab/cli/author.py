"""The author's commands: `build` and `new`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ecslab.cli.output import console, errors

__all__ = ["build", "new"]


def build(
    names: Annotated[list[str] | None, typer.Argument(help="Modules; all when left out.")] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit status 1 when something differs.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Execute everything again, also what is unchanged.")
    ] = False,
) -> None:
    """Make the notebooks of lessons, labs and solutions from their sources, and lint them."""
    from ecslab import authoring

    with errors.status("Building …") as status:
        changes = authoring.build(names or [], check=check, cache=not fresh, report=status.update)
        problems = authoring.lint(names or [])
    for found in (*changes, *problems):
        console.print(str(found), markup=False, soft_wrap=True)
    if problems or (check and changes):
        raise typer.Exit(1)


def new(
    kind: Annotated[Literal["lesson", "lab"], typer.Argument(help="What to begin.")],
    name: Annotated[str, typer.Argument(help="Its module, as in course.toml: 05-images-ecr.")],
) -> None:
    """Begin the source of a lesson or a lab, in a form that passes the linter."""
    from ecslab import authoring

    path = authoring.new(kind, name)
    console.print(f"Made {path}. Go on there.", markup=False, soft_wrap=True)
