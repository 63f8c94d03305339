"""IAM roles as tasks use them: who may assume them, what they permit, their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecslab.aws.identity import Caller
from ecslab.aws.trail_event import AgentCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecslab.aws.iam_roles import Roles
    from ecslab.aws.identity import CredentialStore
    from ecslab.sim.identifiers import Identifiers


class TaskRoles:
    """The roles of tasks.

    Args:
        roles: what IAM says about roles.
        credentials: makes temporary credentials.
        identifiers: draws the ids of credentials.
        account: the account id.
        region: the Region.
        note: told of each call that ECS makes with a role.
        by_key: finds who an access key belongs to.
    """

    def __init__(
        self,
        roles: Roles,
        credentials: CredentialStore,
        identifiers: Identifiers,
        account: str,
        region: str,
        *,
        note: Callable[[AgentCall], None],
        by_key: Callable[[str], Caller],
    ) -> None:
        self._roles = roles
        self._credentials = credentials
        self._identifiers = identifiers
        self._source = f"arn:aws:ecs:{region}:{account}:*"
        self._account = account
        self._region = region
        self._note = note
        self._by_key = by_key
        self._paths: dict[tuple[str, str], str] = {}
        self._owners: dict[str, tuple[str, str]] = {}

    def assumable(self, role: str) -> bool:
        """Return whether ECS tasks may assume the role."""
        return self._roles.assumable(role, source_arn=self._source, source_account=self._account)

    def denied(self, role: str, action: str, resource: str, task: str) -> str | None:
        """Return the ARN of the session if the action is denied to the role, else None."""
        decision = self._roles.permits(role, action, resource)
        because = "" if decision.allowed else decision.because(action)
        call = AgentCall(action, resource, role, task, because, self._region)
        self._note(call)
        return None if decision.allowed else call.caller.arn

    def key_denied(self, key: str, action: str, resource: str) -> str | None:
        """Return who an access key belongs to if the action is denied to it, else None.

        In a container the notebook's own made-up keys are what they are on AWS: nobody's.
        """
        caller = self._by_key(key)
        if caller.kind == "administrator" or caller.state != "active":
            return f"access key {key}"
        return None if self._roles.permits_caller(caller, action, resource).allowed else caller.arn

    def credentials_path(self, role: str, task: str) -> str:
        """Return the path below 169.254.170.2 where a task's containers find credentials."""
        key = (role, task)
        if key not in self._paths:
            path = f"/v2/credentials/{self._identifiers.uuid()}"
            self._paths[key] = path
            self._owners[path] = key
        return self._paths[key]

    def credentials_at(self, path: str) -> dict[str, str] | None:
        """Return fresh credentials for a path, None when no task has it (task-iam-roles)."""
        owner = self._owners.get(path)
        if owner is None:
            return None
        role, task = owner
        return self._credentials.mint(role, task.rsplit("/", 1)[-1], task)
