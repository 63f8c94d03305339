"""Rules about GPUs and Neuron devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.rule import EC2, EXTERNAL, FARGATE, rule

REQUIREMENT = "botocore ecs ResourceRequirement"
GPU = "GPU"
NEURON = "NeuronDevice"
ALL = "ALL"
WHOLE = 100

_COUNT = re.compile(r"[1-9][0-9]{0,3}")


def _requirements(draft: Draft, *types: str) -> Iterator[tuple[str, Definition]]:
    for container, requirements in draft.each("resourceRequirements"):
        for requirement in requirements:
            if requirement["type"] in types:
                yield container["name"], requirement


@rule(
    "Unsupported resource requirement type 'InferenceAccelerator'.",
    source=f"{REQUIREMENT}.value",
    verified=False,
)
def inference_accelerator(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Elastic Inference is retired."""
    yield from ({} for _ in _requirements(draft, "InferenceAccelerator"))


@rule(
    "Invalid {type} resource requirement for container '{container}'.",
    source=f"{REQUIREMENT}.value, .sharingStrategy",
    verified=False,
)
def requirement_value(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container asks for a number of GPUs, ALL of them, or a share; or for ALL Neuron devices."""
    for container, requirement in _requirements(draft, GPU, NEURON):
        if not _valid(requirement):
            yield {"type": requirement["type"], "container": container}


def _valid(requirement: Definition) -> bool:
    value = requirement.get("value")
    sharing = requirement.get("sharingStrategy")
    if requirement["type"] == NEURON:
        return value == ALL and sharing is None
    if value is not None:
        return sharing is None and (value == ALL or _COUNT.fullmatch(value) is not None)
    share = (sharing or {}).get("nvidiaMps")
    return share is not None and share["memory"] > 0 and _is_percent(share)


def _is_percent(share: Definition) -> bool:
    percent: int = share.get("maxComputePercent", WHOLE)
    return 0 < percent <= WHOLE


@rule(
    "The containers of a task must all use the same GPU sharing option.",
    source=f"{REQUIREMENT}.sharingStrategy",
    verified=False,
)
def sharing_mixed(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The containers of a task all share a GPU, or none does."""
    shared = {"sharingStrategy" in requirement for _, requirement in _requirements(draft, GPU)}
    if len(shared) > 1:
        yield {}


@rule(
    "Only one container in a task can specify NeuronDevice resources.",
    source=f"{REQUIREMENT}.value",
    verified=False,
)
def neuron_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """One container of a task has the Neuron devices."""
    if len({container for container, _ in _requirements(draft, NEURON)}) > 1:
        yield {}


@rule(
    "Tasks using the Fargate launch type do not support GPU resource requirements.",
    source="AWS: fargate-tasks-services (gpu)",
    only=(FARGATE,),
)
def fargate_gpu(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Fargate has no GPUs."""
    yield from ({} for _ in _requirements(draft, GPU))


@rule(
    "NeuronDevice resource requirements are only supported for Managed Instances.",
    source=f"{REQUIREMENT}.value",
    only=(EC2, EXTERNAL, FARGATE),
    verified=False,
)
def neuron_platform(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Only Managed Instances give out Neuron devices."""
    yield from ({} for _ in _requirements(draft, NEURON))


@rule(
    "External instances do not support GPU sharing.",
    source=f"{REQUIREMENT}.sharingStrategy",
    only=(EXTERNAL,),
    verified=False,
)
def external_sharing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On your own servers GPUs are not shared."""
    for _, requirement in _requirements(draft, GPU):
        if "sharingStrategy" in requirement:
            yield {}


RULES = (
    inference_accelerator,
    requirement_value,
    sharing_mixed,
    neuron_repeated,
    fargate_gpu,
    neuron_platform,
    external_sharing,
)
