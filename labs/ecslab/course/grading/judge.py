"""The process that judges one merged notebook: it limits itself, then runs pytest with nbval.

Run as ``python -m ecslab.course.grading.judge REQUEST``, where REQUEST is a JSON file that `run`
writes. Limits that are set here hold for the notebook's own process too, and it cannot raise them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ecslab.course.grading.limits import Limits
from ecslab.course.grading.plugin import block_slow_import

__all__ = ["main"]


def main(request: Path) -> int:
    """Judge a notebook.

    Args:
        request: names the ``notebook``, the file for the ``records``, the ``timeout`` of a cell in
            seconds, and the ``limits``.

    Returns:
        pytest's exit status: 0 when everything passed, 1 when something did not.
    """
    asked = json.loads(request.read_text(encoding="utf-8"))
    Limits(**asked["limits"]).apply()
    block_slow_import()
    import pytest

    notebook = Path(asked["notebook"])
    arguments = [
        *("-p", "nbval.plugin", "-p", "ecslab.course.grading.plugin"),
        *("-p", "no:cacheprovider", "-c", str(request.with_name("pytest.ini"))),
        *("--rootdir", str(notebook.parent), "--nbval-lax", "--ecslab-merged"),
        *("--nbval-cell-timeout", str(asked["timeout"]), "--ecslab-records", asked["records"]),
        *("--quiet", "--tb=short", "--color=no", str(notebook)),
    ]
    return int(pytest.main(arguments))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
