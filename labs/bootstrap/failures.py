"""Every way in which the set-up can fail, as one sentence that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

AGAIN = "then run the same command again."

#: What pip writes when it cannot reach its index.
NETWORK_SIGNS = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ConnectionError",
    "ConnectionResetError",
    "NameResolutionError",
    "ProxyError",
    "ReadTimeoutError",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "Network is unreachable",
)


class SetupError(Exception):
    """The set-up cannot go on; the message is one sentence that says what to do."""


def explain(error: OSError, root: Path) -> str:
    """What a person can do about this error of the operating system."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk is full: free some space for {root}, {AGAIN}"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return (
            f"{error.filename or root} cannot be written: give yourself the right to write in"
            f" {root}, or copy that folder to a place of your own, {AGAIN}"
        )
    return f"The set-up stopped ({error}): mend that, {AGAIN}"


def explain_output(output: str, log: Path, root: Path) -> str:
    """What a person can do about a failed installation, from what pip wrote."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return explain(OSError(errno.ENOSPC, ""), root)
    if "Permission denied" in output or "Read-only file system" in output:
        return explain(OSError(errno.EACCES, ""), root)
    if any(sign in output for sign in NETWORK_SIGNS):
        return f"The packages cannot be downloaded: connect to the network, {AGAIN}"
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = errors[0].removeprefix("ERROR:").strip(" .") if errors else "no reason given"
    return (
        f"The packages cannot be installed ({reason}): check that the network is there, read {log}"
        f" if it is, {AGAIN}"
    )
