"""The environment of everything that runs a learner's code: a fake account, never a real one."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["fake_account"]

_FAKE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def fake_account(environment: Mapping[str, str]) -> dict[str, str]:
    """Replace everything that names an AWS account, a profile or an endpoint by a fake account.

    Args:
        environment: variables of the person who started the course.
    """
    kept = {key: value for key, value in environment.items() if not key.startswith("AWS_")}
    return {**kept, **_FAKE}
