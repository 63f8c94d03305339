"""What a warmed parent has imported and read before it is asked for anything."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import ecslab

__all__ = ["preload", "without_slow_import"]

_SLOW = "rfc3987_syntax"
#: ipykernel offers its debugger where this can be imported; that takes a quarter of a second, and
#: nobody debugs a notebook while it is judged.
_DEBUGGER = "debugpy"

#: Objects between two looks for garbage, and looks between those at the older objects. A judged
#: notebook lives for a second and leaves little.
_SELDOM = (20_000, 20, 50)

_OURS = ("aws", "cloud", "course", "model", "show", "sim")
_NOT_RUN = ("ecslab.course.forking.__main__",)
_SERVICES = (
    "cloudwatch",
    "ecr",
    "ecs",
    "ec2",
    "elbv2",
    "events",
    "iam",
    "logs",
    "sqs",
    "ssm",
    "sts",
)
_OTHERS = (
    "boto3",
    "ipykernel.kernelapp",
    "ipykernel.inprocess",
    "jupyter_client.blocking",
    "jupyter_client.manager",
    "nbval.plugin",
    "pytest",
    "requests",
)


def preload() -> None:
    """Import what notebooks and their judges need; no thread is started, no account left."""
    without_slow_import()
    with _absent(_DEBUGGER):
        importlib.import_module("ipykernel.debugger")
    for name in (*_OTHERS, *_ours()):
        with suppress(ImportError):
            importlib.import_module(name)
    rehearse()
    gc.collect()
    gc.freeze()  # what is here now stays shared between all processes
    gc.set_threshold(*_SELDOM)


def rehearse() -> None:
    """Ask an account once for what labs ask for, so that AWS's descriptions of it are read."""
    import boto3

    from ecslab.cloud import Cloud
    from ecslab.course import leftovers

    with Cloud():
        clients = {name: boto3.client(name, "us-east-1") for name in _SERVICES}
        clients["iam"].list_roles()
        leftovers.take(lambda name: clients.get(name) or boto3.client(name, "us-east-1"))


def without_slow_import() -> None:
    """Keep jsonschema from building a grammar that takes seconds, for formats nobody checks here.

    jsonschema takes the module `rfc3987_syntax` as absent and only knows the formats ``iri`` and
    ``iri-reference`` no more. nbformat's schemas have neither.
    """
    sys.modules.setdefault(_SLOW, None)  # type: ignore[arg-type]  # None means: cannot be imported


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """Let a module be impossible to import for a while."""
    sys.modules[name] = None  # type: ignore[assignment]  # None means: cannot be imported
    try:
        yield
    finally:
        del sys.modules[name]


def _ours() -> list[str]:
    names = []
    for part in _OURS:
        package = importlib.import_module(f"{ecslab.__name__}.{part}")
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += [each.name for each in found if each.name not in _NOT_RUN]
    return names
