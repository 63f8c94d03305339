"""Rules about variables, environment files, secrets, and the role that fetches them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ecslab.model.task_definition.draft import Draft
from ecslab.model.task_definition.rule import FARGATE, rule

SECRETS = "AWS: secrets-envvar-secrets-manager, secrets-envvar-ssm-paramstore"
MAXIMUM_ENVIRONMENT_FILES = 10

_ARN = r"arn:aws[a-z-]*:"
_PARAMETER = re.compile(_ARN + r"ssm:([a-z0-9-]+):([0-9]{12}):parameter/?([A-Za-z0-9_./-]+)")
_SECRET = re.compile(_ARN + r"secretsmanager:([a-z0-9-]+):([0-9]{12}):secret:([^:]+)((?::[^:]*)*)")
_S3_OBJECT = re.compile(_ARN + r"s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+", re.DOTALL)
_ECR_IMAGE = re.compile(r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9.-]+/.+", re.DOTALL)


@dataclass(frozen=True)
class SecretReference:
    """What a secret's `valueFrom` points at.

    Args:
        service: `secretsmanager` or `ssm`.
        name: the secret's ARN without the parts behind it, or the parameter's name or ARN.
        region: the Region of the ARN, empty for a plain parameter name.
        account: the account of the ARN, empty for a plain parameter name.
        json_key: the key of the secret's JSON to inject, empty for all of it.
        version_stage: the staging label to read, empty for AWSCURRENT.
        version_id: the version to read, empty for the one with the staging label.
        well_formed: False when an ARN has some but not all of the three parts behind it. AWS
            registers it, and the agent then fails to start the task.
    """

    service: str
    name: str
    region: str = ""
    account: str = ""
    json_key: str = ""
    version_stage: str = ""
    version_id: str = ""
    well_formed: bool = True


def secret_reference(value_from: str) -> SecretReference | None:
    """Return what a secret's `valueFrom` points at, None when it is no such thing.

    A text that is no ARN is the name of a Systems Manager parameter, never of a secret.

    AWS: botocore ecs Secret.valueFrom; secrets-envvar-secrets-manager.
    """
    if not value_from.startswith("arn:"):
        return SecretReference("ssm", value_from) if value_from else None
    if match := _PARAMETER.fullmatch(value_from):
        return SecretReference("ssm", value_from, match[1], match[2])
    if match := _SECRET.fullmatch(value_from):
        parts = match[4].split(":")[1:]
        key, stage, version = [*parts, "", "", ""][:3]
        name = value_from.removesuffix(match[4]) if match[4] else value_from
        well_formed = len(parts) in (0, 3)
        return SecretReference(
            service="secretsmanager",
            name=name,
            region=match[1],
            account=match[2],
            json_key=key,
            version_stage=stage,
            version_id=version,
            well_formed=well_formed,
        )
    return None


def is_ecr_image(image: str) -> bool:
    """Return whether an image lies in a private Amazon ECR registry."""
    return _ECR_IMAGE.fullmatch(image) is not None


def _secrets(draft: Draft) -> Iterator[Mapping[str, str]]:
    for _, secrets in draft.each("secrets"):
        yield from secrets
    for _, log in draft.each("logConfiguration"):
        yield from log.get("secretOptions", [])


@rule("Invalid arn syntax.", source=f"botocore ecs Secret.valueFrom; {SECRETS}", verified=False)
def secret_value_from(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A secret comes from Secrets Manager by ARN, or from Parameter Store by ARN or name."""
    yield from ({} for secret in _secrets(draft) if secret_reference(secret["valueFrom"]) is None)


@rule(
    "The Systems Manager parameter ARN has a different account ID than the current account. The"
    " current account ID is {account} and the ARN account ID is {other}. Cross-account access for"
    " ARNs is not currently supported.",
    source=SECRETS,
)
def parameter_of_other_account(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A parameter lies in the account of the task."""
    for secret in _secrets(draft):
        found = secret_reference(secret["valueFrom"])
        if found and found.service == "ssm" and found.account not in ("", draft.account):
            yield {"account": draft.account, "other": found.account}


@rule(
    "The secret name must be unique and not shared with any new or existing environment variables"
    " set on the container, such as '{name}'.",
    source="AWS: specifying-sensitive-data",
)
def secret_name_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A variable gets its value from one place: plain text or one secret."""
    for container, secrets in draft.each("secrets"):
        taken = {variable.get("name") for variable in container.get("environment", [])}
        for secret in secrets:
            if secret["name"] in taken:
                yield {"name": secret["name"]}
            taken.add(secret["name"])


@rule(
    "When you are specifying container secrets, you must also specify a value for"
    " 'executionRoleArn'.",
    source="AWS: task_execution_IAM_role",
)
def secrets_without_role(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Secrets are fetched with the execution role, so there is one."""
    if not draft.execution_role:
        yield from ({} for _ in _secrets(draft))


@rule(
    "Private repository authentication requires that the task definition specify a value for"
    " executionRoleArn.",
    source="AWS: private-auth",
)
def registry_without_role(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A private registry's password is fetched with the execution role, so there is one."""
    if not draft.execution_role:
        yield from ({} for _ in draft.each("repositoryCredentials"))


@rule(
    "The maximum number of environment files was exceeded. Specify ten or less and try again.",
    source="botocore ecs ContainerDefinition.environmentFiles",
)
def too_many_environment_files(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container has at most 10 environment files."""
    for _, files in draft.each("environmentFiles"):
        if len(files) > MAXIMUM_ENVIRONMENT_FILES:
            yield {}


@rule("Invalid arn syntax.", source="botocore ecs EnvironmentFile.value")
def environment_file_arn(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An environment file is named by the ARN of an S3 object."""
    for _, files in draft.each("environmentFiles"):
        yield from ({} for file in files if not _S3_OBJECT.fullmatch(file["value"]))


@rule(
    "The environment file '{file}' must have a .env file extension.",
    source="botocore ecs ContainerDefinition.environmentFiles",
    verified=False,
)
def environment_file_name(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An environment file's name ends with .env."""
    for _, files in draft.each("environmentFiles"):
        for file in files:
            if not file["value"].endswith(".env"):
                yield {"file": file["value"]}


_FARGATE_ROLE = "Fargate requires task definition to have execution role ARN to support"


@rule(f"{_FARGATE_ROLE} ECR images.", source="AWS: task_execution_IAM_role", only=(FARGATE,))
def ecr_without_role(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate the execution role pulls images from ECR, so there is one."""
    if not draft.execution_role:
        yield from ({} for _, image in draft.each("image") if is_ecr_image(image))


@rule(
    f"{_FARGATE_ROLE} log driver awslogs.",
    source="AWS: task_execution_IAM_role",
    only=(FARGATE,),
)
def awslogs_without_role(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate the execution role writes the log streams, so there is one."""
    if not draft.execution_role:
        for _, log in draft.each("logConfiguration"):
            if log["logDriver"] == "awslogs":
                yield {}


@rule(
    f"{_FARGATE_ROLE} environment files.",
    source="AWS: taskdef-envfiles",
    only=(FARGATE,),
    verified=False,
)
def environment_files_without_role(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate the execution role reads the environment files, so there is one."""
    if not draft.execution_role:
        yield from ({} for _ in draft.each("environmentFiles"))


RULES = (
    secret_value_from,
    parameter_of_other_account,
    secret_name_repeated,
    too_many_environment_files,
    environment_file_arn,
    environment_file_name,
    secrets_without_role,
    registry_without_role,
    ecr_without_role,
    awslogs_without_role,
    environment_files_without_role,
)
