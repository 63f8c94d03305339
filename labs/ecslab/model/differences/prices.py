"""Differences in prices."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="prices-have-a-date",
        area=Area.PRICES,
        aws="Changes its prices when it likes; they differ by Region.",
        here="List prices of us-east-1, with the month from which they are, as others have copied"
        " them from AWS's price pages. No free tier, no discount, no tax.",
        why="The course works without a network; AWS's own pages have the last word.",
        test="tests/cloud/test_differences.py::test_a_fargate_task_costs_the_stated_list_price",
    ),
)
