"""Only one start at a time installs."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

LOCK_FILE = "ecslab-setup.lock"

if sys.platform == "win32":
    import msvcrt

    def _lock(file: TextIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: TextIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def only_one(environment: Path) -> Iterator[int]:
    """Hold the environment's lock; the system frees it when its holders end, however they end.

    Gives the open file's number, for a child that is to hold the lock as well.
    """
    environment.mkdir(exist_ok=True)
    with (environment / LOCK_FILE).open("a", encoding="utf-8") as file:
        if not _try_lock(file):
            print("Another start is installing: waiting until it is done …", flush=True)
            while not _try_lock(file):
                time.sleep(0.2)
        yield file.fileno()


def _try_lock(file: TextIO) -> bool:
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):
        return False
    return True
