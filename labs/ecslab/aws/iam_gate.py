"""The gate before moto: requests that AWS would refuse are answered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from botocore.awsrequest import AWSPreparedRequest

from ecslab.aws import iam_protected_roles
from ecslab.aws.authorize import authorize
from ecslab.aws.iam_call import ApiCall, parse
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_errors import Response, error_response
from ecslab.aws.identity import Caller, Identities, caller_identity
from ecslab.errors import AwsError

# Credentials that moto answers to these are one and the same for everybody.
_TOKENS: Final = {"GetFederationToken", "GetSessionToken"}
# Not even an administrator gets everything from these.
_JUDGED: Final = ("://iam.", "://sts.")


class Gate:
    """Judges every request before the simulated service sees it.

    Args:
        identities: who is behind an access key.
        context: makes the surroundings of a call; its region is set from the request.
    """

    def __init__(
        self, identities: Identities, context: Callable[[AWSPreparedRequest], CallContext]
    ) -> None:
        self._identities = identities
        self._context = context

    def answer(self, request: AWSPreparedRequest) -> Response | None:
        """Return the response to a request that must not reach the service.

        Returns:
            None for a request that may pass on. Otherwise the status, headers and body of the
            refusal, or of GetCallerIdentity, which only we can answer for every caller.
        """
        caller = self._identities.caller(request.headers, request.url)
        if caller.kind == "administrator" and not any(each in request.url for each in _JUDGED):
            return None
        call = parse(request)
        if not call.service:
            return None
        error = self._refusal(call, caller, request)
        error = error or iam_protected_roles.refusal(call, caller.account)
        if error:
            content_type = _text(request.headers.get("Content-Type", ""))
            return error_response(
                call.service, error, method=request.method, content_type=content_type
            )
        if (call.service, call.operation) == ("sts", "GetCallerIdentity"):
            return _identity_response(caller)
        return None

    def _refusal(
        self, call: ApiCall, caller: Caller, request: AWSPreparedRequest
    ) -> AwsError | None:
        context = replace(self._context(request), region=call.region, account=caller.account)
        error = authorize(call.service, call.operation, call.params, caller, context)
        others = caller.kind != "administrator" and call.service == "sts"
        if error is None and others and call.operation in _TOKENS:
            text = f"{call.operation} is simulated for the account's administrator only."
            return AwsError("InvalidAction", text)
        return error


def _identity_response(caller: Caller) -> Response:
    fields = "".join(f"<{key}>{value}</{key}>" for key, value in caller_identity(caller).items())
    result = f"<GetCallerIdentityResult>{fields}</GetCallerIdentityResult>"
    body = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
    return 200, {"Content-Type": "text/xml"}, body.encode()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
