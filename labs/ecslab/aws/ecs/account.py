"""Account settings."""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page

_INVALID = "InvalidParameterException"

_SETTINGS = {
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

_SHOWN_ONCE_SET = ("dualStackIPv6",)
"""Documented as a setting, but not in botocore's ecs SettingName."""

_MOST_SETTINGS = 10


@operation("ListAccountSettings")
def list_settings(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListAccountSettings."""
    if "name" in params:
        _check_name(params["name"])
    effective = bool(params.get("effectiveSettings"))
    shown = dict(call.account.settings)
    for name, (default, _) in _SETTINGS.items():
        if effective and name not in _SHOWN_ONCE_SET:
            shown.setdefault(name, default)
    names = [
        name
        for name in sorted(shown)
        if params.get("name") in (None, name) and params.get("value") in (None, shown[name])
    ]
    found = page(
        names,
        query=("settings", effective, str(params.get("name")), str(params.get("value"))),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        largest=_MOST_SETTINGS,
    )
    rows = [_setting(call, name, shown[name]) for name in found.items]
    return with_token({"settings": rows}, found.next_token)


@operation("PutAccountSetting")
def put_setting(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutAccountSetting."""
    name, value = params["name"], params["value"]
    _check_name(name)
    if name == "guardDutyActivate":
        message = "The guardDutyActivate setting is set by Amazon GuardDuty and is read-only."
        raise AwsError(_INVALID, message)
    if value not in _SETTINGS[name][1]:
        message = f"{value} is not a valid value for {name}: [{','.join(_SETTINGS[name][1])}]"
        raise AwsError(_INVALID, message)
    call.account.settings[name] = value
    return {"setting": _setting(call, name, value)}


@operation("PutAccountSettingDefault")
def put_setting_default(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutAccountSettingDefault; the account has one principal, so it is the same."""
    return put_setting(call, params)


@operation("DeleteAccountSetting")
def delete_setting(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteAccountSetting."""
    name = params["name"]
    _check_name(name)
    value = call.account.settings.pop(name, None)
    if value is None:
        message = "The specified account setting was not found."
        raise AwsError(_INVALID, message)
    return {"setting": _setting(call, name, value)}


def _check_name(name: str) -> None:
    """Refuse what is no account setting (botocore ecs PutAccountSettingRequest.name)."""
    if name not in _SETTINGS:
        message = f"{name} should be one of [{','.join(_SETTINGS)}]"
        raise AwsError(_INVALID, message)


def _setting(call: Call, name: str, value: str) -> dict[str, str]:
    principal = f"arn:aws:iam::{call.account.id}:root"
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}
