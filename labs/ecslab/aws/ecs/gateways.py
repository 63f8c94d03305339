"""Gateway operations: gateways themselves, and the clusters that may use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.lookup import active_cluster, find_cluster
from ecslab.aws.ecs.managed_ingress import ECS, ServiceIngress, SharedBalancer
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.model import gateways as rules
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.sim.service import Service

_STORE: Final = "gateways"


@dataclass(slots=True)
class Route:
    """The way from a gateway to one service.

    Args:
        arn: its ARN.
        service: the service.
        port_name: the name of the port that it leads to.
        ingress: what was built for it.
    """

    arn: str
    service: Service
    port_name: str
    ingress: ServiceIngress
    status: str = "ACTIVE"


@dataclass(slots=True)
class Gateway:
    """One gateway.

    Args:
        arn: its ARN.
        name: its name.
        role: its infrastructure role.
        settings: its configuration with the defaults.
        created_at: when it was made.
        updated_at: when it was changed.
    """

    arn: str
    name: str
    role: str
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    protected: bool = True
    propagates: str = "GATEWAY"
    status: str = "ACTIVE"
    token: str | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    clusters: dict[str, str] = field(default_factory=dict)
    """Cluster ARN → the status of the association."""
    balancers: list[SharedBalancer] = field(default_factory=list)
    routes: dict[str, Route] = field(default_factory=dict)

    def settle(self) -> None:
        """End the associations that wait for their last route to go."""
        used = {route.service.cluster.arn for route in self.routes.values()}
        for arn, status in list(self.clusters.items()):
            if status == "DISASSOCIATING" and arn not in used:
                del self.clusters[arn]


def gateways_of(call: Call) -> dict[str, Gateway]:
    """Return the gateways of the account and Region by name."""
    found: dict[str, Gateway] = call.account.ports.extra.setdefault(_STORE, {})
    return found


def find_gateway(call: Call, reference: str) -> Gateway:
    """Return a gateway by name or ARN.

    Raises:
        AwsError: GatewayNotFoundException.
    """
    found = gateways_of(call).get(reference.rsplit("/", 1)[-1])
    if found is None or reference not in (found.name, found.arn):
        raise rules.NOT_FOUND.error()
    found.settle()
    return found


@operation("CreateGateway")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateGateway; load balancers come with the first service that uses it."""
    name, role = params["name"], params["infrastructureRoleArn"]
    rules.check_name(name)
    settings = rules.configuration(params["configuration"]["hostSharedAlb"], {})
    known = gateways_of(call)
    token = params.get("clientToken")
    for each in known.values():
        if token is not None and each.token == token:
            return _short(each)
    if name in known:
        raise rules.NAME_TAKEN.error(name=name)
    _check_role(call, role)
    now = call.account.clock.now
    gateway = Gateway(call.account.arn(f"gateway/{name}"), name, role, settings, now, now)
    gateway.protected = params.get("deletionProtection", True)
    gateway.propagates = params.get("propagateTags") or "GATEWAY"
    gateway.token = token
    gateway.tags = merged([], params.get("tags") or [])
    known[name] = gateway
    call.account.journal.record("gateway.created", gateway.arn)
    return _short(gateway)


@operation("UpdateGateway")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateGateway."""
    gateway = find_gateway(call, params["gateway"])
    role = params.get("infrastructureRoleArn") or gateway.role
    changes = (params.get("configuration") or {}).get("hostSharedAlb") or {}
    settings = rules.configuration(changes, gateway.settings)
    _check_role(call, role)
    gateway.role, gateway.settings = role, settings
    gateway.protected = params.get("deletionProtection", gateway.protected)
    gateway.propagates = params.get("propagateTags") or gateway.propagates
    gateway.updated_at = call.account.clock.now
    gateway.status = "UPDATE_COMPLETE"
    call.account.journal.record("gateway.updated", gateway.arn)
    return {**_short(gateway), "status": "UPDATE_IN_PROGRESS"}


@operation("DeleteGateway")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteGateway."""
    gateway = find_gateway(call, params["gateway"])
    if gateway.protected:
        raise rules.PROTECTED.error()
    if gateway.clusters:
        raise rules.ASSOCIATED.error()
    del gateways_of(call)[gateway.name]
    call.account.journal.record("gateway.deleted", gateway.arn)
    return {**_short(gateway), "status": "DELETED"}


@operation("DescribeGateway")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeGateway."""
    gateway = find_gateway(call, params["gateway"])
    settings = {**gateway.settings, "currentAlbCount": len(gateway.balancers)}
    view = {
        **_short(gateway),
        "infrastructureRoleArn": gateway.role,
        "deletionProtection": gateway.protected,
        "configuration": {"hostSharedAlb": settings},
        "accessType": rules.access_type(gateway.settings),
        "propagateTags": gateway.propagates,
        "tags": list(gateway.tags),
        "createdAt": gateway.created_at,
        "updatedAt": gateway.updated_at,
    }
    return {"gateway": view}


@operation("ListGateways")
def list_gateways(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListGateways."""
    names, states = params.get("names") or [], params.get("status") or []
    if len(names) > rules.MOST_NAMES:
        raise rules.TOO_MANY_NAMES.error()
    found = {
        each.arn: each
        for each in gateways_of(call).values()
        if (not names or each.name in names) and (not states or each.status in states)
    }
    answer = page(
        list(found),
        query=("gateways", *names, *states),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    rows = [{**_short(found[arn]), "createdAt": found[arn].created_at} for arn in answer.items]
    return with_token({"gateways": rows}, answer.next_token)


@operation("AssociateGatewayWithCluster")
def associate(call: Call, params: Params) -> dict[str, Any]:
    """Answer AssociateGatewayWithCluster."""
    gateway = find_gateway(call, params["gateway"])
    cluster = active_cluster(call.account, params["cluster"])
    others = [each for each in gateways_of(call).values() if cluster.arn in each.clusters]
    if gateway not in others and len(others) >= rules.MOST_OF_A_CLUSTER:
        raise rules.TOO_MANY.error()
    gateway.clusters[cluster.arn] = "ACTIVE"
    return _association(gateway, cluster.arn, "ACTIVE")


@operation("DisassociateGatewayFromCluster")
def disassociate(call: Call, params: Params) -> dict[str, Any]:
    """Answer DisassociateGatewayFromCluster; it ends when the last route has gone."""
    gateway = find_gateway(call, params["gateway"])
    cluster = active_cluster(call.account, params["cluster"])
    if cluster.arn not in gateway.clusters:
        raise rules.NO_ASSOCIATION.error()
    gateway.clusters[cluster.arn] = "DISASSOCIATING"
    gateway.settle()
    return _association(gateway, cluster.arn, "DISASSOCIATING")


@operation("ListGatewayClusterAssociations")
def list_associations(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListGatewayClusterAssociations."""
    wanted, states = params.get("gateway"), params.get("status") or []
    cluster = None
    if params.get("cluster"):
        named = find_cluster(call.account, params["cluster"])
        cluster = named.arn if named is not None else ""
    rows = {}
    for gateway in gateways_of(call).values():
        gateway.settle()
        for arn, status in gateway.clusters.items():
            fits = wanted in (None, gateway.name, gateway.arn) and cluster in (None, arn)
            if fits and (not states or status in states):
                rows[f"{gateway.arn} {arn}"] = _association(gateway, arn, status)
    answer = page(
        list(rows),
        query=("associations", str(wanted), str(cluster), *states),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    found = [rows[key] for key in answer.items]
    return with_token({"gatewayClusterAssociations": found}, answer.next_token)


def _check_role(call: Call, role: str) -> None:
    if not call.account.ports.extra["role_clients"].assumable(role, ECS):
        raise rules.ROLE.error(role=role)


def _short(gateway: Gateway) -> dict[str, Any]:
    return {"gatewayArn": gateway.arn, "name": gateway.name, "status": gateway.status}


def _association(gateway: Gateway, cluster: str, status: str) -> dict[str, str]:
    return {"gatewayArn": gateway.arn, "clusterArn": cluster, "status": status}
