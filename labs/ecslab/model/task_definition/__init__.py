"""Task definitions: the rules of registering them, their revisions, and what a task overrides.

`register` checks one request and returns what ECS stores; `TaskDefinitions` keeps an account's
families and revisions; `apply_overrides` shows a definition as one task sees it. `RULES` lists the
rules of registration with the page that states each and the words of AWS, and `ANSWERS` the other
refusals; those that are not `verified` have words of ours.
"""

from __future__ import annotations

from ecslab.model.task_definition import (
    families,
    family_answers,
    overrides,
    paging,
    registration,
    shape,
    tags,
)
from ecslab.model.task_definition.answer import Answer
from ecslab.model.task_definition.environment import (
    SecretReference,
    is_ecr_image,
    secret_reference,
)
from ecslab.model.task_definition.ports import port_range
from ecslab.model.task_definition.rule import PLATFORMS, Rule
from ecslab.model.task_definition.size import (
    FARGATE_SIZES,
    FargateSize,
    fargate_size,
    reserved_memory,
)

RULES = registration.RULES
"""Every rule of RegisterTaskDefinition, in the order in which they answer."""

ANSWERS: tuple[Answer, ...] = (
    *shape.ANSWERS,
    *tags.ANSWERS,
    *paging.ANSWERS,
    *family_answers.ANSWERS,
    *overrides.ANSWERS,
)
"""Every refusal that is not a rule of RegisterTaskDefinition."""

register = registration.register
network_mode = registration.network_mode
task_definition_arn = registration.arn
apply_overrides = overrides.apply
TaskDefinitions = families.TaskDefinitions

__all__ = [
    "ANSWERS",
    "FARGATE_SIZES",
    "PLATFORMS",
    "RULES",
    "Answer",
    "FargateSize",
    "Rule",
    "SecretReference",
    "TaskDefinitions",
    "apply_overrides",
    "fargate_size",
    "is_ecr_image",
    "network_mode",
    "port_range",
    "register",
    "reserved_memory",
    "secret_reference",
    "task_definition_arn",
]
