"""Why a task does not find another service by its name: Service Connect and Cloud Map.

AWS: service-connect-concepts-deploy (clients know what was there when they were deployed; only
tasks of services have a proxy); service-discovery (private names, DNS attributes of the VPC).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.cloud.explain import way
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model.network import NetworkInterface, between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.model.service_connect import Endpoint
    from ecslab.sim.entities import Task
    from ecslab.sim.service import Service
    from ecslab.sim.service_connect import ServiceConnect

_CONFIGURATION = "serviceConnectConfiguration"


def steps(case: Case, task: Task, host: str, port: int) -> Iterator[Step]:
    """Yield why a name led a task nowhere.

    Args:
        case: the account.
        task: who asked for it.
        host: the name.
        port: the port of the request.
    """
    connect = case.runtime.engine(case.region).agent.discovery.connect
    known = connect.endpoint(task, host, port)
    if known is not None:
        yield from _not_served(case, task, connect, known)
        return
    offered = _offered(case, host)
    if offered is not None:
        yield from _not_known(case, task, port, *offered)
        return
    yield from _in_dns(case, task, host)


# --- Service Connect ------------------------------------------------------------------------------


def _offered(case: Case, host: str) -> tuple[Service, Endpoint] | None:
    """Return who offers an endpoint of a name in any namespace."""
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            current = service.current if service.status == "ACTIVE" else None
            connection = current.connection if current is not None else None
            for endpoint in connection.offered if connection is not None else ():
                if endpoint.dns_name == host:
                    return service, endpoint
    return None


def _not_known(
    case: Case, task: Task, port: int, server: Service, endpoint: Endpoint
) -> Iterator[Step]:
    """Yield why a task's proxy does not know an endpoint that there is."""
    answer = case.describe_service(server.cluster.name, server.name)
    place = ("services", 0, "deployments", 0)
    words = (
        f"{endpoint.dns_name}:{endpoint.port} is an endpoint of Service Connect, which the service"
        f" {server.name} offers in the namespace {endpoint.namespace_name}."
    )
    yield case.step("network", words, answer, *place, _CONFIGURATION)
    if task.service is None:
        words = "The task that asks belongs to no service; only tasks of services get a proxy."
        yield case.task_step("network", words, task, "group")
        return
    deployment = task.service.deployment(task.deployment)
    connection = deployment.connection if deployment is not None else None
    if connection is None:
        words = f"The service {task.service.name} of the task that asks has no Service Connect."
        yield case.service_step("network", words, task, "deployments", 0, Absent(_CONFIGURATION))
    elif connection.namespace != endpoint.namespace:
        words = f"The service {task.service.name} of the task that asks is in another namespace."
        yield case.service_step("network", words, task, "deployments", 0, _CONFIGURATION)
    elif port != endpoint.port:
        words = f"It was asked for with port {port}; the alias has port {endpoint.port}."
        yield case.step("network", words, answer, *place, _CONFIGURATION, "services")
    else:
        yield from _too_late(case, task, server)


def _too_late(case: Case, task: Task, server: Service) -> Iterator[Step]:
    """Yield that the client was deployed before the endpoint was there."""
    assert task.service is not None  # noqa: S101 - asked before
    mine = next(
        index for index, each in enumerate(task.service.deployments) if each.id == task.deployment
    )
    words = (
        f"The deployment of {task.service.name} that this task belongs to began before that: its"
        " proxies know only the endpoints that were there; a new deployment (forceNewDeployment)"
        " knows the others."
    )
    yield case.service_step("deployment", words, task, "deployments", mine, "createdAt")
    answer = case.describe_service(server.cluster.name, server.name)
    words = f"The service {server.name} has been there only since then."
    yield case.step("deployment", words, answer, "services", 0, "createdAt")


def _not_served(
    case: Case, task: Task, connect: ServiceConnect, endpoint: Endpoint
) -> Iterator[Step]:
    """Yield why an endpoint that a proxy knows does not answer."""
    answer = case.ask(
        "servicediscovery",
        "discover_instances",
        NamespaceName=endpoint.namespace_name,
        ServiceName=endpoint.discovery_name,
    )
    serving = connect.serving(endpoint)
    if not serving:
        words = (
            f"The proxy knows {endpoint.dns_name}:{endpoint.port}, but no healthy task serves it."
        )
        yield case.step("network", words, answer, "Instances")
        yield from _server_of(case, endpoint)
        return
    source = way.interface_of(case, task)
    own = serving[0].interface
    target = case.runtime.network(case.region).interface(own.id) if own is not None else None
    if source is None or not isinstance(target, NetworkInterface):
        return
    ingress = next(
        (port for port, each in _ingress(serving[0]) if each.key == endpoint.key),
        endpoint.ingress_port,
    )
    path = between(case.topology, source, target, ingress)
    if not path.reachable:
        words = f"The proxies of its {len(serving)} tasks listen on port {ingress}."
        yield case.step("network", words, answer, "Instances")
        yield from way.obstacle(case, path, task)


def _ingress(task: Task) -> Iterator[tuple[int, Endpoint]]:
    if task.proxy is not None:
        yield from task.proxy.ingress.items()


def _server_of(case: Case, endpoint: Endpoint) -> Iterator[Step]:
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            current = service.current if service.status == "ACTIVE" else None
            connection = current.connection if current is not None else None
            offered = connection.offered if connection is not None else ()
            if any(each.key == endpoint.key for each in offered):
                answer = case.describe_service(cluster.name, service.name)
                words = f"The service {service.name} offers it; so many of its tasks run."
                yield case.step("state", words, answer, "services", 0, "runningCount")
                return


# --- Cloud Map ------------------------------------------------------------------------------------


def _in_dns(case: Case, task: Task, host: str) -> Iterator[Step]:
    """Yield what DNS knows of a name, and why it is not more."""
    own = task.agent_interface
    vpc = own.vpc if own is not None else ""
    listed = case.ask("servicediscovery", "list_namespaces")
    found = value_at(listed, "Namespaces") or []
    fitting = [i for i, each in enumerate(found) if host.endswith(f".{each['Name'].lower()}")]
    if not fitting:
        words = f"Nothing in the account has the name {host}: no namespace of Cloud Map ends so."
        yield case.step("network", words, listed, "Namespaces")
        return
    index = max(fitting, key=lambda i: len(found[i]["Name"]))
    namespace = found[index]
    if namespace["Type"] == "HTTP":
        words = f"The namespace {namespace['Name']} is of type HTTP: its names are not in DNS."
        yield case.step("network", words, listed, "Namespaces", index, "Type")
        return
    attributes = [
        case.ask("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name)
        for name in ("enableDnsSupport", "enableDnsHostnames")
    ]
    for answer, member in zip(attributes, ("EnableDnsSupport", "EnableDnsHostnames"), strict=True):
        if value_at(answer, member, "Value") is False:
            words = f"The VPC {vpc} of the task has {member} off, which private names need."
            yield case.step("network", words, answer, member, "Value")
            return
    yield from _in_namespace(case, namespace, host, vpc)


def _in_namespace(case: Case, namespace: dict[str, Any], host: str, vpc: str) -> Iterator[Step]:
    filters = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]]}]
    services = case.ask("servicediscovery", "list_services", Filters=filters)
    name = host[: -len(namespace["Name"]) - 1]
    entries = value_at(services, "Services") or []
    index = next((i for i, each in enumerate(entries) if each["Name"].lower() == name), None)
    if index is None:
        words = f"The namespace {namespace['Name']} has no service {name}."
        yield case.step("network", words, services, "Services")
        return
    types = [each["Type"] for each in (entries[index].get("DnsConfig") or {})["DnsRecords"]]
    if "A" not in types:
        words = f"Its service {name} has no A records, so that the name has no address by itself."
        yield case.step("network", words, services, "Services", index, "DnsConfig", "DnsRecords")
        return
    instances = case.ask("servicediscovery", "list_instances", ServiceId=entries[index]["Id"])
    if value_at(instances, "Instances"):
        place = case.ask("servicediscovery", "get_namespace", Id=namespace["Id"])
        words = f"The name is there, but not in {vpc}: the namespace belongs to another VPC."
        if case.account.ports.directory.query(host, vpc) is not None:
            words = "The name leads to these addresses now; the network has changed since then."
            yield case.step("network", words, instances, "Instances")
            return
        yield case.step("network", words, place, "Namespace", "Properties", "DnsProperties")
        return
    words = f"No task is registered in the service {name} of {namespace['Name']}."
    yield case.step("network", words, instances, "Instances")
    yield from _registering(case, str(entries[index]["Arn"]))


def _registering(case: Case, registry: str) -> Iterator[Step]:
    """Yield which service of ECS registers its tasks in a service of Cloud Map."""
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            current = service.current if service.status == "ACTIVE" else None
            registries = current.settings.get("serviceRegistries") or [] if current else []
            if any(each.get("registryArn") == registry for each in registries):
                answer = case.describe_service(cluster.name, service.name)
                words = f"The service {service.name} registers its tasks there; so many run."
                yield case.step("state", words, answer, "services", 0, "runningCount")
                return
    answer = case.ask("ecs", "list_clusters")
    words = "No service of Amazon ECS has it in its serviceRegistries."
    yield case.step("network", words, answer, "clusterArns")
