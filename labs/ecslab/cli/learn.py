"""The learner's commands: `list`, `next`, `hint` and `reset`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from ecslab.cli.output import AsJson, console, print_json, program
from ecslab.cli.place import progress_file, workspace

__all__ = ["hint", "list_modules", "next_module", "reset"]

Module = Annotated[str, typer.Argument(help="A module: 02, clusters, 02-clusters, or a notebook.")]


def list_modules(*, as_json: AsJson = False) -> None:
    """List the modules of the course, with what you have reached in each."""
    from ecslab.cli.standing import standings
    from ecslab.course.catalogue import load

    catalogue = load()
    rows = standings(catalogue)
    if as_json:
        print_json(
            [
                {
                    "name": row.entry.name,
                    "title": row.entry.title,
                    "summary": row.entry.summary,
                    "minutes": row.entry.minutes,
                    "prerequisites": list(row.entry.prerequisites),
                    "ready": row.entry.ready,
                    "lesson": row.lesson,
                    "earned": row.earned,
                    "possible": row.possible,
                    "done": row.done,
                }
                for row in rows
            ]
        )
        return
    table = Table(title=catalogue.title, title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    table.add_column("Module")
    table.add_column("Minutes", justify="right")
    table.add_column("Lesson")
    table.add_column("Lab", justify="right")
    for row in rows:
        if row.entry.ready:
            mark = "[green]✔[/]" if row.done else ("◐" if row.lesson or row.earned else "○")
            lesson, lab = "✔" if row.lesson else "", f"{row.earned} of {row.possible}"
            table.add_row(mark, row.entry.heading, str(row.entry.minutes), lesson, lab)
        else:
            table.add_row("", f"[dim]{row.entry.heading}[/]", "[dim]to come[/]", "", "")
    console.print(table)


def next_module(*, as_json: AsJson = False) -> None:
    """Say which notebook comes next."""
    from ecslab.cli.standing import next_notebook
    from ecslab.course.catalogue import load

    own = workspace()
    own.prepare()
    found = next_notebook(load())
    if found is None:
        if as_json:
            print_json(None)
        else:
            console.print("You have finished every module. Congratulations!")
        return
    entry, part = found
    path = own.notebook(entry.name, part)
    if as_json:
        print_json({"name": entry.name, "title": entry.title, "part": part, "path": str(path)})
        return
    minutes = entry.lesson_minutes if part == "lesson" else entry.lab_minutes
    console.print(f"Next: {entry.heading}, the {part}, about {minutes} minutes.", markup=False)
    console.print(entry.summary, markup=False)
    console.print(f"Open it with: {program()} open {entry.name}", markup=False)


def hint(
    module: Module,
    check: Annotated[str | None, typer.Argument(help="A check; left out: list them.")] = None,
    number: Annotated[
        int | None, typer.Argument(min=1, help="Which hint; left out: the next one.")
    ] = None,
) -> None:
    """Show a hint for a check of a lab; each hint says more than the one before."""
    from ecslab.course import modules
    from ecslab.course.catalogue import load
    from ecslab.course.record import Record

    name = load().find_ready(module).name
    declared = modules.load(name)
    if check is None:
        table = Table(box=None, pad_edge=False)
        for heading in ("Check", "Points", "Step", "Hints"):
            table.add_column(heading)
        for each in declared.checks.values():
            table.add_row(each.id, str(each.points), each.title, str(len(each.hints)))
        console.print(table)
        return
    hints = declared.find(check).hints
    record = Record(name, progress_file())
    shown = min(number or record.check(check).hints + 1, len(hints))
    record.hinted(check, shown)
    console.print(f"Hint {shown} of {len(hints)}: {hints[shown - 1]}", markup=False)


def reset(
    module: Module,
    *,
    lesson: Annotated[bool, typer.Option("--lesson", help="The lesson, not the lab.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring a lab back to its start; what you wrote is kept in a dated copy."""
    from ecslab.course.catalogue import load

    own = workspace()
    entry = load().find_ready(module)
    part = "lesson" if lesson else "lab"
    path = own.notebook(entry.name, part)
    if path.exists() and not yes:
        typer.confirm(f"Bring {path} back to its start, and keep a copy of yours?", abort=True)
    backup = own.reset(entry, part)
    console.print(f"{path} is new again.", markup=False, soft_wrap=True)
    if backup:
        console.print(f"What you wrote is kept as {backup}.", markup=False, soft_wrap=True)
