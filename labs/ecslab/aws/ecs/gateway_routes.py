"""Gateway routes: how a service with a gateway connector is reached, and what is built for it.

AWS: botocore ecs GatewayConnector, GatewayRoute, GatewayResources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.gateways import Gateway, Route, find_gateway, gateways_of
from ecslab.aws.ecs.lookup import find_cluster
from ecslab.aws.ecs.managed_ingress import ManagedIngress, ServiceIngress, as_ecs_answers
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.model import gateways as rules
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Service

_PREFIX: Final = "ecs-gateway-alb"
_PATH: Final = "/"
_MOST_ROUTES: Final = 25
_MOST_RESOURCES: Final = 20
_RESOURCES_BY_DEFAULT: Final = 10
_LOOK_AGAIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class Connection:
    """What was built for a service before there was the service.

    Args:
        gateway: the gateway.
        port_name: the name of the port that it leads to.
        ingress: what was built.
    """

    gateway: Gateway
    port_name: str
    ingress: ServiceIngress


def connect(
    call: Call, cluster: Cluster, params: Params, definition: dict[str, Any]
) -> list[Connection]:
    """Build what the gateway connector of a new service asks for.

    The service registers its tasks in the target groups, which are added to the load balancers of
    the request.

    Args:
        call: the API call.
        cluster: where the service will be.
        params: the CreateService request.
        definition: its task definition.

    Raises:
        AwsError: no gateway fits, or the gateway's role may not build.
    """
    connectors = params.get("gatewayConnectors") or []
    rules.check_connectors(connectors)
    connections = []
    for connector in connectors:
        container, port = rules.container_port(definition, connector["portName"])
        path = (connector.get("healthCheck") or {}).get("healthCheckPath") or _PATH
        fitting = _fitting(call, cluster, connector)
        if not fitting:
            raise rules.NO_GATEWAY.error()
        for gateway in fitting:
            with as_ecs_answers():
                ingress = _build(call, gateway, cluster, params, port=port, path=path)
            link = {
                "targetGroupArn": ingress.target_groups[0],
                "containerName": container,
                "containerPort": port,
            }
            params["loadBalancers"] = [*(params.get("loadBalancers") or []), link]
            connections.append(Connection(gateway, connector["portName"], ingress))
    return connections


def _fitting(call: Call, cluster: Cluster, connector: dict[str, Any]) -> list[Gateway]:
    wanted = (connector.get("filters") or {}).get("accessTypes") or ("PUBLIC", "PRIVATE")
    return [
        each
        for each in gateways_of(call).values()
        if each.clusters.get(cluster.arn) == "ACTIVE" and rules.access_type(each.settings) in wanted
    ]


def adopt(call: Call, service: Service, connections: list[Connection]) -> None:
    """Make the routes of a new service, and remove them after its end."""
    account = call.account
    for each in connections:
        path = f"gateway-route/{each.gateway.name}/{account.identifiers.task()[:17]}"
        route = Route(account.arn(path), service, each.port_name, each.ingress)
        each.ingress.balancer.users.add(route.arn)
        each.gateway.routes[route.arn] = route
        account.clock.env.process(_remove_after(call, each.gateway, route))


def _build(
    call: Call, gateway: Gateway, cluster: Cluster, params: Params, *, port: int, path: str
) -> ServiceIngress:
    builder = _ingress(call, gateway)
    balancer = next((b for b in gateway.balancers if len(b.users) < _MOST_ROUTES), None)
    if balancer is None:
        if len(gateway.balancers) >= gateway.settings["maxAlbCount"]:
            raise rules.NO_CAPACITY.error()
        place = builder.place(gateway.settings["networkConfiguration"].get("subnets"))
        place.public = gateway.settings["scheme"] != "internal"
        balancer = builder.share(place, _PREFIX)
        gateway.balancers.append(balancer)
    own = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    group = next(iter(own.get("securityGroups") or ()), None)
    built = builder.attach(balancer, params["serviceName"], port, path, cluster.name, group=group)
    call.account.ports.extra["target_groups"].alias(built.host, balancer.dns_name)
    return built


def _remove_after(call: Call, gateway: Gateway, route: Route) -> Generator[Any, Any, None]:
    clock = call.account.clock
    while route.service.status != "INACTIVE":
        yield clock.env.timeout(_LOOK_AGAIN)
    route.status = "DELETE_IN_PROGRESS"
    call.account.ports.extra["target_groups"].alias(route.ingress.host, None)
    balancer = route.ingress.balancer
    balancer.users.discard(route.arn)
    builder = _ingress(call, gateway)
    try:
        builder.detach(route.ingress)
        if not balancer.users:
            gateway.balancers.remove(balancer)
            builder.remove(balancer)
            yield clock.env.timeout(_LOOK_AGAIN)
            builder.remove_group(balancer)
    except ClientError as error:
        route.status = "DELETE_FAILED"
        text = str(error.response["Error"]["Message"])
        call.account.journal.record("gateway.left", gateway.arn, reason=text)
        return
    gateway.routes.pop(route.arn, None)
    gateway.settle()


def _ingress(call: Call, gateway: Gateway) -> ManagedIngress:
    account = call.account
    clients = account.ports.extra["role_clients"]
    return ManagedIngress(clients, account.identifiers, account.region, gateway.role)


@operation("ListGatewayRoutes")
def list_routes(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListGatewayRoutes."""
    if params.get("gateway"):
        chosen = [find_gateway(call, params["gateway"])]
    else:
        chosen = list(gateways_of(call).values())
    cluster = None
    if params.get("cluster"):
        named = find_cluster(call.account, params["cluster"])
        cluster = named.arn if named is not None else ""
    name, port, states = (
        params.get("service"),
        params.get("serviceContainerPortName"),
        params.get("status") or [],
    )
    rows = {
        route.arn: {
            "gatewayRouteArn": route.arn,
            "gatewayArn": gateway.arn,
            "clusterArn": route.service.cluster.arn,
            "serviceArn": route.service.arn,
            "serviceContainerPortName": route.port_name,
            "status": route.status,
        }
        for gateway in chosen
        for route in gateway.routes.values()
        if cluster in (None, route.service.cluster.arn)
        and name in (None, route.service.name, route.service.arn)
        and port in (None, route.port_name)
        and (not states or route.status in states)
    }
    answer = page(
        list(rows),
        query=("routes", *(str(params.get(key)) for key in ("gateway", "cluster", "service"))),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    found = [rows[arn] for arn in answer.items]
    return with_token({"gatewayRoutes": found}, answer.next_token)


@operation("DescribeGatewayRoute")
def describe_route(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeGatewayRoute."""
    arn = params["gatewayRouteArn"]
    route = next((g.routes[arn] for g in gateways_of(call).values() if arn in g.routes), None)
    if route is None:
        raise rules.NO_ROUTE.error()
    built = route.ingress
    owner = f"arn:aws:ec2:{call.account.region}:{call.account.id}:security-group"
    resources = {
        "acmCertificateArn": built.certificate,
        "loadBalancerArn": built.balancer.arn,
        "listenerArn": built.balancer.listener,
        "listenerRuleArn": built.rule,
        "loadBalancerSecurityGroups": [{"arn": f"{owner}/{built.balancer.group}"}],
        "serviceSecurityGroupArn": f"{owner}/{built.group}",
    }
    return {
        "gatewayRoute": {
            "gatewayRouteArn": route.arn,
            "serviceArn": route.service.arn,
            "serviceContainerPortName": route.port_name,
            "status": route.status,
            "serviceUrl": f"https://{built.host}",
            "resources": {"hostSharedAlb": [resources]},
        }
    }


@operation("DescribeGatewayResources")
def describe_resources(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeGatewayResources."""
    gateway = find_gateway(call, params["gateway"])
    known = {each.arn: each for each in gateway.balancers}
    answer = page(
        list(known),
        query=("resources", gateway.arn),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
        default=_RESOURCES_BY_DEFAULT,
        largest=_MOST_RESOURCES,
    )
    rows = [
        {
            "loadBalancerArn": arn,
            "listenerArn": known[arn].listener,
            "securityGroup": known[arn].group,
            "gatewayRouteArns": sorted(known[arn].users),
        }
        for arn in answer.items
    ]
    found = {"gatewayArn": gateway.arn, "resources": {"hostSharedAlb": rows}}
    return with_token({"gatewayResources": found}, answer.next_token)
