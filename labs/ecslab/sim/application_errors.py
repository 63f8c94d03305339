"""What application code that ends or fails leaves: an exit code, and a traceback in its log."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io


def exit_status(leaving: SystemExit, out: io.StringIO) -> int:
    """Return the exit code of `sys.exit(...)`; a text is printed and means 1, as Python has it."""
    if leaving.code is None or isinstance(leaving.code, int):
        return int(leaving.code or 0) % 256
    out.write(f"{leaving.code}\n")
    return 1


def short_traceback(error: BaseException | None = None) -> str:
    """Return the traceback of an exception, without paths of this machine.

    An exception that stands for one of another process has the text of that one, as
    `application_traceback`.

    Args:
        error: the exception; the one being handled by default.
    """
    error = sys.exception() if error is None else error
    told = getattr(error, "application_traceback", None)
    if isinstance(told, str):
        return told
    lines = "".join(traceback.format_exception(error, limit=-2)).splitlines()
    shown = [line for line in lines if not line.lstrip().startswith(("File", "^", "~"))]
    return "\n".join(shown) + "\n"
