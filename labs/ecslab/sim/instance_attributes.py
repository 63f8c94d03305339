"""The attributes with which an agent registers: what it can do, and where and on what it runs.

AWS: task-placement-constraints (built-in attributes); amazon-ecs-agent, agent/app
(capabilities), README (ECS_AVAILABLE_LOGGING_DRIVERS and its value on ECS-optimized AMIs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ecslab.model.agent_configuration import AgentConfiguration
    from ecslab.sim.machines import Machine

AGENT_VERSION: Final = "1.107.0"
"""The newest that the installed moto lists for an ECS-optimized AMI."""
AGENT_HASH: Final = "8dfceca1"
DOCKER_VERSION: Final = "DockerVersion: 25.0.14"

_OLD: Final = "com.amazonaws.ecs.capability."
_NEW: Final = "ecs.capability."
_DOCKER_APIS: Final = range(17, 45)
_LOG_DRIVERS: Final = ("json-file", "syslog", "awslogs", "fluentd", "none")
_ABILITIES: Final = (
    f"{_OLD}ecr-auth",
    f"{_OLD}privileged-container",
    f"{_OLD}task-iam-role",
    f"{_OLD}task-iam-role-network-host",
    f"{_OLD}logging-driver.awsfirelens",
    f"{_NEW}apparmor",
    f"{_NEW}aws-appmesh",
    f"{_NEW}cni-plugin-version",
    f"{_NEW}container-health-check",
    f"{_NEW}container-ordering",
    f"{_NEW}container-port-range",
    f"{_NEW}container-restart-policy",
    f"{_NEW}docker-plugin.local",
    f"{_NEW}efs",
    f"{_NEW}efsAuth",
    f"{_NEW}env-files.s3",
    f"{_NEW}execution-role-awslogs",
    f"{_NEW}execution-role-ecr-pull",
    f"{_NEW}fault-injection",
    f"{_NEW}firelens.fluentbit",
    f"{_NEW}firelens.fluentd",
    f"{_NEW}firelens.options.config.file",
    f"{_NEW}firelens.options.config.s3",
    f"{_NEW}full-sync",
    f"{_NEW}increased-task-cpu-limit",
    f"{_NEW}logging-driver.awsfirelens.log-driver-buffer-limit",
    f"{_NEW}network.container-port-range",
    f"{_NEW}pid-ipc-namespace-sharing",
    f"{_NEW}private-registry-authentication.secretsmanager",
    f"{_NEW}secrets.asm.bootstrap.log-driver",
    f"{_NEW}secrets.asm.environment-variables",
    f"{_NEW}secrets.ssm.bootstrap.log-driver",
    f"{_NEW}secrets.ssm.environment-variables",
    f"{_NEW}service-connect-v1",
    f"{_NEW}storage.ebs-task-attach",
    f"{_NEW}task-cpu-mem-limit",
    f"{_NEW}task-eia",
    f"{_NEW}task-eni",
    f"{_NEW}task-eni-trunking",
)

_NOT_OUTSIDE: Final = tuple(
    f"{_NEW}{name}" for name in ("efs", "service-connect", "storage.ebs", "task-eni", "aws-appmesh")
)
"""What servers outside of AWS can't do (ecs-anywhere, considerations)."""


def built_in(machine: Machine, configuration: AgentConfiguration) -> dict[str, str | None]:
    """Return the attributes of a newly registered instance that nobody has chosen."""
    drivers = configuration.log_drivers or _LOG_DRIVERS
    found: dict[str, str | None] = dict.fromkeys(_ABILITIES)
    found |= {f"{_OLD}docker-remote-api.1.{minor}": None for minor in _DOCKER_APIS}
    found |= {f"{_OLD}logging-driver.{driver}": None for driver in drivers}
    if machine.external:
        found = {name: None for name in found if not name.startswith(_NOT_OUTSIDE)}
        found[f"{_NEW}external"] = None
        own = {"ecs.cpu-architecture": machine.architecture, "ecs.os-type": "linux"}
        return dict(sorted({**found, **own, "ecs.os-family": "LINUX"}.items()))
    found |= {
        "ecs.ami-id": machine.image,
        "ecs.availability-zone": machine.zone,
        "ecs.cpu-architecture": machine.architecture,
        "ecs.instance-type": machine.instance_type,
        "ecs.os-family": "LINUX",
        "ecs.os-type": "linux",
        "ecs.subnet-id": machine.subnet,
        "ecs.vpc-id": machine.interface.vpc,
    }
    return dict(sorted(found.items()))
