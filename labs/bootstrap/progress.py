"""One line on the screen that says how far pip is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

#: How often a new line may come when the output is no terminal, in seconds.
LINE_EVERY = 5.0

INSTALLING = "Installing collected packages: "


def show_until_done(process: subprocess.Popen[bytes], log: Path, environment: Path) -> None:
    """Show what the process is at, until it ends.

    Args:
        process: a running `pip install`.
        log: the file that it writes to.
        environment: where the packages arrive, to be counted.
    """
    on_terminal = sys.stdout.isatty()
    before = installed(environment)
    shown, shown_at = "", time.monotonic()
    while process.poll() is None:
        text = log.read_text(encoding="utf-8", errors="replace")
        line = describe(text, installed(environment) - before)
        if line != shown and (on_terminal or time.monotonic() - shown_at > LINE_EVERY):
            print(f"\r\033[K{line}" if on_terminal else line, end="" if on_terminal else "\n")
            sys.stdout.flush()
            shown, shown_at = line, time.monotonic()
        time.sleep(0.1)
    if on_terminal:
        print("\r\033[K", end="", flush=True)


def installed(environment: Path) -> int:
    """How many packages are in the environment, while pip adds, renames and removes them."""
    places = [environment / "Lib" / "site-packages", *environment.glob("lib/*/site-packages")]
    found: set[str] = set()
    for place in places:
        try:
            found.update(path.name for path in place.iterdir() if path.suffix == ".dist-info")
        except OSError:  # not there on this system, or on its way
            continue
    return len(found)


def describe(log: str, arrived: int) -> str:
    """The line for this state of pip's log: packages found, then packages installed."""
    lines = log.splitlines()
    for line in lines:
        if line.startswith(INSTALLING):
            return f"  {arrived} of {line.count(',') + 1} packages installed"
    found = [line.split()[1] for line in lines if line.startswith("Collecting ")]
    return f"  {len(found)} packages found" if found else "  asking the package index"
