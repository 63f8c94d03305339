"""The list of commands, and the one place where a failure becomes a sentence."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from ecslab.cli.output import errors, program
from ecslab.course.storage import explained
from ecslab.errors import EcslabError

__all__ = ["COMMANDS", "run"]

COMMANDS = {
    "open": "jupyter:open_course",
    "list": "learn:list_modules",
    "next": "learn:next_module",
    "check": "grade:check",
    "hint": "learn:hint",
    "reset": "learn:reset",
    "grade": "grade:grade",
    "export": "export:export",
    "progress": "progress:progress",
    "doctor": "doctor:doctor",
    "init": "course:init",
    "build": "author:build",
    "new": "author:new",
}
"""Where each command is, in the order of the help."""

_DEFAULT = "jupyter:open_by_default"


def run(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what was typed after the program's name; that of this process by default.

    Returns:
        The exit status: 0, 1 after a failure that was said in one sentence, 2 when the command
        was typed wrongly.
    """
    typed = sys.argv[1:] if arguments is None else arguments
    try:
        with explained("use", Path.cwd()):
            # What another command needs to be imported would only cost time.
            _app(typed[:1] if typed[:1] and typed[0] in COMMANDS else COMMANDS)(
                typed, prog_name=program()
            )
    except EcslabError as error:
        errors.print(str(error), markup=False, soft_wrap=True)
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the last place where a learner can be spared a traceback
        return _unexpected(error)
    return 0


def _app(names: Iterable[str]) -> typer.Typer:
    """Make the program with some of its commands."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_found(_DEFAULT))
    for name in names:
        app.command(name)(_found(COMMANDS[name]))
    return app


def _found(home: str) -> Any:
    module, _, name = home.partition(":")
    return getattr(import_module(f"ecslab.cli.{module}"), name)


def _unexpected(error: Exception) -> int:
    if os.environ.get("ECSLAB_TRACEBACK"):
        traceback.print_exception(error)
    errors.print(
        f"The course itself is at fault here ({type(error).__name__}: {error}); set"
        " ECSLAB_TRACEBACK=1, run the command again, and send what it shows to its maintainers.",
        markup=False,
        soft_wrap=True,
    )
    return 1
