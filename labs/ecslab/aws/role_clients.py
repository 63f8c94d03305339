"""Clients with which AWS services act in an account through a role that they were given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.identity import CredentialStore

_FRESH: Final = timedelta(hours=5)
"""How long a client is used; its credentials are good for six hours."""


class RoleClients:
    """Makes boto3 clients that sign with the session of a role, and so are judged by its policies.

    Args:
        roles: what IAM says about roles.
        credentials: makes temporary credentials.
        region: the Region of the clients.
        now: the simulated time.
    """

    def __init__(
        self,
        roles: Roles,
        credentials: CredentialStore,
        region: str,
        now: Callable[[], datetime],
    ) -> None:
        self._roles = roles
        self._credentials = credentials
        self._region = region
        self._now = now
        self._made: dict[tuple[str, str, str], tuple[datetime, Any]] = {}

    def assumable(self, role: str, principal: str) -> bool:
        """Return whether an AWS service, such as `events.amazonaws.com`, may assume a role."""
        return self._roles.assumable(role, principal)

    def client(self, role: str, session: str, service: str) -> Any:
        """Return a client of a service that acts as a session of a role.

        Args:
            role: the role's ARN.
            session: the last part of the session's ARN.
            service: boto3's name of the service.
        """
        key = (role, session, service)
        made, found = self._made.get(key, (self._now() - 2 * _FRESH, None))
        if self._now() - made < _FRESH:
            return found
        keys = self._credentials.mint(role, session)
        found = boto3.client(
            service,
            region_name=self._region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["Token"],
        )
        self._made[key] = (self._now(), found)
        return found
