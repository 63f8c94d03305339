"""`Cloud.load`: a stream of requests through the simulated network, and what becomes of them."""

from __future__ import annotations

import boto3
import pytest
from shops import Shop

from ecslab import Cloud
from ecslab.course import storefronts
from ecslab.course.front_door import BALANCER
from ecslab.errors import CourseError


def address_of(balancer: str) -> str:
    """Return the URL of a load balancer."""
    found = boto3.client("elbv2").describe_load_balancers(Names=[balancer])["LoadBalancers"]
    return f"http://{found[0]['DNSName']}"


def test_requests_are_sent_while_time_passes() -> None:
    """A load balancer without targets answers 503 (AWS: load-balancer-troubleshooting)."""
    with Cloud(seed=7) as cloud:
        storefronts.front_door(cloud, "/health")
        load = cloud.load(address_of(BALANCER), per_second=2, seconds=30)
        assert (load.began, load.seconds) == (cloud.now, 30)
        assert load.sent == 0
        cloud.advance(seconds=10)
        assert 19 <= load.sent <= 21
        assert not load.finished
        cloud.advance(seconds=25)
        assert load.finished
        assert load.counts == {503: 60}
        assert len(load.failures) == 60


def test_a_rate_may_change_with_time() -> None:
    with Cloud(seed=7) as cloud:
        storefronts.front_door(cloud, "/health")
        url = address_of(BALANCER)
        load = cloud.load(url, per_second=lambda age: 0 if age < 10 else 1, seconds=20)
        cloud.advance(seconds=25)
        assert load.sent == 10


def test_a_source_that_is_no_task_is_refused(shop: Shop) -> None:
    with pytest.raises(CourseError, match="No request can come from 'nobody'"):
        shop.cloud.load("http://example.com", per_second=1, seconds=1, source="nobody")
