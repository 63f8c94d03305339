"""Everything a session needs from outside: the course and the makers of clouds and clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecslab.course import catalogue, files, modules, progress
from ecslab.course.catalogue import Catalogue
from ecslab.course.checks import Module
from ecslab.course.files import CourseFiles

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

__all__ = ["REGION", "SEED", "Setting"]

REGION = "us-east-1"
SEED = 7


def _new_cloud() -> Cloud:
    from ecslab.cloud import Cloud

    return Cloud(seed=SEED)


def _new_client(service: str) -> Any:
    import boto3

    return boto3.client(service, region_name=REGION)


@dataclass(frozen=True)
class Setting:
    """Where a session finds its course, its account and its place for progress.

    The defaults are the real course on the simulated cloud; tests give others.

    Attributes:
        catalogue: the modules.
        module: gives the declaration of a module by its name.
        files: finds the notebooks; called only when a solution is read.
        new_cloud: makes a cloud that is not started.
        new_client: makes a boto3 client by the name of a service.
        progress: gives the progress file, or None to record nothing.
    """

    catalogue: Catalogue = field(default_factory=catalogue.load)
    module: Callable[[str], Module] = modules.load
    files: Callable[[], CourseFiles] = files.locate
    new_cloud: Callable[[], Cloud] = _new_cloud
    new_client: Callable[[str], Any] = _new_client
    progress: Callable[[], Path | None] = progress.default_path
