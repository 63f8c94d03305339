"""Why a role may not do something: which policies it has, and where the missing one stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model.policy import Request, decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Task

_DENIED: Final = re.compile(
    r"(?:User|the role)[: ]+(?P<who>arn:\S+)\b.*? is not authorized to perform: (?P<action>[\w:*]+)"
    r" on resource: (?P<resource>[^\s,]+)"
)
_KINDS: Final = (("executionRoleArn", "execution role"), ("taskRoleArn", "task role"))


def denial_in(text: str) -> tuple[str, str, str] | None:
    """Return who may not do what on what, if a text is a refusal of IAM."""
    found = _DENIED.search(text)
    return (found["who"], found["action"], found["resource"]) if found else None


def causes(case: Case, task: Task, denial: tuple[str, str, str]) -> Iterator[Step]:
    """Yield why the denied call was denied.

    Args:
        case: the account.
        task: whose call it was.
        denial: who may not do what on what, see `denial_in`.
    """
    who, action, resource = denial
    name = _role_name(who)
    kind = _kind_of(task, name)
    if kind is None and name == "none":
        words = f"The task definition names no execution role, so nobody may {action}"
        yield case.definition_step("permission", f"{words}.", task, Absent("executionRoleArn"))
        return
    role = _role_arn(who, name)
    if kind is not None:
        member, title = kind
        role = str(task.definition[member])
        words = f"The call was made with the task's {title}, {name}: it asked for {action}."
        yield case.definition_step("permission", words, task, member)
    yield lacking(case, role, action, resource)
    yield from _elsewhere(case, task, role, action, resource)


def lacking(case: Case, role: str, action: str, resource: str) -> Step:
    """Return the step that says what keeps a role from an action."""
    name, request = _role_name(role), Request(action, resource)
    decision = case.roles.permits(role, action, resource)
    if not case.roles.exists(role):
        answer = case.ask("iam", "get_role", RoleName=name)
        return case.step("permission", f"IAM has no role {name} (any more).", answer)
    if decision.allowed:
        words = f"Now a policy of {name} allows {action}; when the call was made none did."
        return _policies(case, name, words, request)
    if decision.explicit:
        words = f"A policy explicitly denies {action} to {name}, which no permission outweighs."
        return _policies(case, name, words, request, effect="Deny")
    if "boundary" in decision.policy_type:
        words = f"The permissions boundary of {name} leaves out {action}."
        answer = case.ask("iam", "get_role", RoleName=name)
        return case.step("permission", words, answer, "Role", "PermissionsBoundary")
    words = f"No policy of the role {name} allows {action} on {resource}."
    return _policies(case, name, words, request)


def trust(case: Case, role: str, service: str) -> Iterator[Step]:
    """Yield why a service may not assume a role."""
    name = _role_name(role)
    answer = case.ask("iam", "get_role", RoleName=name)
    if answer.error:
        yield case.step("permission", f"IAM has no role {name}.", answer)
        return
    words = f"The trust policy of {name} does not let {service} assume it."
    yield case.step("permission", words, answer, "Role", "AssumeRolePolicyDocument", "Statement")


def _elsewhere(case: Case, task: Task, role: str, action: str, resource: str) -> Iterator[Step]:
    """Yield that the other role of the task has the permission, if it has."""
    if case.roles.permits(role, action, resource).allowed:
        return
    for member, title in _KINDS:
        other = str(task.definition.get(member) or "")
        if not other or other == role:
            continue
        if case.roles.exists(other) and case.roles.permits(other, action, resource).allowed:
            words = (
                f"The task's {title}, {_role_name(other)}, may do it: the policy is on the wrong"
                " one of the two roles."
            )
            yield _policies(case, _role_name(other), words, Request(action, resource))


def _policies(
    case: Case, name: str, words: str, request: Request, *, effect: str = "Allow"
) -> Step:
    """Return a step with the policy that decides; without one, with what the role has."""
    inline = case.ask("iam", "list_role_policies", RoleName=name)
    attached = case.ask("iam", "list_attached_role_policies", RoleName=name)
    names = value_at(inline, "PolicyNames") or []
    for each in names:
        answer = case.ask("iam", "get_role_policy", RoleName=name, PolicyName=each)
        if _decides(answer.found.get("PolicyDocument"), request, effect):
            return case.step("permission", words, answer, "PolicyDocument", "Statement")
    if names and not value_at(attached, "AttachedPolicies"):
        answer = case.ask("iam", "get_role_policy", RoleName=name, PolicyName=names[0])
        if len(names) == 1:
            return case.step("permission", words, answer, "PolicyDocument", "Statement")
        return case.step("permission", words, inline, "PolicyNames")
    return case.step("permission", words, attached, "AttachedPolicies")


def _decides(document: object, request: Request, effect: str) -> bool:
    decision = decide([document], request)
    return decision.allowed if effect == "Allow" else decision.explicit and not decision.allowed


def _kind_of(task: Task, name: str) -> tuple[str, str] | None:
    for member, title in _KINDS:
        if _role_name(str(task.definition.get(member) or "")) == name and name:
            return member, title
    return None


def _role_name(arn: str) -> str:
    """Return the name of the role in the ARN of a role or of a session of it."""
    parts = arn.rsplit(":", 1)[-1].split("/")
    return parts[1] if parts[0] == "assumed-role" and len(parts) > 1 else parts[-1]


def _role_arn(who: str, name: str) -> str:
    account = who.split(":")[4] if who.count(":") > 4 else ""  # noqa: PLR2004 - an ARN's parts
    return f"arn:aws:iam::{account}:role/{name}"
