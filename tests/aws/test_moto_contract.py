"""What we rely on inside moto and botocore; a new version that changes it fails here, loudly."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import boto3
import botocore.waiter
from botocore.handlers import BUILTIN_HANDLERS
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber
from moto.ecs import models as ecs_models
from moto.ecs import urls as ecs_urls
from moto.moto_api._internal import mock_random

from ecslab import Cloud
from ecslab.aws.ecs.service import EcsBackend

ROOT = Path(__file__).parents[2]


def test_moto_is_the_version_that_this_was_written_for() -> None:
    """pyproject.toml pins moto exactly: raise the pin only together with these tests."""
    pinned = re.search(r'"moto==([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert pinned is not None
    assert version("moto") == pinned.group(1)


def test_every_client_asks_the_stubber_before_it_sends() -> None:
    """moto.core.models adds it to botocore's built-in handlers when it is imported."""
    assert ("before-send", botocore_stubber) in BUILTIN_HANDLERS
    source = inspect.getsource(BotocoreStubber.__call__)
    assert "self.process_request(request)" in source, "replaced on the instance by the gateway"
    assert list(inspect.signature(BotocoreStubber.process_request).parameters) == [
        "self",
        "request",
    ]


def test_botocore_sends_through_one_method() -> None:
    """Clients that were made before moto was imported end there."""
    assert list(inspect.signature(URLLib3Session.send).parameters)[1] == "request"


def test_waiters_sleep_through_the_time_module() -> None:
    """`time.sleep` is replaced there, so that waiters advance simulated time."""
    assert botocore.waiter.time.sleep.__module__ == "time"
    assert "time.sleep(" in inspect.getsource(botocore.waiter.Waiter.wait)


def test_moto_finds_ecs_by_backend_and_url() -> None:
    """Both are replaced while an account runs, and put back."""
    before = (ecs_models.ecs_backends.backend, dict(ecs_urls.url_paths))
    assert list(before[1]) == ["{0}/$"]
    with Cloud():
        boto3.client("ecs").create_cluster()
        backend = ecs_models.ecs_backends["123456789012"]["us-east-1"]
        assert isinstance(backend, EcsBackend)
        assert ecs_urls.url_paths != before[1]
    assert (ecs_models.ecs_backends.backend, dict(ecs_urls.url_paths)) == before
    with mock_aws():
        cluster = boto3.client("ecs", region_name="us-east-1").create_cluster()["cluster"]
        assert cluster["status"] == "ACTIVE", "plain moto works again"


def test_a_stopped_account_leaves_no_backend_behind() -> None:
    """`BackendDict.reset` empties every service that was used."""
    with Cloud():
        boto3.client("sqs").create_queue(QueueName="orders")
    assert not BackendDict._instances
    with Cloud():
        assert "QueueUrls" not in boto3.client("sqs").list_queues()


def test_moto_draws_its_ids_from_one_seeded_source() -> None:
    """Equal seeds give equal VPCs, subnets and queues."""
    assert callable(mock_random.seed)

    def vpc(seed: int) -> str:
        with Cloud(seed=seed):
            return str(boto3.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])

    assert vpc(1) == vpc(1) != vpc(2)
