"""IAM's policy simulator: what policies would allow, without calling anything.

AWS: botocore iam SimulateCustomPolicy, SimulatePrincipalPolicy; access_policies_testing-policies.
Resource-based policies take part only when the call brings one, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.iam import urls
from moto.iam.responses import IamResponse

from ecslab.aws.iam_directory import account_of, find_role
from ecslab.aws.iam_documents import Documents, documents_of, role_documents
from ecslab.aws.identity import Caller
from ecslab.model.policy import Decision, Malformed, Principal, Request, context, decide, parse

__all__ = ["install"]

_DECISIONS: Final = {True: "explicitDeny", False: "implicitDeny"}


class _InvalidInputError(ServiceException):
    code = "InvalidInput"


class _NoSuchEntityError(ServiceException):
    code = "NoSuchEntity"


class SimulatorResponse(IamResponse):
    """IAM with its policy simulator, which moto lacks."""

    def simulate_custom_policy(self) -> ActionResult:
        """Answer what the given documents allow."""
        documents = tuple(self._get_param("PolicyInputList") or ())
        boundary = self._get_param("PermissionsBoundaryPolicyInputList") or [None]
        return self._simulate(Documents(documents, boundary[0]))

    def simulate_principal_policy(self) -> ActionResult:
        """Answer what the policies of a user or role allow, with further documents if given."""
        own = _documents(self._get_param("PolicySourceArn"))
        more = tuple(self._get_param("PolicyInputList") or ())
        boundary = self._get_param("PermissionsBoundaryPolicyInputList") or [own.boundary]
        return self._simulate(Documents((*own.identity, *more), boundary[0], own.tags))

    def _simulate(self, documents: Documents) -> ActionResult:
        for document in documents.identity:
            found = parse(document)
            if isinstance(found, Malformed):
                raise _InvalidInputError(f"{found.code}: the policy document is not valid.")
        entries = {
            entry["ContextKeyName"]: entry.get("ContextKeyValues") or []
            for entry in self._get_param("ContextEntries") or ()
        }
        keys = context({key: _value(values) for key, values in entries.items()})
        results = list(self._results(documents, keys))
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})

    def _results(self, documents: Documents, keys: Any) -> Iterator[dict[str, Any]]:
        caller = str(self._get_param("CallerArn") or self._get_param("PolicySourceArn") or "")
        policy = self._get_param("ResourcePolicy")
        principal = Principal("AWS", caller, account=account_of(caller)) if caller else None
        resources = self._get_param("ResourceArns") or ["*"]
        for action in self._get_param("ActionNames") or ():
            if ":" not in action:
                raise _InvalidInputError(f"Invalid action name {action}: service:Action is meant.")
            for resource in resources:
                decision = decide(
                    documents.identity,
                    Request(action, resource, keys, principal),
                    boundary=documents.boundary,
                    resource_policies=[policy] if policy else [],
                )
                yield _result(action, resource, decision, limited=documents.boundary is not None)


def _documents(arn: str) -> Documents:
    """Return the policies of the user or role with an ARN.

    Raises:
        _NoSuchEntityError: IAM has neither.
    """
    if find_role(arn) is not None:
        return role_documents(arn)
    account, name = account_of(arn), str(arn).rpartition("/")[2]
    if ":user/" in str(arn) and account:
        caller = Caller("user", arn, account=account, name=name)
        found = documents_of(caller)
        if found != Documents() or _is_user(account, name):
            return found
    raise _NoSuchEntityError(f"The entity {arn} cannot be found.")


def _is_user(account: str, name: str) -> bool:
    from moto.iam.models import iam_backends

    return name in iam_backends[account]["aws"].users


def _result(action: str, resource: str, decision: Decision, *, limited: bool) -> dict[str, Any]:
    outcome = "allowed" if decision.allowed else _DECISIONS[decision.explicit]
    matched = [{"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "none"}]
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": outcome,
        "MatchedStatements": matched if decision.statement is not None else [],
        "MissingContextValues": [],
    }
    if limited:
        kept = decision.allowed or decision.policy_type != "permissions boundary"
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": kept}
    return result


def _value(values: list[str]) -> object:
    return values[0] if len(values) == 1 else values


def install() -> Callable[[], None]:
    """Let IAM answer the simulator's two operations; return what puts moto's own back."""
    before = dict(urls.url_paths)
    urls.url_paths = {"{0}/$": SimulatorResponse.dispatch}

    def uninstall() -> None:
        urls.url_paths = before

    return uninstall
