"""The command line: `python3 labs COMMAND`, and `ecslab COMMAND` once installed."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command that was typed and return its exit status."""
    from ecslab.cli.app import run

    return run()
