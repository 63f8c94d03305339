"""Short errors of boto3 in notebooks: the learner's own lines, and then what AWS says."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

__all__ = ["shorten"]

_INSIDE = frozenset({"boto3", "botocore"})


def shorten(shell: Any = None) -> None:
    """Leave the frames of boto3 out of the errors that a notebook shows.

    Elsewhere, such as in a script, nothing changes.

    Args:
        shell: IPython's shell; the one that runs this notebook, if any, by default.
    """
    if shell is None and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    if shell is not None:
        shell.set_custom_exc((ClientError, BotoCoreError), _show)


def _show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType,
    tb_offset: int | None = None,
) -> None:
    entry: TracebackType | None = traceback
    while entry is not None:
        following = entry.tb_next
        if following is not None and _is_inside(following):
            entry.tb_next = None
        entry = entry.tb_next
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)


def _is_inside(entry: TracebackType) -> bool:
    name = str(entry.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in _INSIDE
