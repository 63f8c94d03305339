"""Rules of deploymentConfiguration, and of what the deployment strategies need besides.

AWS: botocore ecs DeploymentConfiguration and the shapes in it; early-success-criteria;
deployment-lifecycle-hooks; service-rebalancing. What the API answers to a value that is out of its
range is not published; the words are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.model.traffic_steps import (
    CANARY_BAKE_MINUTES,
    CANARY_PERCENT,
    STEP_BAKE_MINUTES,
    STEP_PERCENT,
)
from ecslab.sim.service import EXTERNAL
from ecslab.sim.service_deployment import ROLLING
from ecslab.sim.zone_rebalancing import fits

if TYPE_CHECKING:
    from collections.abc import Mapping


_INVALID: Final = "InvalidParameterException"
_STRATEGIES: Final = (ROLLING, "BLUE_GREEN", "LINEAR", "CANARY")
_CONFIGURED: Final = {"linearConfiguration": "LINEAR", "canaryConfiguration": "CANARY"}
_THRESHOLDS: Final = ("COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT")
_STAGES: Final = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)
_NO_PAUSE: Final = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")
_DAY: Final = 1440
_TWO_WEEKS: Final = 20160
_ALL: Final = 100


def _refuse(message: str) -> None:
    raise AwsError(_INVALID, message)


def check_controller(params: Mapping[str, Any], current: str | None = None) -> None:
    """Refuse deployment controllers that the simulation does not have, and unknown strategies.

    Args:
        params: the request.
        current: the type of the service's controller, None for a new service.

    Raises:
        AwsError: UnsupportedFeatureException, which names what is missing, or
            InvalidParameterException.
    """
    kind = (params.get("deploymentController") or {}).get("type", current or "ECS")
    if kind not in ("ECS", EXTERNAL):
        message = f"The deployment controller {kind} is not part of this simulation; use ECS."
        raise AwsError("UnsupportedFeatureException", message)
    if current is not None and kind != current:
        message = (
            f"The change of a deployment controller from {current} to {kind} is not part of this"
            " simulation."
        )
        raise AwsError("UnsupportedFeatureException", message)
    strategy = (params.get("deploymentConfiguration") or {}).get("strategy", ROLLING)
    if strategy not in _STRATEGIES:
        _refuse(f"{strategy} is not a valid strategy. Must be one of [{','.join(_STRATEGIES)}]")
    if strategy != ROLLING and kind == EXTERNAL:
        _refuse(f"The strategy {strategy} needs the deployment controller ECS.")
    if strategy != ROLLING and params.get("schedulingStrategy") == "DAEMON":
        _refuse(f"The strategy {strategy} is not supported with the DAEMON scheduling strategy.")


def deployment_configuration(
    given: dict[str, Any], before: dict[str, Any], *, daemon: bool = False
) -> dict[str, Any]:
    """Return a deployment configuration with the defaults that AWS shows.

    AWS: botocore ecs DeploymentConfiguration (REPLICA: 200 and 100; DAEMON: 100, which is fixed,
    and 0), DeploymentCircuitBreaker, LinearConfiguration, CanaryConfiguration.

    Raises:
        AwsError: values that are out of range or exclude each other.
    """
    result = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 100 if daemon else 200,
        "minimumHealthyPercent": 0 if daemon else 100,
        "strategy": ROLLING,
        "bakeTimeInMinutes": 0,
        **before,
        **{key: value for key, value in given.items() if value is not None},
    }
    for key, strategy in _CONFIGURED.items():
        if given.get(key) and result["strategy"] != strategy:
            _refuse(f"{key} is only valid with the deployment strategy {strategy}.")
        if result["strategy"] != strategy:
            result.pop(key, None)
    _check_percents(result, daemon=daemon)
    _within("bakeTimeInMinutes", result["bakeTimeInMinutes"], 0, _DAY)
    _fill_steps(result)
    _check_early_success(result)
    _check_alarms(result.get("alarms") or {})
    for hook in result.get("lifecycleHooks") or []:
        _check_hook(hook, str(result["strategy"]))
    breaker = {
        "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        "resetOnHealthyTask": True,
        **result["deploymentCircuitBreaker"],
    }
    _check_threshold(breaker["thresholdConfiguration"])
    return {**result, "deploymentCircuitBreaker": breaker}


def _check_percents(result: dict[str, Any], *, daemon: bool) -> None:
    low, high = result["minimumHealthyPercent"], result["maximumPercent"]
    if daemon and high != _ALL:
        _refuse("The maximumPercent of a service with the DAEMON scheduling strategy must be 100.")
    if low < 0 or high <= 0 or low > high or (low == high == 0):
        _refuse(
            "minimumHealthyPercent must be at least 0 and maximumPercent above 0 and not below"
            " minimumHealthyPercent."
        )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        _refuse(f"{name} must be between {low} and {high}.")


def _fill_steps(result: dict[str, Any]) -> None:
    if result["strategy"] == "LINEAR":
        linear = {
            "stepPercent": STEP_PERCENT,
            "stepBakeTimeInMinutes": STEP_BAKE_MINUTES,
            **(result.get("linearConfiguration") or {}),
        }
        _tenths("stepPercent", linear["stepPercent"], 3.0)
        _within("stepBakeTimeInMinutes", linear["stepBakeTimeInMinutes"], 0, _DAY)
        result["linearConfiguration"] = linear
    if result["strategy"] == "CANARY":
        canary = {
            "canaryPercent": CANARY_PERCENT,
            "canaryBakeTimeInMinutes": CANARY_BAKE_MINUTES,
            **(result.get("canaryConfiguration") or {}),
        }
        _tenths("canaryPercent", canary["canaryPercent"], 0.1)
        _within("canaryBakeTimeInMinutes", canary["canaryBakeTimeInMinutes"], 0, _DAY)
        result["canaryConfiguration"] = canary


def _tenths(name: str, value: float, low: float) -> None:
    _within(name, value, low, 100.0)
    if abs(value * 10 - round(value * 10)) > 1e-6:  # noqa: PLR2004 - what binary fractions lose
        _refuse(f"{name} must be a multiple of 0.1.")


def _check_early_success(result: dict[str, Any]) -> None:
    criteria = result.get("earlySuccessCriteria") or {}
    if not criteria.get("enable"):
        return
    if result["strategy"] != ROLLING:
        _refuse("earlySuccessCriteria is only valid with the deployment strategy ROLLING.")
    percent, cleanup = criteria.get("healthyPercent"), criteria.get("sourceServiceRevisionCleanup")
    if percent is None or cleanup is None:
        _refuse(
            "healthyPercent and sourceServiceRevisionCleanup are required when"
            " earlySuccessCriteria is enabled."
        )
    _within("healthyPercent", int(percent or 0), result["minimumHealthyPercent"], _ALL)
    if cleanup not in ("BLOCKING", "DEFERRED"):
        _refuse(
            f"{cleanup} is not a valid sourceServiceRevisionCleanup. Must be one of"
            " [BLOCKING,DEFERRED]"
        )


def _check_alarms(alarms: dict[str, Any]) -> None:
    if alarms.get("enable") and not alarms.get("alarmNames"):
        _refuse("alarmNames can't be empty when alarms are enabled.")


def _check_hook(hook: dict[str, Any], strategy: str) -> None:
    if strategy == ROLLING:
        _refuse("lifecycleHooks are only valid with a strategy that shifts traffic.")
    kind = hook.get("targetType") or "AWS_LAMBDA"
    stages = hook.get("lifecycleStages") or []
    if kind not in ("AWS_LAMBDA", "PAUSE"):
        _refuse(f"{kind} is not a valid targetType. Must be one of [AWS_LAMBDA,PAUSE]")
    unknown = [stage for stage in stages if stage not in _STAGES]
    if unknown or not stages:
        _refuse(f"lifecycleStages must be one or more of [{','.join(_STAGES)}]")
    if kind == "AWS_LAMBDA" and not (hook.get("hookTargetArn") and hook.get("roleArn")):
        _refuse("hookTargetArn and roleArn are required for AWS_LAMBDA lifecycle hooks.")
    if kind == "PAUSE" and any(stage in _NO_PAUSE for stage in stages):
        _refuse(f"PAUSE hooks can't be configured at [{','.join(_NO_PAUSE)}].")
    timeout = hook.get("timeoutConfiguration") or {}
    _within("timeoutInMinutes", int(timeout.get("timeoutInMinutes") or 1), 1, _TWO_WEEKS)
    if timeout.get("action") not in (None, "CONTINUE", "ROLLBACK"):
        _refuse(f"{timeout['action']} is not a valid action. Must be one of [ROLLBACK,CONTINUE]")


def _check_threshold(threshold: dict[str, Any]) -> None:
    kind = threshold.get("type")
    if kind not in _THRESHOLDS:
        _refuse(f"{kind} is not a valid type. Must be one of [{','.join(_THRESHOLDS)}]")
    most = 10_000 if kind == "COUNT" else _ALL
    _within("thresholdConfiguration.value", int(threshold.get("value") or 0), 1, most)


def rebalancing(record: dict[str, Any], wanted: str | None) -> str:
    """Return a service's availabilityZoneRebalancing.

    Args:
        record: the service's parameters, as they will be.
        wanted: what a new service asks for; None for the default, which is ENABLED if it can be.

    Raises:
        AwsError: InvalidParameterException, when it is ENABLED and can't be.
    """
    without = _why_not(record)
    if without and wanted == "ENABLED":
        _refuse(f"Availability Zone rebalancing can't be used with {without}.")
    return wanted or ("DISABLED" if without else "ENABLED")


def _why_not(record: dict[str, Any]) -> str | None:
    """Return what of a service excludes Availability Zone rebalancing (service-rebalancing)."""
    if record["deploymentController"]["type"] == EXTERNAL:
        return "the deployment controller EXTERNAL"
    if record["schedulingStrategy"] != "REPLICA":
        return "the DAEMON scheduling strategy"
    if record["deploymentConfiguration"]["maximumPercent"] <= _ALL:
        return "a maximumPercent of 100 or less"
    if not fits(record, record.get("placementStrategy") or []):
        return "a placement strategy that does not begin with a spread over Availability Zones"
    expressions = [str(each.get("expression")) for each in record["placementConstraints"]]
    if any("ecs.availability-zone" in text for text in expressions):
        return "a placement constraint on the Availability Zone"
    return None
