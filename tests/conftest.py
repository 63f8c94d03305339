"""What holds for every test: no real account, no network, no chance, no trace left behind."""

from __future__ import annotations

import gc
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from ecslab.cli.environment import fake_account

# Before any test module imports boto3. A clean start: the settings of the person are left out.
clean = {key: value for key, value in os.environ.items() if not key.startswith("ECSLAB_")}
settings = fake_account(clean)
os.environ.clear()
os.environ.update(settings)
os.environ["ECSLAB_PROGRESS"] = "off"
os.environ["ECSLAB_STANDBY"] = "off"

# The same examples on every machine and in every run, and no test that fails by the clock.
hypothesis.settings.register_profile("ecslab", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("ecslab")


sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests that send anything to the API send more of it."""
    parser.addoption(
        "--fuzz", type=int, default=1, metavar="TIMES", help="how much longer to send anything"
    )


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Any test to any worker, except those that share something dear to make.

    pytest-xdist's own marks for this have no effect since pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        lab = re.match(r"tests/course/test_labs\.py::\w+\[([\w-]+)", nodeid)
        if lab:
            return lab[1]
        return "site" if nodeid.startswith("tests/site/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together:
    """Keep the tests of a lab on one worker, which tries the lab once, and those of the site."""
    return _Together(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage less often: what was imported stays.

    Measured: a fifth of the processor time of tests that make an account each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 50)


@pytest.fixture(autouse=True)
def _answers_are_in_the_model() -> Iterator[None]:
    """Fail the test during which ECS answered something that is not in botocore's model.

    Tests that have nothing to do with the API do not load it for this.
    """
    if "ecslab.aws.ecs.service" not in sys.modules:
        yield
        return
    from shapes import watched

    with watched() as found:
        yield
    assert not found, "\n".join(found)


def _is_here(address: Any) -> bool:
    """Whether a socket's address is on this machine; a path or a descriptor always is."""
    if not isinstance(address, tuple):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if not _is_here(address):
            raise AssertionError(f"A test tried to reach {address} over the network.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
