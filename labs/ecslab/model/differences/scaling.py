"""Differences in service auto scaling."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Difference

DIFFERENCES: Final[tuple[Difference, ...]] = ()
