"""What ECS Exec says when it refuses or fails."""

from __future__ import annotations

from typing import Final

from ecslab.model.failures import Failure

_CAPTURED: Final = "captured ExecuteCommand answers (aws-cli issues)"
_SESSIONS: Final = "Session Manager, session-manager-troubleshooting"

NOT_INTERACTIVE: Final = Failure(
    "Interactive is the only mode supported currently.", "captured ExecuteCommand answers"
)
TASK_NOT_FOUND: Final = Failure("The referenced task was not found.", _CAPTURED)
CONTAINER_NOT_FOUND: Final = Failure(
    "The execute command failed because the container {container} is not in the task.",
    _CAPTURED,
    verified=False,
)
CONTAINER_NEEDED: Final = Failure(
    "The execute command failed because the task has more than one container. Specify a container"
    " name and try again.",
    "ecs-exec, considerations",
    verified=False,
)
NOT_ENABLED: Final = Failure(
    "The execute command failed because execute command was not enabled when the task was run or"
    " the execute command agent isn\u2019t running. Wait and try again or run a new task with"
    " execute command enabled and try again.",
    _CAPTURED,
)
NOT_CONNECTED: Final = Failure(
    "The execute command failed due to an internal error. Try again later.", _CAPTURED
)
AGENT_READ_ONLY: Final = Failure(
    "ExecuteCommandAgent cannot write to the container's read-only root file system",
    "ecs-exec, considerations (the agent needs to create files and folders)",
    verified=False,
)
AGENT_SHARED_PID: Final = Failure(
    "ExecuteCommandAgent already runs in this PID namespace",
    "ecs-exec, considerations (one session per PID namespace)",
    verified=False,
)
PROGRAM_MISSING: Final = Failure(
    "\n----------ERROR-------\nUnable to start command: Failed to start pty: fork/exec {program}:"
    " no such file or directory",
    "captured sessions",
    verified=False,
)
CLIENT_KEY: Final = Failure(
    "Encountered error while initiating handshake. KMSEncryption failed on client with status 2"
    " error: Failed to process action KMSEncryption: Error calling KMS GenerateDataKey API:"
    " {error}",
    _SESSIONS,
    verified=False,
)
AGENT_KEY: Final = Failure(
    "Encountered error while initiating handshake. Fetching data key failed: Unable to retrieve"
    " data key, Error when decrypting data key AccessDeniedException: {principal} is not authorized"
    " to perform: kms:Decrypt",
    _SESSIONS,
    verified=False,
)
LOG_GROUP_NOT_ENCRYPTED: Final = Failure(
    "We couldn't start the session because encryption is not set up on the selected CloudWatch Logs"
    " log group. Either encrypt the log group or choose an option to enable logging without"
    " encryption.",
    _SESSIONS,
    verified=False,
)
IDLE: Final = Failure(
    "SessionId: {session} : Your session timed out due to inactivity.", _SESSIONS, verified=False
)
UNKNOWN_PROGRAM: Final = Failure(
    "{line}: the image in this simulation does not say what this command does", "our own words"
)
