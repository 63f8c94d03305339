"""Answers Application Auto Scaling's operations about ECS services in moto's place.

moto stores targets and policies and never scales; what is about other services is left to it.
AWS: botocore application-autoscaling; the Application Auto Scaling user guide.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from ecslab.aws.predictive_rules import time_range
from ecslab.aws.scaling_rules import (
    check_limits,
    check_policy,
    check_schedule,
    invalid,
    policy_settings,
)
from ecslab.errors import AwsError
from ecslab.sim.scaling.predictive import PREDICTIVE
from ecslab.sim.scaling.targets import (
    DIMENSION,
    NAMESPACE,
    Activity,
    Policy,
    ScalableTarget,
    ScheduledAction,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.sim.entities import Account
    from ecslab.sim.scaling.controller import ScalingController

    Params = dict[str, Any]
    Answer = Callable[[ScalingController, Account, Params], Params]

_ROLE: Final = (
    "aws-service-role/ecs.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_ECSService"
)
_SHOWN_BY_DEFAULT: Final = 50
_SETTINGS: Final = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    PREDICTIVE: "PredictiveScalingPolicyConfiguration",
}


def register(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer RegisterScalableTarget."""
    resource = _resource(params)
    target = scaling.targets.get(resource)
    if scaling.service(resource) is None:
        raise invalid(f"ECS service doesn't exist: {resource}")
    low, high = check_limits(params, target)
    if target is None:
        path = f"scalable-target/{account.identifiers.task()}"
        arn = f"arn:aws:application-autoscaling:{account.region}:{account.id}:{path}"
        target = ScalableTarget(resource, arn, low, high, account.clock.now)
    target.low, target.high = low, high
    target.suspended |= params.get("SuspendedState") or {}
    scaling.register(target)
    return {"ScalableTargetARN": target.arn}


def deregister(scaling: ScalingController, _account: Account, params: Params) -> Params:
    """Answer DeregisterScalableTarget."""
    scaling.deregister(_target(scaling, params))
    return {}


def forecast(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer GetPredictiveScalingForecast; before there is a forecast, it has no points."""
    start, end = time_range(params, account.clock.now)
    policy = _target(scaling, params).policies.get(params["PolicyName"])
    if policy is None or policy.kind != PREDICTIVE:
        text = f"No predictive scaling policy found for {_named(params)}: {params['PolicyName']}"
        raise invalid(text)
    found = scaling.predictive.forecast_of(policy)
    hours = [hour for hour in sorted(found.load) if start.timestamp() <= hour < end.timestamp()]
    answer: Params = {
        "LoadForecast": [
            {
                "Timestamps": hours,
                "Values": [found.load[hour] for hour in hours],
                "MetricSpecification": policy.settings["MetricSpecifications"][0],
            }
        ],
        "CapacityForecast": {
            "Timestamps": hours,
            "Values": [float(found.capacity[hour]) for hour in hours],
        },
    }
    return answer | ({"UpdateTime": found.updated_at} if found.updated_at is not None else {})


def describe_targets(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer DescribeScalableTargets."""
    wanted = params.get("ResourceIds")
    found = [
        target for target in scaling.targets.values() if not wanted or target.resource in wanted
    ]
    predicted = scaling.predictive.predicted
    views = [_target_view(target, account, predicted(target)) for target in found]
    return _page(params, "ScalableTargets", views)


def put_policy(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer PutScalingPolicy."""
    target = _target(scaling, params)
    before = target.policies.get(params["PolicyName"])
    kind = params.get("PolicyType") or (before.kind if before else "StepScaling")
    settings = policy_settings(params, kind)
    check_policy(kind, settings)
    identifier, name = account.identifiers.uuid(), params["PolicyName"]
    arn = (
        f"arn:aws:autoscaling:{account.region}:{account.id}:scalingPolicy:{identifier}"
        f":resource/{NAMESPACE}/{target.resource}:policyName/{name}"
    )
    policy = Policy(name, arn, kind, settings, account.clock.now)
    scaling.put_policy(target, policy)
    return {"PolicyARN": policy.arn, "Alarms": _alarms(policy, account)}


def describe_policies(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer DescribeScalingPolicies."""
    names, resource = params.get("PolicyNames"), params.get("ResourceId")
    found = [
        _policy_view(policy, target, account)
        for target in scaling.targets.values()
        for policy in target.policies.values()
        if (not names or policy.name in names) and resource in (None, target.resource)
    ]
    return _page(params, "ScalingPolicies", found)


def delete_policy(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer DeleteScalingPolicy, which deletes the alarms of target tracking too."""
    target = _target(scaling, params)
    policy = target.policies.pop(params["PolicyName"], None)
    if policy is None:
        raise _missing(f"No scaling policy found for {_named(params)}", params["PolicyName"])
    account.ports.alarms.delete(policy.alarms)
    return {}


def put_action(scaling: ScalingController, account: Account, params: Params) -> Params:
    """Answer PutScheduledAction; what an update leaves out keeps its value."""
    target = _target(scaling, params)
    name = params["ScheduledActionName"]
    before = target.actions.get(name)
    settings = {**(before.settings if before else {}), **params}
    for key in ("StartTime", "EndTime"):
        if settings.get(key) is not None and not isinstance(settings[key], datetime):
            settings[key] = datetime.fromtimestamp(settings[key], account.clock.now.tzinfo)
    schedule = check_schedule(settings, account.clock.now)
    arn = (
        f"arn:aws:autoscaling:{account.region}:{account.id}:scheduledAction:"
        f"{account.identifiers.uuid()}:resource/{NAMESPACE}/{target.resource}"
        f":scheduledActionName/{name}"
    )
    arn = before.arn if before else arn
    scaling.schedule(target, ScheduledAction(name, arn, settings, schedule, account.clock.now))
    return {}


def describe_actions(scaling: ScalingController, _account: Account, params: Params) -> Params:
    """Answer DescribeScheduledActions."""
    names, resource = params.get("ScheduledActionNames"), params.get("ResourceId")
    found = [
        _action_view(action, target)
        for target in scaling.targets.values()
        for action in target.actions.values()
        if (not names or action.name in names) and resource in (None, target.resource)
    ]
    return _page(params, "ScheduledActions", found)


def delete_action(scaling: ScalingController, _account: Account, params: Params) -> Params:
    """Answer DeleteScheduledAction."""
    target = _target(scaling, params)
    if target.actions.pop(params["ScheduledActionName"], None) is None:
        name = params["ScheduledActionName"]
        raise _missing(f"No scheduled action found for {_named(params)}", name)
    return {}


def describe_activities(scaling: ScalingController, _account: Account, params: Params) -> Params:
    """Answer DescribeScalingActivities: of the past six weeks, newest first."""
    resource, refused = params.get("ResourceId"), params.get("IncludeNotScaledActivities")
    found = [
        _activity_view(activity)
        for activity in reversed(scaling.activities.all)
        if resource in (None, activity.resource) and (refused or not activity.reasons)
    ]
    return _page(params, "ScalingActivities", found)


_OPERATIONS: dict[str, Answer] = {
    "register_scalable_target": register,
    "deregister_scalable_target": deregister,
    "describe_scalable_targets": describe_targets,
    "put_scaling_policy": put_policy,
    "describe_scaling_policies": describe_policies,
    "delete_scaling_policy": delete_policy,
    "put_scheduled_action": put_action,
    "describe_scheduled_actions": describe_actions,
    "delete_scheduled_action": delete_action,
    "describe_scaling_activities": describe_activities,
    "get_predictive_scaling_forecast": forecast,
}


def install(scaling: Callable[[str], tuple[ScalingController, Account]]) -> Callable[[], None]:
    """Let the simulation answer what is about ECS.

    Args:
        scaling: returns Application Auto Scaling and the data plane's state of a Region.

    Returns:
        What lets moto answer again.
    """
    before = {name: vars(ApplicationAutoScalingResponse).get(name) for name in _OPERATIONS}
    for name, answer in _OPERATIONS.items():
        setattr(ApplicationAutoScalingResponse, name, _method(answer, before[name], scaling))

    def uninstall() -> None:
        for name, method in before.items():
            if method is None:
                delattr(ApplicationAutoScalingResponse, name)
            else:
                setattr(ApplicationAutoScalingResponse, name, method)

    return uninstall


def _method(
    answer: Answer,
    moto: Any,
    scaling: Callable[[str], tuple[ScalingController, Account]],
) -> Callable[[Any], str]:
    def method(self: Any) -> str:
        params = json.loads(self.body or "{}")
        if params.get("ServiceNamespace") != NAMESPACE and moto is not None:
            return str(moto(self))
        try:
            return json.dumps(answer(*scaling(self.region), params), default=_as_json)
        except AwsError as error:
            raise JsonRESTError(error.code, error.message) from error

    return method


def _as_json(value: Any) -> float:
    moment: datetime = value
    return round(moment.timestamp(), 3)


def _resource(params: Params) -> str:
    resource = str(params.get("ResourceId"))
    if params.get("ScalableDimension") != DIMENSION or resource.count("/") != 2:  # noqa: PLR2004
        message = "Unsupported service namespace, resource type or scalable dimension"
        raise invalid(message)
    return resource


def _target(scaling: ScalingController, params: Params) -> ScalableTarget:
    target = scaling.targets.get(_resource(params))
    if target is None:
        raise _missing(f"No scalable target registered for {_named(params)}", "")
    return target


def _named(params: Params) -> str:
    return (
        f"service namespace: {NAMESPACE}, resource ID: {params.get('ResourceId')}, scalable"
        f" dimension: {params.get('ScalableDimension')}"
    )


def _missing(text: str, name: str) -> AwsError:
    return AwsError("ObjectNotFoundException", f"{text}: {name}" if name else text)


def _page(params: Params, key: str, found: list[Params]) -> Params:
    token = str(params.get("NextToken") or "0")
    if not token.isdecimal():
        raise AwsError("InvalidNextTokenException", "The next token supplied was invalid")
    begin, size = int(token), int(params.get("MaxResults") or _SHOWN_BY_DEFAULT)
    answer: Params = {key: found[begin : begin + size]}
    return answer | ({"NextToken": str(begin + size)} if begin + size < len(found) else {})


def _place(target_resource: str) -> Params:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target_resource,
        "ScalableDimension": DIMENSION,
    }


def _target_view(target: ScalableTarget, account: Account, predicted: int | None) -> Params:
    states = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")
    suspended = dict.fromkeys((*states, "ScheduledScalingSuspended"), False)
    return {
        **_place(target.resource),
        "MinCapacity": target.low,
        "MaxCapacity": target.high,
        "RoleARN": f"arn:aws:iam::{account.id}:role/{_ROLE}",
        "CreationTime": target.created_at,
        "SuspendedState": suspended | target.suspended,
        "ScalableTargetARN": target.arn,
        **({"PredictedCapacity": predicted} if predicted is not None else {}),
    }


def _alarms(policy: Policy, account: Account) -> list[Params]:
    found = [account.ports.alarms.find(name) for name in policy.alarms]
    return [{"AlarmName": a.name, "AlarmARN": a.arn} for a in found if a is not None]


def _policy_view(policy: Policy, target: ScalableTarget, account: Account) -> Params:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        **_place(target.resource),
        "PolicyType": policy.kind,
        _SETTINGS[policy.kind]: policy.settings,
        "Alarms": _alarms(policy, account),
        "CreationTime": policy.created_at,
    }


def _action_view(action: ScheduledAction, target: ScalableTarget) -> Params:
    keys = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
    return {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        **_place(target.resource),
        "CreationTime": action.created_at,
        **{key: action.settings[key] for key in keys if action.settings.get(key) is not None},
    }


def _activity_view(activity: Activity) -> Params:
    shown: Params = {
        "ActivityId": activity.id,
        **_place(activity.resource),
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_at,
        "StatusCode": activity.status,
    }
    if activity.ended_at is not None:
        shown["EndTime"] = activity.ended_at
    if activity.message:
        shown["StatusMessage"] = activity.message
    return shown | ({"NotScaledReasons": activity.reasons} if activity.reasons else {})
