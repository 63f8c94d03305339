"""What holds whatever happens to a service that shifts its traffic.

`python3 tests tests/cloud/test_shift_programs.py --fuzz 20` runs twenty times as many programs.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shift_programs import PROGRAMS, Program, World

from ecslab import Cloud

EXAMPLES = 3


def run(seed: int, program: Program) -> Cloud:
    """Run a program in a new account, repair the service, delete it."""
    breaker, steps = program
    cloud = Cloud(seed=seed).start()
    world = World(cloud, breaker=breaker)
    world.play(steps)
    world.settle()
    world.leave()
    return cloud


def test_shares_make_a_whole_and_rollbacks_restore_it(pytestconfig: pytest.Config) -> None:
    """blue-green-deployment-how-it-works, deployment-type-linear, canary-deployment."""

    @settings(
        max_examples=EXAMPLES * pytestconfig.getoption("--fuzz"),
        suppress_health_check=list(HealthCheck),
    )
    @given(program=PROGRAMS)
    def check(program: Program) -> None:
        run(7, program).stop()

    check()


@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS, seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_journal(program: Program, seed: int) -> None:
    """A program and a seed decide every byte, hooks, shifts and rollbacks included."""
    cloud = run(seed, program)
    journal = cloud.journal.to_text()
    cloud.stop()
    again = run(seed, program)
    assert again.journal.to_text() == journal
    again.stop()
