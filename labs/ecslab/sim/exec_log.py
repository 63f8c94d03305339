"""Where the output of ECS Exec sessions is kept.

AWS: botocore ecs ExecuteCommandConfiguration (NONE, DEFAULT, OVERRIDE) and
ExecuteCommandLogConfiguration; ecs-exec, "Logging and auditing" (the image needs `script` and
`cat`; the group and the bucket must be there; the permissions are the task role's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import exec_messages as messages
from ecslab.sim.exec_agent import role_denied

if TYPE_CHECKING:
    from ecslab.sim.exec_session import ExecSession

__all__ = ["deliver", "refusal"]

_LOG_ACTIONS: Final = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
_BUCKET_ACTIONS: Final = ("s3:GetBucketLocation", "s3:GetEncryptionConfiguration")


def refusal(session: ExecSession) -> str | None:
    """Return why a session can't begin with the cluster's configuration, else None."""
    configuration = _configuration(session)
    key = configuration.get("kmsKeyId")
    if key:
        denied = role_denied(
            session.account, session.task, session.container, "kms:Decrypt", str(key)
        )
        if denied:
            return messages.AGENT_KEY(principal=denied)
    wanted = _override(configuration)
    group = wanted.get("cloudWatchLogGroupName")
    logs, region = session.account.ports.logs, session.account.region
    if group and wanted.get("cloudWatchEncryptionEnabled") and not logs.encrypted(group, region):
        return messages.LOG_GROUP_NOT_ENCRYPTED()
    return None


def deliver(session: ExecSession) -> None:
    """Write a session's output to where the cluster's configuration says."""
    configuration = _configuration(session)
    logging = configuration.get("logging", "DEFAULT")
    if logging == "NONE" or not session.output or not _can_record(session):
        return
    if logging == "OVERRIDE":
        wanted = _override(configuration)
        _to_logs(session, wanted.get("cloudWatchLogGroupName"), session.account.region)
        _to_bucket(session, wanted)
        return
    log = session.container.spec.get("logConfiguration") or {}
    if log.get("logDriver") == "awslogs":
        options = log.get("options") or {}
        _to_logs(session, options.get("awslogs-group"), options.get("awslogs-region", ""))


def _to_logs(session: ExecSession, group: str | None, region: str) -> None:
    logs = session.account.ports.logs
    if not group or not logs.knows(region) or not logs.group_exists(group, region):
        return
    arn = f"arn:aws:logs:{region}:{session.account.id}:log-group:{group}"
    stream = f"{arn}:log-stream:{session.id}"
    if _denied(session, "logs:DescribeLogGroups", "*"):
        return
    if any(_denied(session, action, stream) for action in _LOG_ACTIONS):
        return
    logs.create_stream(group, region, session.id)
    logs.put(group, region, session.id, [_text(session)])


def _to_bucket(session: ExecSession, wanted: dict[str, Any]) -> None:
    bucket, storage = wanted.get("s3BucketName"), session.account.ports.storage
    if not bucket or storage is None:
        return
    prefix = str(wanted.get("s3KeyPrefix") or "").strip("/")
    key = f"{prefix}/{session.id}.log" if prefix else f"{session.id}.log"
    if any(_denied(session, action, f"arn:aws:s3:::{bucket}") for action in _BUCKET_ACTIONS):
        return
    if not _denied(session, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"):
        storage.put(bucket, key, _text(session))


def _text(session: ExecSession) -> str:
    return (
        f"Script started on {session.account.clock.now:%Y-%m-%d %H:%M:%S+00:00}\n{session.output}"
    )


def _denied(session: ExecSession, action: str, resource: str) -> bool:
    task, container = session.task, session.container
    return role_denied(session.account, task, container, action, resource) is not None


def _can_record(session: ExecSession) -> bool:
    """Return whether the image has `script` and `cat`.

    Debian's base images have both, as they have bash; Alpine's have no `script`.
    """
    found = session.container.found
    tools = found.image.tools if found is not None else ()
    return "script" in tools or "bash" in tools


def _configuration(session: ExecSession) -> dict[str, Any]:
    record = session.task.cluster.record.get("configuration") or {}
    found: dict[str, Any] = record.get("executeCommandConfiguration") or {}
    return found


def _override(configuration: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = configuration.get("logConfiguration") or {}
    return found if configuration.get("logging") == "OVERRIDE" else {}
