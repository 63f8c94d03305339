"""Rules about the network mode, and about what a container may not set in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import AWSVPC, BRIDGE, HOST, NONE, Draft
from ecslab.model.task_definition.graph import has_cycle
from ecslab.model.task_definition.rule import (
    EC2,
    EXTERNAL,
    FARGATE,
    MANAGED_INSTANCES,
    Rule,
    rule,
)

NETWORK_MODE = "botocore ecs RegisterTaskDefinitionRequest.networkMode"


@rule(
    "Fargate only supports network mode ‘awsvpc’.",  # noqa: RUF001 - AWS's own quotation marks
    source=NETWORK_MODE,
    only=(FARGATE,),
)
def fargate_network_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate the network mode is awsvpc, and is written down."""
    if draft.network_mode != AWSVPC:
        yield {}


@rule(
    "External instances do not support network mode 'awsvpc'.",
    source="AWS: ecs-anywhere (considerations)",
    only=(EXTERNAL,),
    verified=False,
)
def external_network_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On your own servers the network mode is bridge, host or none."""
    if draft.network_mode == AWSVPC:
        yield {}


@rule(
    "Managed Instances only support network modes 'awsvpc', 'host' and 'none'.",
    source="AWS: managed-instance-networking",
    only=(MANAGED_INSTANCES,),
    verified=False,
)
def managed_instances_network_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Managed Instances the network mode is written down, and is not bridge."""
    if draft.network_mode not in (AWSVPC, HOST, NONE):
        yield {}


@rule(
    "Windows containers only support network mode 'awsvpc' or the default.",
    source=NETWORK_MODE,
    only=(EC2, EXTERNAL),
    verified=False,
)
def windows_network_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Windows containers use awsvpc, or write no network mode and get Windows' own."""
    if draft.windows and draft.request.get("networkMode") not in (None, AWSVPC):
        yield {}


@rule(
    "Links are not supported when networkMode={mode}.",
    source="botocore ecs ContainerDefinition.links",
)
def links_mode(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Only containers on Docker's bridge can be linked."""
    if draft.network_mode != BRIDGE:
        yield from ({"mode": draft.network_mode} for _ in draft.each("links"))


@rule(
    "Invalid 'links' setting. Unknown container: '{linked}'.",
    source="botocore ecs ContainerDefinition.links",
    verified=False,
)
def links_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A link names another container of the task, perhaps with an alias: name:alias."""
    for _, links in draft.each("links"):
        for link in links:
            if link.split(":", 1)[0] not in draft.by_name:
                yield {"linked": link}


@rule(
    "Container links should not have a cycle",
    source="botocore ecs ContainerDefinition.links",
)
def links_cycle(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Links do not lead back to where they start."""
    links = {
        container["name"]: [link.split(":", 1)[0] for link in container.get("links", [])]
        for container in draft.containers
    }
    if has_cycle(links):
        yield {}


def _not_in_awsvpc(member: str, words: str, *, verified: bool = True) -> Rule:
    """Make the rule that containers with an own network interface can't set a member."""

    @rule(
        f"{words} supported on container when networkMode=awsvpc.",
        source=f"botocore ecs ContainerDefinition.{member}; AWS: fargate-tasks-services",
        verified=verified,
    )
    def not_in_awsvpc(draft: Draft) -> Iterator[Mapping[str, object]]:
        """In awsvpc mode the task's network interface decides, not the container."""
        if draft.network_mode == AWSVPC:
            yield from ({} for _ in draft.each(member))

    return not_in_awsvpc.named(f"awsvpc-{member}")


AWSVPC_RULES = (
    _not_in_awsvpc("hostname", "hostname is not"),
    _not_in_awsvpc("extraHosts", "Extra hosts are not"),
    _not_in_awsvpc("disableNetworking", "Disable Networking is not"),
    _not_in_awsvpc("dnsServers", "DNS servers are not"),
    _not_in_awsvpc("dnsSearchDomains", "DNS search domains are not", verified=False),
)

RULES = (
    links_mode,
    links_unknown,
    links_cycle,
    *AWSVPC_RULES,
    fargate_network_mode,
    external_network_mode,
    managed_instances_network_mode,
    windows_network_mode,
)
