"""Container instance operations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.instance_view import instance_view
from ecslab.aws.ecs.lookup import active_cluster, as_arn, check_references, included, missing
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model import host_failures
from ecslab.model.placement.query import query
from ecslab.model.placement.request import check_expression
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
from ecslab.sim.instance_attributes import AGENT_VERSION

if TYPE_CHECKING:
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster

_INVALID = "InvalidParameterException"
_DESCRIBED_AT_MOST = 100
_UPDATED_AT_MOST = 10
_STATES = (
    "ACTIVE",
    "DRAINING",
    "REGISTERING",
    "DEREGISTERING",
    "REGISTRATION_FAILED",
)
_CALLED = ("Container instance", "instanceIds")
_INCLUDES = ("TAGS", "CONTAINER_INSTANCE_HEALTH")


def find_instance(cluster: Cluster, reference: str) -> ContainerInstance | None:
    """Return a container instance of a cluster by id or ARN, INACTIVE ones included."""
    found = cluster.instances.get(reference.rsplit("/", 1)[-1])
    if found is None or reference not in (
        found.id,
        found.arn,
        f"{found.arn.partition('/')[0]}/{found.id}",
    ):
        return None
    return found


def registered(cluster: Cluster, reference: str) -> ContainerInstance:
    """Return a container instance that has not been deregistered.

    Raises:
        AwsError: InvalidParameterException.
    """
    found = find_instance(cluster, reference)
    if found is None or found.status == "INACTIVE":
        message = "The specified container instance was not found."
        raise AwsError(_INVALID, message)
    return found


@operation("DescribeContainerInstances")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeContainerInstances."""
    references = list(params["containerInstances"])
    check_references(references, _DESCRIBED_AT_MOST, *_CALLED)
    include = included(params, *_INCLUDES)
    cluster = active_cluster(call.account, params.get("cluster"), container_instance=references)
    tags, health = ("TAGS" in include), ("CONTAINER_INSTANCE_HEALTH" in include)
    found, failures = [], []
    for reference in references:
        instance = find_instance(cluster, reference)
        if instance is None:
            failures.append(_missing(call, cluster, reference))
        else:
            found.append(instance_view(instance, tags=tags, health=health))
    return {"containerInstances": found, "failures": failures}


@operation("ListContainerInstances")
def list_instances(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListContainerInstances: all that are not INACTIVE, or those that a query selects."""
    cluster = active_cluster(call.account, params.get("cluster"))
    status, expression = params.get("status"), params.get("filter")
    if status is not None and status not in _STATES:
        message = f"{status} is not a valid status. Must be one of [{','.join(_STATES)}]"
        raise AwsError(_INVALID, message)
    if expression:
        check_expression(expression)
    arns = [
        each.arn
        for each in cluster.instances.values()
        if each.status != "INACTIVE"
        and status in (None, each.status)
        and (not expression or query(expression).selects(each.candidate()))
    ]
    answer = page(
        arns,
        query=("container-instances", cluster.name, str(status), str(expression)),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    return with_token({"containerInstanceArns": answer.items}, answer.next_token)


@operation("DeregisterContainerInstance")
def deregister(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeregisterContainerInstance; the EC2 instance runs on."""
    reference = params["containerInstance"]
    cluster = active_cluster(call.account, params.get("cluster"), container_instance=reference)
    instance = registered(cluster, reference)
    if instance.tasks and not params.get("force"):
        message = "Found running tasks on the instance."
        raise AwsError(_INVALID, message)
    agents = call.engine.instances
    for task in list(instance.tasks.values()):
        call.engine.agent.stop(task, None, host_failures.DEREGISTERED())
    agents.deregister(instance)
    return {"containerInstance": instance_view(instance)}


@operation("UpdateContainerInstancesState")
def update_state(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateContainerInstancesState: ACTIVE to DRAINING, and back."""
    references = list(params["containerInstances"])
    check_references(references, _UPDATED_AT_MOST, *_CALLED)
    cluster = active_cluster(call.account, params.get("cluster"), container_instance=references)
    status = params["status"]
    if status not in ("ACTIVE", "DRAINING"):
        message = "Container instance status should be one of [ACTIVE,DRAINING]"
        raise AwsError(_INVALID, message)
    found, failures = [], []
    for reference in references:
        instance = find_instance(cluster, reference)
        if instance is None:
            failures.append(_missing(call, cluster, reference))
        elif instance.status not in ("ACTIVE", "DRAINING"):
            failures.append({"arn": instance.arn, "reason": instance.status})
        else:
            call.engine.instances.set_status(instance, status)
            found.append(instance_view(instance))
    return {"containerInstances": found, "failures": failures}


@operation("UpdateContainerAgent")
def update_agent(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateContainerAgent."""
    reference = params["containerInstance"]
    cluster = active_cluster(call.account, params.get("cluster"), container_instance=reference)
    instance = registered(cluster, reference)
    if instance.machine.external:
        message = "UpdateContainerAgent is not supported for external instances."
        raise AwsError(_INVALID, message)
    if instance.agent_update not in (None, "UPDATED", "FAILED"):
        message = "There's already a current Amazon ECS container agent update in progress."
        raise AwsError("UpdateInProgressException", message)
    if instance.agent_version == AGENT_VERSION:
        message = "There is no update available for your container agent."
        raise AwsError("NoUpdateAvailableException", message)
    call.engine.instances.update_agent(instance)
    return {"containerInstance": instance_view(instance)}


@operation("RegisterContainerInstance")
def register(call: Call, params: Params) -> dict[str, Any]:
    """Answer RegisterContainerInstance, which agents call for the EC2 instance they run on."""
    cluster = active_cluster(call.account, params.get("cluster"))
    machine = None
    try:
        document = json.loads(params.get("instanceIdentityDocument") or "")
        machine = call.engine.instances.machine(str(document["instanceId"]))
    except (ValueError, KeyError, TypeError):
        document = None
    if machine is None:
        message = "The instance identity document is not of a running EC2 instance."
        raise AwsError("ClientException", message)
    own = {str(each["name"]): each.get("value") for each in params.get("attributes") or ()}
    instance = call.engine.instances.register(machine, cluster, own)
    instance.tags[:] = merged(instance.tags, params.get("tags") or [])
    return {"containerInstance": instance_view(instance, tags=True)}


@operation("DiscoverPollEndpoint")
def discover_poll_endpoint(call: Call, _params: Params) -> dict[str, Any]:
    """Answer DiscoverPollEndpoint, with which an agent learns where to connect."""
    region = call.account.region
    return {
        "endpoint": f"https://ecs-a-1.{region}.amazonaws.com/",
        "telemetryEndpoint": f"https://ecs-t-1.{region}.amazonaws.com/",
        "serviceConnectEndpoint": f"https://ecs-sc.{region}.api.aws",
    }


def _missing(call: Call, cluster: Cluster, reference: str) -> dict[str, str]:
    return missing(as_arn(call.account, "container-instance", cluster.name, reference))
