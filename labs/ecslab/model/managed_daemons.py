"""Rules about managed daemons, and the arithmetic of their deployments.

AWS: managed-daemons-create-manage, managed-daemons-deployments; botocore ecs CreateDaemonRequest,
DaemonDeploymentConfiguration.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import client_tokens
from ecslab.model import managed_daemon_answers as answers
from ecslab.model.deployment import start_delay

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_DRAIN_PERCENT: Final = 25.0
LARGEST_DRAIN_PERCENT: Final = 100.0
LONGEST_BAKE: Final = 1440

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LONGEST_TOKEN: Final = 36
_LONGEST_PAUSE: Final = 120.0
_THRESHOLD: Final = (10, 200)


def check_request(params: Mapping[str, Any]) -> None:
    """Refuse a request to create or to update a daemon whose members break a rule.

    Args:
        params: the request.

    Raises:
        AwsError: InvalidParameterException.

    Source: botocore ecs CreateDaemonRequest.daemonName, .clientToken, .capacityProviderArns.
    """
    if "daemonName" in params and not _NAME.fullmatch(params["daemonName"]):
        raise answers.BAD_NAME.error()
    client_tokens.check(params.get("clientToken"), _LONGEST_TOKEN)
    if not params["capacityProviderArns"]:
        raise answers.NO_PROVIDERS.error()
    if len(set(params["capacityProviderArns"])) < len(params["capacityProviderArns"]):
        raise answers.REPEATED_PROVIDER.error()


def deployment_configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole deployment configuration; what is not given has its default.

    Args:
        given: botocore's DaemonDeploymentConfiguration, as far as the request has it.

    Raises:
        AwsError: InvalidParameterException.

    Source: managed-daemons-deployments (25 percent, 0 minutes, at most 1440); botocore ecs
    DaemonDeploymentConfiguration.drainPercent (0 to 100), DaemonAlarmConfiguration.enable.
    """
    percent = float(given.get("drainPercent", DEFAULT_DRAIN_PERCENT))
    bake = int(given.get("bakeTimeInMinutes", 0))
    alarms = given.get("alarms") or {}
    enabled, names = bool(alarms.get("enable")), list(alarms.get("alarmNames") or ())
    if not 0 <= percent <= LARGEST_DRAIN_PERCENT:
        raise answers.BAD_PERCENT.error()
    if not 0 <= bake <= LONGEST_BAKE:
        raise answers.BAD_BAKE.error(most=LONGEST_BAKE)
    if enabled and not names:
        raise answers.NO_ALARMS.error()
    return {
        "drainPercent": percent,
        "alarms": {"alarmNames": names, "enable": enabled},
        "bakeTimeInMinutes": bake,
    }


def batch_size(instances: int, drain_percent: float) -> int:
    """Return how many instances a deployment drains at once.

    Args:
        instances: how many instances the daemon's capacity providers have.
        drain_percent: drainPercent of the deployment configuration.

    AWS does not say how it rounds; here it is down, but never less than one instance.
    """
    return max(1, math.floor(instances * drain_percent / 100))


def retry_pause(failures: int) -> float:
    """Return the seconds until a daemon that has not started is tried again.

    Args:
        failures: how often in a row it has failed: its task on an instance, or an instance on
            which it is critical.

    AWS publishes no number; here it grows as that of a service (service-throttle-logic), but to
    two minutes at most.
    """
    return min(_LONGEST_PAUSE, start_delay(failures))


def breaker_threshold(instances: int) -> int:
    """Return how many failed starts of a daemon's tasks end its deployment.

    Args:
        instances: how many instances the deployment began with.

    AWS shows a threshold of 10 for three instances and publishes no rule (botocore ecs
    DaemonCircuitBreaker; DescribeDaemonDeployments, example). Here it is half of the instances, at
    least 10 and at most 200, as the circuit breaker of services once had it.
    """
    least, most = _THRESHOLD
    return min(most, max(least, math.ceil(instances / 2)))
