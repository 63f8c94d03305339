"""Task definition operations; the rules are in `ecslab.model.task_definition`."""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import included
from ecslab.aws.ecs.operation import Call, Params, operation


@operation("RegisterTaskDefinition")
def register(call: Call, params: Params) -> dict[str, Any]:
    """Answer RegisterTaskDefinition."""
    account = call.account
    definition = account.definitions.register(
        params, registered_at=account.clock.now, registered_by=call.caller
    )
    arn = definition["taskDefinitionArn"]
    account.journal.record("task-definition.registered", arn)
    return {"taskDefinition": definition, "tags": account.definitions.tags_of(arn)}


@operation("DescribeTaskDefinition")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeTaskDefinition."""
    definitions = call.account.definitions
    tags = "TAGS" in included(params, "TAGS")
    definition = definitions.resolve(params["taskDefinition"])
    answer: dict[str, Any] = {"taskDefinition": definition}
    if tags:
        answer["tags"] = definitions.tags_of(definition["taskDefinitionArn"])
    return answer


@operation("DeregisterTaskDefinition")
def deregister(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeregisterTaskDefinition."""
    account = call.account
    definition = account.definitions.deregister(params["taskDefinition"], at=account.clock.now)
    account.journal.record("task-definition.deregistered", definition["taskDefinitionArn"])
    return {"taskDefinition": definition}


@operation("DeleteTaskDefinitions")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteTaskDefinitions."""
    account = call.account
    deleted = account.definitions.delete(params["taskDefinitions"], at=account.clock.now)
    call.engine.deletions.begin()
    return {"taskDefinitions": deleted.definitions, "failures": deleted.failures}


@operation("ListTaskDefinitions")
def list_definitions(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListTaskDefinitions."""
    found = call.account.definitions.list_arns(
        family=params.get("familyPrefix"),
        status=params.get("status"),
        sort=params.get("sort"),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"taskDefinitionArns": found.items}, found.next_token)


@operation("ListTaskDefinitionFamilies")
def list_families(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListTaskDefinitionFamilies."""
    found = call.account.definitions.list_families(
        prefix=params.get("familyPrefix"),
        status=params.get("status"),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"families": found.items}, found.next_token)
