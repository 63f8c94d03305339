"""Who makes a request, and how a Principal element names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

Kind = Literal["AWS", "Service", "Federated"]

_ACCOUNT: Final = re.compile(r"(?:arn:aws:iam::)?(?P<account>\d{12})(?::root)?")


class Grant(IntEnum):
    """How directly a Principal element names a principal; more is stronger."""

    NONE = 0
    ACCOUNT = 1
    """The account: it may pass the permission on to its identities by their own policies."""
    ROLE = 2
    """The role behind a session: a boundary or a session policy still limits it."""
    PRINCIPAL = 3
    """The very user, session or service, or everybody."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request, as policies see it.

    Args:
        kind: ``AWS`` for users, roles and accounts; ``Service``; ``Federated``.
        name: the ARN of the user or of the role's session, the service's DNS name such as
            ``ecs-tasks.amazonaws.com``, or the identity provider.
        role_arn: the ARN of the role, for a role's session.
        account: the principal's account; by default the one in the ARN.
    """

    kind: Kind
    name: str
    role_arn: str = ""
    account: str = ""

    @property
    def account_id(self) -> str:
        """Return the 12 digits of the principal's account, or nothing for a service."""
        if self.account or self.kind != "AWS":
            return self.account
        parts = self.name.split(":")
        return parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - an ARN's fifth part

    def granted_by(self, kind: str, value: str) -> Grant:
        """Return how one value of a Principal element names this principal.

        AWS: reference_policies_elements_principal. A star stands for everybody, never for a part
        of a name.
        """
        if kind == "*" or (kind == "AWS" and value == "*"):
            return Grant.PRINCIPAL
        if kind != self.kind:
            return Grant.NONE
        if kind != "AWS":
            return Grant.PRINCIPAL if value == self.name else Grant.NONE
        return self._named(value)

    def _named(self, value: str) -> Grant:
        if value == self.name:
            return Grant.PRINCIPAL
        if self.role_arn and value == self.role_arn:
            return Grant.ROLE
        account = _ACCOUNT.fullmatch(value)
        if account and account["account"] == self.account_id:
            return Grant.ACCOUNT
        return Grant.NONE
