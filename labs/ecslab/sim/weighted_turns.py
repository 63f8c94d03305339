"""Turns taken in proportion to weights, without chance."""

from __future__ import annotations

__all__ = ["WeightedTurns"]


class WeightedTurns:
    """Remembers whose turn it is, for each thing that distributes something."""

    def __init__(self) -> None:
        self._credits: dict[str, dict[str, int]] = {}

    def next(self, who: str, weights: list[tuple[str, int]]) -> str | None:
        """Return whose turn it is: each as often as its weight says, evenly mixed.

        Args:
            who: who distributes, such as a listener rule's ARN.
            weights: the names and their weights.

        Returns:
            A name, or None when all weights are 0.
        """
        weights = [(name, weight) for name, weight in weights if weight > 0]
        if not weights:
            return None
        credit = self._credits.setdefault(who, {})
        for name, weight in weights:
            credit[name] = credit.get(name, 0) + weight
        chosen = max((name for name, _ in weights), key=lambda name: credit[name])
        credit[chosen] -= sum(weight for _, weight in weights)
        return chosen
