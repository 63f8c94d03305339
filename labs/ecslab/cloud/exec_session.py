"""Opening a session of ECS Exec, as the Session Manager plugin does on a person's computer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from ecslab.cloud.cloud import Cloud
from ecslab.errors import CourseError
from ecslab.model import exec_messages as messages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ecslab.sim.exec_session import ExecSession

__all__ = ["Session", "open_session"]


class Session(AbstractContextManager["Session"]):
    """An open session; for a single command it is over as soon as the command has ended.

    Args:
        session: the session in the simulation.
    """

    def __init__(self, session: ExecSession) -> None:
        self._session = session

    @property
    def output(self) -> str:
        """Return everything that the session has shown."""
        return self._session.output

    @property
    def is_open(self) -> bool:
        """Return whether the session takes input."""
        return self._session.state == "OPEN"

    def send(self, line: str) -> str:
        """Give a line to the session's shell.

        Args:
            line: what you would type at the prompt; `exit` ends the session.

        Returns:
            What the shell printed.

        Raises:
            ecslab.errors.CourseError: the session is over, or idle for more than 20 minutes.
        """
        return self._session.send(line).rstrip("\n")

    def close(self) -> None:
        """End the session; its log is delivered then."""
        self._session.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the session."""
        self.close()

    def __str__(self) -> str:
        """Return everything that the session has shown, without the last line's end."""
        return self.output.rstrip("\n")

    def __repr__(self) -> str:
        """Return the session's id and state."""
        return f"<Session {self._session.id}: {self._session.state.lower()}>"


def open_session(session: Mapping[str, Any]) -> Session:
    """Open the session that ExecuteCommand answered, and run its command in the container.

    On AWS the Session Manager plugin does this: `aws ecs execute-command` starts it by itself, and
    without the AWS CLI you give it the same `session` member.

    Args:
        session: the member `session` of ExecuteCommand's answer.

    Returns:
        The session: `print` shows what it has printed; `send` types a line into its shell.

    Raises:
        ecslab.errors.CourseError: there is no such session, its token is wrong, or it was opened.
    """
    found = Cloud.current().exec_session(str(session.get("sessionId")))
    if found is None or session.get("tokenValue") != found.token:
        message = (
            "There is no such session: pass the member 'session' of what ecs.execute_command"
            " answered."
        )
        raise CourseError(message)
    if found.state != "NEW":
        message = f"Session {found.id} was opened before; call ecs.execute_command again."
        raise CourseError(message)
    record = found.task.cluster.record.get("configuration") or {}
    key = (record.get("executeCommandConfiguration") or {}).get("kmsKeyId")
    opened = Session(found)
    if key:
        try:
            boto3.client("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
        except ClientError as error:
            found.state = "CLOSED"
            found.output = messages.CLIENT_KEY(error=error.response["Error"]["Message"]) + "\n"
            return opened
    found.open()
    return opened
