"""What the command line of a container means for its image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ecslab.model import command as shell

if TYPE_CHECKING:
    from ecslab.model.image import Image

__all__ = ["Resolved", "resolve"]

_BARE_SHELLS: Final = ("sh", "bash")
_WITH_A_SHELL: Final = frozenset(("echo", "sleep", "true", "false")) | shell.UTILITIES


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a command line means for an image.

    Args:
        image: the behaviour.
        script: what to run instead of the behaviour: the text after `sh -c`, or steps.
        missing: the program that the image does not contain.
    """

    image: Image
    script: str | tuple[shell.Step, ...] | None = None
    missing: str | None = None


def resolve(image: Image, command: list[str]) -> Resolved:
    """Return what a command line means for an image.

    Args:
        image: the image.
        command: entry point and command of the container definition; empty for the image's own.
    """
    line = " ".join(command)
    if not command or line == " ".join(image.command):
        return Resolved(image)
    if line in image.variants:
        return Resolved(image.variants[line])
    step = shell.Step(tuple(command))
    if step.program in _WITH_A_SHELL and "sh" in image.tools:
        return Resolved(image, (step,))
    if step.program not in image.tools:
        return Resolved(image, missing=command[0])
    if step.program in _BARE_SHELLS:
        return _by_shell(image, command)
    return Resolved(image)


def _by_shell(image: Image, command: list[str]) -> Resolved:
    """Return what a shell of the image is asked to do."""
    if len(command) == 1:
        return Resolved(image, ())  # without a terminal it has nothing to read, and ends
    script = shell.shell_script(command)
    if script in image.variants:
        return Resolved(image.variants[str(script)])
    return Resolved(image, script)
