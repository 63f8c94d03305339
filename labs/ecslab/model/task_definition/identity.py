"""Rules about names, images, roles, and how large a task definition may be."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import Draft
from ecslab.model.task_definition.rule import rule

PARAMETERS = "AWS: task_definition_parameters"
QUOTAS = "AWS: Amazon ECS endpoints and quotas"

MAXIMUM_CONTAINERS = 10
MAXIMUM_BYTES = 64 * 1024
MAXIMUM_NAME = 255

NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MAXIMUM_NAME}}}")
_IMAGE = re.compile(rf"[A-Za-z0-9_:./#-]{{1,{MAXIMUM_NAME}}}(?:@sha256:[A-Fa-f0-9]{{64}})?")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@rule(
    "Family should not be null or empty.",
    source="botocore ecs RegisterTaskDefinitionRequest.family",
    verified=False,
)
def family_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task definition has a family."""
    if not draft.request.get("family"):
        yield {}


@rule(
    "Family contains invalid characters.",
    source="botocore ecs RegisterTaskDefinitionRequest.family",
)
def family_characters(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A family has 1 to 255 letters, digits, hyphens and underscores."""
    if not NAME.fullmatch(draft.request["family"]):
        yield {}


@rule(
    "Container list cannot be empty.",
    source="botocore ecs RegisterTaskDefinitionRequest.containerDefinitions",
)
def containers_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task definition has at least one container."""
    if not draft.containers:
        yield {}


@rule("Too many containers.", source=QUOTAS)
def too_many_containers(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task definition has at most 10 containers."""
    if len(draft.containers) > MAXIMUM_CONTAINERS:
        yield {}


@rule("Actual length: '{length}'. Max allowed length is '65536' bytes.", source=QUOTAS)
def too_large(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task definition, written as JSON without its tags, has at most 64 KiB."""
    counted = {key: value for key, value in draft.request.items() if key != "tags"}
    text = json.dumps(counted, ensure_ascii=False, separators=(",", ":"))
    length = len(text.encode(errors="surrogatepass"))
    if length > MAXIMUM_BYTES:
        yield {"length": length}


@rule("Container.name should not be null or empty.", source=f"{PARAMETERS} (name)")
def container_name_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Every container has a name."""
    yield from ({} for container in draft.containers if not container.get("name"))


@rule(
    "Container.image should not be null or empty.",
    source=f"{PARAMETERS} (image)",
    verified=False,
)
def container_image_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Every container has an image."""
    yield from ({} for container in draft.containers if not container.get("image"))


@rule(
    "Container.name contains invalid characters.",
    source="botocore ecs ContainerDefinition.name",
)
def container_name_characters(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container's name has up to 255 letters, digits, hyphens and underscores."""
    yield from ({} for container in draft.containers if not NAME.fullmatch(container["name"]))


@rule(
    "Container.image contains invalid characters.",
    source="botocore ecs ContainerDefinition.image",
)
def image_characters(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An image is a name of up to 255 known characters, perhaps with a sha256 digest."""
    yield from ({} for container in draft.containers if not _IMAGE.fullmatch(container["image"]))


@rule(
    "Container names must be unique within a task definition.",
    source=f"{PARAMETERS} (name)",
)
def container_names_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """No two containers share a name."""
    names = Counter(container["name"] for container in draft.containers)
    yield from ({} for count in names.values() if count > 1)


@rule(
    "Unsupported field 'inferenceAccelerators'.",
    source="botocore ecs RegisterTaskDefinitionRequest.inferenceAccelerators",
)
def inference_accelerators(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Elastic Inference is retired, and its field no longer accepted."""
    if draft.request.get("inferenceAccelerators"):
        yield {}


@rule(
    "Role is not valid",
    source="botocore ecs RegisterTaskDefinitionRequest.taskRoleArn, .executionRoleArn",
)
def role_syntax(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A role is the ARN of an IAM role or its short name."""
    for member in ("taskRoleArn", "executionRoleArn"):
        role = draft.request.get(member)
        if role is not None and not (_ROLE_ARN.fullmatch(role) or _ROLE_NAME.fullmatch(role)):
            yield {}


def is_role(text: str) -> bool:
    """Return whether a text is the ARN of an IAM role."""
    return _ROLE_ARN.fullmatch(text) is not None


RULES = (
    family_missing,
    family_characters,
    containers_missing,
    too_many_containers,
    too_large,
    inference_accelerators,
    container_name_missing,
    container_image_missing,
    container_name_characters,
    image_characters,
    container_names_repeated,
    role_syntax,
)
