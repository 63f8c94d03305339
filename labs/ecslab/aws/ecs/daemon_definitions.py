"""Daemon task definitions: what a managed daemon runs on each Managed Instance.

They keep the rules of task definitions for Managed Instances, as far as they have their members.
AWS: managed-daemons; botocore ecs RegisterDaemonTaskDefinition and its like.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from moto.core.utils import get_service_model

from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.errors import AwsError
from ecslab.model.task_definition import TaskDefinitions
from ecslab.model.task_definition.paging import page

if TYPE_CHECKING:
    from collections.abc import Generator

_INVALID: Final = "InvalidParameterException"
_STORE: Final = "daemon_definitions"
_GONE_AFTER: Final = 60.0
_PASSED_ON: Final[tuple[str, ...]] = ("family", "taskRoleArn", "executionRoleArn", "cpu", "memory")
_NETWORK_MODE: Final = "daemon_bridge"
"""What ECS sets by itself (managed-daemons-task-definitions, "Network mode")."""
_MODES: Final = ("none", "shared")
_STATES: Final = ("ACTIVE", "DELETE_IN_PROGRESS", "ALL")


@dataclass(slots=True)
class _Store:
    """The daemon task definitions of an account and Region.

    Args:
        definitions: keeps their rules, revisions and states.
    """

    definitions: TaskDefinitions
    requests: dict[str, Params] = field(default_factory=dict)
    """ARN in `definitions` → the request that registered it."""


def _store(call: Call) -> _Store:
    account = call.account
    if _STORE not in account.ports.extra:
        account.ports.extra[_STORE] = _Store(TaskDefinitions(account.id, account.region))
    found: _Store = account.ports.extra[_STORE]
    return found


@operation("RegisterDaemonTaskDefinition")
def register(call: Call, params: Params) -> dict[str, Any]:
    """Answer RegisterDaemonTaskDefinition."""
    for member in ("pidMode", "ipcMode"):
        mode = params.get(member, "none")
        if mode not in _MODES:
            message = f"{mode} is not a valid {member}. Must be one of [{','.join(_MODES)}]"
            raise AwsError(_INVALID, message)
    request: Params = {name: params[name] for name in _PASSED_ON if name in params}
    request |= {
        "networkMode": "host",
        "requiresCompatibilities": ["MANAGED_INSTANCES"],
        "containerDefinitions": params["containerDefinitions"],
        "tags": params.get("tags") or [],
        "volumes": [
            {key: value for key, value in volume.items() if key in ("name", "host")}
            for volume in params.get("volumes") or ()
        ],
    }
    store = _store(call)
    made = store.definitions.register(
        request, registered_at=call.account.clock.now, registered_by=call.caller
    )
    store.requests[made["taskDefinitionArn"]] = params
    arn = _outside(made["taskDefinitionArn"])
    call.account.journal.record("daemon-task-definition.registered", arn)
    return {"daemonTaskDefinitionArn": arn}


@operation("DescribeDaemonTaskDefinition")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeDaemonTaskDefinition."""
    store = _store(call)
    found = store.definitions.resolve(_inside(params["daemonTaskDefinition"]))
    asked = store.requests[found["taskDefinitionArn"]]
    shape = get_service_model("ecs").shape_for("DaemonContainerDefinition")
    view = {
        "daemonTaskDefinitionArn": _outside(found["taskDefinitionArn"]),
        **{name: found.get(name) for name in ("revision", *_PASSED_ON)},
        **{name: found.get(name) for name in ("status", "registeredAt", "registeredBy")},
        "deleteRequestedAt": found.get("deleteRequestedAt"),
        "volumes": asked.get("volumes") or [],
        "pidMode": asked.get("pidMode", "none"),
        "ipcMode": asked.get("ipcMode", "none"),
        "containerDefinitions": [
            {name: value for name, value in container.items() if name in shape.members}
            for container in found["containerDefinitions"]
        ],
    }
    return {"daemonTaskDefinition": {k: v for k, v in view.items() if v is not None}}


@operation("DeleteDaemonTaskDefinition")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteDaemonTaskDefinition; it is gone within a minute."""
    store, now = _store(call), call.account.clock.now
    found = store.definitions.resolve(_inside(params["daemonTaskDefinition"]))
    if found["status"] != "ACTIVE":
        message = "The daemon task definition is not ACTIVE."
        raise AwsError("ClientException", message)
    arn = found["taskDefinitionArn"]
    store.definitions.deregister(arn, at=now)
    store.definitions.delete([arn], at=now)
    call.account.clock.env.process(_purge(call, store))
    return {"daemonTaskDefinitionArn": _outside(arn)}


@operation("ListDaemonTaskDefinitions")
def list_definitions(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListDaemonTaskDefinitions."""
    store = _store(call)
    status, sort = params.get("status") or "ACTIVE", params.get("sort") or "ASC"
    if status not in _STATES or sort not in ("ASC", "DESC"):
        message = f"Invalid status or sort: {status}, {sort}."
        raise AwsError(_INVALID, message)
    known = {arn: store.definitions.resolve(arn) for arn in store.requests}
    last: dict[str, int] = {}
    for each in known.values():
        last[each["family"]] = max(last.get(each["family"], 0), each["revision"])
    found = [
        each
        for each in known.values()
        if status in ("ALL", each["status"])
        and each["family"].startswith(params.get("familyPrefix") or "")
        and params.get("family") in (None, each["family"])
        and (params.get("revision") is None or each["revision"] == last[each["family"]])
    ]
    found.sort(key=lambda each: (each["family"], each["revision"]), reverse=sort == "DESC")
    answer = page(
        [each["taskDefinitionArn"] for each in found],
        query=("daemon-definitions", status, sort, *(str(params.get(k)) for k in _FILTERS)),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    shown = ("registeredAt", "registeredBy", "deleteRequestedAt", "status")
    rows = [
        {"arn": _outside(arn), **{name: known[arn][name] for name in shown if name in known[arn]}}
        for arn in answer.items
    ]
    return with_token({"daemonTaskDefinitions": rows}, answer.next_token)


_FILTERS: Final = ("familyPrefix", "family", "revision")


def daemon_definitions(call: Call) -> TaskDefinitions:
    """Return what keeps the daemon task definitions of the account and Region."""
    return _store(call).definitions


def resolved(call: Call, reference: str) -> dict[str, Any]:
    """Return a daemon task definition in whatever state it is.

    Args:
        call: the call.
        reference: its ARN, family and revision, or family alone for the newest revision.

    Raises:
        AwsError: ClientException when there is none.
    """
    return _store(call).definitions.resolve(_inside(reference))


def runnable(call: Call, reference: str) -> dict[str, Any]:
    """Return a daemon task definition as tasks take it; its ARN is that of a daemon's.

    Args:
        call: the call.
        reference: its ARN, family and revision, or family alone for the newest revision.

    Raises:
        AwsError: ClientException when there is none that is ACTIVE.
    """
    found = _store(call).definitions.runnable(_inside(reference))
    arn = _outside(found["taskDefinitionArn"])
    return {**found, "taskDefinitionArn": arn, "networkMode": _NETWORK_MODE}


def _purge(call: Call, store: _Store) -> Generator[Any, Any, None]:
    yield call.account.clock.env.timeout(_GONE_AFTER)
    for arn in store.definitions.purge(()):
        store.requests.pop(arn)


def _inside(reference: str) -> str:
    return reference.replace(":daemon-task-definition/", ":task-definition/")


def _outside(arn: str) -> str:
    return arn.replace(":task-definition/", ":daemon-task-definition/")
