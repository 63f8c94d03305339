"""The task metadata endpoint, version 4.

AWS: task-metadata-endpoint-v4 and task-metadata-endpoint-v4-fargate; amazon-ecs-agent,
tmds/handlers/v4/state/response.go (the keys, which are in Pascal case); stats are Docker's.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ecslab.sim.usage import reserved
from ecslab.sim.wsgi import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.sim.entities import Account, Container, Task
    from ecslab.sim.request import Request

__all__ = ["TaskMetadata"]

_PATH: Final = re.compile(r"/v4/(?P<id>[^/]+)(?P<rest>|/task|/taskWithTags|/stats|/task/stats)/?")
_LEAST_CPU: Final = 2
_MIB: Final = 1024 * 1024
_UNITS: Final = 1024
_NANOSECONDS: Final = 10**9
_YOUNG: Final = 1.0


class TaskMetadata:
    """Answers the containers of one account and Region.

    Args:
        account: the data plane's state.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def answer(self, task: Task, request: Request) -> Answer | None:
        """Return the answer to a request of a task's container, None for a path of others."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return None
        container = next((c for c in task.containers if c.runtime_id == match["id"]), None)
        rest = match["rest"]
        if container is None or (rest == "/taskWithTags" and task.instance is None):
            text = f"V4 metadata handler: unable to get container for {match['id']}"
            return _json(HTTPStatus.NOT_FOUND, text)
        if rest == "/stats":
            return _json(HTTPStatus.OK, self._stats(container))
        if rest == "/task/stats":
            found = {str(c.runtime_id): self._stats(c) for c in task.containers if c.runtime_id}
            return _json(HTTPStatus.OK, found)
        if rest:
            return _json(HTTPStatus.OK, self._task(task, tags=rest == "/taskWithTags"))
        return _json(HTTPStatus.OK, self._container(task, container))

    def _task(self, task: Task, *, tags: bool) -> dict[str, Any]:
        definition = task.definition
        cpu, memory = reserved(definition)
        limits = {"CPU": cpu / _UNITS, "Memory": int(memory)} if definition.get("cpu") else None
        view = {
            "Cluster": task.cluster.arn,
            "TaskARN": task.arn,
            "Family": definition["family"],
            "Revision": str(definition["revision"]),
            "ServiceName": task.service.name if task.service else None,
            "DesiredStatus": task.desired_status,
            "KnownStatus": task.last_status,
            "Limits": limits,
            "PullStartedAt": _moment(task.pull_started_at),
            "PullStoppedAt": _moment(task.pull_stopped_at),
            "ExecutionStoppedAt": _moment(task.execution_stopped_at),
            "AvailabilityZone": task.zone,
            "LaunchType": task.launch_type,
            "Containers": [self._container(task, c) for c in task.containers if c.runtime_id],
            "EphemeralStorageMetrics": self._storage(task),
            "VPCID": task.instance.interface.vpc if task.instance else None,
            "TaskTags": {tag["key"]: tag["value"] for tag in task.tags} if tags else None,
        }
        return {key: value for key, value in view.items() if value is not None}

    def _storage(self, task: Task) -> dict[str, int] | None:
        if task.instance is not None:
            return None
        size = (task.definition.get("ephemeralStorage") or {}).get("sizeInGiB", 20)
        images = sum(c.found.image.size for c in task.containers if c.found)
        return {"Utilized": int(images * 3), "Reserved": int(size) * _UNITS}

    def _container(self, task: Task, container: Container) -> dict[str, Any]:
        spec, definition = container.spec, task.definition
        logging = spec.get("logConfiguration") or {}
        health = {"status": container.health} if spec.get("healthCheck") else None
        limits = {"CPU": max(int(spec.get("cpu") or 0), _LEAST_CPU)}
        if spec.get("memory"):
            limits["Memory"] = int(spec["memory"])
        view = {
            "DockerId": container.runtime_id,
            "Name": container.name,
            "DockerName": container.name,
            "Image": spec["image"],
            "ImageID": container.found.digest if container.found else "",
            "Labels": {
                "com.amazonaws.ecs.cluster": task.cluster.arn,
                "com.amazonaws.ecs.container-name": container.name,
                "com.amazonaws.ecs.task-arn": task.arn,
                "com.amazonaws.ecs.task-definition-family": definition["family"],
                "com.amazonaws.ecs.task-definition-version": str(definition["revision"]),
                **(spec.get("dockerLabels") or {}),
            },
            "DesiredStatus": task.desired_status,
            "KnownStatus": container.status,
            "ExitCode": container.exit_code,
            "Limits": limits,
            "CreatedAt": _moment(container.started_at),
            "StartedAt": _moment(container.started_at),
            "FinishedAt": _moment(container.finished_at),
            "Type": "NORMAL",
            "Health": health,
            "LogDriver": logging.get("logDriver"),
            "LogOptions": self._log_options(container),
            "ContainerARN": container.arn,
            "Networks": _networks(task),
            "RestartCount": container.restarts if spec.get("restartPolicy") else None,
        }
        return {key: value for key, value in view.items() if value is not None}

    def _log_options(self, container: Container) -> dict[str, str] | None:
        options = (container.spec.get("logConfiguration") or {}).get("options")
        if options is None:
            return None
        shown = {key: value for key, value in options.items() if key != "awslogs-stream-prefix"}
        stream = {"awslogs-stream": container.log_stream} if container.log_stream else {}
        return {**shown, **stream}

    def _stats(self, container: Container) -> dict[str, Any] | None:
        process = container.process
        if process is None or not process.alive or process.age < _YOUNG:
            return None
        limit = container.spec.get("memory") or process.task.definition.get("memory") or 0
        share = (process.cpu + process.load.cpu(_YOUNG)) / _UNITS
        return {
            "read": _moment(self._account.clock.now),
            "name": container.name,
            "id": container.runtime_id,
            "num_procs": 0,
            "cpu_stats": {
                "cpu_usage": {"total_usage": int(share * process.age * _NANOSECONDS)},
                "online_cpus": 2,
            },
            "memory_stats": {
                "usage": int(process.memory * _MIB),
                "limit": int(limit) * _MIB,
            },
            "networks": {
                "eth1": {"rx_bytes": process.load.received, "tx_bytes": process.load.sent}
            },
        }


def _networks(task: Task) -> list[dict[str, Any]]:
    interface = task.interface
    if interface is None:
        return [{"NetworkMode": task.definition.get("networkMode", "bridge")}]
    shown = {
        "NetworkMode": "awsvpc",
        "IPv4Addresses": [interface.private_ip],
        "AttachmentIndex": 0,
        "MACAddress": interface.mac,
        "PrivateDNSName": interface.dns_name,
    }
    return [{key: value for key, value in shown.items() if value is not None}]


def _moment(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment is not None else None


def _json(status: int, body: Any) -> Answer:
    return Answer(int(status), {"Content-Type": "application/json"}, json.dumps(body).encode())
