"""Short errors in notebooks.

Of boto3: the learner's own lines, and then what AWS says. Of a check before its answer: one line.
"""

from __future__ import annotations

import linecache
import re
import sys
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ecslab.errors import CourseError

__all__ = ["shorten"]

_INSIDE = frozenset({"boto3", "botocore"})
_CHECK = re.compile(r"(?P<session>\w+)\.check\(\s*[\"'](?P<id>[^\"']+)")


def shorten(shell: Any = None) -> None:
    """Leave the frames of boto3 out of the errors that a notebook shows.

    A check that is run before the cell that makes its answer says so in one line.

    Elsewhere, such as in a script, nothing changes.

    Args:
        shell: IPython's shell; the one that runs this notebook, if any, by default.
    """
    if shell is None and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    if shell is not None:
        shell.set_custom_exc((ClientError, BotoCoreError, NameError), _show)


def _show(
    shell: Any,
    _kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType,
    tb_offset: int | None = None,
) -> None:
    if isinstance(error, NameError):
        error = _unanswered(error, traceback) or error
    entry: TracebackType | None = traceback
    while entry is not None:
        following = entry.tb_next
        if following is not None and _is_inside(following):
            entry.tb_next = None
        entry = entry.tb_next
    shell.showtraceback((type(error), error, traceback), tb_offset=tb_offset)


def _unanswered(error: NameError, traceback: TracebackType) -> CourseError | None:
    """Return what to say if a name was missing in the line of a cell that runs a check."""
    last = traceback
    while last.tb_next is not None:
        last = last.tb_next
    line = linecache.getline(last.tb_frame.f_code.co_filename, last.tb_lineno)
    check = _CHECK.search(line)
    if check is None:
        return None
    if error.name == check["session"]:
        return CourseError(
            f"{check['id']}: the check needs {error.name}; run the notebook's first cell again."
        )
    return CourseError(
        f"{check['id']}: not attempted. Run the cell above the check first: it makes {error.name}."
    )


def _is_inside(entry: TracebackType) -> bool:
    name = str(entry.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in _INSIDE
