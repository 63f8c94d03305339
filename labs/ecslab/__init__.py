"""Learn Amazon ECS by running it: a simulated AWS account, and a course on top of it.

from ecslab import Cloud, Image, start
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.cloud import Cloud, open_session
    from ecslab.course.session import start
    from ecslab.model.image import Image

__all__ = ["Cloud", "Image", "open_session", "start"]
__version__ = "0.1.0"

_HOMES = {
    "Cloud": "ecslab.cloud",
    "Image": "ecslab.model.image",
    "open_session": "ecslab.cloud",
    "start": "ecslab.course.session",
}
# What notebooks begin with; it brings the pictures too, which `ecslab.cloud` can't import itself.
_SHOWN = {"Cloud", "start"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that a command line starts fast."""
    if name in _HOMES:
        if name in _SHOWN:
            import_module("ecslab.show")
        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'ecslab' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
