"""Whether a caller may make a call, or else the refusal that AWS answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ecslab.aws.iam_conditions import made_keys, request_keys
from ecslab.aws.iam_context import CallContext, call_keys, caller_keys, resource_keys
from ecslab.aws.iam_documents import Documents, documents_of
from ecslab.aws.iam_errors import bad_credentials, denied, not_signed
from ecslab.aws.iam_judgement import judge
from ecslab.aws.identity import Caller
from ecslab.aws.resources import checks
from ecslab.errors import AwsError
from ecslab.model.policy import context as request_context

# Whoever signs in with a web identity or SAML has no AWS credentials yet.
_UNSIGNED: Final = {("sts", "AssumeRoleWithWebIdentity"), ("sts", "AssumeRoleWithSAML")}
# A role's trust policy is asked even about an administrator.
_TRUST_DECIDES: Final = {("sts", "AssumeRole")}


def authorize(
    service: str,
    operation: str,
    params: Mapping[str, Any],
    principal: Caller,
    context: CallContext | None = None,
) -> AwsError | None:
    """Judge a call by the caller's policies and those of the resources.

    Args:
        service: botocore's name of the service.
        operation: the operation; an empty one stands for a request that fits none.
        params: its parameters in botocore's shapes.
        principal: who calls, from `ecslab.aws.identity.Identities`.
        context: when, where and with what around it.

    Returns:
        None when the call may go ahead, otherwise the error that AWS answers.

    AWS: reference_policies_evaluation-logic and the Service Authorization Reference.
    """
    if principal.state != "active":
        return bad_credentials(service, principal)
    trusted = principal.kind == "administrator" and (service, operation) not in _TRUST_DECIDES
    if trusted or (service, operation) in _UNSIGNED:
        return None
    anonymous = principal.kind == "anonymous"
    if anonymous and service != "s3":
        return not_signed(service)
    call = context or CallContext()
    documents = Documents() if anonymous else documents_of(principal)
    general = request_context(
        call_keys(call),
        {} if anonymous else caller_keys(principal, documents),
        request_keys(service, operation, params, call),
    )
    for check in checks(service, operation, params, principal, call):
        prefix = check.action.partition(":")[0]
        for forms in check.resources:
            tags = resource_keys(prefix, forms[0], call) or made_keys(service, operation, params)
            keys = request_context(general, tags, check.keys)
            decision = judge(
                principal,
                documents,
                check.action,
                forms,
                keys,
                endpoint_policy=call.endpoint_policy,
            )
            if not decision.allowed:
                if anonymous:
                    return not_signed(service)
                return denied(service, principal, check.action, forms[0], decision)
    return None
