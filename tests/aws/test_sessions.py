"""Clients of one service share what AWS says about it, and nothing that somebody did to one."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

from ecslab.cloud import Cloud


@pytest.mark.parametrize("service", ["ecs", "ec2", "dynamodb", "s3"])
def test_a_client_can_do_what_one_of_plain_boto3_can(service: str) -> None:
    plain = boto3.Session(region_name="us-east-1").client(service)
    with Cloud():
        first, second = (boto3.client(service, region_name="us-east-1") for _ in range(2))

        assert public(first) == public(second) == public(plain)
        assert first.meta.service_model is second.meta.service_model, "it is read once"
        assert first.waiter_names == plain.waiter_names


def test_what_listens_to_one_client_does_not_hear_another() -> None:
    heard: list[str] = []
    with Cloud():
        first, second = (boto3.client("ecs", region_name="us-east-1") for _ in range(2))
        first.meta.events.register("before-call", lambda model, **_: heard.append(model.name))

        second.list_clusters()
        assert heard == []
        first.list_clusters()
        assert heard == ["ListClusters"]


def test_what_is_added_to_the_clients_of_a_session_stays_there() -> None:
    def add(class_attributes: dict[str, Any], **_: Any) -> None:
        class_attributes["greeting"] = "hello"

    with Cloud():
        boto3.client("ecs", region_name="us-east-1")
        session = boto3.DEFAULT_SESSION
        assert session is not None
        session.events.register("creating-client-class.ecs", add)
        assert boto3.client("ecs", region_name="us-east-1").greeting == "hello"
    with Cloud():
        assert not hasattr(boto3.client("ecs", region_name="us-east-1"), "greeting")


def test_clients_keep_their_own_region_and_settings() -> None:
    with Cloud():
        east = boto3.client("ecs", region_name="us-east-1")
        west = boto3.client("ecs", region_name="us-west-2", config=Config(user_agent_extra="mine"))

        assert (east.meta.region_name, west.meta.region_name) == ("us-east-1", "us-west-2")
        assert east.meta.endpoint_url != west.meta.endpoint_url
        assert "mine" not in east.meta.config.user_agent


def public(client: Any) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")}
