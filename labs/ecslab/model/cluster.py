"""Rules about clusters: names, settings, configuration, capacity, deletion, and what is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecslab.errors import AwsError
from ecslab.model.cluster_answers import (
    BAD_BASE,
    BAD_INCLUDE,
    BAD_LOGGING,
    BAD_NAME,
    BAD_SETTING_NAME,
    BAD_SETTING_VALUE,
    BAD_WEIGHT,
    CONTAINS_INSTANCES,
    CONTAINS_PROVIDER,
    CONTAINS_SERVICES,
    CONTAINS_TASKS,
    LOG_WITHOUT_OVERRIDE,
    MANAGED_INSTANCES_PROVIDER,
    MIXED,
    MIXED_MANAGED,
    NO_DEFAULT_WEIGHT,
    NO_WEIGHT,
    NOT_ASSOCIATED,
    NOT_IDEMPOTENT,
    OVERRIDE_WITHOUT_LOG,
    REPEATED_PROVIDER,
    SEVERAL_BASES,
    TOO_MANY_ITEMS,
    TOO_MANY_PROVIDERS,
    UNKNOWN_PROVIDER,
    UPDATE_IN_PROGRESS,
)

Item = dict[str, Any]
"""One item of a capacity provider strategy, in botocore's shape."""

DEFAULT_NAME = "default"
MAXIMUM_PROVIDERS = 20
LARGEST_BASE = 100_000
LARGEST_WEIGHT = 1000

FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
FARGATE_KIND = "FARGATE"
AUTO_SCALING_KIND = "EC2_AUTOSCALING"
MANAGED_INSTANCES_KIND = "MANAGED_INSTANCES"

INSIGHTS = "containerInsights"
INSIGHTS_VALUES = ("enabled", "disabled", "enhanced")
INCLUDES = ("ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS")
LOGGING = ("NONE", "DEFAULT", "OVERRIDE")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def check_name(name: str) -> str:
    """Return the name of a cluster to create.

    Args:
        name: what the request says; empty for the cluster named `default`.

    Raises:
        AwsError: not 1 to 255 letters, digits, hyphens and underscores.
    """
    if name and not _NAME.fullmatch(name):
        raise BAD_NAME.error()
    return name or DEFAULT_NAME


def check_repeated(
    existing: Mapping[str, Any], request: Mapping[str, Any], settings: Sequence[Mapping[str, str]]
) -> None:
    """Check that a cluster which is to be created again is the one that is there.

    CreateCluster never changes a cluster; with the same name it returns it. Tags are not compared:
    no source says that they count.

    Args:
        existing: the cluster in botocore's shape.
        request: the parameters of CreateCluster, with the defaults of a strategy filled in.
        settings: the settings that the request leads to.

    Raises:
        AwsError: the request asks for something else than what is there.
    """
    compared = ("configuration", "capacityProviders", "defaultCapacityProviderStrategy")
    differs = any(request[key] != existing.get(key) for key in compared if request.get(key))
    if differs or (request.get("settings") and list(settings) != existing["settings"]):
        raise NOT_IDEMPOTENT.error()


def merge_settings(
    existing: Sequence[Mapping[str, str]], changes: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return a cluster's settings after some are changed; Container Insights is off at first.

    Args:
        existing: the settings in botocore's shape.
        changes: the settings of the request.

    Raises:
        AwsError: another setting than `containerInsights`, or a value that it can't have.
    """
    values = {INSIGHTS: "disabled"} | {item["name"]: item["value"] for item in existing}
    for change in changes:
        name, value = change.get("name", ""), change.get("value", "")
        if name != INSIGHTS:
            raise BAD_SETTING_NAME.error()
        if value not in INSIGHTS_VALUES:
            raise BAD_SETTING_VALUE.error()
        values[name] = value
    return [{"name": name, "value": value} for name, value in values.items()]


def check_configuration(configuration: Mapping[str, Any]) -> None:
    """Check a cluster's configuration of ECS Exec.

    Args:
        configuration: botocore's ClusterConfiguration.

    Raises:
        AwsError: an unknown kind of logging, OVERRIDE without a log group or bucket, or a log
            configuration without OVERRIDE.
    """
    execute = configuration.get("executeCommandConfiguration") or {}
    logging = execute.get("logging")
    log = execute.get("logConfiguration") or {}
    if logging is not None and logging not in LOGGING:
        raise BAD_LOGGING.error(logging=logging)
    if logging == "OVERRIDE":
        if not (log.get("cloudWatchLogGroupName") or log.get("s3BucketName")):
            raise OVERRIDE_WITHOUT_LOG.error()
    elif log:
        raise LOG_WITHOUT_OVERRIDE.error()


def check_providers(providers: Sequence[str], *, kinds: Mapping[str, str]) -> None:
    """Check the capacity providers that are to be associated with a cluster.

    Args:
        providers: their names.
        kinds: the kind of each provider of the account, as botocore's CapacityProviderType names
            it; the two of Fargate may be left out.

    Raises:
        AwsError: more than 20, one twice, one that does not exist, or one of Managed Instances,
            which belongs to its cluster from the start.
    """
    if len(providers) > MAXIMUM_PROVIDERS:
        raise TOO_MANY_PROVIDERS.error()
    if len(set(providers)) != len(providers):
        raise REPEATED_PROVIDER.error()
    for provider in providers:
        kind = provider_kind(provider, kinds)
        if kind is None:
            raise UNKNOWN_PROVIDER.error()
        if kind == MANAGED_INSTANCES_KIND:
            raise MANAGED_INSTANCES_PROVIDER.error()


def provider_kind(provider: str, kinds: Mapping[str, str]) -> str | None:
    """Return the kind of a capacity provider, None when there is none of that name.

    The two of Fargate are of one kind, as a strategy may mix them.
    """
    if provider in FARGATE_PROVIDERS:
        return FARGATE_KIND
    return kinds.get(provider)


def check_strategy(
    strategy: Sequence[Mapping[str, Any]],
    *,
    associated: Iterable[str],
    kinds: Mapping[str, str],
) -> list[Item]:
    """Return a capacity provider strategy with its defaults written out.

    Args:
        strategy: the items in botocore's shape.
        associated: the names of the cluster's capacity providers.
        kinds: see `check_providers`.

    Returns:
        The items with `weight` and `base`, both 0 by default.

    Raises:
        AwsError: too many items, a provider twice or not of the cluster, a weight or base out of
            range, more than one base, or providers of different kinds.
    """
    items = [{"weight": 0, "base": 0, **item} for item in strategy]
    names = [item.get("capacityProvider", "") for item in items]
    if len(items) > MAXIMUM_PROVIDERS:
        raise TOO_MANY_ITEMS.error()
    if len(set(names)) != len(names):
        raise REPEATED_PROVIDER.error()
    if not set(names) <= set(associated):
        raise NOT_ASSOCIATED.error()
    for item in items:
        if not 0 <= item["weight"] <= LARGEST_WEIGHT:
            raise BAD_WEIGHT.error()
        if not 0 <= item["base"] <= LARGEST_BASE:
            raise BAD_BASE.error()
    if sum(item["base"] > 0 for item in items) > 1:
        raise SEVERAL_BASES.error()
    found = {provider_kind(name, kinds) for name in names}
    if len(found) > 1:
        raise (MIXED_MANAGED if MANAGED_INSTANCES_KIND in found else MIXED).error()
    return items


def check_usable(strategy: Sequence[Mapping[str, Any]], *, default: bool) -> None:
    """Check that a strategy places tasks at all, as RunTask and CreateService do before its use.

    A cluster may keep a default strategy whose weights are all 0; using it is what fails.

    Args:
        strategy: the items in botocore's shape.
        default: whether it is the cluster's default strategy.

    Raises:
        AwsError: no item has a weight above 0.
    """
    if strategy and not any(item.get("weight", 0) > 0 for item in strategy):
        raise (NO_DEFAULT_WEIGHT if default else NO_WEIGHT).error()


def deletion_refusal(
    *,
    container_instances: int = 0,
    services: int = 0,
    tasks: int = 0,
    managed_instances_providers: int = 0,
    updating: bool = False,
) -> AwsError | None:
    """Return why a cluster can't be deleted, None when it can.

    Args:
        container_instances: registered instances, ACTIVE or DRAINING.
        services: services that are not INACTIVE.
        tasks: tasks that are not STOPPED.
        managed_instances_providers: capacity providers that live in the cluster.
        updating: whether its attachments are being updated.
    """
    reasons = (
        (updating, UPDATE_IN_PROGRESS),
        (container_instances, CONTAINS_INSTANCES),
        (services, CONTAINS_SERVICES),
        (tasks, CONTAINS_TASKS),
        (managed_instances_providers, CONTAINS_PROVIDER),
    )
    return next((answer.error() for holds, answer in reasons if holds), None)


_LAUNCH_TYPES = {
    "EC2": "EC2",
    "FARGATE": "Fargate",
    "EXTERNAL": "External",
    "MANAGED_INSTANCES": "ManagedInstances",
}
_PENDING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})


def task_state(task: Mapping[str, Any]) -> str | None:
    """Return how a cluster counts a task: `running`, `pending`, or None when it no longer does.

    AWS: botocore ecs Cluster.runningTasksCount, .pendingTasksCount.
    """
    status = task.get("lastStatus")
    if status == "RUNNING":
        return "running"
    return "pending" if status in _PENDING else None


def counts(
    tasks: Iterable[Mapping[str, Any]],
    services: Iterable[Mapping[str, Any]],
    instances: Iterable[Mapping[str, Any]],
) -> dict[str, int]:
    """Return the counts that a described cluster always has.

    Args:
        tasks: the cluster's tasks in botocore's shape.
        services: its services.
        instances: its container instances.
    """
    states = Counter(task_state(task) for task in tasks)
    registered = {"ACTIVE", "DRAINING"}
    return {
        "registeredContainerInstancesCount": sum(one["status"] in registered for one in instances),
        "runningTasksCount": states["running"],
        "pendingTasksCount": states["pending"],
        "activeServicesCount": sum(one["status"] == "ACTIVE" for one in services),
    }


def statistics(
    tasks: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Return a cluster's counts by launch type, as `include=["STATISTICS"]` shows them.

    Args:
        tasks: the cluster's tasks in botocore's shape.
        services: its services.

    AWS: botocore ecs Cluster.statistics.
    """
    found = Counter((task_state(task), task.get("launchType", "EC2")) for task in tasks)
    found += Counter((one["status"], one.get("launchType", "EC2")) for one in services)
    rows = []
    for launch_type, name in _LAUNCH_TYPES.items():
        rows += [
            (f"running{name}TasksCount", found["running", launch_type]),
            (f"pending{name}TasksCount", found["pending", launch_type]),
            (f"active{name}ServiceCount", found["ACTIVE", launch_type]),
            (f"draining{name}ServiceCount", found["DRAINING", launch_type]),
        ]
    return [{"name": name, "value": str(value)} for name, value in rows]


def described(cluster: Mapping[str, Any], *, include: Sequence[str]) -> dict[str, Any]:
    """Return a cluster as DescribeClusters shows it.

    Args:
        cluster: the whole cluster in botocore's shape, statistics, tags and all.
        include: what to show besides the rest: ATTACHMENTS, CONFIGURATIONS, SETTINGS, STATISTICS,
            TAGS. Settings, statistics and tags are empty lists when they are not asked for.

    Raises:
        AwsError: something else to include.
    """
    if not set(include) <= set(INCLUDES):
        raise BAD_INCLUDE.error(values=",".join(INCLUDES))
    shown = dict(cluster)
    for wanted in ("SETTINGS", "STATISTICS", "TAGS"):
        if wanted not in include:
            shown[wanted.lower()] = []
    if "ATTACHMENTS" not in include:
        shown.pop("attachments", None)
        shown.pop("attachmentsStatus", None)
    if "CONFIGURATIONS" not in include:
        shown.pop("configuration", None)
    return shown
