"""Make the project's own virtual environment, once, and hand over to it.

Only the standard library is used, because nothing else is installed yet. `python3 labs` and
`python3 tests` share it. What is installed is written down in `.venv/ecslab-setup.json` when it
is complete: a start that finds itself in that file installs nothing, and a start that finds an
unfinished installation makes it again.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from bootstrap.failures import SetupError
from bootstrap.handover import hand_over
from bootstrap.install import ensure

__all__ = ["SetupError", "ensure", "hand_over", "main", "run"]

#: What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130


def run(arguments: Sequence[str], command: str, groups: Sequence[str] = ()) -> int:
    """Set up, then become the environment's Python; returns only when that did not work.

    Args:
        arguments: for the environment's interpreter.
        command: what the person typed, for help texts: `python3 labs`.
        groups: dependency groups of `pyproject.toml` that are wanted beside the course itself.

    Returns:
        The exit status of a failure, which was said in one sentence.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        python = ensure(groups)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped: run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED
    return hand_over(python, arguments, command)


def main(arguments: Sequence[str]) -> int:
    """`python3 labs …`: the course's command line."""
    return run(["-P", "-m", "ecslab.cli", *arguments], "python3 labs")


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt
