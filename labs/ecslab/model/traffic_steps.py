"""How the production traffic goes over to a new revision, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP_PERCENT = 10.0
STEP_BAKE_MINUTES = 6
CANARY_PERCENT = 5.0
CANARY_BAKE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One shift of traffic.

    Args:
        percent: what the new revision has of the production traffic from now on.
        bake_minutes: how long it stays so; nothing at 100 percent.
    """

    percent: float
    bake_minutes: float = 0.0


def steps(configuration: Mapping[str, Any]) -> list[Step]:
    """Return the steps of a deployment strategy, the last one with 100 percent.

    Args:
        configuration: the deploymentConfiguration.

    Source: botocore ecs LinearConfiguration (equal steps; no bake time after 100 percent),
    CanaryConfiguration (one small step, then the rest), DeploymentConfiguration.strategy.
    """
    strategy = configuration.get("strategy")
    found: list[Step] = []
    if strategy == "LINEAR":
        linear = configuration.get("linearConfiguration") or {}
        # Tenths of a percent, so that three steps of 33.3 do not come short by rounding.
        step = round(10 * float(linear.get("stepPercent") or STEP_PERCENT))
        bake = _or(linear.get("stepBakeTimeInMinutes"), STEP_BAKE_MINUTES)
        found = [Step(tenths / 10, bake) for tenths in range(step, 1000, step)]
    elif strategy == "CANARY":
        canary = configuration.get("canaryConfiguration") or {}
        percent = float(canary.get("canaryPercent") or CANARY_PERCENT)
        bake = _or(canary.get("canaryBakeTimeInMinutes"), CANARY_BAKE_MINUTES)
        found = [Step(percent, bake)] if percent < 100 else []  # noqa: PLR2004 - percent
    return [*found, Step(100.0)]


def _or(value: float | None, default: float) -> float:
    return float(default if value is None else value)
