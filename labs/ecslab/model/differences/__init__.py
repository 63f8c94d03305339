"""Everything known in which the simulation differs from AWS, or that AWS has not published.

One module per area holds the rows that somebody wrote; `words` makes a row of every text whose
wording AWS does not publish. Each row names the test that pins what happens here. The site shows
them all on one page.

To add a row, add it to the tuple of its area; to add a module of texts, add it to `words.SOURCES`.
"""

from __future__ import annotations

from typing import Final

from ecslab.model.differences import (
    capacity,
    capacity_providers,
    daemons,
    discovery,
    network,
    observability,
    operations,
    permissions,
    prices,
    scaling,
    services,
    task_definitions,
    tasks,
    words,
)
from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    *tasks.DIFFERENCES,
    *task_definitions.DIFFERENCES,
    *services.DIFFERENCES,
    *capacity.DIFFERENCES,
    *capacity_providers.DIFFERENCES,
    *daemons.DIFFERENCES,
    *network.DIFFERENCES,
    *discovery.DIFFERENCES,
    *permissions.DIFFERENCES,
    *observability.DIFFERENCES,
    *scaling.DIFFERENCES,
    *operations.DIFFERENCES,
    *prices.DIFFERENCES,
)
"""The rows that somebody wrote, area by area."""

WORDS: Final[tuple[Difference, ...]] = words.rows()
"""The texts that have words of ours, area by area."""

__all__ = ["DIFFERENCES", "WORDS", "Area", "Difference"]
