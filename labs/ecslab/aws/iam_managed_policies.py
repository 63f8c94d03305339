"""The policies that AWS manages, such as AmazonECSTaskExecutionRolePolicy, read when needed."""

from __future__ import annotations

import hashlib
import json
from collections import UserDict
from datetime import datetime
from functools import cache
from typing import Any, Final

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, PolicyVersion, iam_backends

_ID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ID_LENGTH: Final = 17


def install_managed_policies(account: str) -> None:
    """Give an account's IAM the policies that AWS manages.

    moto can load all of them when it starts, which costs 60 ms and more for each new account. Here
    they are read when an IAM policy is first looked at; an account that never does pays nothing.

    Args:
        account: the 12 digits of the account, whose IAM backend is made if need be.
    """
    backend: Any = iam_backends[account]["aws"]
    if not isinstance(backend.managed_policies, _ManagedPolicies):
        backend.managed_policies = _ManagedPolicies(account, backend.managed_policies)


class _ManagedPolicies(UserDict[str, Any]):
    """moto's table of managed policies by ARN, filled with AWS's own at the first look."""

    def __init__(self, account: str, own: dict[str, Any]) -> None:
        self._account = account
        self._own = own
        self._filled: dict[str, Any] | None = None

    @property
    def data(self) -> dict[str, Any]:  # type: ignore[override]  # a plain attribute there
        """The policies by ARN."""
        if self._filled is None:
            self._filled = {
                arn: _LazyPolicy(name, arn, facts, self._account)
                for arn, (name, facts) in _by_arn().items()
            }
            self._filled.update(self._own)
        return self._filled


@cache
def _by_arn() -> dict[str, tuple[str, dict[str, Any]]]:
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {
        f"arn:aws:iam::aws:policy{facts.get('Path', '/')}{name}": (name, facts)
        for name, facts in policies.items()
    }


# moto lists AWS's own policies by this class.
_AwsPolicy: Any = AWSManagedPolicy


class _LazyPolicy(_AwsPolicy):  # type: ignore[misc]  # untyped, to replace attributes by properties
    """One of AWS's policies; its document is written out only when somebody reads it.

    It does not call moto's constructor, which draws an id for each of the 1,582 policies from the
    account's random numbers and writes out every document.
    """

    def __init__(self, name: str, arn: str, facts: dict[str, Any], account: str) -> None:
        self.name = name
        self._arn = arn
        self._facts = facts
        self.account_id = account
        self.partition = "aws"
        self.path = facts.get("Path", "/")
        self.attachment_count = 0
        self.description = ""
        self.tags: dict[str, dict[str, str]] = {}
        self.default_version_id = facts["DefaultVersionId"]
        self._versions: list[PolicyVersion] | None = None

    @property
    def arn(self) -> str:
        """The ARN, which names no account."""
        return self._arn

    @property
    def id(self) -> str:
        """An id in the form of AWS's, the same in every account."""
        digest = hashlib.sha256(self._arn.encode()).digest()
        return "ANPA" + "".join(_ID_LETTERS[byte % 32] for byte in digest[:_ID_LENGTH])

    @property
    def create_date(self) -> datetime:
        """When AWS first published the policy."""
        return datetime.fromisoformat(self._facts["CreateDate"])

    @property
    def update_date(self) -> datetime:
        """When AWS published this version."""
        return datetime.fromisoformat(self._facts["UpdateDate"])

    @property
    def versions(self) -> list[PolicyVersion]:
        """The default version, the only one that is kept."""
        if self._versions is None:
            document = json.dumps(self._facts["Document"])
            self._versions = [
                PolicyVersion(
                    self._arn,
                    document,
                    is_default=True,
                    version_id=self.default_version_id,
                    create_date=self.update_date,
                )
            ]
        return self._versions
