"""Account settings as they are kept: of the account, and of each user and role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecslab.errors import AwsError

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params

__all__ = ["SETTINGS", "effective_setting", "principal_of", "root_of", "settings_of"]

_SESSION = re.compile(r"arn:aws:sts::([0-9]{12}):assumed-role/([^/]+)/.+")

SETTINGS = {
    "awsvpcTrunking": ("disabled", ("enabled", "disabled")),
    "containerInsights": ("disabled", ("enabled", "disabled", "enhanced")),
    "containerInstanceLongArnFormat": ("enabled", ("enabled", "disabled")),
    "defaultLogDriverMode": ("non-blocking", ("blocking", "non-blocking")),
    "dualStackIPv6": ("enabled", ("enabled", "disabled")),
    "fargateEventWindows": ("disabled", ("enabled", "disabled")),
    "fargateFIPSMode": ("disabled", ("enabled", "disabled")),
    "fargateTaskRetirementWaitPeriod": ("7", ("0", "7", "14")),
    "guardDutyActivate": ("off", ("on", "off")),
    "serviceLongArnFormat": ("enabled", ("enabled", "disabled")),
    "tagResourceAuthorization": ("on", ("on", "off")),
    "taskLongArnFormat": ("enabled", ("enabled", "disabled")),
}
"""Account settings: default and allowed values (botocore ecs PutAccountSettingRequest.name)."""


def effective_setting(call: Call, name: str) -> str:
    """Return what an account setting is for the principal that calls."""
    own = settings_of(call, principal_of(call, {}))
    return own.get(name) or call.account.settings.get(name) or SETTINGS[name][0]


def root_of(call: Call) -> str:
    """Return the ARN of the account's root user."""
    return f"arn:aws:iam::{call.account.id}:root"


def principal_of(call: Call, params: Params) -> str:
    """Return whose settings a request is about: the caller's own, unless root says otherwise.

    AWS: botocore ecs PutAccountSettingRequest.principalArn.

    Raises:
        AwsError: AccessDeniedException when somebody else asks about a principal.
    """
    own = call.caller
    session = _SESSION.fullmatch(own)
    if session:
        own = f"arn:aws:iam::{session[1]}:role/{session[2]}"
    wanted = params.get("principalArn")
    if wanted not in (None, own) and own != root_of(call):
        message = "You must be the root user, or the principal, to specify principalArn."
        raise AwsError("AccessDeniedException", message)
    return str(wanted or own)


def settings_of(call: Call, principal: str) -> dict[str, str]:
    """Return a principal's settings, to be changed in place; those of root are the account's."""
    if principal == root_of(call):
        return call.account.settings
    return call.account.own_settings.setdefault(principal, {})
