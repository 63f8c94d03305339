"""cfn-lint's opinion on every member of a task definition, one at a time.

`test_second_opinion.py` asks about what cfn-lint has rules for. Here each member that the facts
name is given good and bad values. cfn-lint knows types, words and required members only; where it
lets a definition pass that we refuse, `SILENT` names our rule, whose source is the reason. Where
it refuses what we accept, `REFUSED` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from opinions import refused_by_cfn_lint

from ecslab.errors import AwsError
from ecslab.model.task_definition import RULES
from ecslab.model.task_definition.registration import read

Request = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/execution"
LOG = {"awslogs-group": "web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}
CHECK = {"command": ["CMD-SHELL", "exit 0"]}
FILE = {"type": "s3", "value": "arn:aws:s3:::bucket/a.env"}
EFS = {"fileSystemId": "fs-1"}
CONFIGURED = {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::bucket/fluent.conf"}

TASK: Mapping[str, list[Any]] = {
    "cpu": ["128", "127", "196608", "196609", "256.5", "1 vcpu", "-1"],
    "enableFaultInjection": [True],
    "ephemeralStorage": [{"sizeInGiB": size} for size in (20, 21, 200, 201)],
    "family": ["a b", "a" * 255, "a" * 256, ""],
    "inferenceAccelerators": [[{"deviceName": "a", "deviceType": "b"}]],
    "ipcMode": ["host", "task", "none", "all"],
    "memory": ["0", "-5", "1 GB", "1gb", "abc", "3 TB"],
    "networkMode": ["tunnel"],
    "pidMode": ["host", "task", "none"],
    "placementConstraints": [
        [{"type": "memberOf", "expression": "attribute:a == b"}],
        [{"type": "memberOf"}],
        [{"type": "distinctInstance"}],
        [{"expression": "attribute:a == b"}],
    ],
    "proxyConfiguration": [
        {"type": "APPMESH", "containerName": "web"},
        {"type": "APPMESH", "containerName": "nobody"},
        {"type": "OTHER", "containerName": "web"},
        {"type": "APPMESH"},
    ],
    "requiresCompatibilities": [["EXTERNAL"], ["MANAGED_INSTANCES"], ["LUNAR"]],
    "runtimePlatform": [
        {"operatingSystemFamily": "BEOS"},
        {"cpuArchitecture": "MIPS"},
        {"cpuArchitecture": "ARM64"},
        {"operatingSystemFamily": "WINDOWS_SERVER_2019_FULL", "cpuArchitecture": "ARM64"},
    ],
    "taskRoleArn": [ROLE, "x y", "name"],
    "volumes": [
        [{"name": "data"}],
        [{"name": "da ta"}],
        [{"name": "data", "host": {"sourcePath": "/x"}}],
        [{"name": "data", "dockerVolumeConfiguration": {"scope": "task"}}],
        [{"name": "data", "dockerVolumeConfiguration": {"scope": "world"}}],
        [{"name": "data", "efsVolumeConfiguration": EFS}],
        [{"name": "data", "efsVolumeConfiguration": {}}],
        [{"name": "data", "efsVolumeConfiguration": {**EFS, "transitEncryption": "MAYBE"}}],
        [{"name": "data", "efsVolumeConfiguration": {**EFS, "transitEncryptionPort": 2999}}],
        [{"name": "data", "configuredAtLaunch": True}],
    ],
}
CONTAINER: Mapping[str, list[Any]] = {
    "cpu": [-1, 0, 1, 256, 10_000],
    "credentialSpecs": [["credentialspec:x"]],
    "dependsOn": [
        [{"containerName": "web", "condition": "START"}],
        [{"containerName": "nobody", "condition": "START"}],
        [{"containerName": "web", "condition": "LATER"}],
        [{"containerName": "web"}],
    ],
    "disableNetworking": [True],
    "dnsSearchDomains": [["a.b"]],
    "dnsServers": [["8.8.8.8"]],
    "dockerLabels": [{"a": "b"}],
    "dockerSecurityOptions": [["no-new-privileges"]],
    "environment": [
        [{"name": "A", "value": "1"}],
        [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    ],
    "environmentFiles": [
        [FILE],
        [{**FILE, "value": "arn:aws:s3:::bucket/a.txt"}],
        [{**FILE, "type": "ftp"}],
        [{**FILE, "value": "x"}],
        [{**FILE, "value": f"arn:aws:s3:::bucket/{number}.env"} for number in range(11)],
    ],
    "extraHosts": [[{"hostname": "a", "ipAddress": "1.2.3.4"}], [{"hostname": "a"}]],
    "firelensConfiguration": [
        {"type": "fluentbit"},
        {"type": "fluentd"},
        {"type": "rsyslog"},
        {"type": "fluentbit", "options": CONFIGURED},
        {},
    ],
    "healthCheck": [
        CHECK,
        {"command": []},
        {"command": ["exit 0"]},
        {},
        *(
            CHECK | {setting: value}
            for setting, values in {
                "interval": (4, 5, 300, 301),
                "timeout": (1, 2, 60, 61),
                "retries": (0, 1, 10, 11),
                "startPeriod": (-1, 0, 300, 301),
            }.items()
            for value in values
        ),
    ],
    "hostname": ["h"],
    "image": ["nginx latest", "", None, "a" * 300],
    "interactive": [True],
    "links": [["db"], ["web:db"]],
    "linuxParameters": [
        {"initProcessEnabled": True},
        {"capabilities": {"add": ["SYS_PTRACE"]}},
        {"capabilities": {"add": ["NET_ADMIN"]}},
        {"capabilities": {"add": ["FLY"]}},
        {"devices": [{"hostPath": "/dev/x"}]},
        {"devices": [{}]},
        {"sharedMemorySize": 64},
        {"tmpfs": [{"containerPath": "/t", "size": 0}]},
        {"tmpfs": [{"containerPath": "/t", "size": 10}]},
        {"tmpfs": [{"size": 10}]},
        {"maxSwap": 10},
        {"swappiness": 101},
        {"swappiness": 50},
    ],
    "logConfiguration": [
        *({"logDriver": name} for name in ("syslog", "gelf", "fluentd", "journald")),
        *({"logDriver": name} for name in ("awsfirelens", "smoke")),
        {},
        {"logDriver": "awslogs", "options": LOG | {"mode": "sometimes"}},
        {"logDriver": "awslogs", "options": LOG | {"max-buffer-size": "1x"}},
        {"logDriver": "awslogs", "options": LOG | {"max-buffer-size": "25m"}},
        {"logDriver": "awslogs", "options": LOG | {"awslogs-datetime-format": "%Y"}},
    ],
    "memory": [0, 5, 6, 255, 10**6],
    "memoryReservation": [0, 5, 100, 300],
    "mountPoints": [[{"sourceVolume": "nothing", "containerPath": "/x"}]],
    "name": ["a b", "a" * 256, "", None],
    "portMappings": [
        *([{"containerPort": port}] for port in (0, 1, 65_535, 65_536)),
        [{"containerPort": 80, "protocol": "sctp"}],
        [{"containerPort": 80, "appProtocol": "grpc"}],
        [{"containerPort": 80, "appProtocol": "smtp"}],
        [{"containerPortRange": "80-90"}],
        [{"containerPortRange": "90-80"}],
        [{"containerPort": 80, "name": "UP"}],
        [{"containerPort": 80}, {"containerPort": 80}],
        [{"containerPort": 80, "hostPort": 70_000}],
        [{"containerPort": 80, "protocol": "udp"}, {"containerPort": 80, "protocol": "tcp"}],
    ],
    "privileged": [True, False],
    "pseudoTerminal": [True],
    "readonlyRootFilesystem": [True],
    "repositoryCredentials": [{"credentialsParameter": f"{ROLE}/x"}, {}],
    "resourceRequirements": [
        [{"type": "GPU", "value": "1"}],
        [{"type": "GPU", "value": "zero"}],
        [{"type": "NeuronDevice", "value": "ALL"}],
        [{"type": "LASER", "value": "1"}],
    ],
    "restartPolicy": [
        {"enabled": True},
        *({"enabled": True, "restartAttemptPeriod": value} for value in (59, 60, 1800, 1801)),
        {"restartAttemptPeriod": 60},
        {"enabled": True, "ignoredExitCodes": list(range(51))},
    ],
    "secrets": [
        [{"name": "A", "valueFrom": "/p"}],
        [{"name": "A"}],
        [{"name": "A", "valueFrom": "arn:aws:s3:::x"}],
        [{"name": "A", "valueFrom": "/p"}, {"name": "A", "valueFrom": "/q"}],
    ],
    "startTimeout": [-1, 1, 2, 120, 121],
    "stopTimeout": [-1, 1, 2, 120, 121],
    "systemControls": [
        [{"namespace": "net.core.somaxconn", "value": "1"}],
        [{"namespace": "vm.swappiness", "value": "1"}],
    ],
    "ulimits": [
        [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
        [{"name": "nofile", "softLimit": 3, "hardLimit": 2}],
        [{"name": "speed", "softLimit": 1, "hardLimit": 2}],
        [{"name": "nofile", "softLimit": 1}],
    ],
    "user": ["1000", "1000:1000", "a:b:c"],
    "versionConsistency": ["enabled", "disabled", "sometimes"],
    "volumesFrom": [[{"sourceContainer": "nobody"}]],
}
BASES: tuple[Request, Request] = (
    {
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
    },
    {"requiresCompatibilities": ["EC2"]},
)
SHAPE = "a required member of botocore's shape that CloudFormation does not require"

SILENT = frozenset(
    (
        SHAPE,
        "awslogs-values",
        "awsvpc-disableNetworking",
        "awsvpc-dnsSearchDomains",
        "awsvpc-dnsServers",
        "awsvpc-extraHosts",
        "awsvpc-hostname",
        "capability-unknown",
        "constraint-expression",
        "container-cpu-negative",
        "container-cpus-above-task",
        "container-image-missing",
        "container-memory-above-task",
        "container-memory-missing",
        "container-memory-order",
        "container-memory-small",
        "container-name-characters",
        "container-name-missing",
        "container-port-range",
        "dependency-cycle",
        "dependency-unknown",
        "efs-port-in-clear",
        "environment-file-arn",
        "environment-file-name",
        "ephemeral-storage-ec2",
        "ephemeral-storage-large",
        "ephemeral-storage-small",
        "external-network-mode",
        "family-characters",
        "family-missing",
        "fargate-capability",
        "fargate-devices",
        "fargate-dockerSecurityOptions",
        "fargate-dockerVolumeConfiguration",
        "fargate-gpu",
        "fargate-ipcMode",
        "fargate-maxSwap",
        "fargate-pid-mode",
        "fargate-privileged",
        "fargate-sharedMemorySize",
        "fargate-size-unknown",
        "fargate-sourcePath",
        "fargate-swappiness",
        "fargate-timeout-long",
        "fargate-timeout-short",
        "firelens-file",
        "firelens-missing",
        "health-check-command",
        "health-check-interval-large",
        "health-check-interval-small",
        "health-check-retries-large",
        "health-check-retries-small",
        "health-check-startPeriod-large",
        "health-check-startPeriod-small",
        "health-check-timeout-large",
        "health-check-timeout-small",
        "host-port-range",
        "image-characters",
        "inference-accelerators",
        "launch-volume-unused",
        "links-cycle",
        "links-mode",
        "links-unknown",
        "linux-ranges",
        "log-driver-ec2",
        "managed-instances-network-mode",
        "mount-unknown",
        "neuron-platform",
        "port-name-syntax",
        "port-with-two-protocols",
        "proxy-container",
        "proxy-network-mode",
        "range-syntax",
        "requirement-value",
        "restart-period",
        "role-syntax",
        "secret-name-repeated",
        "secret-value-from",
        "system-control-namespace",
        "task-cpu-range",
        "task-cpu-unreadable",
        "task-memory-unreadable",
        "timeout-negative",
        "tmpfs-size",
        "too-many-environment-files",
        "too-many-ignored-exit-codes",
        "ulimit-order",
        "user-syntax",
        "volume-name",
        "volumes-from-unknown",
        "windows-on-arm",
    )
)
"""Our rules of which cfn-lint says nothing: each has its source, botocore's text or AWS's page."""

REFUSED: Mapping[str, str] = {
    "environment": "CloudFormation takes the variables as a set by name; the API takes a list, and"
    " described task definitions keep both (botocore ecs ContainerDefinition.environment).",
    "portMappings": "CloudFormation takes the mappings as a set and the protocols as words; the API"
    " treats any other protocol than udp as tcp (botocore ecs PortMapping.protocol), and two"
    " dynamic host ports may lead to one container port.",
}
"""The members whose values cfn-lint refuses where we do not, and why."""


def requests() -> list[tuple[str, Request]]:
    """Return definitions with one member each that is not as in the definition to start from."""
    found = []
    for base in BASES:
        for member, values in TASK.items():
            found += [(member, _request(base | {member: value}, {})) for value in values]
        for member, values in CONTAINER.items():
            found += [(member, _request(base, {member: value})) for value in values]
    return found


def _request(task: Request, container: Request) -> Request:
    first = {"name": "web", "image": "nginx", "memory": 256, **container}
    kept = {name: value for name, value in first.items() if value is not None}
    return {"family": "web", "executionRoleArn": ROLE, "containerDefinitions": [kept], **task}


def refused_by(request: Request) -> str | None:
    """Return the name of our rule that refuses a definition, None when it is accepted."""
    try:
        draft = read(request, account="123456789012", region="us-east-1")
    except AwsError:
        return SHAPE
    required = set(draft.requires)
    return next(
        (
            rule.name
            for rule in RULES
            if (not rule.only or required & set(rule.only)) and rule.violation(draft)
        ),
        None,
    )


@pytest.fixture(scope="module")
def opinions() -> list[tuple[str, Request, bool, str | None]]:
    """Each member, the definition, whether cfn-lint refuses it, and by which rule we do."""
    asked = requests()
    refused = refused_by_cfn_lint([request for _, request in asked])
    return [
        (member, request, number in refused, refused_by(request))
        for number, (member, request) in enumerate(asked)
    ]


def test_what_cfn_lint_lets_pass(opinions: list[tuple[str, Request, bool, str | None]]) -> None:
    """Exactly the rules of SILENT refuse what cfn-lint accepts."""
    found = {rule for _, _, refused, rule in opinions if not refused and rule is not None}
    assert found == SILENT


def test_what_cfn_lint_refuses(opinions: list[tuple[str, Request, bool, str | None]]) -> None:
    """Exactly the members of REFUSED have a value that only cfn-lint refuses."""
    found = {member for member, _, refused, rule in opinions if refused and rule is None}
    assert found == set(REFUSED)


def test_both_agree_on_the_rest(opinions: list[tuple[str, Request, bool, str | None]]) -> None:
    """The words, the required members and Fargate's rules: over a hundred answers are the same."""
    agreed = [refused for _, _, refused, rule in opinions if refused is (rule is not None)]
    assert agreed.count(True) > 50
    assert agreed.count(False) > 100
