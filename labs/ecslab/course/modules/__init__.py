"""The checks and scenarios of each module: one file per module, named after its slug."""

from __future__ import annotations

import importlib

from ecslab.course.checks import Module
from ecslab.errors import CourseError

__all__ = ["load"]


def load(name: str) -> Module:
    """Import the declaration of a module.

    Args:
        name: number and slug, such as ``02-clusters``, whose file is ``clusters.py``.
    """
    file = name.split("-", 1)[-1].replace("-", "_")
    path = f"{__name__}.{file}"
    try:
        found = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        message = f"Module {name} has no checks yet: course/modules/{file}.py is missing."
        raise CourseError(message) from None
    module = getattr(found, "MODULE", None)
    if not isinstance(module, Module) or module.name != name:
        message = f'course/modules/{file}.py must declare MODULE = Module("{name}").'
        raise CourseError(message)
    return module
