"""Each rule of RegisterTaskDefinition, broken once: see broken.toml for rule, request and words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ecslab.errors import AwsError
from ecslab.model.task_definition import ANSWERS, PLATFORMS, RULES
from ecslab.model.task_definition.registration import check, read

TABLE = tomllib.loads(Path(__file__).with_name("broken.toml").read_text("utf-8"))["broken"]
BY_NAME = {rule.name: rule for rule in RULES}
SCOPED = [row for row in TABLE if BY_NAME[row["rule"]].only]


def _request(row: dict[str, Any], valid: Any) -> dict[str, Any]:
    request: dict[str, Any] = valid(row.get("base", "ec2"), container=row.get("container", {}))
    request |= row.get("task", {})
    for member in row.get("drop", []):
        del request[member]
    containers = request["containerDefinitions"]
    containers += row.get("more", [])
    containers += [dict(containers[0]) for _ in range(1, row.get("copies", 1))]
    if containers and containers[0].get("command") == ["{long}"]:
        containers[0]["command"] = ["x" * 70_000]
    for first in containers[:1]:
        _put_many(row, first)
    if "constraints" in row:
        constraint = {"type": "memberOf", "expression": "runningTasksCount == 0"}
        request["placementConstraints"] = [constraint] * row["constraints"]
    return request


def _put_many(row: dict[str, Any], container: dict[str, Any]) -> None:
    if "ranges" in row:
        starts = range(1, 10 * row["ranges"], 10)
        container["portMappings"] = [{"containerPortRange": f"{at}-{at + 1}"} for at in starts]
    if "exit_codes" in row:
        codes = list(range(row["exit_codes"]))
        container["restartPolicy"] = {"enabled": True, "ignoredExitCodes": codes}
    if "environment_files" in row:
        file = {"type": "s3", "value": "arn:aws:s3:::bucket/web.env"}
        container["environmentFiles"] = [file] * row["environment_files"]


@pytest.mark.parametrize("row", TABLE, ids=[row["rule"] for row in TABLE])
def test_broken_rule_answers_in_the_words_of_its_row(
    row: dict[str, Any], valid: Any, registered: Any
) -> None:
    """Source of each rule: the `source` of its row in RULES, shown when this fails."""
    rule = BY_NAME[row["rule"]]
    with pytest.raises(AwsError) as refused:
        registered(_request(row, valid))
    assert (refused.value.code, refused.value.message) == (rule.answer.code, row["message"]), (
        rule.answer.source
    )


@pytest.mark.parametrize("row", TABLE, ids=[row["rule"] for row in TABLE])
def test_row_breaks_the_rule_that_it_names_first(row: dict[str, Any], valid: Any) -> None:
    request = _request(row, valid)
    draft = read(request, account="123456789012", region="us-east-1")
    required = set(draft.requires)
    answering = (
        rule.name
        for rule in RULES
        if (not rule.only or required & set(rule.only)) and rule.violation(draft)
    )
    assert next(answering) == row["rule"]


@pytest.mark.parametrize("row", SCOPED, ids=[row["rule"] for row in SCOPED])
def test_rule_of_one_platform_decides_compatibilities_when_none_is_required(
    row: dict[str, Any], valid: Any
) -> None:
    """AWS: botocore ecs TaskDefinition.compatibilities."""
    request = _request(row, valid)
    del request["requiresCompatibilities"]
    draft = read(request, account="123456789012", region="us-east-1")
    excluded = set(BY_NAME[row["rule"]].only)
    try:
        compatible = set(check(draft))
    except AwsError:
        left = {
            platform
            for platform in PLATFORMS
            if not any(platform in rule.only and rule.violation(draft) for rule in RULES)
        }
        assert not left
    else:
        assert compatible
        assert not compatible & excluded


def test_every_rule_has_a_row() -> None:
    rows = [row["rule"] for row in TABLE]
    assert len(set(rows)) == len(rows)
    assert set(rows) == set(BY_NAME)
    assert len(BY_NAME) == len(RULES)


@pytest.mark.parametrize("base", ["ec2", "external", "fargate", "managed"])
def test_request_to_start_from_is_valid(base: str, valid: Any, registered: Any) -> None:
    definition = registered(valid(base))
    assert set(definition["requiresCompatibilities"]) <= set(definition["compatibilities"])


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_rule_says_where_it_is_documented(rule: Any) -> None:
    assert rule.answer.source.startswith(("AWS: ", "botocore ecs "))
    assert rule.summary.endswith(".")
    assert set(rule.only) <= set(PLATFORMS)


def test_every_other_answer_says_so_too() -> None:
    assert len(set(ANSWERS)) == len(ANSWERS)
    assert all(answer.source.startswith(("AWS: ", "botocore ecs ")) for answer in ANSWERS)
