"""Refusals as AWS words them, and errors as each protocol writes them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model
from moto.utilities.aws_headers import gen_amzn_requestid_long

from ecslab.aws.identity import Caller
from ecslab.errors import AwsError
from ecslab.model.policy import Decision

# The protocols whose services answer AccessDenied; those that were XML once have kept the code.
_XML: Final = {"query", "rest-xml"}
_RPC_JSON: Final = "json"

Response = tuple[int, dict[str, str], bytes]


def denied(
    service: str, caller: Caller, action: str, resource: str, decision: Decision
) -> AwsError:
    """Return the refusal of a call that the caller's policies do not allow.

    Args:
        service: botocore's name of the service that was called.
        caller: who called.
        action: the IAM action that is missing, such as ``iam:PassRole``.
        resource: the ARN it was wanted for.
        decision: why.

    AWS: troubleshoot_access-denied; the code and status are those of the service's common errors.
    """
    if service == "secretsmanager" and action.startswith("kms:"):
        text = "Access to KMS is not allowed"  # Secrets Manager does not pass KMS's own text on
        return AwsError(_denied_code(service), text, _denied_status(service))
    shown = _shown_action(service, action)
    text = f"User: {caller.arn} is not authorized to perform: {shown} on resource: "
    text += f'"{resource}"' if service == "s3" else resource
    # STS does not say which of the two policies, the caller's or the role's, is missing.
    if action != "sts:AssumeRole":
        text += f" {decision.because(shown)}"
    if service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
        return AwsError("UnauthorizedOperation", text, HTTPStatus.FORBIDDEN)
    return AwsError(_denied_code(service), text, _denied_status(service))


def bad_credentials(service: str, caller: Caller) -> AwsError:
    """Return the refusal of credentials that are expired, unknown or switched off.

    AWS: CommonErrors of the service (ExpiredToken, InvalidClientTokenId), EC2 errors-overview
    (RequestExpired, AuthFailure) and S3 ErrorResponses.
    """
    expired = caller.state == "expired"
    if service == "ec2":
        if expired:
            return AwsError("RequestExpired", "Request has expired.")
        text = "AWS was not able to validate the provided access credentials"
        return AwsError("AuthFailure", text, HTTPStatus.UNAUTHORIZED)
    if service == "s3":
        if expired:
            return AwsError("ExpiredToken", "The provided token has expired.")
        text = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", text, HTTPStatus.FORBIDDEN)
    xml = _protocol(service) in _XML
    if expired:
        text = "The security token included in the request is expired"
        code = "ExpiredToken" if xml else "ExpiredTokenException"
    else:
        text = "The security token included in the request is invalid."
        code = "InvalidClientTokenId" if xml else "UnrecognizedClientException"
    return AwsError(code, text, _denied_status(service))


def not_signed(service: str) -> AwsError:
    """Return the refusal of a request that carries no credentials."""
    if service == "s3":
        return AwsError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)
    code = "MissingAuthenticationToken"
    if _protocol(service) not in {*_XML, "ec2"}:
        code += "Exception"
    return AwsError(code, "Request is missing Authentication Token", _denied_status(service))


def error_response(
    service: str, error: AwsError, *, method: str = "POST", content_type: str = ""
) -> Response:
    """Write an error as the service's protocol does.

    Args:
        service: botocore's name of the service.
        error: the code, message and HTTP status.
        method: the HTTP method of the request; an answer to HEAD has no body.
        content_type: that of the request, which tells the protocol of a service that has several.

    Returns:
        The status, the headers and the body of the response, as moto's handlers return them.
    """
    headers: dict[str, str] = {"server": "amazon.com"}
    request_id = gen_amzn_requestid_long(headers)
    if method == "HEAD":
        return error.status, headers, b""
    protocol = _protocol(service)
    if protocol == _RPC_JSON and content_type.startswith("application/x-www-form-urlencoded"):
        protocol = "query"
    if protocol in {_RPC_JSON, "rest-json"}:
        body = _json(service, error, headers)
    else:
        headers["Content-Type"] = "application/xml" if service == "s3" else "text/xml"
        body = _xml(service, protocol, error, request_id)
    return error.status, headers, body.encode()


def _json(service: str, error: AwsError, headers: dict[str, str]) -> str:
    metadata = _metadata(service)
    version = metadata.get("jsonVersion", "1.1")
    rpc = "targetPrefix" in metadata
    headers["Content-Type"] = f"application/x-amz-json-{version}" if rpc else "application/json"
    headers["x-amzn-ErrorType"] = error.code
    if "awsQueryCompatible" in metadata:
        headers["x-amzn-query-error"] = f"{error.code};Sender"
    return json.dumps({"__type": error.code, "message": error.message})


def _xml(service: str, protocol: str, error: AwsError, request_id: str) -> str:
    code, message = escape(error.code), escape(error.message)
    if service == "s3":
        inner = (
            f"<Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId>"
        )
        return f'<?xml version="1.0" encoding="UTF-8"?><Error>{inner}</Error>'
    if protocol == "ec2":
        inner = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return f"<Response>{inner}<RequestID>{request_id}</RequestID></Response>"
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse>{inner}<RequestId>{request_id}</RequestId></ErrorResponse>"


def _protocol(service: str) -> str:
    # A service that takes several protocols is called with the JSON one by today's botocore.
    metadata = _metadata(service)
    protocols = metadata.get("protocols", [])
    return _RPC_JSON if _RPC_JSON in protocols else str(metadata.get("protocol", _RPC_JSON))


def _metadata(service: str) -> Any:
    try:
        return get_service_model(service).metadata
    except Exception:  # noqa: BLE001 - botocore has a family of errors for services it lacks
        return {"protocol": _RPC_JSON, "targetPrefix": service}


def _keeps_xml_codes(service: str) -> bool:
    return _protocol(service) in _XML or "awsQueryCompatible" in _metadata(service)


def _denied_code(service: str) -> str:
    if service == "sns":
        return "AuthorizationError"
    return "AccessDenied" if _keeps_xml_codes(service) else "AccessDeniedException"


def _denied_status(service: str) -> HTTPStatus:
    # The JSON protocol of ECS and its like answers 400 to every mistake of a caller.
    json_rpc = _protocol(service) == _RPC_JSON and "awsQueryCompatible" not in _metadata(service)
    return HTTPStatus.BAD_REQUEST if json_rpc else HTTPStatus.FORBIDDEN


def _shown_action(service: str, action: str) -> str:
    # SQS names its actions in lower case and SNS its prefix in capitals.
    if service == "sqs" and action.startswith("sqs:"):
        return action.lower()
    if service == "sns" and action.startswith("sns:"):
        return f"SNS:{action.partition(':')[2]}"
    return action
