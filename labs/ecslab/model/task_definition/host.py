"""Rules about what containers may ask of the machine and the kernel under them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ecslab.model.task_definition.draft import Draft
from ecslab.model.task_definition.host_values import CAPABILITIES, IPC_CONTROLS, NOT_ON_WINDOWS
from ecslab.model.task_definition.rule import (
    EC2,
    EXTERNAL,
    FARGATE,
    MANAGED_INSTANCES,
    Rule,
    rule,
)

FARGATE_DIFFERENCES = "AWS: fargate-tasks-services"
LINUX = "botocore ecs LinuxParameters"
PROXY = "botocore ecs ProxyConfiguration"
MAXIMUM_CONSTRAINTS = 10
LONGEST_EXPRESSION = 2000

_USER = re.compile(r"[^:\s]+(?::[^:\s]+)?")


def _unsupported(member: str, words: str, find: Any, *, verified: bool = True) -> Rule:
    """Make the rule that Fargate does not have a parameter."""

    @rule(
        f"Fargate compatible task definitions do not support {words}",
        source=f"{FARGATE_DIFFERENCES} ({member})",
        only=(FARGATE,),
        verified=verified,
    )
    def unsupported(draft: Draft) -> Iterator[Mapping[str, object]]:
        """On Fargate the host belongs to AWS, and parameters that reach it are refused."""
        yield from ({} for _ in find(draft))

    return unsupported.named(f"fargate-{member}")


def _task_member(member: str) -> Any:
    return lambda draft: [1] if draft.request.get(member) else []


def _container_member(member: str) -> Any:
    return lambda draft: draft.each(member)


def _linux_member(member: str) -> Any:
    return lambda draft: (
        1
        for _, linux in draft.each("linuxParameters")
        if linux.get(member) is not None and linux[member] != []
    )


@rule(
    # AWS's own quotation marks:
    "Fargate requires that the ‘privileged’ setting be ‘false’ at the container level.",  # noqa: RUF001
    source=f"{FARGATE_DIFFERENCES} (privileged)",
    only=(FARGATE,),
)
def fargate_privileged(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate no container has the powers of the host's root."""
    yield from ({} for _ in draft.each("privileged"))


@rule(
    "Tasks using the Fargate launch type do not support pidMode '{mode}'. The supported value for"
    " pidMode is 'task'.",
    source="botocore ecs RegisterTaskDefinitionRequest.pidMode",
    only=(FARGATE,),
)
def fargate_pid_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate containers share processes with their task at most."""
    mode = draft.request.get("pidMode")
    if mode not in (None, "task"):
        yield {"mode": mode}


@rule(
    "{capability} is not allowed on Fargate.",
    source="botocore ecs KernelCapabilities.add",
    only=(FARGATE,),
)
def fargate_capability(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate the one capability to add is SYS_PTRACE."""
    for capability in _capabilities(draft, "add"):
        if capability != "SYS_PTRACE":
            yield {"capability": capability}


@rule(
    "{capability} is not a valid Linux capability.",
    source="botocore ecs KernelCapabilities",
    verified=False,
)
def capability_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Capabilities have Linux's names, without CAP_."""
    for change in ("add", "drop"):
        for capability in _capabilities(draft, change):
            if capability not in CAPABILITIES:
                yield {"capability": capability}


def _capabilities(draft: Draft, change: str) -> Iterator[str]:
    for _, linux in draft.each("linuxParameters"):
        yield from linux.get("capabilities", {}).get(change, [])


@rule(
    "The container has an invalid tmpfs size value specified. It must be a non-zero, non-negative"
    " integer.",
    source="botocore ecs Tmpfs.size",
)
def tmpfs_size(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A file system in memory has a size in MiB."""
    for _, linux in draft.each("linuxParameters"):
        yield from ({} for tmpfs in linux.get("tmpfs", []) if tmpfs["size"] <= 0)


@rule(
    "Invalid '{member}' setting for container '{container}'.",
    source=f"{LINUX}.maxSwap, .swappiness, .sharedMemorySize",
    verified=False,
)
def linux_ranges(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Swap and shared memory are not negative, and swappiness is 0 to 100."""
    limits = {"maxSwap": None, "sharedMemorySize": None, "swappiness": 100}
    for container, linux in draft.each("linuxParameters"):
        for member, largest in limits.items():
            value = linux.get(member, 0)
            if value < 0 or (largest is not None and value > largest):
                yield {"container": container["name"], "member": member}


@rule("Soft limit exceeds hard limit for ulimit {name}", source="botocore ecs Ulimit")
def ulimit_order(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A soft limit is not above its hard limit; -1 means no limit."""
    for _, ulimits in draft.each("ulimits"):
        for limit in ulimits:
            soft, hard = limit["softLimit"], limit["hardLimit"]
            if hard >= 0 and (soft > hard or soft < 0):
                yield {"name": limit["name"]}


@rule("Duplicate ulimit {name} specified.", source="botocore ecs Ulimit.name", verified=False)
def ulimit_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container sets each limit once."""
    for _, ulimits in draft.each("ulimits"):
        names = Counter(limit["name"] for limit in ulimits)
        yield from ({"name": name} for name, count in names.items() if count > 1)


@rule(
    "Invalid namespace '{namespace}' in 'systemControls'.",
    source="botocore ecs SystemControl.value",
    verified=False,
)
def system_control_namespace(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Kernel parameters of a container are those of its network and IPC namespaces."""
    for _, controls in draft.each("systemControls"):
        for control in controls:
            namespace = control.get("namespace", "")
            if namespace not in IPC_CONTROLS and not namespace.startswith(("net.", "fs.mqueue.")):
                yield {"namespace": namespace}


@rule(
    "Invalid 'user' setting for container '{container}'.",
    source="botocore ecs ContainerDefinition.user",
    verified=False,
)
def user_syntax(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A user is a name or number, perhaps with a group behind a colon."""
    for container, user in draft.each("user"):
        if not _USER.fullmatch(user):
            yield {"container": container["name"]}


@rule(
    "{member} is not supported for Windows containers.",
    source="botocore ecs ContainerDefinition, the notes on Windows",
    verified=False,
)
def linux_only(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Windows containers do not set what only Linux has."""
    if not draft.windows:
        return
    for member in ("pidMode", "ipcMode"):
        if draft.request.get(member):
            yield {"member": member}
    for member in NOT_ON_WINDOWS:
        yield from ({"member": member} for _ in draft.each(member))


@rule(
    "Windows containers are only supported with CPU architecture X86_64.",
    source="botocore ecs RuntimePlatform.cpuArchitecture",
    only=(EC2, EXTERNAL),
    verified=False,
)
def windows_on_arm(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Windows containers run on X86_64."""
    if draft.windows and draft.architecture != "X86_64":
        yield {}


@rule(
    "Managed Instances do not support Windows containers.",
    source="AWS: ManagedInstances",
    only=(MANAGED_INSTANCES,),
    verified=False,
)
def windows_on_managed_instances(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Managed Instances run Linux."""
    if draft.windows:
        yield {}


@rule(
    "Placement constraint type should not be null or empty.",
    source="botocore ecs TaskDefinitionPlacementConstraint.type",
    verified=False,
)
def constraint_type(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A placement constraint says of which type it is; memberOf is the only one."""
    constraints = draft.request.get("placementConstraints", [])
    yield from ({} for constraint in constraints if not constraint.get("type"))


@rule(
    "Invalid placement constraint expression.",
    source="botocore ecs TaskDefinitionPlacementConstraint",
    verified=False,
)
def constraint_expression(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A placement constraint has an expression of up to 2000 characters."""
    for constraint in draft.request.get("placementConstraints", []):
        if not 0 < len(constraint.get("expression", "")) <= LONGEST_EXPRESSION:
            yield {}


@rule(
    "A task definition can have at most 10 placement constraints.",
    source="botocore ecs RegisterTaskDefinitionRequest.placementConstraints",
    verified=False,
)
def too_many_constraints(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task definition has at most 10 placement constraints."""
    if len(draft.request.get("placementConstraints", [])) > MAXIMUM_CONSTRAINTS:
        yield {}


@rule(
    "APPMESH proxy configuration is only supported in networkMode=awsvpc",
    source=PROXY,
)
def proxy_network_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An App Mesh proxy works in the task's own network."""
    if "proxyConfiguration" in draft.request and draft.network_mode != "awsvpc":
        yield {}


@rule("Proxy container [{container}] does not exist.", source=f"{PROXY}.containerName")
def proxy_container(draft: Draft) -> Iterator[Mapping[str, object]]:
    """An App Mesh proxy is a container of the task."""
    proxy = draft.request.get("proxyConfiguration")
    if proxy and proxy["containerName"] not in draft.by_name:
        yield {"container": proxy["containerName"]}


@rule(
    "Trusted execution is only supported for Managed Instances.",
    source="botocore ecs RegisterTaskDefinitionRequest.trustedExecutionConfiguration",
    only=(EC2, EXTERNAL, FARGATE),
    verified=False,
)
def trusted_execution(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Only Managed Instances run tasks in sandboxes."""
    if "trustedExecutionConfiguration" in draft.request:
        yield {}


@rule(
    "attestationPolicy is required when isolationMode is CONFIDENTIAL_SANDBOX.",
    source="botocore ecs TrustedExecutionConfiguration.attestationPolicy",
    verified=False,
)
def attestation_policy(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A confidential sandbox states what may run in it."""
    trusted = draft.request.get("trustedExecutionConfiguration", {})
    confidential = trusted.get("isolationMode") == "CONFIDENTIAL_SANDBOX"
    if confidential and not trusted.get("attestationPolicy"):
        yield {}


RULES = (
    linux_only,
    capability_unknown,
    tmpfs_size,
    linux_ranges,
    ulimit_order,
    ulimit_repeated,
    system_control_namespace,
    user_syntax,
    constraint_type,
    constraint_expression,
    too_many_constraints,
    proxy_network_mode,
    proxy_container,
    attestation_policy,
    fargate_privileged,
    fargate_pid_mode,
    fargate_capability,
    _unsupported("ipcMode", "ipcMode", _task_member("ipcMode")),
    _unsupported("placementConstraints", "constraints", _task_member("placementConstraints")),
    _unsupported(
        "dockerSecurityOptions",
        "dockerSecurityOptions",
        _container_member("dockerSecurityOptions"),
    ),
    _unsupported("devices", "devices", _linux_member("devices")),
    _unsupported("sharedMemorySize", "sharedMemorySize", _linux_member("sharedMemorySize")),
    _unsupported("maxSwap", "maxSwap", _linux_member("maxSwap")),
    _unsupported("swappiness", "swappiness", _linux_member("swappiness"), verified=False),
    windows_on_arm,
    windows_on_managed_instances,
    trusted_execution,
)
