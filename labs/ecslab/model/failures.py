"""The texts with which ECS reports that a task failed, one table with a source each.

Pages named here are of the Amazon ECS Developer Guide. A text whose wording AWS does not publish
is marked `verified=False`; such texts appear on the page of known differences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Final


@dataclass(frozen=True, slots=True)
class Failure:
    """One documented text.

    Args:
        message: the text, with `{names}` for what differs from case to case.
        source: the AWS page or the kind of evidence behind the wording.
        verified: whether the wording itself was found in a source.
    """

    message: str
    source: str
    verified: bool = True

    def __call__(self, **values: object) -> str:
        """Return the text with its blanks filled."""
        return self.message.format(**values)

    def find(self, text: str) -> dict[str, str] | None:
        """Return what fills the blanks in a text, None when it is another text."""
        found = _pattern(self.message).fullmatch(text)
        return found.groupdict() if found else None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return what matches a text whatever fills its blanks; the same blank is the same value."""
    seen: set[str] = set()
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


_UPDATES = "stopped-tasks-error-messages-updates"
_INITIALIZATION = "resource-initialization-error"

ESSENTIAL_EXITED: Final = Failure("Essential container in task exited", "stopped-task-errors")
STOPPED_BY_USER: Final = Failure("Task stopped by user", "captured API output")
SCALING_ACTIVITY: Final = Failure(
    "Scaling activity initiated by (deployment {deployment})", "stopped-task-errors"
)
FAILED_ELB: Final = Failure(
    "Task failed ELB health checks in (target-group {target_group})", "stopped-task-errors"
)
FAILED_HEALTH: Final = Failure("Task failed container health checks", "captured API output")
SPOT_INTERRUPTED: Final = Failure("Your Spot Task was interrupted.", "fargate-capacity-providers")
ASSUME_ROLE: Final = Failure(
    "ECS was unable to assume the role '{role}' that was provided for this task. Please verify"
    " that the role being passed has the proper trust relationship and permissions and that your"
    " IAM user has permissions to pass this role.",
    "captured service events",
)
REGISTRY_AUTH_UNREACHABLE: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull"
    " registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR."
    " Check your task network configuration. RequestError: send request failed caused by: Post"
    ' "https://api.ecr.{region}.amazonaws.com": dial tcp {address}:443: i/o timeout',
    _UPDATES,
)
REGISTRY_AUTH_DENIED: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1"
    " time(s): AccessDeniedException: User: {principal} is not authorized to perform: {action} on"
    " resource: {resource} because no identity-based policy allows the {action} action",
    _INITIALIZATION,
    verified=False,
)
SECRETS_MANAGER_UNREACHABLE: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: The task can't pull"
    " secrets from AWS Secrets Manager. There is a connection issue between the task and Secrets"
    " Manager. Check your task network configuration.",
    _INITIALIZATION,
)
SSM_UNREACHABLE: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve"
    " secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a"
    " connection issue between the task and AWS Systems Manager Parameter Store. Check your task"
    " network configuration. RequestCanceled: request context canceled caused by: context deadline"
    " exceeded",
    _UPDATES,
)
SECRET_MISSING: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth:"
    " ResourceNotFoundException: The task can't retrieve the secret with ARN '{secret}' from"
    " Secrets Manager. Check whether"
    " the secret exists in the specified Region.",
    _UPDATES,
)
SECRET_KEY_MISSING: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secret from asm: retrieved secret from Secrets Manager"
    " did not contain json key {key}",
    "amazon-ecs-agent, agent/asm",
)
SECRET_DENIED: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secret from asm: service call has been retried 1"
    " time(s): failed to fetch secret {secret} from secrets manager: AccessDeniedException: User:"
    " {principal} is not authorized to perform: secretsmanager:GetSecretValue on resource:"
    " {secret} because"
    " no identity-based policy allows the secretsmanager:GetSecretValue action",
    _INITIALIZATION,
    verified=False,
)
SECRET_KEY_DENIED: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secret from asm: service call has been retried 1"
    " time(s): failed to fetch secret {secret} from secrets manager: AccessDeniedException: Access"
    " to KMS is not allowed",
    _INITIALIZATION,
    verified=False,
)
PARAMETER_KEY_DENIED: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1"
    " time(s): AccessDeniedException: User: {principal} is not authorized to perform: kms:Decrypt"
    " on resource: {key} because no identity-based policy allows the kms:Decrypt action",
    _INITIALIZATION,
    verified=False,
)
PARAMETERS_INVALID: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1"
    " time(s): invalid parameters: {names}",
    "amazon-ecs-agent, agent/ssm",
    verified=False,
)
PARAMETERS_DENIED: Final = Failure(
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1"
    " time(s): AccessDeniedException: User: {principal} is not authorized to perform:"
    " ssm:GetParameters on resource: {parameter} because no identity-based policy allows the"
    " ssm:GetParameters action",
    _INITIALIZATION,
    verified=False,
)
ENVIRONMENT_FILE_UNREACHABLE: Final = Failure(
    "ResourceInitializationError: failed to download env files: The task can't download the"
    " environment variable files from Amazon S3. There is a connection issue between the task and"
    " Amazon S3. Check your task network configuration. service call has been retried 5 time(s)",
    _UPDATES,
)
ENVIRONMENT_FILE_DENIED: Final = Failure(
    "ResourceInitializationError: failed to download env files: file download command: non empty"
    " error stream: service call has been retried 1 time(s): AccessDenied: User: {principal} is not"
    " authorized to perform: s3:GetObject on resource: {resource} because no identity-based policy"
    " allows the s3:GetObject action",
    _INITIALIZATION,
    verified=False,
)
ENVIRONMENT_FILE_MISSING: Final = Failure(
    "ResourceInitializationError: failed to download env files: file download command: non empty"
    " error stream: service call has been retried 1 time(s): NoSuchKey: The specified key does not"
    " exist. ({resource})",
    _INITIALIZATION,
    verified=False,
)
LOGS_UNREACHABLE: Final = Failure(
    "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon"
    " CloudWatch log group defined in the task definition. There is a connection issue between the"
    " task and Amazon CloudWatch. Check your network configuration. : signal: killed",
    _UPDATES,
)
LOG_GROUP_MISSING: Final = Failure(
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1"
    " times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log"
    " group does not exist. : exit status 1",
    _INITIALIZATION,
    verified=False,
)
LOGS_DENIED: Final = Failure(
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1"
    " times: failed to create Cloudwatch log stream: AccessDeniedException: User: {principal} is"
    " not authorized to perform: {action} on resource: {resource} because no identity-based policy"
    " allows the {action} action : exit status 1",
    _INITIALIZATION,
    verified=False,
)
PULL_DENIED: Final = Failure(
    "CannotPullContainerError: The task can’t pull the image. Check that the role has the"  # noqa: RUF001 - AWS writes it so
    " permissions to pull images from the registry. Error response from daemon: pull access denied"
    " for {repository}, repository does not exist or may require 'docker login': denied: User:"
    " {principal} is not authorized to perform: {action} on resource: {resource} because no"
    " identity-based policy allows the {action} action",
    _UPDATES,
)
PULL_MISSING: Final = Failure(
    "CannotPullContainerError: The task can’t pull the image. Check whether the image exists. Error"  # noqa: RUF001 - AWS writes it so
    " response from daemon: pull access denied for {repository}, repository does not exist or may"
    " require 'docker login': denied: requested access to the resource is denied",
    _UPDATES,
)
PULL_TAG_MISSING: Final = Failure(
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve"
    " ref {image}: {image}: not found",
    "task_cannot_pull_image",
)
PULL_UNREACHABLE: Final = Failure(
    "CannotPullContainerError: The task cannot pull {image} from the registry {registry}. There is"
    " a connection issue between the task and the registry. Check your task network configuration."
    " : failed to copy: httpReadSeeker: failed open: failed to do request: Get"
    ' "https://{registry}/v2/": dial tcp {address}:443: i/o timeout',
    _UPDATES,
)
PULL_NO_PLATFORM: Final = Failure(
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does"
    " not contain descriptor matching platform '{platform}'",
    "task_cannot_pull_image",
    verified=False,
)
PULL_NO_SPACE: Final = Failure(
    "CannotPullContainerError: failed to register layer: write /var/lib/docker/tmp/GetImageBlob:"
    " no space left on device",
    "task_cannot_pull_image",
    verified=False,
)
OUT_OF_MEMORY: Final = Failure(
    "OutOfMemoryError: Container killed due to memory usage", "out-of-memory"
)
CANNOT_START: Final = Failure(
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime"
    " task: failed to create shim task: OCI runtime create failed: runc create failed: unable to"
    ' start container process: exec: "{program}": executable file not found in $PATH: unknown',
    "cannot-start-container",
    verified=False,
)
USER_MISSING: Final = Failure(
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime"
    " task: failed to create shim task: OCI runtime create failed: unable to find user {user}: no"
    " matching entries in passwd file",
    "cannot-start-container; Docker, getExecUser",
    verified=False,
)
TASK_FAILED_TO_START: Final = Failure("Task failed to start", "captured API output")
_GRAPH = "amazon-ecs-agent, dependencygraph/graph.go and task_manager.go"
DEPENDENCY_FAILED: Final = Failure(
    "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency"
    " [{dependency} (STOPPED->RUNNING) - Exit: {code}] for target [{target} (NONE->RUNNING)] as"
    " dependency did not exit successfully.",
    _GRAPH,
)
DEPENDENCY_NEVER_STARTS: Final = Failure(
    "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency"
    " [{dependency} (STOPPED->RUNNING)] for target [{target} (NONE->RUNNING)] because dependency"
    " will never start",
    _GRAPH,
)
DEPENDENCY_TIMED_OUT: Final = Failure(
    "CannotStartContainerError: dependency graph: container ordering dependency [{dependency}"
    " (RUNNING->RUNNING)] for target [{target} (NONE->RUNNING)] has timed out.",
    _GRAPH,
)
EXEC_FORMAT: Final = Failure("exec {program}: exec format error", "Linux execve(2), ENOEXEC")
