"""What application code that ends or fails leaves: an exit code, and a traceback in its log."""

from __future__ import annotations

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


def short_traceback() -> str:
    """Return the traceback of the exception being handled, without paths of this machine."""
    lines = traceback.format_exc(limit=-2).splitlines()
    shown = [line for line in lines if not line.lstrip().startswith(("File", "^", "~"))]
    return "\n".join(shown) + "\n"
