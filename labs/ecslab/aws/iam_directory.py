"""Looking up roles and instance profiles in the account's IAM."""

from __future__ import annotations

from typing import Any, Final

from moto.iam.models import iam_backends

_ARN_PARTS: Final = 6


def account_of(arn: str) -> str:
    """Return the account in an ARN, or nothing when it has none."""
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS and parts[4].isdigit() else ""


def find_role(role_arn: str) -> Any | None:
    """Return moto's role with an ARN, or None."""
    account = account_of(role_arn)
    if not account or not role_arn.startswith("arn:aws:iam::"):
        return None
    roles = iam_backends[account]["aws"].roles.values()
    return next((role for role in roles if role.arn == role_arn), None)


def role_arn_of(name_or_arn: str, account: str) -> str:
    """Return the ARN of a role given by name or ARN, whether or not it exists."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    for role in iam_backends[account]["aws"].roles.values():
        if role.name == name_or_arn:
            return str(role.arn)
    return f"arn:aws:iam::{account}:role/{name_or_arn}"


def profile_roles(name_or_arn: str, account: str) -> list[str]:
    """Return the ARNs of the roles in an instance profile; none when it does not exist."""
    profiles = iam_backends[account]["aws"].instance_profiles.values()
    return [
        role.arn
        for profile in profiles
        if name_or_arn in (profile.name, profile.arn)
        for role in profile.roles
    ]
