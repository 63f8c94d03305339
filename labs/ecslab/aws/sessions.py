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
    return _Session()


class _Session(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A session that is set up when it is first used, which most programs never do.

    To set one up takes longer than to answer a hundred requests.
    """

    def __init__(self) -> None:
        """Put off what boto3 does here."""

    def __getattr__(self, name: str) -> Any:
        if "_session" in vars(self):
            raise AttributeError(name=name, obj=self)
        core = botocore.session.Session()
        core.register_component("data_loader", _loader())
        super().__init__(botocore_session=core)
        return getattr(self, name)


@functools.cache
def _loader() -> Any:
    return create_loader()
