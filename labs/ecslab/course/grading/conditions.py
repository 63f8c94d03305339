"""The conditions under which the course's own outputs were made: variables, and no account."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

__all__ = ["CONDITIONS", "environment"]

CONDITIONS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "ECSLAB_PROGRESS": "off",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns when a kernel starts
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}

_OTHERS = re.compile(r"(AWS|COV|ECSLAB|IPYTHON|JPY|MOTO|MPL|PYTEST|PYTHON(?!PATH$))")


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Give all the variables of a notebook's process.

    Args:
        own: those that name its private folders.
    """
    kept = {name: value for name, value in os.environ.items() if not _OTHERS.match(name)}
    return {**kept, **CONDITIONS, **own}
