"""Attributes of container instances: PutAttributes, DeleteAttributes, ListAttributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.container_instances import find_instance
from ecslab.aws.ecs.instance_view import attribute
from ecslab.aws.ecs.lookup import active_cluster
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster

_INVALID = "InvalidParameterException"
_MOST = 10
_NAME = re.compile(r"[A-Za-z0-9_./\\-]{1,128}")
_VALUE = re.compile(r"(?! )[A-Za-z0-9_.@/\\: -]{1,128}(?<! )")
_TARGET_TYPE = "container-instance"


@operation("PutAttributes")
def put(call: Call, params: Params) -> dict[str, Any]:
    """Answer PutAttributes; nothing is changed when one of the attributes is refused."""
    cluster = active_cluster(call.account, params.get("cluster"))
    given = _checked(params["attributes"])
    wanted: dict[str, set[str]] = {}
    for each in given:
        instance = _target(cluster, each)
        if each["name"] in instance.built_in:
            message = f"The attribute {each['name']} is set by Amazon ECS and can't be changed."
            raise AwsError(_INVALID, message)
        names = wanted.setdefault(instance.id, set(instance.attributes) - instance.built_in)
        names.add(each["name"])
        if len(names) > _MOST:
            message = "A resource can have at most 10 custom attributes."
            raise AwsError("AttributeLimitExceededException", message)
    done = []
    for each in given:
        instance = _target(cluster, each)
        instance.attributes[each["name"]] = each.get("value")
        call.engine.instances.changed(instance)
        done.append(attribute(each["name"], each.get("value"), instance.arn))
    return {"attributes": done}


@operation("DeleteAttributes")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteAttributes; an attribute that is not there is no error."""
    cluster = active_cluster(call.account, params.get("cluster"))
    done = []
    for each in _checked(params["attributes"]):
        instance = _target(cluster, each)
        name, value = each["name"], each.get("value")
        if name in instance.built_in:
            message = f"The attribute {name} is set by Amazon ECS and can't be deleted."
            raise AwsError(_INVALID, message)
        if name in instance.attributes and value in (None, instance.attributes[name]):
            done.append(attribute(name, instance.attributes.pop(name), instance.arn))
            call.engine.instances.changed(instance)
    return {"attributes": done}


@operation("ListAttributes")
def list_attributes(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListAttributes."""
    cluster = active_cluster(call.account, params.get("cluster"))
    _check_type(params["targetType"])
    name, value = params.get("attributeName"), params.get("attributeValue")
    if value is not None and name is None:
        message = "An attribute name must be specified with an attribute value."
        raise AwsError(_INVALID, message)
    rows = {
        f"{instance.arn} {key}": attribute(key, text, instance.arn)
        for instance in cluster.instances.values()
        if instance.status != "INACTIVE"
        for key, text in instance.attributes.items()
        if name in (None, key) and value in (None, text)
    }
    found = page(
        list(rows),
        query=("attributes", cluster.name, str(name), str(value)),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"attributes": [rows[key] for key in found.items]}, found.next_token)


def _checked(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not 1 <= len(given) <= _MOST:
        message = "Between 1 and 10 attributes can be specified in a call."
        raise AwsError(_INVALID, message)
    for each in given:
        _check_type(each.get("targetType") or _TARGET_TYPE)
        if not _NAME.fullmatch(each["name"]):
            message = "Attribute names have 1 to 128 letters, digits, and the characters _-./\\."
            raise AwsError(_INVALID, message)
        if each.get("value") is not None and not _VALUE.fullmatch(each["value"]):
            message = (
                "Attribute values have 1 to 128 letters, digits, spaces within and the characters"
                " _-.@/\\:."
            )
            raise AwsError(_INVALID, message)
    return given


def _check_type(kind: str) -> None:
    if kind != _TARGET_TYPE:
        message = f"{kind} is not a valid targetType. Must be one of [{_TARGET_TYPE}]"
        raise AwsError(_INVALID, message)


def _target(cluster: Cluster, given: dict[str, Any]) -> ContainerInstance:
    """Return the container instance of an attribute.

    Raises:
        AwsError: TargetNotFoundException.
    """
    reference = given.get("targetId")
    found = find_instance(cluster, reference) if reference else None
    if found is None or found.status == "INACTIVE":
        message = "The specified target wasn't found."
        raise AwsError("TargetNotFoundException", message)
    return found
