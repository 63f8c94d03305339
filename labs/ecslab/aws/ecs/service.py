"""Answers ECS requests, registered with moto in place of its own ECS.

moto finds a service by its backend (`moto.ecs.models.ecs_backends`) and the methods that answer
its URLs (`moto.ecs.urls.url_paths`); both are replaced while a simulated account runs.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.base_backend import BaseBackend
from moto.core.utils import get_service_model
from moto.ecs import models as moto_models
from moto.ecs import urls as moto_urls

from ecslab.aws.ecs import (  # noqa: F401 - imported for the operations they register
    account,
    agent_reports,
    attributes,
    capacity_providers,
    clusters,
    container_instances,
    daemon_definitions,
    execute_command,
    express,
    gateway_routes,
    gateways,
    instance_tasks,
    managed_daemon_deployments,
    managed_daemons,
    service_deployments,
    services,
    tags,
    task_definitions,
    task_protection,
    task_sets,
    tasks,
)
from ecslab.aws.ecs.operation import OPERATIONS, Call, DetailedError
from ecslab.aws.ecs.request_body import check_words, parameters
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.network import Network
    from ecslab.sim.engine import Engine

Response = tuple[int, dict[str, str], str]

_REGION = re.compile(r"://ecs[.-](?:fips\.)?(?P<region>[a-z0-9-]+)\.")
_OWN_WORDS = frozenset(
    (
        *("RegisterTaskDefinition", "RegisterDaemonTaskDefinition"),
        *("DeleteAccountSetting", "ListAccountSettings"),
        *("PutAccountSetting", "PutAccountSettingDefault", "UpdateContainerInstancesState"),
    )
)
"""Operations that look at their words themselves: their answers are documented or captured."""

_CONTENT_TYPE = "application/x-amz-json-1.1"


class EcsBackend(BaseBackend):
    """ECS of one account and Region, in moto's registry.

    Args:
        region_name: the Region.
        account_id: the account.
    """

    make: ClassVar[Callable[[str, str], tuple[Engine, Network]]]
    """Makes the data plane of an account and Region; set while a simulated account runs."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._parts: tuple[Engine, Network] | None = None

    @property
    def engine(self) -> Engine:
        """Return the data plane."""
        return self._made()[0]

    @property
    def network(self) -> Network:
        """Return the VPCs."""
        return self._made()[1]

    def describe_services(self, cluster: str, names: list[str]) -> tuple[list[Any], list[Any]]:
        """Return the ACTIVE ones of some services; moto's Application Auto Scaling asks for it."""
        found = self.engine.account.clusters.get(cluster)
        known = found.services if found is not None and found.active else {}
        named = [known[name] for name in names if name in known]
        return [each for each in named if each.status == "ACTIVE"], []

    @property
    def _url_module(self) -> Any:
        return moto_urls

    def _made(self) -> tuple[Engine, Network]:
        if self._parts is None:
            self._parts = type(self).make(self.account_id, self.region_name)
        return self._parts


class EcsService:
    """Parses requests, calls operations, writes answers.

    Args:
        caller: finds the ARN of who signed a request, from its header fields.
    """

    def __init__(self, caller: Callable[[Any], str]) -> None:
        self._caller = caller
        self._requests = 0
        self._model = get_service_model("ecs")
        self._known = frozenset(self._model.operation_names)

    def answer(self, request: Any, url: str, headers: Any) -> Response:
        """Answer one request as the ECS endpoint does."""
        self._requests += 1
        name = str(headers.get("X-Amz-Target", "")).rsplit(".", 1)[-1]
        match = _REGION.search(url)
        region = match.group("region") if match else "us-east-1"
        backend: Any = moto_models.ecs_backends[_ACCOUNT][region]
        call = Call(backend.engine, backend.network, self._caller(headers))
        try:
            operation = self._operation(name)
            shape = self._model.operation_model(name).input_shape
            params = parameters(request.data, shape)
            if shape is not None and name not in _OWN_WORDS:
                check_words(params, shape)
            return self._write(HTTPStatus.OK, operation(call, params))
        except AwsError as error:
            members = error.members if isinstance(error, DetailedError) else {}
            body = {"__type": error.code, "message": error.message, **members}
            return self._write(error.status, body, {"x-amzn-ErrorType": error.code})

    def _operation(self, name: str) -> Callable[[Call, dict[str, Any]], dict[str, Any]]:
        if name in OPERATIONS:
            return OPERATIONS[name]
        if name in self._known:
            message = f"{name} is not part of this simulation of Amazon ECS."
            raise AwsError("UnsupportedFeatureException", message)
        message = f"There is no ECS operation {name!r}."
        raise AwsError("UnknownOperationException", message)

    def _write(
        self, status: int, body: dict[str, Any], extra: dict[str, str] | None = None
    ) -> Response:
        headers = {
            "Content-Type": _CONTENT_TYPE,
            "x-amzn-RequestId": f"00000000-0000-4000-8000-{self._requests:012x}",
            **(extra or {}),
        }
        return status, headers, json.dumps(body, default=_as_json)


_ACCOUNT = "123456789012"


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    message = f"{type(value).__name__} has no place in an ECS response."
    raise TypeError(message)


def install(
    make: Callable[[str, str], tuple[Engine, Network]], caller: Callable[[Any], str]
) -> Callable[[], None]:
    """Put our ECS in the place of moto's.

    Args:
        make: makes the data plane of an account and Region.
        caller: finds the ARN of who signed a request.

    Returns:
        What puts moto's ECS back.
    """
    before = (moto_models.ecs_backends.backend, dict(moto_urls.url_paths))
    service = EcsService(caller)
    EcsBackend.make = staticmethod(make)
    moto_models.ecs_backends.clear()
    moto_models.ecs_backends.backend = EcsBackend  # type: ignore[assignment]
    moto_urls.url_paths = {"{0}/$": service.answer}

    def uninstall() -> None:
        moto_models.ecs_backends.clear()
        moto_models.ecs_backends.backend, moto_urls.url_paths = before

    return uninstall
