"""What a request asks for: the service, the operation and its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

# Where the name in a signature's scope is not botocore's name of the service.
_BY_SIGNATURE: Final = {
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_HOST: Final = re.compile(
    r"(?:^|\.)(?P<service>[a-z0-9-]+)(?:\.[a-z]{2}-[a-z-]+-\d)?\.amazonaws\.com$"
)
_BUCKET_HOST: Final = re.compile(
    r"^(?P<bucket>.+)\.(?P<rest>s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com)$"
)
_CLASSIC_LOAD_BALANCING: Final = "2012-06-01"
_DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One API call.

    Args:
        service: botocore's name of the service.
        operation: the operation, or nothing when the request fits none of them.
        params: the parameters in botocore's shapes; empty when they cannot be read, which is left
            to the service to complain about.
        region: the region that the request was signed for.
    """

    service: str
    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    region: str = _DEFAULT_REGION


def parse(request: AWSPreparedRequest) -> ApiCall:
    """Read a signed HTTP request of any of AWS's protocols."""
    service, region = _scope(request)
    normalized = _normalized(request, service)
    if service == "elasticloadbalancing":
        version = normalized.values.get("Version", "")
        service = "elb" if version == _CLASSIC_LOAD_BALANCING else "elbv2"
    try:
        operation, in_url = get_service_router(service).match(normalized)
    except (HTTPException, UnknownServiceError, NotImplementedError):
        return ApiCall(service, "", region=region)
    return ApiCall(service, operation.name, _params(service, operation, normalized, in_url), region)


def _scope(request: AWSPreparedRequest) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    text = header.decode() if isinstance(header, bytes) else header
    if not text:
        query = parse_qs(urlsplit(request.url).query)
        text = f"Credential={query.get('X-Amz-Credential', [''])[0]}"
    found = _SCOPE.search(text)
    if found:
        region, name = found.groups()
        return _BY_SIGNATURE.get(name, name), region
    host = _HOST.search(urlsplit(request.url).hostname or "")
    name = host["service"] if host else ""
    return _BY_SIGNATURE.get(name, name), _DEFAULT_REGION


def _normalized(request: AWSPreparedRequest, service: str) -> Request:
    # A body that is a stream is left alone: reading it here would take it from the service, and
    # no permission depends on the bytes of an upload.
    body = request.body if isinstance(request.body, bytes | str) else b""
    url = _with_bucket_in_path(request.url) if service == "s3" else request.url
    return Request.from_primitives(request.method, url, request.headers, body)


def _with_bucket_in_path(url: str) -> str:
    parts = urlsplit(url)
    found = _BUCKET_HOST.match(parts.netloc)
    if not found:
        return url
    path = f"/{found['bucket']}{parts.path}"
    return f"{parts.scheme}://{found['rest']}{path}?{parts.query}"


def _params(
    service: str, operation: Any, request: Request, in_url: dict[str, Any]
) -> dict[str, Any]:
    message: Any = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": in_url,
    }
    try:
        protocol = determine_request_protocol(get_service_model(service), request.content_type)
        parsed = PROTOCOL_PARSERS[protocol](operation).parse(message)
    except Exception:  # noqa: BLE001 - moto's parsers raise whatever a broken body makes them
        return {}
    fitting = _fitting(operation.input_shape, parsed)
    return fitting if isinstance(fitting, dict) else {}


def _fitting(shape: Any, value: Any) -> Any:
    # A hand-made request may hold anything anywhere; what follows may rely on the types.
    if shape is None or value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        found = {name: _fitting(members[name], value[name]) for name in members if name in value}
        return {name: item for name, item in found.items() if item is not None}
    if shape.type_name == "list" and isinstance(value, list):
        items = [_fitting(shape.member, item) for item in value]
        return [item for item in items if item is not None]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _fitting(shape.value, item) for key, item in value.items()}
    if shape.type_name == "string":
        return value if isinstance(value, str) else None
    return None if isinstance(value, dict | list) else value
