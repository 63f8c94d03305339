"""Deterministic identifiers in the forms that ECS gives them."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from random import Random


class Identifiers:
    """Draws identifiers from a seeded source, so that the same program gets the same ones.

    Args:
        random: the source; nothing else may draw from it.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def task(self) -> str:
        """Return a task id: 32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"

    def uuid(self) -> str:
        """Return a random UUID (version 4)."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def digits(self, count: int) -> str:
        """Return a number of exactly so many digits."""
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def letters(self, count: int) -> str:
        """Return so many letters and digits."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=count))

    def deployment(self) -> str:
        """Return a deployment id, `ecs-svc/` and 19 digits."""
        return f"ecs-svc/{self.digits(19)}"

    def jitter(self, mean: float, spread: float) -> float:
        """Return a duration in seconds, evenly spread around a mean."""
        return self._random.uniform(mean - spread, mean + spread)
