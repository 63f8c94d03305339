"""How a task definition is held against the catalog's README, one deviation at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ecslab.course.catalog_readme import expect_readme
from ecslab.course.outcomes import NotYet

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:bookshop/catalog-AbCdEf"
ROLES = "arn:aws:iam::123456789012:role"
RIGHT: dict[str, Any] = {
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": f"{ROLES}/bookshop-execution",
    "taskRoleArn": f"{ROLES}/catalog-task",
    "containerDefinitions": [
        {
            "name": "catalog",
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/catalog:1.4",
            "portMappings": [{"containerPort": 8080}],
            "environment": [
                {"name": "LOG_LEVEL", "value": "info"},
                {"name": "BOOKS_BUCKET", "value": "bookshop-books"},
            ],
            "secrets": [{"name": "DB_PASSWORD", "valueFrom": f"{SECRET}:password::"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/catalog",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "catalog",
                },
            },
            "healthCheck": {
                "command": ["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"],
                "interval": 10,
                "startPeriod": 30,
            },
            "stopTimeout": 60,
        }
    ],
}


def with_container(**members: Any) -> dict[str, Any]:
    definition = copy.deepcopy(RIGHT)
    definition["containerDefinitions"][0].update(members)
    return definition


def with_secret(value_from: str) -> dict[str, Any]:
    return with_container(secrets=[{"name": "DB_PASSWORD", "valueFrom": value_from}])


def with_health(**members: Any) -> dict[str, Any]:
    check = RIGHT["containerDefinitions"][0]["healthCheck"]
    return with_container(healthCheck={**check, **members})


@pytest.mark.parametrize(
    "definition",
    [
        RIGHT,
        with_health(command=["CMD", "curl", "--fail", "http://127.0.0.1:8080/health"]),
        with_health(command=["CMD-SHELL", "curl -sSf localhost:8080/health"]),
        with_container(stopTimeout=50),
    ],
)
def test_right_definitions_pass_in_other_words_too(definition: dict[str, Any]) -> None:
    expect_readme(definition, "1024")


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        ({**RIGHT, "cpu": "1024"}, "'1024'"),
        ({**RIGHT, "memory": "2048"}, "'2048'"),
        ({**RIGHT, "taskRoleArn": f"{ROLES}/bookshop-execution"}, "the role bookshop-execution"),
        ({key: RIGHT[key] for key in RIGHT if key != "taskRoleArn"}, "no taskRoleArn"),
        (with_container(name="web"), "['web']"),
        (with_container(image="catalog:1.4"), "catalog:1.4"),
        (with_container(portMappings=[]), "container ports []"),
        (with_container(environment=[]), "no such variable"),
        (with_container(environment=[{"name": "BOOKS_BUCKET", "value": "books"}]), "it is 'books'"),
        (with_container(secrets=[]), "no secrets"),
        (with_secret("bookshop/catalog"), "looked up in Parameter Store"),
        (with_secret(SECRET), "the whole JSON document"),
        (with_secret(f"{SECRET}:::"), "the whole JSON document"),
        (with_secret(f"{SECRET}:username::"), "its key username"),
        (with_secret(f"{SECRET}:password"), "1 of the three parts"),
        (with_secret(SECRET.replace("catalog", "other")), "the secret bookshop/other"),
        (with_container(logConfiguration=None), "no logConfiguration"),
        (with_container(logConfiguration={"logDriver": "splunk"}), "splunk"),
        (with_container(logConfiguration={"logDriver": "awslogs"}), "it is None"),
        (with_container(healthCheck=None), "HEALTHCHECK"),
        (with_health(command=["CMD-SHELL", "exit 0"]), "exit 0"),
        (with_health(command=["CMD-SHELL", "curl localhost:8080/health"]), "without -f"),
        (with_health(interval=30), "interval 30"),
        (with_health(startPeriod=0), "startPeriod 0"),
        (with_container(stopTimeout=None), "it gets 30 seconds"),
        (with_container(stopTimeout=45), "45 seconds"),
    ],
)
def test_each_deviation_is_named(definition: dict[str, Any], found: str) -> None:
    with pytest.raises(NotYet) as raised:
        expect_readme(definition, "1024")

    assert found in raised.value.found
