"""What every chain of causes must keep to, and how a test asks for its end."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ecslab import Cloud
from ecslab.aws.reader import plain
from ecslab.cloud.explain import Explanation


def explained(cloud: Cloud, arn: str, cause: str) -> Explanation:
    """Explain something, and check every link's evidence and what the chain ends in.

    Args:
        cloud: the account.
        arn: what is explained.
        cause: a pattern for the words of the last link.
    """
    found = cloud.explain(arn)
    checked(found)
    assert re.search(cause, found.cause.words), str(found)
    return found


def checked(found: Explanation) -> None:
    """Check that every call is a line of Python that shows the quoted value."""
    assert found.steps, found.arn
    for step in found.steps:
        assert step.words.endswith("."), step.words
        for call in sorted({step.evidence.call, "\n".join(step.evidence.lines())}):
            assert shows(call, refused=step.evidence.refused) == step.evidence.value, str(found)
    assert all(len(line) <= 79 for line in str(found).splitlines()), str(found)


def client(service: str, **settings: str) -> Any:
    """Return `boto3.client(...)`, made once for each account."""
    return _client(service, boto3.DEFAULT_SESSION, **settings)


@cache
def _client(service: str, _session: object, **settings: str) -> Any:
    return boto3.client(service, **settings)


def shows(call: str, *, refused: bool) -> Any:
    """Return what a call of boto3 shows, as plain JSON; of a refused one its words."""
    try:
        return plain(eval(call, {"boto3": SimpleNamespace(client=client)}))
    except ClientError as error:
        assert refused, call
        return str(error)
