"""Simulated time in words: moments since a start, and durations."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 3600


def moment(seconds: float) -> str:
    """Return seconds after a start as `m:ss`, or `h:mm:ss` from an hour on."""
    whole = int(seconds + 1e-6)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def duration(seconds: float) -> str:
    """Return how long something lasted: tenths of a second below a minute, whole ones above."""
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
