"""The environment of the process while a simulated account runs: test credentials, no real ones."""

from __future__ import annotations

import os

_SET = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    # moto would read 1,301 machine images when EC2 is first used, which costs a third of a second.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}
_UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class AccountEnvironment:
    """Replaces the AWS variables of the process, and puts them back.

    Args:
        region: the default Region of boto3 in the account.
    """

    def __init__(self, region: str) -> None:
        self._set = {**_SET, "AWS_DEFAULT_REGION": region, "AWS_REGION": region}
        self._before: dict[str, str | None] = {}

    def start(self) -> None:
        """Replace the variables."""
        for name in (*self._set, *_UNSET):
            self._before[name] = os.environ.pop(name, None)
        os.environ.update(self._set)

    def stop(self) -> None:
        """Put back what was there."""
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._before.clear()
