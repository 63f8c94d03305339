"""Rules about log drivers and their options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ecslab.model.task_definition.draft import Definition, Draft
from ecslab.model.task_definition.rule import EC2, EXTERNAL, FARGATE, MANAGED_INSTANCES, Rule, rule

LOG_CONFIGURATION = "botocore ecs LogConfiguration"
AWSLOGS = "awslogs"
AWSFIRELENS = "awsfirelens"

DRIVERS: Mapping[str, tuple[str, ...]] = {
    EC2: (
        AWSLOGS,
        "fluentd",
        "gelf",
        "json-file",
        "journald",
        "syslog",
        "splunk",
        AWSFIRELENS,
    ),
    FARGATE: (AWSLOGS, "splunk", AWSFIRELENS),
    MANAGED_INSTANCES: (AWSLOGS, "splunk", AWSFIRELENS, "json-file"),
}
"""The log drivers of each platform. AWS: botocore ecs LogConfiguration.logDriver."""

AWSLOGS_OPTIONS = frozenset(
    {
        "awslogs-create-group",
        "awslogs-datetime-format",
        "awslogs-group",
        "awslogs-multiline-pattern",
        "awslogs-region",
        "awslogs-stream-prefix",
        "max-buffer-size",
        "mode",
    }
)
"""The options of the awslogs driver. AWS: botocore ecs LogConfiguration.options."""

_MODES = ("blocking", "non-blocking")
_BUFFER_SIZE = re.compile(r"[0-9]+[bkmg]?", re.IGNORECASE)


def _driver_rule(platform: str, *only: str, verified: bool) -> Rule:
    """Make the rule that a platform knows a container's log driver."""
    drivers = DRIVERS[platform]

    @rule(
        f"{{driver}} is not a valid log driver. Must be one of [{','.join(drivers)}]",
        source=f"{LOG_CONFIGURATION}.logDriver",
        only=only,
        verified=verified,
    )
    def log_driver(draft: Draft) -> Iterator[Mapping[str, object]]:
        """A container's log driver is one that the platform has."""
        for _, log in draft.each("logConfiguration"):
            if log["logDriver"] not in drivers:
                yield {"driver": log["logDriver"]}

    return log_driver.named(f"log-driver-{platform.lower().replace('_', '-')}")


def _awslogs(draft: Draft) -> Iterator[Definition]:
    for _, log in draft.each("logConfiguration"):
        if log["logDriver"] == AWSLOGS:
            yield log.get("options", {})


@rule("Log driver awslogs requires options: {missing}", source=f"{LOG_CONFIGURATION}.options")
def awslogs_required(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The awslogs driver is told the Region and the log group."""
    for options in _awslogs(draft):
        missing = [name for name in ("awslogs-region", "awslogs-group") if not options.get(name)]
        if missing:
            yield {"missing": ", ".join(missing)}


@rule("Log driver awslogs disallows options: {unknown}", source=f"{LOG_CONFIGURATION}.options")
def awslogs_unknown(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The awslogs driver gets only options that it knows."""
    for options in _awslogs(draft):
        unknown = [name for name in options if name not in AWSLOGS_OPTIONS]
        if unknown:
            yield {"unknown": ", ".join(unknown)}


@rule(
    "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit"
    " option.",
    source=f"{LOG_CONFIGURATION}.options",
)
def awslogs_create_group(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A log group is created on request; the way not to create it is to say nothing."""
    for options in _awslogs(draft):
        if options.get("awslogs-create-group", "true") != "true":
            yield {}


@rule(
    "Log driver awslogs option '{option}' has an invalid value.",
    source=f"{LOG_CONFIGURATION}.options",
    verified=False,
)
def awslogs_values(draft: Draft) -> Iterator[Mapping[str, object]]:
    """The mode is blocking or non-blocking, the buffer a number with b, k, m or g."""
    for options in _awslogs(draft):
        if options.get("mode", _MODES[0]) not in _MODES:
            yield {"option": "mode"}
        if not _BUFFER_SIZE.fullmatch(options.get("max-buffer-size", "1m")):
            yield {"option": "max-buffer-size"}


@rule(
    "Fargate requires log configuration options to include awslogs-stream-prefix to support log"
    " driver awslogs.",
    source=f"{LOG_CONFIGURATION}.options",
    only=(FARGATE,),
)
def awslogs_stream_prefix(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate log streams have a prefix: there is no Docker id to call them by."""
    for options in _awslogs(draft):
        if not options.get("awslogs-stream-prefix"):
            yield {}


@rule(
    "When awsfirelens log driver is specified in log configuration, a firelens configuration object"
    " must be configured in one of the containers.",
    source="AWS: using_firelens",
)
def firelens_missing(draft: Draft) -> Iterator[Mapping[str, object]]:
    """Logs for FireLens need a container that routes them."""
    if not any(draft.each("firelensConfiguration")):
        for _, log in draft.each("logConfiguration"):
            if log["logDriver"] == AWSFIRELENS:
                yield {}


@rule(
    "At most one container can specify a firelens configuration object.",
    source="AWS: using_firelens",
    verified=False,
)
def firelens_repeated(draft: Draft) -> Iterator[Mapping[str, object]]:
    """A task has one log router."""
    if len(list(draft.each("firelensConfiguration"))) > 1:
        yield {}


@rule(
    "Fargate launch type does not support FirelensConfiguration config file from 's3'",
    source="botocore ecs FirelensConfiguration.options",
    only=(FARGATE,),
    verified=False,
)
def firelens_file(draft: Draft) -> Iterator[Mapping[str, object]]:
    """On Fargate a log router's configuration file comes from the image."""
    for _, firelens in draft.each("firelensConfiguration"):
        if firelens.get("options", {}).get("config-file-type") == "s3":
            yield {}


RULES = (
    _driver_rule(FARGATE, FARGATE, verified=True),
    _driver_rule(MANAGED_INSTANCES, MANAGED_INSTANCES, verified=False),
    _driver_rule(EC2, EC2, EXTERNAL, verified=False),
    awslogs_required,
    awslogs_unknown,
    awslogs_create_group,
    awslogs_values,
    firelens_missing,
    firelens_repeated,
    firelens_file,
    awslogs_stream_prefix,
)
