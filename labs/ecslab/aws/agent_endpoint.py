"""What the container agent answers at 169.254.170.2: credentials, and task scale-in protection.

AWS: task-iam-roles; task-scale-in-protection-endpoint; amazon-ecs-agent,
tmds/handlers/taskprotection (the shapes of its answers).
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ecslab.aws.source import calling_from
from ecslab.sim.wsgi import Answer

if TYPE_CHECKING:
    from ecslab.aws.role_clients import RoleClients
    from ecslab.aws.roles import TaskRoles
    from ecslab.sim.entities import Task
    from ecslab.sim.request import Request

__all__ = ["AgentEndpoint"]

_PROTECTION: Final = re.compile(r"/api/[^/]+/task-protection/v1/state")
_INVALID: Final = "InvalidParameterException"


class AgentEndpoint:
    """Answers the containers of one account and Region.

    Args:
        roles: the credentials of task roles.
        clients: makes clients that act with a role.
    """

    def __init__(self, roles: TaskRoles, clients: RoleClients) -> None:
        self._roles = roles
        self._clients = clients

    def answer(self, task: Task, request: Request) -> Answer | None:
        """Return the answer to a request of a task's container, None for a path of others."""
        if request.path.startswith("/v2/credentials/"):
            found = self._roles.credentials_at(request.path)
            return _json(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, found or {})
        if not _PROTECTION.fullmatch(request.path):
            return None
        if request.method == "PUT":
            return self._update(task, request.body)
        return self._ask(task, "get_task_protection", {})

    def _update(self, task: Task, body: bytes) -> Answer:
        try:
            given = json.loads(body or b"null")
        except ValueError:
            given = None
        known = {"protectionenabled": bool, "expiresinminutes": int}
        # Go's decoder takes the members in any case, and refuses unknown ones.
        fields = {str(key).lower(): value for key, value in given.items()} if _plain(given) else {}
        wrong = [key for key, value in fields.items() if type(value) is not known.get(key)]
        if not _plain(given) or wrong:
            return _refused(
                HTTPStatus.BAD_REQUEST, _INVALID, "UpdateTaskProtection: failed to decode request"
            )
        if "protectionenabled" not in fields:
            message = "Invalid request: does not contain 'ProtectionEnabled' field"
            return _refused(HTTPStatus.BAD_REQUEST, _INVALID, message, task)
        asked: dict[str, Any] = {"protectionEnabled": fields["protectionenabled"]}
        if "expiresinminutes" in fields:
            asked["expiresInMinutes"] = fields["expiresinminutes"]
        return self._ask(task, "update_task_protection", asked)

    def _ask(self, task: Task, operation: str, asked: dict[str, Any]) -> Answer:
        """Ask ECS with the task role's credentials, as the agent does."""
        role = task.definition.get("taskRoleArn")
        if not role:
            message = "Invalid Request: no task IAM role credentials available for task"
            return _refused(HTTPStatus.FORBIDDEN, "AccessDeniedException", message, task)
        call = getattr(self._clients.client(str(role), task.id, "ecs"), operation)
        try:
            with calling_from(None):  # the agent's own way to ECS, not the task's
                found = call(cluster=task.cluster.name, tasks=[task.arn], **asked)
        except ClientError as error:
            response: dict[str, Any] = error.response
            status = response["ResponseMetadata"]["HTTPStatusCode"]
            details = response["Error"]
            return _refused(status, details["Code"], details["Message"], task)
        if found["failures"]:
            failure = found["failures"][0]
            shown = {"Arn": failure["arn"], "Detail": None, "Reason": failure["reason"]}
            return _json(HTTPStatus.OK, {"failure": shown})
        protection = found["protectedTasks"][0]
        until = protection.get("expirationDate")
        return _json(
            HTTPStatus.OK,
            {
                "protection": {
                    "ExpirationDate": until.strftime("%Y-%m-%dT%H:%M:%SZ") if until else None,
                    "ProtectionEnabled": protection["protectionEnabled"],
                    "TaskArn": protection["taskArn"],
                }
            },
        )


def _plain(given: Any) -> bool:
    return isinstance(given, dict)


def _refused(status: int, code: str, message: str, task: Task | None = None) -> Answer:
    error = {"Arn": task.arn} if task is not None else {}
    return _json(status, {"error": {**error, "Code": code, "Message": message}})


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(int(status), {"Content-Type": "application/json"}, json.dumps(body).encode())
