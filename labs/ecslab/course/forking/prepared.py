"""Parents in which code has already run: what they fork begins where that code ended.

Bringing an account to a later step of a lab takes seconds. One parent does it once; then each
process that begins at this step costs a fork, and all of them share the parent's memory.
"""

from __future__ import annotations

import gc
import hashlib
import json
import linecache
import os
import select
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ecslab.course.forking import kernels
from ecslab.course.forking.parent import fork_at, listens
from ecslab.course.forking.server import Server
from ecslab.course.forking.wire import Order

__all__ = ["prepared_parent", "serve"]

IDLE_SECONDS = 10.0
"""After so many wall-clock seconds without a process such a parent ends: it takes 10 to 40 MiB."""

_START_SECONDS = 60.0
_TASK = f"{__name__}:serve"
_READY = b"ready\n"
_NOWHERE = "/proc"  # code that writes files has no place to write them, and is not prepared


def prepared_parent(
    address: str, steps: Sequence[Sequence[str]], environment: Mapping[str, str]
) -> str | None:
    """Find a parent in which code has run, or have one started, from one where less of it has.

    Args:
        address: where a warmed parent listens.
        steps: the code of cells, in the groups between which others may want to begin as well.
        environment: all the variables that the code finds.

    Returns:
        The address at which it listens; None when the code cannot be run ahead: it raises, awaits,
        writes files or starts threads.
    """
    found = address
    seen = hashlib.sha256(json.dumps(sorted(environment.items())).encode())
    for step in steps:
        seen.update(json.dumps(list(step)).encode())
        wanted = f"{address}-{seen.hexdigest()[:16]}"
        if not listens(Path(wanted)) and not _start(found, wanted, step, environment):
            return None
        found = wanted
    return found


def serve(plain: dict[str, Any]) -> int:
    """Run code, and from then on fork processes that begin behind it.

    Args:
        plain: ``address``, where to listen, and ``codes``, what to run.

    Returns:
        An exit status.
    """
    if kernels.scope is None:
        kernels.scope = {"__name__": "__main__"}
    for code in plain["codes"]:
        _run(code, kernels.scope)
    if threading.active_count() > 1:
        raise RuntimeError("threads would be missing in what is forked")
    gc.collect()
    gc.freeze()
    draft = f"{plain['address']}.{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(draft)
        listener.listen(128)
        own = Path(draft).stat().st_ino
        address = Path(draft).replace(plain["address"])
        os.write(1, _READY)
        Server(listener, idle=IDLE_SECONDS).run()
    with suppress(OSError):
        if address.stat().st_ino == own:  # another one may have taken its place
            address.unlink()
    return 0


def _run(code: str, scope: dict[str, Any]) -> None:
    """Run a cell as a notebook would, but for what it shows."""
    from IPython.core.inputtransformer2 import TransformerManager

    plain = str(TransformerManager().transform_cell(code))  # type: ignore[no-untyped-call]
    name = f"<prepared {hashlib.sha256(code.encode()).hexdigest()[:16]}>"
    linecache.cache[name] = (len(plain), None, plain.splitlines(keepends=True), name)
    exec(compile(plain, name, "exec", dont_inherit=True), scope)  # noqa: S102 - the course's own code


def _start(base: str, address: str, codes: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Start a parent from another; tell whether it came up."""
    reads, writes = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    argument = {"address": address, "codes": list(codes)}
    order = Order(_TASK, argument, dict(environment), _NOWHERE, kept=True)
    with open(reads, "rb") as said:  # noqa: PTH123 - a descriptor has no path
        try:
            with suppress(OSError):
                fork_at(base, order, writes, nothing).let_go()
        finally:
            os.close(writes)
            os.close(nothing)
        readable, _, _ = select.select([said], [], [], _START_SECONDS)
        return bool(readable) and said.readline() == _READY
