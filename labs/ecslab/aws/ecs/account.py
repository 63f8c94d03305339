"""Account settings."""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.settings import SETTINGS, principal_of, root_of, settings_of
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page

_INVALID = "InvalidParameterException"

_SHOWN_ONCE_SET = ("dualStackIPv6",)
"""Documented as a setting, but not in botocore's ecs SettingName."""

_MOST_SETTINGS = 10


@operation("ListAccountSettings")
def list_settings(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListAccountSettings: what a principal has set, or what holds for it."""
    if "name" in params:
        _check_name(params["name"])
    principal = principal_of(call, params)
    effective = bool(params.get("effectiveSettings"))
    shown = dict(settings_of(call, principal))
    if effective:
        defaults = {n: d for n, (d, _) in SETTINGS.items() if n not in _SHOWN_ONCE_SET}
        shown = {**defaults, **call.account.settings, **shown}
    names = [
        name
        for name in sorted(shown)
        if params.get("name") in (None, name) and params.get("value") in (None, shown[name])
    ]
    asked = (str(params.get(key)) for key in ("name", "value"))
    found = page(
        names,
        query=("settings", effective, principal, *asked),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        largest=_MOST_SETTINGS,
    )
    rows = [_setting(principal, name, shown[name]) for name in found.items]
    return with_token({"settings": rows}, found.next_token)


@operation("PutAccountSetting")
def put_setting(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutAccountSetting: for the one who calls, or for the account when that is root."""
    return _put(call, params, principal_of(call, params))


@operation("PutAccountSettingDefault")
def put_setting_default(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutAccountSettingDefault: for all who have not set it for themselves."""
    return _put(call, params, root_of(call))


@operation("DeleteAccountSetting")
def delete_setting(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteAccountSetting."""
    name, principal = params["name"], principal_of(call, params)
    _check_name(name)
    value = settings_of(call, principal).pop(name, None)
    if value is None:
        message = "The specified account setting was not found."
        raise AwsError(_INVALID, message)
    return {"setting": _setting(principal, name, value)}


def _put(call: Call, params: Params, principal: str) -> dict[str, Any]:
    name, value = params["name"], params["value"]
    _check_name(name)
    if name == "guardDutyActivate":
        message = "The guardDutyActivate setting is set by Amazon GuardDuty and is read-only."
        raise AwsError(_INVALID, message)
    if value not in SETTINGS[name][1]:
        message = f"{value} is not a valid value for {name}: [{','.join(SETTINGS[name][1])}]"
        raise AwsError(_INVALID, message)
    settings_of(call, principal)[name] = value
    return {"setting": _setting(principal, name, value)}


def _check_name(name: str) -> None:
    """Refuse what is no account setting (botocore ecs PutAccountSettingRequest.name)."""
    if name not in SETTINGS:
        message = f"{name} should be one of [{','.join(SETTINGS)}]"
        raise AwsError(_INVALID, message)


def _setting(principal: str, name: str, value: str) -> dict[str, str]:
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}
