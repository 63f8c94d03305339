"""Tags of whatever has an ARN: TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs.capacity_providers import provider_at
from ecslab.aws.ecs.container_instances import find_instance
from ecslab.aws.ecs.daemon_definitions import daemon_definitions
from ecslab.aws.ecs.gateways import gateways_of
from ecslab.aws.ecs.lookup import find_cluster, find_service, find_task, home
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.aws.ecs.task_sets import find_task_set
from ecslab.errors import AwsError
from ecslab.model.identifiers import arn_path
from ecslab.model.task_definition.tags import merged, without

if TYPE_CHECKING:
    from ecslab.model.task_definition import TaskDefinitions
    from ecslab.sim.entities import Cluster

    Tags = list[dict[str, str]]

_INVALID: Final = "InvalidParameterException"
_DEFINITION: Final = "task-definition"
_DAEMON_DEFINITION: Final = "daemon-task-definition"
_NAMES: Final = {
    "capacity-provider": "Capacity provider",
    "container-instance": "Container instance",
    "daemon": "Daemon",
    "gateway": "Gateway",
    "service": "Service",
    "task": "Task",
    "task-set": "TaskSet",
}


@operation("TagResource")
def tag(call: Call, params: Params) -> dict[str, Any]:
    """Answer TagResource."""
    kind, path = _resource(call, params)
    definitions = _definitions(call, kind)
    if definitions is not None:
        definitions.tag(path, params["tags"])
    else:
        tags = _tags(call, kind, path)
        tags[:] = merged(tags, params["tags"])
    return {}


@operation("UntagResource")
def untag(call: Call, params: Params) -> dict[str, Any]:
    """Answer UntagResource."""
    kind, path = _resource(call, params)
    definitions = _definitions(call, kind)
    if definitions is not None:
        definitions.untag(path, params["tagKeys"])
    else:
        tags = _tags(call, kind, path)
        tags[:] = without(tags, params["tagKeys"])
    return {}


@operation("ListTagsForResource")
def list_tags(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListTagsForResource."""
    kind, path = _resource(call, params)
    definitions = _definitions(call, kind)
    if definitions is not None:
        return {"tags": definitions.tags_of(path)}
    return {"tags": list(_tags(call, kind, path))}


def _resource(call: Call, params: Params) -> tuple[str, str]:
    """Return the type and the path of the resource that a request names.

    Raises:
        AwsError: InvalidParameterException.
    """
    kind, path = arn_path(params["resourceArn"], home(call.account))
    if kind not in (*_NAMES, "cluster", _DEFINITION, _DAEMON_DEFINITION):
        message = f"The specified resource ARN is invalid: {params['resourceArn']}"
        raise AwsError(_INVALID, message)
    return kind, path


def _definitions(call: Call, kind: str) -> TaskDefinitions | None:
    """Return what keeps the tags of a kind of task definition, None for anything else."""
    if kind == _DEFINITION:
        return call.account.definitions
    return daemon_definitions(call) if kind == _DAEMON_DEFINITION else None


def _tags(call: Call, kind: str, path: str) -> Tags:
    """Return the tags of a resource, to be changed in place.

    Raises:
        AwsError: ClusterNotFoundException or InvalidParameterException.
    """
    found: Tags | None = None
    if kind == "gateway":
        gateway = gateways_of(call).get(path)
        found = gateway.tags if gateway is not None else None
    elif kind == "capacity-provider":
        provider = provider_at(call, path)
        found = provider.tags if provider is not None else None
    elif kind == "cluster":
        tags: Tags = _cluster(call, path).record["tags"]
        return tags
    else:
        name, slash, rest = path.partition("/")
        if not slash:
            # AWS: captured InvalidParameterException; the ARN format before 2018 has no cluster.
            message = "Long arn format must be used for tagging operations"
            raise AwsError(_INVALID, message)
        found = _of_cluster(_cluster(call, name), kind, rest)
    if found is None:
        message = f"{_NAMES[kind]} not found."
        raise AwsError(_INVALID, message)
    return found


def _cluster(call: Call, name: str) -> Cluster:
    found = find_cluster(call.account, name)
    if found is None:
        message = "Cluster not found."
        raise AwsError("ClusterNotFoundException", message)
    if not found.active:
        # AWS: captured InvalidParameterException of ListTagsForResource.
        message = "The specified cluster is inactive. Specify an active cluster and try again."
        raise AwsError(_INVALID, message)
    return found


def _of_cluster(cluster: Cluster, kind: str, path: str) -> Tags | None:
    """Return the tags of what is in a cluster, None when it is not there."""
    if kind == "task":
        task = find_task(cluster, path)
        if task is not None and task.stopped:
            # AWS: captured InvalidParameterException of UntagResource.
            message = "The specified task is stopped. Specify a running task and try again."
            raise AwsError(_INVALID, message)
        return task.tags if task is not None else None
    if kind == "container-instance":
        instance = find_instance(cluster, path)
        known = instance is not None and instance.status != "INACTIVE"
        return instance.tags if instance is not None and known else None
    if kind == "daemon":
        daemon = cluster.daemons.get(path)
        return daemon.tags if daemon is not None else None
    service = find_service(cluster, path.partition("/")[0])
    if service is None or service.status == "INACTIVE":
        return None
    if kind == "service":
        return service.tags if path == service.name else None
    task_set = find_task_set(service, path.partition("/")[2])
    return task_set.tags if task_set is not None else None
