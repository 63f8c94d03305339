"""How the commands talk: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer
from rich.console import Console

__all__ = ["AsJson", "console", "errors", "print_json", "program"]

#: The option of every command whose answer a program may want to read.
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]

#: For the answers of commands.
console = Console(highlight=False)

#: For everything that is not the answer: progress and mistakes.
errors = Console(stderr=True, highlight=False)


def print_json(data: Any) -> None:
    """Print an answer for a program."""
    print(json.dumps(data, indent=2, ensure_ascii=False))  # noqa: T201 - no colours, no wrapping


def program() -> str:
    """What the person types to call this command line: `python3 labs` or `ecslab`."""
    return os.environ.get("ECSLAB_COMMAND", "ecslab")
