"""Service Connect and service discovery in the requests of services and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import AwsError
from ecslab.model import service_connect_answers as answers
from ecslab.model.service_connect import Endpoint, check, check_unchanged, endpoints
from ecslab.model.service_registry import check_registry

if TYPE_CHECKING:
    from ecslab.aws.ecs.operation import Call, Params
    from ecslab.sim.directory import Namespace
    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Service

_CONFIGURATION: Final = "serviceConnectConfiguration"
_MOST_TASKS: Final = 1000
_FORBIDDEN: Final = '<>"/'
_LONGEST_NAME: Final = 1024


def find_namespace(call: Call, reference: str) -> Namespace:
    """Return a Cloud Map namespace by name or ARN.

    Raises:
        AwsError: NamespaceNotFoundException.
    """
    found = call.account.ports.directory.namespace(reference)
    if found is None:
        message = f"The specified namespace was not found: {reference}"
        raise AwsError("NamespaceNotFoundException", message)
    return found


def set_namespace(call: Call, record: dict[str, Any], defaults: dict[str, Any] | None) -> None:
    """Set, or remove, the default namespace of a cluster; one that is missing is made.

    AWS: botocore ecs ClusterServiceConnectDefaultsRequest.namespace.

    Raises:
        AwsError: NamespaceNotFoundException for an ARN, InvalidParameterException for a bad name.
    """
    if defaults is None:
        return
    name = str(defaults["namespace"])
    if not name:
        record.pop("serviceConnectDefaults", None)
        return
    directory = call.account.ports.directory
    if name.startswith("arn:"):
        namespace = find_namespace(call, name)
    else:
        if len(name) > _LONGEST_NAME or any(letter in _FORBIDDEN for letter in name):
            message = f"The namespace name {name!r} is not valid."
            raise AwsError("InvalidParameterException", message)
        namespace = directory.namespace(name) or directory.make_namespace(name)
    record["serviceConnectDefaults"] = {"namespace": namespace.arn}


def connected(
    call: Call,
    cluster: Cluster,
    settings: Params,
    definition: dict[str, Any],
    *,
    service: Service | None = None,
    count: int | None = None,
) -> Params:
    """Return the settings of a service with its Service Connect configuration completed.

    Args:
        call: the API call.
        cluster: the service's cluster, which may have a default namespace.
        settings: the parameters of CreateService, or the settings of the new service revision.
        definition: the task definition.
        service: the service that is updated; None when it is created.
        count: the desired count that the request asks for, if it does.

    Raises:
        AwsError: what AWS answers to a configuration that can't be.
    """
    registries = settings.get("serviceRegistries") or []
    check_registries(call, registries, definition)
    configuration = settings.get(_CONFIGURATION)
    enabled = bool(configuration and configuration.get("enabled"))
    if (registries or enabled) and (count or 0) > _MOST_TASKS:
        raise answers.TOO_MANY_TASKS.error()
    if not enabled or configuration is None:
        return {key: value for key, value in settings.items() if key != _CONFIGURATION}
    default = (cluster.record.get("serviceConnectDefaults") or {}).get("namespace")
    reference = configuration.get("namespace") or default
    controller = (settings.get("deploymentController") or {}).get("type", "ECS")
    check({**configuration, "namespace": reference}, definition, controller)
    namespace = find_namespace(call, str(reference))
    offered = endpoints(configuration, definition, namespace.arn, namespace.name)
    _check_free(call, namespace, offered, service)
    named = configuration.get("namespace") or namespace.name
    return {**settings, _CONFIGURATION: {**configuration, "namespace": named}}


def _check_free(
    call: Call, namespace: Namespace, offered: tuple[Endpoint, ...], service: Service | None
) -> None:
    """Refuse names of endpoints that another service of the namespace has.

    AWS: service-connect-concepts-deploy: endpoints and discovery names are unique in a namespace.
    """
    own: tuple[Endpoint, ...] = ()
    others: list[Endpoint] = []
    resources: set[str] = set()
    for other, connection in call.engine.agent.discovery.connect.services_in(namespace.arn):
        if other is service:
            own = connection.offered
            resources.update(connection.resources.values())
        else:
            others += connection.offered
    check_unchanged(own, offered)
    taken = {each.address for each in others}
    for each in offered:
        arn = call.account.ports.directory.find(namespace.arn, each.discovery_name)
        if arn is not None and arn not in resources:
            raise answers.NAME_TAKEN.error(namespace=namespace.arn)
        if each.address in taken:
            raise answers.ALIAS_TAKEN.error(
                name=each.dns_name, port=each.port, namespace=namespace.arn
            )


def check_registries(
    call: Call, registries: list[dict[str, Any]], definition: dict[str, Any]
) -> None:
    """Check the service registries of a service or a task set.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(registries) > 1:
        raise answers.REGISTRY_SEVERAL.error()
    for each in registries:
        found = call.account.ports.directory.registry(str(each.get("registryArn") or ""))
        if found is None:
            raise answers.REGISTRY_UNKNOWN.error(registry=each.get("registryArn"))
        check_registry(each, found.records, definition)
