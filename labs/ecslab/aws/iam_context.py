"""What authorization knows beside the call itself, and the condition keys that follow from it.

AWS: reference_policies_condition-keys (global condition keys).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ecslab.aws.iam_documents import Documents
from ecslab.aws.identity import ACCOUNT, Caller


def _no_task_definition(_reference: str) -> Mapping[str, Any] | None:
    return None


def _no_tags(_arn: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class CallContext:
    """What authorization needs to know beside the call itself.

    Args:
        now: the simulated time, timezone-aware.
        region: where the call goes.
        account: whose resources it is about.
        source_ip: where it comes from.
        task_definition: finds a task definition by family, family:revision or ARN and returns it
            in botocore's shape, or None; its roles are checked when a task is run.
        daemon_task_definition: the same for a daemon task definition.
        tags: returns the tags of a resource by its ARN.
        keys: further condition keys, such as ``aws:SourceVpce`` behind an endpoint.
        endpoint_policy: the policy of the VPC endpoint that the call goes through.
    """

    now: datetime = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
    region: str = "us-east-1"
    account: str = ACCOUNT
    source_ip: str = "203.0.113.10"
    task_definition: Callable[[str], Mapping[str, Any] | None] = _no_task_definition
    daemon_task_definition: Callable[[str], Mapping[str, Any] | None] = _no_task_definition
    tags: Callable[[str], Mapping[str, str]] = _no_tags
    keys: Mapping[str, object] = field(default_factory=dict)
    endpoint_policy: str | None = None


def caller_keys(caller: Caller, documents: Documents) -> dict[str, object]:
    """Return the keys that describe the caller."""
    keys: dict[str, object] = {
        # For a role this is the role's ARN, not the session's.
        "aws:PrincipalArn": caller.role_arn or caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": "AssumedRole" if caller.kind == "role" else "User",
        "aws:PrincipalIsAWSService": False,
        "aws:userid": caller.user_id,
        "aws:username": caller.name if caller.kind == "user" else None,
    }
    keys.update((f"aws:PrincipalTag/{key}", value) for key, value in documents.tags)
    return keys


def call_keys(context: CallContext) -> dict[str, object]:
    """Return the keys that describe when, where and how the call is made."""
    return {
        "aws:CurrentTime": context.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": int(context.now.timestamp()),
        "aws:RequestedRegion": context.region,
        "aws:SecureTransport": True,
        "aws:SourceIp": context.source_ip,
        "aws:ViaAWSService": False,
        **context.keys,
    }


def resource_keys(service_prefix: str, arn: str, context: CallContext) -> dict[str, object]:
    """Return the tags of a resource as keys, AWS's and the service's own."""
    return {
        f"{prefix}:ResourceTag/{key}": value
        for key, value in context.tags(arn).items()
        for prefix in ("aws", service_prefix)
    }
