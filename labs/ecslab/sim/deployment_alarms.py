"""CloudWatch alarms that fail a service deployment.

AWS: deployment-alarm-failure; botocore ecs DeploymentAlarms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecslab.sim.ports import AlarmsPort
    from ecslab.sim.service_deployment import ServiceDeployment

_IN_ALARM = "ALARM"


def settings(rollout: ServiceDeployment) -> dict[str, Any]:
    """Return the alarms that a service deployment is configured with."""
    return dict(rollout.configuration.get("alarms") or {})


def monitored(rollout: ServiceDeployment) -> bool:
    """Return whether alarms can fail a service deployment.

    One that is in the ALARM state at the start has all of them ignored, so that a deployment can
    mend what the alarm reports (deployment-alarm-failure).
    """
    found = settings(rollout)
    return bool(found.get("enable") and found.get("alarmNames")) and not rollout.alarms_ignored


def begin(rollout: ServiceDeployment, alarms: AlarmsPort) -> None:
    """Note, at the start, whether the alarms are to be ignored."""
    if monitored(rollout) and _in_alarm(rollout, alarms):
        rollout.alarms_ignored = True


def triggered(rollout: ServiceDeployment, alarms: AlarmsPort) -> bool:
    """Return whether a monitored alarm has gone into the ALARM state, and note which."""
    if not monitored(rollout):
        return False
    rollout.triggered_alarms = _in_alarm(rollout, alarms)
    return bool(rollout.triggered_alarms)


def bake_seconds(rollout: ServiceDeployment, alarms: AlarmsPort) -> float:
    """Return how long a rolling deployment is watched after its last task has been replaced.

    ECS computes it from the alarms, and does not say how; here it is the longest time that one of
    them looks back.
    """
    if not monitored(rollout):
        return 0.0
    return max(alarms.looks_back(name) for name in settings(rollout)["alarmNames"])


def _in_alarm(rollout: ServiceDeployment, alarms: AlarmsPort) -> list[str]:
    return [name for name in settings(rollout)["alarmNames"] if alarms.state(name) == _IN_ALARM]
