"""cfn-lint's rules about task definitions, as a second opinion on ours.

Many definitions, good and bad, go through both. Where the two disagree, `DISAGREEMENTS` says why; a
disagreement without a reason fails, and so does a reason that no definition needs.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from opinions import refused_by_cfn_lint

from ecslab.errors import AwsError
from ecslab.model.task_definition import FARGATE_SIZES

Request = dict[str, Any]

ACCEPTS, REFUSES = True, False
AWSLOGS = {"awslogs-group": "web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}


@dataclass(frozen=True)
class Disagreement:
    """One reason for which cfn-lint and we judge differently."""

    cfn_lint: bool
    because: str
    concerns: Callable[[Request], bool]


def _fargate(request: Request) -> bool:
    return "FARGATE" in request.get("requiresCompatibilities", [])


def _log(request: Request) -> Request:
    log: Request = request["containerDefinitions"][0].get("logConfiguration", {})
    return log


def _options(request: Request) -> dict[str, str]:
    options: dict[str, str] = _log(request).get("options", {})
    return options


def _windows(request: Request) -> bool:
    system: str = request.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX")
    return system != "LINUX"


DISAGREEMENTS = (
    Disagreement(
        REFUSES,
        "cfn-lint knows vCPUs below 1 only as .25 and .5; AWS converts vCPUs to CPU units"
        " (botocore ecs RegisterTaskDefinitionRequest.cpu), and 0.25 is the same number.",
        lambda request: request.get("cpu", "").startswith("0."),
    ),
    Disagreement(
        REFUSES,
        "cfn-lint refuses the member placementConstraints itself on Fargate; an empty list asks for"
        " nothing, and described task definitions carry one.",
        lambda request: request.get("placementConstraints") == [],
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint looks at requiresCompatibilities, cpu and memory, not at the operating system;"
        " Windows on Fargate starts at 1 vCPU (AWS: fargate-tasks-services).",
        lambda request: _fargate(request) and _windows(request),
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint does not compare network mode and operating system; Windows containers on EC2 use"
        " awsvpc or write none (botocore ecs RegisterTaskDefinitionRequest.networkMode).",
        lambda request: _windows(request) and request.get("networkMode") == "bridge",
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint does not ask for awslogs-stream-prefix; on Fargate it is required (botocore ecs"
        " LogConfiguration.options).",
        lambda request: (
            _fargate(request)
            and _log(request).get("logDriver") == "awslogs"
            and "awslogs-stream-prefix" not in _options(request)
        ),
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint does not judge the value of awslogs-create-group; AWS wants 'true' or nothing"
        " (botocore ecs LogConfiguration.options).",
        lambda request: _options(request).get("awslogs-create-group") == "false",
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint compares host ports in awsvpc mode only; in host mode they must match as well"
        " (botocore ecs PortMapping.hostPort).",
        lambda request: request.get("networkMode") == "host",
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint lets port mappings pass in network mode none, where there is nothing to map"
        " (botocore ecs RegisterTaskDefinitionRequest.networkMode).",
        lambda request: request.get("networkMode") == "none",
    ),
    Disagreement(
        ACCEPTS,
        "cfn-lint checks cpu only where Fargate is required; elsewhere it is 128 to 196608 units"
        " (botocore ecs RegisterTaskDefinitionRequest.cpu), and never a word.",
        lambda request: not _fargate(request) and request.get("cpu") in ("64", "abc"),
    ),
)


def _sizes() -> list[Request]:
    """Return every row of Fargate's table with memory in it and around it, in several spellings."""
    requests = []
    for size in FARGATE_SIZES:
        smallest, largest = min(size.memory), max(size.memory)
        around = {smallest - 256, smallest, smallest + 1024, largest, largest + 1024, largest - 512}
        requests += [{"cpu": str(size.cpu), "memory": str(memory)} for memory in sorted(around)]
    spellings = itertools.product(
        [".25 vCPU", "0.25 vCPU", ".5 vcpu", "0.5 vCPU", "1 vCPU", "1vcpu", "32 vCPU", "3 vCPU"],
        ["512", "2048", "0.5 GB", "1GB", "2 gb", "244 GB", "2.5 GB"],
    )
    requests += [{"cpu": cpu, "memory": memory} for cpu, memory in spellings]
    return [{"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"} | r for r in requests]


ASPECTS: dict[str, list[Any]] = {
    "requiresCompatibilities": [["FARGATE"], ["EC2"], ["EC2", "FARGATE"], None],
    "networkMode": ["awsvpc", "awsvpc", "bridge", "host", "none", None],
    "cpu": ["256", "1024", "512", "64", "abc", None],
    "memory": ["512", "2048", "4096", None],
    "placementConstraints": [
        None,
        None,
        [],
        [{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ t3.*"}],
    ],
    "runtimePlatform": [
        None,
        None,
        {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
        {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
    ],
}
CONTAINER_ASPECTS: dict[str, list[Any]] = {
    "essential": [None, None, True, False],
    "portMappings": [
        None,
        [{"containerPort": 80}],
        [{"containerPort": 80, "hostPort": 80}],
        [{"containerPort": 80, "hostPort": 8080}],
    ],
    "logConfiguration": [
        None,
        {"logDriver": "awslogs", "options": AWSLOGS},
        {"logDriver": "awslogs", "options": AWSLOGS | {"mode": "non-blocking"}},
        {"logDriver": "awslogs", "options": AWSLOGS | {"awslogs-create-group": "false"}},
        {"logDriver": "awslogs", "options": AWSLOGS | {"tag": "web"}},
        {"logDriver": "awslogs", "options": {"awslogs-group": "web"}},
        {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "web", "awslogs-region": "us-east-1"},
        },
        {"logDriver": "awslogs"},
        {"logDriver": "json-file"},
        {"logDriver": "splunk"},
    ],
}
GOOD: list[Request] = [
    {
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
    },
    {"requiresCompatibilities": ["EC2"]},
]


def _changed(good: Request, changes: dict[str, Any]) -> Request:
    request = dict(good)
    request |= {name: value for name, value in changes.items() if name in ASPECTS}
    container = {name: value for name, value in changes.items() if name in CONTAINER_ASPECTS}
    present = {name: value for name, value in request.items() if value is not None}
    present["container"] = {name: value for name, value in container.items() if value is not None}
    return present


def _mixed(count: int) -> list[Request]:
    """Return good definitions with each one thing changed, with ports, and with three changes."""
    aspects = ASPECTS | CONTAINER_ASPECTS
    changes = [{name: value} for name, values in aspects.items() for value in values]
    ports = itertools.product(ASPECTS["networkMode"], CONTAINER_ASPECTS["portMappings"])
    changes += [{"networkMode": mode, "portMappings": mappings} for mode, mappings in ports]
    chance = random.Random(7)
    for _ in range(count):
        names = chance.sample(sorted(aspects), 3)
        changes.append({name: chance.choice(aspects[name]) for name in names})
    return [_changed(good, change) for good in GOOD for change in changes]


def _requests() -> list[Request]:
    requests = []
    for members in (*_sizes(), *_mixed(80)):
        container = {"name": "web", "image": "nginx", "memory": 256} | members.pop("container", {})
        requests.append(
            {
                "family": "web",
                "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
                "containerDefinitions": [container],
                **members,
            }
        )
    return requests


@pytest.fixture(scope="module")
def opinions(registered: Any) -> list[tuple[Request, bool, bool]]:
    """Each definition, whether cfn-lint accepts it, and whether we do."""
    requests = _requests()
    refused = refused_by_cfn_lint(requests)

    def accepted(request: Request) -> bool:
        try:
            registered(request)
        except AwsError:
            return False
        return True

    return [
        (request, number not in refused, accepted(request))
        for number, request in enumerate(requests)
    ]


def test_both_agree_or_the_difference_has_a_reason(
    opinions: list[tuple[Request, bool, bool]],
) -> None:
    """Source: cfn-lint's schemas for AWS::ECS::TaskDefinition, and `DISAGREEMENTS`."""
    unexplained = [
        (request, "cfn-lint accepts" if cfn_lint else "cfn-lint refuses")
        for request, cfn_lint, ours in opinions
        if cfn_lint != ours
        and not any(
            reason.cfn_lint == cfn_lint and reason.concerns(request) for reason in DISAGREEMENTS
        )
    ]
    assert unexplained == []


@pytest.mark.parametrize("reason", DISAGREEMENTS, ids=lambda reason: reason.because[:60])
def test_every_reason_is_needed(
    reason: Disagreement, opinions: list[tuple[Request, bool, bool]]
) -> None:
    explained = [
        request
        for request, cfn_lint, ours in opinions
        if cfn_lint != ours and cfn_lint == reason.cfn_lint and reason.concerns(request)
    ]
    others = [other for other in DISAGREEMENTS if other is not reason]
    assert any(
        not any(other.cfn_lint == reason.cfn_lint and other.concerns(request) for other in others)
        for request in explained
    )


def test_both_kinds_of_definitions_were_asked_about(
    opinions: list[tuple[Request, bool, bool]],
) -> None:
    agreed = [ours for _, cfn_lint, ours in opinions if cfn_lint == ours]
    assert agreed.count(ACCEPTS) > 50
    assert agreed.count(REFUSES) > 100
