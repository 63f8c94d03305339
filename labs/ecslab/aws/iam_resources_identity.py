"""The resources of IAM and STS operations.

AWS: Service Authorization Reference, AWS Identity and Access Management and AWS Security Token
Service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from moto.iam.models import iam_backends

from ecslab.aws.iam_directory import role_arn_of
from ecslab.aws.identity import Caller

_PASSED_ARNS: Final = ("OpenIDConnectProviderArn", "SAMLProviderArn")
# Each kind of resource, the parameter that names it and moto's table of them.
_KINDS: Final = (
    ("instance-profile", "InstanceProfileName", "instance_profiles"),
    ("role", "RoleName", "roles"),
    ("group", "GroupName", "groups"),
    ("user", "UserName", "users"),
)
_POLICY_OPERATIONS: Final = {
    *("CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy"),
    *("GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyTags", "ListPolicyVersions"),
    *("SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy"),
}
_LISTS: Final = {
    *("ListGroups", "ListInstanceProfiles", "ListPolicies", "ListRoles", "ListUsers"),
}
# Without a UserName these are about the caller's own user.
_OWN_USER: Final = {
    *("ChangePassword", "CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys"),
    *("ListMFADevices", "ListSigningCertificates", "UpdateAccessKey"),
}


def iam_resources(operation: str, params: Mapping[str, Any], caller: Caller) -> list[str]:
    """Return the ARNs that an IAM operation is about."""
    if operation in _LISTS:
        return ["*"]
    if operation in _POLICY_OPERATIONS:
        return [str(params.get("PolicyArn", "*"))]
    made = _made(operation, params)
    if made:
        return [f"arn:aws:iam::{caller.account}:{made}"]
    given = [str(params[name]) for name in _PASSED_ARNS if params.get(name)]
    for kind, parameter, table in _KINDS:
        if params.get(parameter):
            given.append(_named(kind, str(params[parameter]), table, params, caller.account))
    # What has several names is about the first: a role added to a profile changes the profile.
    own = caller.arn if operation in _OWN_USER else "*"
    return given[:1] or [own]


def _made(operation: str, params: Mapping[str, Any]) -> str:
    # What two operations make, whose parameters are unlike those of its later life.
    if operation == "CreatePolicy":
        return f"policy{params.get('Path') or '/'}{params.get('PolicyName', '*')}"
    if operation == "CreateServiceLinkedRole":
        return f"role/aws-service-role/{params.get('AWSServiceName', '*')}/*"
    return ""


def sts_resources(params: Mapping[str, Any], account: str) -> list[str]:
    """Return the role that an STS operation asks for, or ``*``."""
    role = params.get("RoleArn")
    return [role_arn_of(role, account)] if isinstance(role, str) and role else ["*"]


def _named(kind: str, name: str, table: str, params: Mapping[str, Any], account: str) -> str:
    for item in getattr(iam_backends[account]["aws"], table).values():
        if item.name == name:
            return str(item.arn)
    # It is about to be made, or does not exist.
    return f"arn:aws:iam::{account}:{kind}{params.get('Path') or '/'}{name}"
