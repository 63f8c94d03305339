"""Values that notebooks show as pictures, which `ecslab.show` draws.

`ecslab.show` lies above this package; it gives its drawings to `draw_with` when it is imported, so
that nothing here imports upward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_drawings: dict[type, Callable[[Any], str]] = {}


class Drawn:
    """A value whose `str()` is its text and which a notebook shows as a picture.

    A dataclass of this kind is made with `repr=False`: IPython takes the first of a class's
    `_repr_pretty_` and `__repr__` that it meets.
    """

    def __repr__(self) -> str:
        """Return the first line of the text."""
        return f"<{type(self).__name__}: {str(self).partition(chr(10))[0]}>"

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        """Show the text wherever IPython shows no picture."""
        printer.text("…" if cycle else str(self))  # type: ignore[attr-defined]

    def _repr_html_(self) -> str | None:
        """Return the picture, if `ecslab.show` is there to draw it."""
        drawing = _drawings.get(type(self))
        return drawing(self) if drawing else None


def draw_with(kind: type, drawing: Callable[[Any], str]) -> None:
    """Have values of a kind show themselves as the HTML that `drawing` returns."""
    _drawings[kind] = drawing
