"""Tags and account settings."""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.capacity_providers import provider_at
from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.container_instances import find_instance
from ecslab.aws.ecs.gateways import gateways_of
from ecslab.aws.ecs.lookup import find_cluster, find_service, find_task
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.task_sets import find_task_set
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged, without

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


@operation("TagResource")
def tag(call: Call, params: Params) -> dict[str, Any]:
    """Answer TagResource."""
    arn = params["resourceArn"]
    if ":task-definition/" in arn:
        call.account.definitions.tag(arn, params["tags"])
        return {}
    tags = _tags(call, arn)
    tags[:] = merged(tags, params["tags"])
    return {}


@operation("UntagResource")
def untag(call: Call, params: Params) -> dict[str, Any]:
    """Answer UntagResource."""
    arn = params["resourceArn"]
    if ":task-definition/" in arn:
        call.account.definitions.untag(arn, params["tagKeys"])
        return {}
    tags = _tags(call, arn)
    tags[:] = without(tags, params["tagKeys"])
    return {}


@operation("ListTagsForResource")
def list_tags(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListTagsForResource."""
    arn = params["resourceArn"]
    if ":task-definition/" in arn:
        return {"tags": call.account.definitions.tags_of(arn)}
    return {"tags": list(_tags(call, arn))}


def _tags(call: Call, arn: str) -> list[dict[str, str]]:
    """Return the tags of a cluster, service or task, to be changed in place."""
    kind, _, path = arn.rsplit(":", 1)[-1].partition("/")
    outside = _outside_of_clusters(call, kind, path)
    if outside is not None:
        return outside
    parts = path.split("/")
    cluster = find_cluster(call.account, parts[0]) if path else None
    if cluster is not None and cluster.active:
        if kind == "cluster":
            return list_of(cluster.record)
        service = find_service(cluster, parts[-1]) if kind == "service" else None
        if service is not None and service.status != "INACTIVE":
            return service.tags
        # The ARN of a task set is task-set/cluster/service/ecs-svc/id.
        owner = find_service(cluster, "".join(parts[1:2])) if kind == "task-set" else None
        task_set = find_task_set(owner, arn) if owner is not None else None
        if task_set is not None:
            return task_set.tags
        task = find_task(cluster, parts[-1]) if kind == "task" else None
        if task is not None:
            return task.tags
        instance = find_instance(cluster, parts[-1]) if kind == "container-instance" else None
        if instance is not None and instance.status != "INACTIVE":
            return instance.tags
    names = {"cluster": "Cluster", "service": "Service", "task": "Task"}
    names |= {
        "container-instance": "Container instance",
        "task-set": "TaskSet",
        "gateway": "Gateway",
        "capacity-provider": "Capacity provider",
    }
    if kind not in names:
        message = f"The specified resource ARN is invalid: {arn}"
        raise AwsError(_INVALID, message)
    own_error = kind in ("cluster", "service")
    code = f"{names[kind]}NotFoundException" if own_error else _INVALID
    message = f"{names[kind]} not found."
    raise AwsError(code, message)


def _outside_of_clusters(call: Call, kind: str, path: str) -> list[dict[str, str]] | None:
    """Return the tags of what has no cluster in its ARN, None when it is something else."""
    gateway = gateways_of(call).get(path) if kind == "gateway" else None
    if gateway is not None:
        return gateway.tags
    provider = provider_at(call, path) if kind == "capacity-provider" else None
    return provider.tags if provider is not None else None


def list_of(record: dict[str, Any]) -> list[dict[str, str]]:
    """Return the tags of a cluster's record, to be changed in place."""
    tags: list[dict[str, str]] = record["tags"]
    return tags


@operation("ListAccountSettings")
def list_settings(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListAccountSettings."""
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
    if name not in _SETTINGS:
        message = f"{name} should be one of [{','.join(_SETTINGS)}]"
        raise AwsError(_INVALID, message)
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
    value = call.account.settings.pop(name, None)
    if value is None:
        message = "The specified account setting was not found."
        raise AwsError(_INVALID, message)
    return {"setting": _setting(call, name, value)}


def _setting(call: Call, name: str, value: str) -> dict[str, str]:
    principal = f"arn:aws:iam::{call.account.id}:root"
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}
