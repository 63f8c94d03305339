"""What a simulated account does to this process: time, credentials, no network, the same bytes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from ecslab import Cloud
from ecslab.errors import CourseError

PROGRAM = """
import sys, boto3
from ecslab import Cloud, Image
from shops import open_shop
with Cloud(seed=int(sys.argv[1])) as cloud:
    shop = open_shop(cloud)
    shop.serve(shop.define(Image(port=80, logs=("up",))), 3)
    cloud.advance(minutes=3)
    shop.ecs.update_service(cluster="shop", service="web", forceNewDeployment=True)
    cloud.advance(minutes=6)
    print(shop.service(), [shop.task(a) for a in shop.ecs.list_tasks(cluster="shop")["taskArns"]])
    sys.stdout.write(cloud.journal.to_text())
"""


HERE = Path(__file__).parent


def run(seed: int, hash_seed: str) -> str:
    """Run the program in a process of its own; return what it prints."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    """ARNs, ids, addresses, times and texts come from the seed alone."""
    first = run(7, "1")
    assert "ecs-svc/" in first
    assert run(7, "2") == first
    assert run(8, "1") != first


def test_a_stopped_account_takes_no_memory() -> None:
    """A notebook that resets its lab all day keeps the last account, not all of them."""
    journals = []
    for seed in range(3):
        with Cloud(seed=seed) as cloud:
            boto3.client("ecs").create_cluster(clusterName="shop")
            cloud.advance(minutes=1)
            journals.append(weakref.ref(cloud.journal))
    del cloud
    gc.collect()
    assert [journal() for journal in journals[:-1]] == [None, None]


def test_sleeping_advances_simulated_time_only() -> None:
    """The main thread's sleep and every clock of Python follow the account's time."""
    started = time.perf_counter()
    with Cloud() as cloud:
        before = cloud.now
        time.sleep(3600)
        assert (cloud.now - before).total_seconds() == 3600
        assert abs(time.time() - cloud.now.timestamp()) < 1
        assert datetime.now(UTC).date() == before.date()
    assert time.perf_counter() - started < 60


def test_other_threads_keep_real_sleep() -> None:
    """A kernel's threads must not move the learner's time."""
    with Cloud() as cloud:
        before = cloud.now
        thread = threading.Thread(target=time.sleep, args=(0.01,))
        thread.start()
        thread.join()
        assert cloud.now == before


def test_stopping_puts_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, clocks and sleep are the process's own again."""
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    sleep, today = time.sleep, datetime.now(UTC).year
    with Cloud():
        assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_PROFILE"] == "company"
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert time.sleep is sleep
    assert datetime.now(UTC).year == today


def test_no_account_no_call() -> None:
    """A call without a running account is refused in one sentence, never sent."""
    with Cloud():
        client = boto3.client("ecs", region_name="us-east-1")
    keys = {"aws_access_key_id": "real", "aws_secret_access_key": "real"}
    late = boto3.client("ecs", region_name="us-east-1", **keys)
    for each in (client, late):
        with pytest.raises((CourseError, ClientError, Exception), match="No simulated account"):
            each.list_clusters()


def test_other_hosts_are_refused() -> None:
    """An endpoint outside AWS is no way out either."""
    with Cloud():
        client = boto3.client("s3", endpoint_url="http://storage.example.com")
        with pytest.raises(CourseError, match=r"storage\.example\.com"):
            client.list_buckets()


def test_a_second_account_replaces_the_first() -> None:
    """Starting again in one process, as re-running a notebook's first cell does, is no trap."""
    first = Cloud().start()
    boto3.client("ecs").create_cluster(clusterName="old")
    with Cloud() as second:
        assert not first.running
        assert boto3.client("ecs").list_clusters()["clusterArns"] == []
        second.reset()
        assert second.running


def test_unknown_services_answer_with_an_error_that_names_them() -> None:
    """An operation that the simulation lacks is a clear error, not a Python exception."""
    with Cloud():
        with pytest.raises(ClientError, match="ExecuteCommand"):
            boto3.client("ecs").execute_command(
                cluster="c", task="t", command="sh", interactive=True
            )
        with pytest.raises(ClientError, match="is not part of this simulation"):
            boto3.client("macie2").list_findings()
