"""A small network with a load balancer, for the tests of targets and traffic."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from traffic_world import World


@pytest.fixture
def world() -> World:
    """Return a new world, in which no time has passed."""
    return World()
