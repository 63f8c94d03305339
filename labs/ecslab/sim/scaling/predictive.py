"""Predictive scaling: forecasts of what a service will need, and scale-outs ahead of time.

AWS: Application Auto Scaling, how predictive scaling works: 24 hours of data at least, 14 days at
most; 48 hours ahead, hour by hour, anew every 6 hours; it scales out at the start of each hour,
less the buffer time, and never in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ecslab.model.scaling.capacity import clamped
from ecslab.model.scaling.forecast import HOUR, forecast, load_per_unit, needed
from ecslab.sim.scaling import hourly_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from ecslab.sim.entities import Account
    from ecslab.sim.scaling.targets import Policy, ScalableTarget
    from ecslab.sim.service import Service

    Scale = Callable[[ScalableTarget, Service, int, str], None]

__all__ = ["PREDICTIVE", "Forecast", "PredictiveScaling"]

PREDICTIVE: Final = "PredictiveScaling"
_AHEAD: Final = 48
_EVERY: Final = 6 * HOUR
_LEAST: Final = 24 * HOUR
_BUFFER: Final = 300
_PERCENT: Final = 100


@dataclass(slots=True)
class Forecast:
    """What has been forecast for a policy; of past hours, the last that was said of them.

    Args:
        load: the load of each hour, by the epoch seconds at which it begins.
        capacity: the capacity that it needs.
        updated_at: when the newest forecast was made, None before there is one.
    """

    load: dict[int, float] = field(default_factory=dict)
    capacity: dict[int, int] = field(default_factory=dict)
    updated_at: datetime | None = None


class PredictiveScaling:
    """Forecasts, and scales services out by its forecasts.

    Args:
        account: the account.
        find: returns the service of a scalable target, None when it is gone.
        scale: sets the desired count of a service, for a cause.
    """

    def __init__(
        self, account: Account, find: Callable[[str], Service | None], scale: Scale
    ) -> None:
        self._account = account
        self._find = find
        self._scale = scale
        self._forecasts: dict[str, Forecast] = {}

    def forecast_of(self, policy: Policy) -> Forecast:
        """Return what has been forecast for a policy."""
        return self._forecasts.setdefault(policy.arn, Forecast())

    def follow(self, target: ScalableTarget, policy: Policy) -> None:
        """Begin to forecast for a policy that is new, or that has changed."""
        self._forecasts[policy.arn] = Forecast()
        update_at = self._update(target, policy)
        self._account.clock.env.process(self._run(target, policy, update_at))

    def predicted(self, target: ScalableTarget) -> int | None:
        """Return the capacity that the policies in the mode ForecastAndScale want now.

        It counts from the buffer time before an hour on, and other policies do not scale in below
        it, because the largest capacity of all policies wins.
        """
        now = self._now()
        found = [
            self.forecast_of(policy).capacity.get(_hour(moment))
            for policy in target.policies.values()
            if _scales(policy)
            for moment in (now, now + _buffer(policy))
        ]
        known = [count for count in found if count is not None]
        return max(known) if known else None

    def _run(
        self, target: ScalableTarget, policy: Policy, update_at: float
    ) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        buffer = _buffer(policy)
        scale_at = _hour(self._now() + buffer) + HOUR - buffer
        while target.policies.get(policy.name) is policy:
            now = self._now()
            if now >= update_at:
                update_at = self._update(target, policy)
            if now >= scale_at:
                self._scale_out(target, policy, _hour(now + buffer))
                scale_at += HOUR
            yield env.timeout(max(0.0, min(update_at, scale_at) - now))

    def _update(self, target: ScalableTarget, policy: Policy) -> float:
        """Make a forecast, if there is enough data; return when to make the next one."""
        begins = _hour(self._now())
        (specification,) = policy.settings["MetricSpecifications"]
        metrics = self._account.ports.metrics
        known = hourly_metrics.read(metrics, target.resource, specification, begins)
        per_unit = load_per_unit(known.load, known.scaling, known.capacity)
        if not known.load or begins - min(known.load) < _LEAST or per_unit is None:
            return begins + HOUR  # which may bring what is missing
        load = forecast(known.load, range(begins, begins + _AHEAD * HOUR, HOUR))
        goal = float(specification["TargetValue"])
        made = self.forecast_of(policy)
        made.load.update(load)
        made.capacity.update({hour: needed(load[hour], per_unit, goal) for hour in load})
        made.updated_at = self._account.clock.now
        self._account.journal.record(
            "scaling.forecast",
            target.resource,
            policy=policy.name,
            most=max(made.capacity[hour] for hour in load),
        )
        return self._now() + _EVERY

    def _scale_out(self, target: ScalableTarget, policy: Policy, hour: int) -> None:
        wanted = self.forecast_of(policy).capacity.get(hour)
        service = self._find(target.resource)
        if wanted is None or service is None or not _scales(policy):
            return
        self._raise_limit(target, policy, wanted)
        reachable = clamped(wanted, target.low, target.high)
        if reachable > service.desired:
            cause = f"predictive scaling policy {policy.name} forecast a capacity of {wanted}"
            self._scale(target, service, reachable, cause)

    def _raise_limit(self, target: ScalableTarget, policy: Policy, wanted: int) -> None:
        """Raise the maximum capacity when a policy says so; it does not fall back by itself.

        AWS: botocore PredictiveScalingPolicyConfiguration.MaxCapacityBuffer.
        """
        if policy.settings.get("MaxCapacityBreachBehavior") == "IncreaseMaxCapacity":
            buffer = int(policy.settings["MaxCapacityBuffer"])
            target.high = max(target.high, math.ceil(wanted * (_PERCENT + buffer) / _PERCENT))

    def _now(self) -> float:
        return self._account.ports.metrics.now()


def _hour(moment: float) -> int:
    return int(moment // HOUR) * HOUR


def _scales(policy: Policy) -> bool:
    return policy.kind == PREDICTIVE and policy.settings.get("Mode") == "ForecastAndScale"


def _buffer(policy: Policy) -> int:
    value = policy.settings.get("SchedulingBufferTime")
    return _BUFFER if value is None else int(value)
