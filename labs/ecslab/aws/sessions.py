"""boto3 sessions that read the descriptions of AWS's services once in a process, not once each."""

from __future__ import annotations

import functools
from typing import Any

import boto3
import botocore.client
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
        _install()
        core = botocore.session.Session()
        core.register_component("data_loader", _loader())
        super().__init__(botocore_session=core)
        return getattr(self, name)


class _Creator(botocore.client.ClientCreator):  # type: ignore[misc]  # botocore has no types
    """Makes clients out of what is the same in all of them, for sessions that share their loader.

    A program that makes its client at each request, as examples do, would spend most of its time
    with AWS's descriptions of all the operations that it does not call.
    """

    def _load_service_model(self, service_name: str, api_version: str | None = None) -> Any:
        load = super()._load_service_model
        if self._loader is not _loader():
            return load(service_name, api_version)
        return _remembered(("model", service_name, api_version), load, service_name, api_version)

    def _create_methods(self, service_model: Any) -> dict[str, Any]:
        return self._of(service_model, "methods", super()._create_methods)

    def _create_name_mapping(self, service_model: Any) -> dict[str, Any]:
        return self._of(service_model, "names", super()._create_name_mapping)

    def _of(self, service_model: Any, what: str, make: Any) -> dict[str, Any]:
        """Give a copy: what listens to the making of a class may add to it."""
        if self._loader is not _loader():
            return dict(make(service_model))
        return dict(_remembered((what, service_model), make, service_model))


_known: dict[Any, Any] = {}


def _remembered(key: Any, make: Any, *arguments: Any) -> Any:
    if key not in _known:
        _known[key] = make(*arguments)
    return _known[key]


@functools.cache
def _install() -> None:
    botocore.client.ClientCreator = _Creator


@functools.cache
def _loader() -> Any:
    return create_loader()
