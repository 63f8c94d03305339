"""Reports as plain data, for a file or another machine, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ecslab.course.grading.report import CheckResult, Report

__all__ = ["from_plain", "to_plain"]


def to_plain(report: Report) -> dict[str, Any]:
    """Give what JSON can say of a report; `from_plain` reads it."""
    return {**asdict(report), "file": str(report.file)}


def from_plain(plain: Mapping[str, Any]) -> Report:
    """Read what `to_plain` gave.

    Args:
        plain: read from JSON, or from another machine.

    Raises:
        KeyError, TypeError: it is something else.
    """
    checks = tuple(CheckResult(**check) for check in plain["checks"])
    return Report(**{**plain, "file": Path(plain["file"]), "checks": checks})
