"""Running accounts for the tests of explanations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab import Cloud

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "aws"))

from shops import Shop, open_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Yield a running account."""
    with Cloud(seed=7) as cloud:
        yield open_shop(cloud)
