"""boto3 sessions that read the descriptions of AWS's services once in a process, not once each."""

from __future__ import annotations

import functools
from typing import Any

import boto3
import botocore.session
from botocore.loaders import create_loader

__all__ = ["new_session"]


def new_session() -> Any:
    """Return a boto3 session that shares what it reads with all others made here."""
    core = botocore.session.Session()
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core)


@functools.cache
def _loader() -> Any:
    return create_loader()
