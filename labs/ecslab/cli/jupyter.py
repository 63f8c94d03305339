"""`open`, which is also what happens without a command: JupyterLab on the learner's notebooks."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from ecslab.cli.output import console
from ecslab.cli.place import workspace

__all__ = ["open_by_default", "open_course"]

Module = Annotated[
    str | None,
    typer.Argument(help="A module (02, clusters); the first unfinished one when left out."),
]
Port = Annotated[int, typer.Option(help="The port to use, or the next free one after it.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the address.")]

FIRST_PORT = 8888


def open_by_default(
    context: typer.Context, *, port: Port = FIRST_PORT, no_browser: NoBrowser = False
) -> None:
    """Learn Amazon ECS against a simulated AWS account. Without a command: open the course."""
    if context.invoked_subcommand is None:
        open_course(port=port, no_browser=no_browser)


def open_course(
    module: Module = None, *, port: Port = FIRST_PORT, no_browser: NoBrowser = False
) -> None:
    """Open JupyterLab at the first unfinished notebook, or at the lesson of a module."""
    from ecslab.cli.lab_server import can_open_browser, running
    from ecslab.cli.standing import next_notebook
    from ecslab.course.catalogue import load

    catalogue, own = load(), workspace()
    entry, part = (catalogue.find_ready(module) if module else catalogue.ready[0]), "lesson"
    own.prepare()
    if module is None:
        entry, part = next_notebook(catalogue) or (entry, part)
    page = own.notebook(entry.name, part).relative_to(own.folder).as_posix()
    console.print(f"Starting JupyterLab with the {part} {entry.heading} …", markup=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(
            own.folder, page, port=port, browser=not no_browser and can_open_browser()
        ) as server:
            console.print(f"Open in a browser: {server.url}", markup=False, soft_wrap=True)
            console.print("Ctrl-C here stops it; your work stays in the folder work.")
            server.process.wait()
    except KeyboardInterrupt:
        console.print("\nStopped. Go on whenever you like, with the same command.")
