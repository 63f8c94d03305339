"""The texts with which container instances and tasks on them fail, one table with a source each.

The texts of tasks on Fargate are in `ecslab.model.failures`.
"""

from __future__ import annotations

from typing import Final

from ecslab.model.failures import Failure

HOST_ENDED: Final = Failure("Host EC2 (instance {instance}) {how}.", "stopped-task-errors")
DEREGISTERED: Final = Failure(
    "Container instance deregistration forced by user", "stopped-task-errors"
)
_LOG: Final = "amazon-ecs-agent, log of the agent's registration"
ENDPOINT_UNREACHABLE: Final = Failure(
    "Unable to register as a container instance with ECS: RequestError: send request failed: no"
    " route to the {service} endpoint",
    _LOG,
    verified=False,
)
NO_CREDENTIALS: Final = Failure(
    "Unable to register as a container instance with ECS: NoCredentialProviders: no valid"
    " providers in chain: the EC2 instance has no instance profile whose role EC2 can assume",
    _LOG,
    verified=False,
)
CLUSTER_NOT_FOUND: Final = Failure(
    "Unable to register as a container instance with ECS: ClientException: Cluster not found."
    " ({cluster})",
    _LOG,
    verified=False,
)
TOO_MANY_INSTANCES: Final = Failure(
    "Unable to register as a container instance with ECS: ClientException: The maximum number of"
    " container instances in the cluster {cluster} has been exceeded.",
    _LOG,
    verified=False,
)
REGISTER_DENIED: Final = Failure(
    "Unable to register as a container instance with ECS: AccessDeniedException: the role {role}"
    " of {session} is not authorized to perform: {action} on resource: {resource}",
    _LOG,
    verified=False,
)
PULL_UNREACHABLE: Final = Failure(
    "CannotPullContainerError: The task can’t pull the image. Check your network configuration."  # noqa: RUF001 - AWS's own apostrophe
    ' Error response from daemon: Get "https://{registry}/v2/": net/http: request canceled while'
    " waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "stopped-tasks-error-messages-updates",
)
