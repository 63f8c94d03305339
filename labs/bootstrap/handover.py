"""Become the environment's own interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: The checkout.
ROOT = Path(__file__).resolve().parents[2]

#: Settings of a person's own Python and pip that would send files or imports elsewhere.
FOREIGN_SETTINGS = (
    "PIP_CONSTRAINT",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_TARGET",
    "PYTHONHOME",
    "PYTHONPATH",
    "__PYVENV_LAUNCHER__",
)


def own_environment() -> dict[str, str]:
    """The person's environment variables without those that lead outside of `.venv`."""
    return {key: value for key, value in os.environ.items() if key not in FOREIGN_SETTINGS}


def hand_over(python: Path, arguments: Sequence[str], command: str) -> int:
    """Run the environment's interpreter in place of this one.

    Args:
        python: the environment's interpreter.
        arguments: for that interpreter.
        command: what the person typed, for help texts: `python3 labs`.

    Returns:
        The exit status, on Windows; elsewhere this process is replaced.
    """
    settings = {**own_environment(), "ECSLAB_ROOT": str(ROOT), "ECSLAB_COMMAND": command}
    command_line = [str(python), *arguments]
    sys.stdout.flush()
    if sys.platform == "win32":  # there, exec would detach from the console
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.call(command_line, env=settings)
    return os.execve(command_line[0], command_line, settings)  # noqa: S606 - the whole point
