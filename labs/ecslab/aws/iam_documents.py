"""Which policy documents a caller or a role has, collected from IAM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from moto.iam.models import iam_backends

from ecslab.aws.iam_directory import find_role
from ecslab.aws.identity import Caller

_EVERYTHING: Final = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)
# A boundary whose policy is gone allows nothing.
_NOTHING: Final = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
)


@dataclass(frozen=True, slots=True)
class Documents:
    """The policies that limit and permit a user or role.

    Args:
        identity: inline and attached policies, those of a user's groups included.
        boundary: the permissions boundary, if there is one.
        tags: the user's or role's own tags, for ``aws:PrincipalTag``.
    """

    identity: tuple[str, ...] = ()
    boundary: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


def documents_of(caller: Caller) -> Documents:
    """Return the policies of a user, or of the role behind a session.

    A role that was deleted while its session lives has no policies any more.
    """
    if caller.kind == "administrator":
        return Documents((_EVERYTHING,))
    if caller.role_arn:
        return role_documents(caller.role_arn)
    user = iam_backends[caller.account]["aws"].users.get(caller.name)
    return Documents() if user is None else _user_documents(caller.account, user)


def role_documents(role_arn: str) -> Documents:
    """Return the policies of a role; none for one that does not exist."""
    role = find_role(role_arn)
    if role is None:
        return Documents()
    boundary = role.permissions_boundary_arn
    return Documents(
        identity=tuple(_attached(role)),
        boundary=_managed(role.account_id, boundary) if boundary else None,
        tags=_tags(role.tags),
    )


def _user_documents(account: str, user: Any) -> Documents:
    backend = iam_backends[account]["aws"]
    groups = [group for group in backend.groups.values() if user in group.users]
    documents = [*_attached(user), *(text for group in groups for text in _attached(group))]
    boundary = getattr(user, "permissions_boundary_arn", None)
    return Documents(
        identity=tuple(documents),
        boundary=_managed(account, boundary) if boundary else None,
        tags=_tags(user.tags),
    )


def _attached(holder: Any) -> Iterator[str]:
    yield from holder.policies.values()
    for policy in holder.managed_policies.values():
        yield _default_version(policy)


def _managed(account: str, arn: str) -> str:
    policy = iam_backends[account]["aws"].managed_policies.get(arn)
    return _NOTHING if policy is None else _default_version(policy)


def _default_version(policy: Any) -> str:
    return next(
        (
            str(version.document)
            for version in policy.versions
            if version.version_id == policy.default_version_id
        ),
        _NOTHING,
    )


def _tags(tags: Any) -> tuple[tuple[str, str], ...]:
    pairs = tags.values() if isinstance(tags, dict) else tags or ()
    return tuple((tag["Key"], tag["Value"]) for tag in pairs)
