"""Rules about how containers start, prove their health, restart and stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.graph import has_cycle
from ecslab.model.task_definition.rule import FARGATE, Rule, rule

DEPENDENCY = "botocore ecs ContainerDependency.condition"
HEALTH_CHECK = "botocore ecs HealthCheck"
RESTART_POLICY = "botocore ecs ContainerRestartPolicy"

HEALTH_CHECK_RANGES: Mapping[str, tuple[int, int]] = {
    "interval": (5, 300),
    "timeout": (2, 60),
    "retries": (1, 10),
    "startPeriod": (0, 300),
}
"""The smallest and the largest value of each health check setting; seconds, and a count."""

HEALTH_CHECK_DEFAULTS: Mapping[str, int] = {"interval": 30, "timeout": 5, "retries": 3}
"""What a health check gets without its own settings; seconds, and a count."""

SHORTEST_FARGATE_TIMEOUT = 2
LONGEST_FARGATE_TIMEOUT = 120
SHORTEST_RESTART_PERIOD = 60
LONGEST_RESTART_PERIOD = 1800
MAXIMUM_IGNORED_EXIT_CODES = 50


@rule(
    "Task definition doesn't have any essential container.",
    source="botocore ecs ContainerDefinition.essential",
)
def no_essential_container(draft: Draft) -> Iterator[Mapping[str, object]]:
    """At least one container is essential; a container is, unless it says otherwise."""
    if not any(container.get("essential", True) for container in draft.containers):
        yield {}


def _dependencies(draft: Draft) -> Iterator[Mapping[str, str]]:
    for _, dependencies in draft.each("dependsOn"):
        yield from dependencies


@rule(
    "Cannot depend on container + '{container}' because it does not exist",
    source="botocore ecs ContainerDependency.containerName",
    verified=False,
)
def dependency_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container depends on containers of the same task."""
    for dependency in _dependencies(draft):
        if dependency["containerName"] not in draft.by_name:
            yield {"container": dependency["containerName"]}


# These two are quoted as AWS's answers in several independent public reports; the one above only in
# the source of an emulator.
@rule(
    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
    source=DEPENDENCY,
)
def dependency_essential(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Nothing waits for the end of an essential container: its end is the task's."""
    for dependency in _dependencies(draft):
        ends = dependency["condition"] in ("SUCCESS", "COMPLETE")
        if ends and draft.by_name[dependency["containerName"]].get("essential", True):
            yield {}


@rule(
    "A dependency container with HEALTHY condition must have health check configured",
    source=DEPENDENCY,
)
def dependency_without_health_check(draft: Draft) -> Iterator[Mapping[str, object]]:
    """What waits for health depends on a container that has a health check."""
    for dependency in _dependencies(draft):
        healthy = dependency["condition"] == "HEALTHY"
        if healthy and not draft.by_name[dependency["containerName"]].get("healthCheck"):
            yield {}


@rule(
    "Container dependencies should not have a cycle",
    source="botocore ecs ContainerDefinition.dependsOn",
    verified=False,
)
def dependency_cycle(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Dependencies do not lead back to where they start."""
    edges = {
        container["name"]: [item["containerName"] for item in container.get("dependsOn", [])]
        for container in draft.containers
    }
    if has_cycle(edges):
        yield {}


@rule(
    "Health check command must start with CMD or CMD-SHELL for container '{container}'",
    source=f"{HEALTH_CHECK}.command",
    verified=False,
)
def health_check_command(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A health check's command is CMD with arguments, or CMD-SHELL with one line."""
    for container, health_check in draft.each("healthCheck"):
        command = health_check["command"]
        # The console writes the list as one text, and that form is accepted as well.
        first = command[0].split(",", 1)[0].strip() if command else ""
        alone = len(command) == 1 and "," not in command[0]
        if first not in ("CMD", "CMD-SHELL") or alone:
            yield {"container": container["name"]}


def _range_rules(setting: str, lowest: int, highest: int) -> tuple[Rule, Rule]:
    """Make the two rules that keep a health check's setting in its range."""
    words = f"Health check {setting} must be"

    def outside(draft: Draft, *, low: bool) -> Iterator[Mapping[str, object]]:
        for container, health_check in draft.each("healthCheck"):
            value = health_check.get(setting, lowest)
            if value < lowest if low else value > highest:
                yield {"container": container["name"]}

    @rule(
        f"{words} greater than or equal to the minimum allowed value {lowest} for container"
        " '{container}'",
        source=f"{HEALTH_CHECK}.{setting}",
        verified=False,
    )
    def lower_bound(draft: Draft) -> Iterator[Mapping[str, object]]:
        """A health check's settings are not below their ranges."""
        return outside(draft, low=True)

    @rule(
        f"{words} less than or equal to the maximum allowed value {highest} for container"
        " '{container}'",
        source=f"{HEALTH_CHECK}.{setting}",
    )
    def upper_bound(draft: Draft) -> Iterator[Mapping[str, object]]:
        """A health check's settings are not above their ranges."""
        return outside(draft, low=False)

    return (
        lower_bound.named(f"health-check-{setting}-small"),
        upper_bound.named(f"health-check-{setting}-large"),
    )


@rule(
    "Invalid '{member}' setting for container '{container}'.",
    source="botocore ecs ContainerDefinition.startTimeout, .stopTimeout",
    verified=False,
)
def timeout_negative(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Timeouts are not negative."""
    for container, member, seconds in _timeouts(draft):
        if seconds < 0:
            yield {"container": container["name"], "member": member}


@rule(
    "Granular {kind} timeout on container '{container}' must be at least 2 seconds.",
    source="botocore ecs ContainerDefinition.startTimeout, .stopTimeout",
    only=(FARGATE,),
    verified=False,
)
def fargate_timeout_short(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate timeouts are at least 2 seconds."""
    for container, member, seconds in _timeouts(draft):
        if seconds < SHORTEST_FARGATE_TIMEOUT:
            yield {"container": container["name"], "kind": member.removesuffix("Timeout")}


@rule(
    "Tasks using the Fargate launch type must have a container {kind} timeout of less than 120"
    " seconds.",
    source="botocore ecs ContainerDefinition.startTimeout, .stopTimeout",
    only=(FARGATE,),
    verified=False,
)
def fargate_timeout_long(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate timeouts are at most 120 seconds."""
    for _, member, seconds in _timeouts(draft):
        if seconds > LONGEST_FARGATE_TIMEOUT:
            yield {"kind": member.removesuffix("Timeout")}


def _timeouts(draft: Draft) -> Iterator[tuple[Definition, str, Any]]:
    for member in ("startTimeout", "stopTimeout"):
        for container, seconds in draft.each(member):
            yield container, member, seconds


@rule(
    "The 'restartAttemptPeriod' setting for container '{container}' must be between 60 and 1800.",
    source=f"{RESTART_POLICY}.restartAttemptPeriod",
)
def restart_period(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A container runs 60 to 1800 seconds before it is restarted."""
    for container, policy in draft.each("restartPolicy"):
        period = policy.get("restartAttemptPeriod", SHORTEST_RESTART_PERIOD)
        if not SHORTEST_RESTART_PERIOD <= period <= LONGEST_RESTART_PERIOD:
            yield {"container": container["name"]}


@rule(
    "The 'ignoredExitCodes' setting for container '{container}' must have at most 50 exit codes.",
    source=f"{RESTART_POLICY}.ignoredExitCodes",
    verified=False,
)
def too_many_ignored_exit_codes(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A restart policy ignores at most 50 exit codes."""
    for container, policy in draft.each("restartPolicy"):
        if len(policy.get("ignoredExitCodes", [])) > MAXIMUM_IGNORED_EXIT_CODES:
            yield {"container": container["name"]}


@rule(
    "Restart policies are not supported for Windows containers on Fargate.",
    source="AWS: container-restart-policy",
    only=(FARGATE,),
    verified=False,
)
def restart_on_windows_fargate(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Fargate does not restart Windows containers."""
    if draft.windows:
        yield from ({} for _ in draft.each("restartPolicy"))


RULES = (
    no_essential_container,
    health_check_command,
    *(
        bound
        for setting, (low, high) in HEALTH_CHECK_RANGES.items()
        for bound in _range_rules(setting, low, high)
    ),
    dependency_unknown,
    dependency_essential,
    dependency_without_health_check,
    dependency_cycle,
    timeout_negative,
    restart_period,
    too_many_ignored_exit_codes,
    fargate_timeout_short,
    fargate_timeout_long,
    restart_on_windows_fargate,
)
