"""The destinations of FireLens: CloudWatch Logs, Amazon Data Firehose and Amazon S3.

AWS: using_firelens (the router acts with the task role); firelens-taskdef; the options are those of
Fluent Bit's output plugins cloudwatch_logs, kinesis_firehose (firehose) and s3.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import ServiceException
from moto.firehose.models import firehose_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.network_port import TaskNetwork
    from ecslab.sim.entities import Task

    Records = Sequence[Mapping[str, str]]

__all__ = ["LogRoutes"]

_PLUGINS: Final = {
    "cloudwatch": "cloudwatch_logs",
    "cloudwatch_logs": "cloudwatch_logs",
    "firehose": "kinesis_firehose",
    "kinesis_firehose": "kinesis_firehose",
    "s3": "s3",
}


class _RefusedError(Exception):
    """A destination that takes nothing; its text says why."""


class LogRoutes:
    """Sends records of tasks.

    Args:
        account: the account id.
        now: the simulated time.
        roles: what IAM says about roles.
        network: who reaches which service.
    """

    def __init__(
        self, account: str, now: Callable[[], datetime], roles: Roles, network: TaskNetwork
    ) -> None:
        self._account = account
        self._now = now
        self._roles = roles
        self._network = network
        self._number = 0

    def send(
        self, task: Task, tag: str, options: Mapping[str, str], records: Records
    ) -> str | None:
        """Send records with a task's role.

        Args:
            task: the task.
            tag: Fluent Bit's tag of the container.
            options: the output section, as the container's log options have it.
            records: the records.

        Returns:
            None, or the line that the router prints because it could not.
        """
        given = {key.lower(): value for key, value in options.items()}
        name = given.get("name", "")
        plugin = _PLUGINS.get(name, name)
        output = {
            "cloudwatch_logs": self._to_logs,
            "kinesis_firehose": self._to_firehose,
            "s3": self._to_bucket,
        }.get(plugin, self._to_nowhere)
        try:
            output(task, tag, given, _texts(given, records))
        except _RefusedError as trouble:
            moment = self._now().strftime("%Y/%m/%d %H:%M:%S")
            return f"[{moment}] [error] [output:{plugin}:{plugin}.1] {trouble}"
        return None

    def _to_logs(self, task: Task, tag: str, options: Mapping[str, str], texts: list[str]) -> None:
        group, region = options.get("log_group_name", "fluent-bit"), self._region(options)
        stream = options.get("log_stream_name") or options.get("log_stream_prefix", "") + tag
        arn = f"arn:aws:logs:{region}:{self._account}:log-group:{group}"
        self._reach(task, "logs")
        backend: Any = logs_backends[self._account][region]
        if group not in backend.groups:
            if options.get("auto_create_group", "").lower() not in ("true", "on"):
                message = (
                    f"ResourceNotFoundException: The specified log group does not exist. ({group})"
                )
                raise _RefusedError(message)
            self._allow(task, "logs:CreateLogGroup", arn)
            backend.create_log_group(group, {})
        if stream not in backend.groups[group].streams:
            self._allow(task, "logs:CreateLogStream", f"{arn}:log-stream:{stream}")
            backend.create_log_stream(group, stream)
        self._allow(task, "logs:PutLogEvents", f"{arn}:log-stream:{stream}")
        moment = int(self._now().timestamp() * 1000)
        events = [{"timestamp": moment, "message": text} for text in texts]
        backend.put_log_events(group, stream, events)

    def _to_firehose(
        self, task: Task, _tag: str, options: Mapping[str, str], texts: list[str]
    ) -> None:
        name, region = options.get("delivery_stream", ""), self._region(options)
        arn = f"arn:aws:firehose:{region}:{self._account}:deliverystream/{name}"
        self._reach(task, "firehose")
        self._allow(task, "firehose:PutRecordBatch", arn)
        data = [{"Data": base64.b64encode(f"{text}\n".encode())} for text in texts]
        try:
            firehose_backends[self._account][region].put_record_batch(name, data)
        except (ServiceException, HTTPException) as error:
            message = f"ResourceNotFoundException: Firehose {name} not found"
            raise _RefusedError(message) from error

    def _to_bucket(
        self, task: Task, tag: str, options: Mapping[str, str], texts: list[str]
    ) -> None:
        bucket = options.get("bucket", "")
        pattern = options.get("s3_key_format", "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S")
        self._number += 1
        key = self._now().strftime(pattern.replace("$TAG", tag).replace("$UUID", ""))
        key = f"{key.lstrip('/')}-object{self._number:08d}"
        self._reach(task, "s3")
        self._allow(task, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
        try:
            s3_backends[self._account]["aws"].put_object(bucket, key, _lines(texts))
        except (ServiceException, HTTPException) as error:
            message = f"NoSuchBucket: The specified bucket does not exist ({bucket})"
            raise _RefusedError(message) from error

    def _to_nowhere(
        self, _task: Task, _tag: str, options: Mapping[str, str], _texts: list[str]
    ) -> None:
        message = f"there is no output plugin {options.get('name', '')!r} in this simulation"
        raise _RefusedError(message)

    def _region(self, options: Mapping[str, str]) -> str:
        region = options.get("region", "")
        if not region:
            message = "region is required"
            raise _RefusedError(message)
        return region

    def _reach(self, task: Task, service: str) -> None:
        if task.interface and not self._network.to_service(task.interface, service).reachable:
            message = f"connection to {service} timed out"
            raise _RefusedError(message)

    def _allow(self, task: Task, action: str, resource: str) -> None:
        role = str(task.definition.get("taskRoleArn") or "")
        if not role:
            message = "no credentials: the task has no task role"
            raise _RefusedError(message)
        if not self._roles.permits(role, action, resource).allowed:
            message = f"AccessDeniedException: not authorized to perform {action} on {resource}"
            raise _RefusedError(message)


def _texts(options: Mapping[str, str], records: Records) -> list[str]:
    """Return the records as JSON, or the one key of each that is asked for."""
    key = options.get("log_key") or options.get("data_keys")
    if key:
        return [record[key] for record in records if key in record]
    return [json.dumps(record) for record in records]


def _lines(texts: list[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()
