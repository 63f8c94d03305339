"""What cfn-lint, AWS's linter of CloudFormation, says to task definitions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs

RULES = {
    "E3002",  # unknown members, and items that must differ
    "E3003",  # members that are required
    "E3024",  # tags
    "E3030",  # words that a member can have
    "E3033",  # lengths of texts
    "E3037",  # items that must differ
    "E3042",  # at least one essential container
    "E3046",  # the options of the awslogs driver
    "E3047",  # Fargate's sizes
    "E3048",  # what Fargate requires and supports
    "E3053",  # host ports in awsvpc mode
}
_OTHERS = ["E0", "E1", "E2", "E4", "E5", "E6", "E7", "E8", "I", "W"]
_AT_ONCE = 400
"""Definitions in one template; CloudFormation takes 500 resources."""
_NAMES = {
    "efsVolumeConfiguration": "EFSVolumeConfiguration",
    "fileSystemId": "FilesystemId",
    "iam": "IAM",
    "fsxWindowsFileServerVolumeConfiguration": "FSxWindowsFileServerVolumeConfiguration",
    "properties": "ProxyConfigurationProperties",
}
"""Names that CloudFormation writes otherwise than with a capital letter first."""
_MAPS = ("options", "dockerLabels", "driverOpts", "labels")


def refused_by_cfn_lint(requests: Sequence[dict[str, Any]]) -> set[int]:
    """Return the positions of the RegisterTaskDefinition requests that cfn-lint refuses."""
    found: set[int] = set()
    for first in range(0, len(requests), _AT_ONCE):
        template = {
            "Resources": {
                f"Definition{first + number}": {
                    "Type": "AWS::ECS::TaskDefinition",
                    "Properties": _cloudformation(request),
                }
                for number, request in enumerate(requests[first : first + _AT_ONCE])
            }
        }
        matches = lint(
            json.dumps(template), config=ManualArgs(regions=["us-east-1"], ignore_checks=_OTHERS)
        )
        assert all(match.rule.id in RULES for match in matches), matches
        found.update(int(match.path[1].removeprefix("Definition")) for match in matches)
    return found


def _cloudformation(value: Any) -> Any:
    """Return a request as CloudFormation writes it: capital letters first, but not in maps."""
    if isinstance(value, list):
        return [_cloudformation(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _NAMES.get(name, name[0].upper() + name[1:]): item
        if name in _MAPS
        else _cloudformation(item)
        for name, item in value.items()
    }
