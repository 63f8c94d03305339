"""Requests to start from: each is valid, and asks to be checked against one platform."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ecslab.model.task_definition import register

Request = dict[str, Any]

_SIZED = {"cpu": "256", "memory": "512", "networkMode": "awsvpc"}
_BASES: dict[str, Request] = {
    "ec2": {"requiresCompatibilities": ["EC2"]},
    "external": {"requiresCompatibilities": ["EXTERNAL"]},
    "fargate": {"requiresCompatibilities": ["FARGATE"], **_SIZED},
    "managed": {"requiresCompatibilities": ["MANAGED_INSTANCES"], **_SIZED},
}


@pytest.fixture(scope="session")
def valid() -> Callable[..., Request]:
    def make(base: str = "ec2", /, container: Request | None = None, **members: Any) -> Request:
        """Return a valid request for one platform with other members put into it."""
        first: Request = {"name": "web", "image": "nginx:1.27"}
        if base in ("ec2", "external"):
            first["memory"] = 256
        request = {
            "family": "web",
            "containerDefinitions": [first | (container or {})],
            **_BASES[base],
            **members,
        }
        return copy.deepcopy(request)

    return make


@pytest.fixture(scope="session")
def registered() -> Callable[[Request], Request]:
    def call(request: Request) -> Request:
        """Register a request as the first revision of its family."""
        return register(
            request,
            revision=1,
            account="123456789012",
            region="us-east-1",
            registered_at=datetime(2026, 1, 15, 9, tzinfo=UTC),
            registered_by="arn:aws:iam::123456789012:user/teacher",
        )

    return call
