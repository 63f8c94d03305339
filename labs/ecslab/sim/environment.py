"""The environment variables that a container's process sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ecslab.sim.entities import Account, Container, Task

FROM_OUTSIDE: Final = ("PYTHONHASHSEED", "SYSTEMROOT", "TZ")
"""Variables that Python itself needs, which code in a container sees as they are outside."""


def variables(account: Account, task: Task, container: Container) -> dict[str, str]:
    """Return a container's environment.

    Later sources win: image, the Region, environment files, `environment`, `secrets`, and what
    leads to the task's own endpoints. AWS does not document whether the Region can be overridden.
    AWS: botocore ecs ContainerDefinition.environmentFiles (environment overrides files);
    task-iam-roles (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI); task-metadata-endpoint-v4; for
    AWS_EXECUTION_ENV and the Region container-metadata.

    Args:
        account: where the task runs.
        task: the task.
        container: one of its containers, prepared.
    """
    result = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOSTNAME": _host_name(task)}
    if container.found is not None:
        result.update(container.found.image.environment)
    result["AWS_REGION"] = result["AWS_DEFAULT_REGION"] = account.region
    files = [str(entry["value"]) for entry in container.spec.get("environmentFiles") or []]
    for arn in reversed(files):
        result.update(account.ports.secrets.environment_file(arn) or {})
    for entry in container.spec.get("environment") or []:
        result[str(entry["name"])] = str(entry.get("value", ""))
    result.update(container.secrets)
    result["AWS_EXECUTION_ENV"] = f"AWS_ECS_{task.launch_type}"
    result["ECS_CONTAINER_METADATA_URI_V4"] = f"http://169.254.170.2/v4/{container.runtime_id}"
    result["ECS_AGENT_URI"] = f"http://169.254.170.2/api/{container.runtime_id}"
    if any(each.spec.get("firelensConfiguration") for each in task.containers):
        # amazon-ecs-agent, docker_task_engine.go: where the router listens for records.
        result["FLUENT_HOST"], result["FLUENT_PORT"] = "127.0.0.1", "24224"
    role = task.definition.get("taskRoleArn")
    if role:
        path = account.ports.roles.credentials_path(str(role), task.arn)
        result["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = path
    return result


def _host_name(task: Task) -> str:
    interface = task.interface
    if interface is None:
        return task.id[:12]
    return interface.dns_name or f"ip-{interface.private_ip.replace('.', '-')}.ec2.internal"
