"""The account of the contract tests; none of them changes what others look at."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecslab import Cloud

sys.path.insert(0, str(Path(__file__).parent))

from accounts import Full, open_full
from shops import open_shop


@pytest.fixture(scope="module")
def full() -> Iterator[Full]:
    """Yield an account in which there is something of everything."""
    with Cloud(seed=7) as cloud:
        yield open_full(open_shop(cloud))
