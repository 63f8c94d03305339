"""One AWS API call as CloudTrail records it.

AWS: CloudTrail cloudtrail-event-reference-record-contents, -user-identity;
logging-data-events-with-cloudtrail (which calls are data events).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from ecslab.aws.iam_call import ApiCall, parse
from ecslab.aws.identity import Caller, access_key_id, session_caller

__all__ = ["AgentCall", "RequestCall", "TrailEvent", "may_be_data"]

_HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
_READS: Final = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Query", "Scan")
_SOURCES: Final = {
    "application-autoscaling": "autoscaling",
    "cloudwatch": "monitoring",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tagging",
    "stepfunctions": "states",
}
_OBJECTS: Final = re.compile(r"Object|Multipart|UploadPart")
_BUCKET_SETTINGS: Final = re.compile(r"ObjectLockConfiguration")
# Operations on the contents of a resource rather than on the resource itself.
_DATA: Final = {
    "dynamodb": re.compile(r".*Item.*|Query|Scan|.*Statement.*|ExecuteTransaction"),
    "lambda": re.compile(r"Invoke.*"),
    "logs": re.compile(r"PutLogEvents|FilterLogEvents|GetLogEvents|GetLogRecord|StartLiveTail"),
    "sns": re.compile(r"Publish.*"),
    "sqs": re.compile(r".*Message(Batch|Visibility|VisibilityBatch)?"),
    "cloudwatch": re.compile(r"PutMetricData|GetMetricData|GetMetricWidgetImage"),
}
_RESOURCES: Final = {
    "bucket": "AWS::S3::Bucket",
    "cluster": "AWS::ECS::Cluster",
    "keyid": "AWS::KMS::Key",
    "repositoryname": "AWS::ECR::Repository",
    "rolearn": "AWS::IAM::Role",
    "rolename": "AWS::IAM::Role",
    "secretid": "AWS::SecretsManager::Secret",
    "service": "AWS::ECS::Service",
    "servicename": "AWS::ECS::Service",
    "task": "AWS::ECS::Task",
    "taskdefinition": "AWS::ECS::TaskDefinition",
}


@dataclass(frozen=True, slots=True)
class RequestCall:
    """A call that came in as a signed request; it is read only when somebody asks for it.

    Args:
        request: the request.
        caller: who signed it.
        status: the HTTP status of the answer.
        body: the answer's body.
    """

    request: AWSPreparedRequest
    caller: Caller
    status: int
    body: Any

    @property
    def call(self) -> ApiCall:
        """Return the service, operation and parameters."""
        return parse(self.request)

    @property
    def access_key(self) -> str:
        """Return the access key that signed it."""
        return access_key_id(self.request.headers, str(self.request.url))

    @property
    def error(self) -> tuple[str, str]:
        """Return code and message of the error that it was answered with, empty without one."""
        return ("", "") if self.status < 400 else _error(_text(self.body))  # noqa: PLR2004 - HTTP

    @property
    def answer(self) -> Any:
        """Return the answer, if it is a JSON object."""
        try:
            found = json.loads(_text(self.body))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class AgentCall:
    """A call that ECS made with a role, for a task.

    Args:
        action: the IAM action, such as ``ecr:BatchGetImage``.
        resource: the ARN that it was about.
        role: the role's ARN.
        task: the ARN of the task.
        because: why it was denied, empty when it was allowed.
        region: the Region.
    """

    action: str
    resource: str
    role: str
    task: str
    because: str
    region: str

    @property
    def caller(self) -> Caller:
        """Return the session of the role; it is named after the task."""
        return session_caller(self.role, self.task.rsplit("/", 1)[-1], source_arn=self.task)

    @property
    def access_key(self) -> str:
        """Return nothing: the credentials never leave ECS."""
        return ""

    @property
    def answer(self) -> Any:
        """Return nothing: ECS keeps what it was answered."""
        return None

    @property
    def call(self) -> ApiCall:
        """Return the service, operation and parameters."""
        service, _, operation = self.action.partition(":")
        return ApiCall(service, operation, {"resource": self.resource}, self.region)

    @property
    def error(self) -> tuple[str, str]:
        """Return code and message of the refusal, empty when it was allowed."""
        if not self.because:
            return "", ""
        words = f"User: {self.caller.arn} is not authorized to perform: {self.action} on resource:"
        return "AccessDenied", f"{words} {self.resource} {self.because}"


def may_be_data(request: AWSPreparedRequest) -> bool:
    """Return whether a request looks like a data event, without reading all of it.

    Programs make most of their calls in this way; reading each would cost more than answering it.
    """
    parts = urlsplit(str(request.url))
    host = parts.hostname or ""
    name = _text(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
    service = next((each for each in _DATA if host.startswith(f"{each}.")), "")
    if service == "dynamodb" or ".ddb." in host:
        return bool(_DATA["dynamodb"].fullmatch(name))
    if service:
        return bool(_DATA[service].fullmatch(name))
    if ".s3." in host:
        return parts.path not in {"", "/"}
    return host.startswith("s3.") and bool(parts.path.strip("/").partition("/")[2])


@dataclass(frozen=True)
class TrailEvent:
    """One recorded call.

    Args:
        id: the event's id, a UUID.
        at: the simulated time.
        source: the call.
    """

    id: str
    at: datetime
    source: RequestCall | AgentCall = field(repr=False)

    @cached_property
    def call(self) -> ApiCall:
        """The service, operation and parameters."""
        return self.source.call

    @property
    def event_source(self) -> str:
        """Return the service's host name, such as ``ecs.amazonaws.com``."""
        return f"{_SOURCES.get(self.call.service, self.call.service)}.amazonaws.com"

    @property
    def read_only(self) -> bool:
        """Return whether the operation only reads."""
        return self.call.operation.startswith(_READS)

    @property
    def is_data(self) -> bool:
        """Return whether it is a data event, which the event history does not hold."""
        service, operation = self.call.service, self.call.operation
        if service == "s3":
            found = _OBJECTS.search(operation) and not _BUCKET_SETTINGS.search(operation)
            return bool(found) and not operation.startswith("ListObject")
        pattern = _DATA.get(service)
        return bool(pattern and pattern.fullmatch(operation))

    @property
    def data_resource(self) -> str:
        """Return the ARN of the object that a data event is about; empty where it has none."""
        params = self.call.params
        if self.call.service != "s3" or not params.get("Bucket"):
            return ""
        return f"arn:aws:s3:::{params['Bucket']}/{params.get('Key', '')}"

    @property
    def username(self) -> str:
        """Return the user's name, or the name of a role's session."""
        caller = self.source.caller
        return caller.arn.rsplit("/", 1)[-1] if caller.kind == "role" else caller.name

    @property
    def resources(self) -> list[dict[str, str]]:
        """Return the resources that the parameters name."""
        return [
            {"ResourceType": _RESOURCES[key.lower()], "ResourceName": value}
            for key, value in self.call.params.items()
            if key.lower() in _RESOURCES and isinstance(value, str) and value
        ]

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record as a trail's log file holds it."""
        call = self.call
        code, message = self.source.error
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": _identity(self.source.caller, self.source.access_key, self.at),
            "eventTime": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.event_source,
            "eventName": call.operation,
            "awsRegion": call.region,
            "sourceIPAddress": "ecs-tasks.amazonaws.com"
            if isinstance(self.source, AgentCall)
            else "203.0.113.10",
            "userAgent": "ecs-tasks.amazonaws.com"
            if isinstance(self.source, AgentCall)
            else "Boto3",
            **({"errorCode": code, "errorMessage": message} if code else {}),
            "requestParameters": _shown(_members(call, "input"), call.params) or None,
            "responseElements": None,
            "eventID": self.id,
            "readOnly": self.read_only,
            "resources": self.resources,
            "eventType": "AwsApiCall",
            "managementEvent": not self.is_data,
            "recipientAccountId": self.source.caller.account,
            "eventCategory": "Data" if self.is_data else "Management",
        }
        if not code and not self.read_only and self.source.answer:
            record["responseElements"] = _shown(_members(call, "output"), self.source.answer)
        return record


def _identity(caller: Caller, key: str, at: datetime) -> dict[str, Any]:
    if caller.kind == "anonymous":
        return {"type": "AWSAccount", "principalId": "ANONYMOUS", "accountId": "anonymous"}
    identity: dict[str, Any] = {
        "type": "AssumedRole" if caller.kind == "role" else "IAMUser",
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account,
        **({"accessKeyId": key} if key else {}),
    }
    if caller.kind != "role":
        return identity | {"userName": caller.name}
    identity["sessionContext"] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": caller.user_id.partition(":")[0],
            "arn": caller.role_arn,
            "accountId": caller.account,
            "userName": caller.name,
        },
        "attributes": {
            "creationDate": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "mfaAuthenticated": "false",
        },
    }
    return identity


def _members(call: ApiCall, direction: str) -> Any:
    try:
        model = get_service_model(call.service) if call.service else None
    except UnknownServiceError:  # such as ssmmessages, which only agents call
        return None
    if model is None or call.operation not in model.operation_names:
        return None
    operation = model.operation_model(call.operation)
    return operation.input_shape if direction == "input" else operation.output_shape


def _shown(shape: Any, value: Any) -> Any:
    """Return parameters as a record shows them: names in lower camel case, secrets hidden."""
    if shape is not None and shape.metadata.get("sensitive"):
        return _HIDDEN
    if isinstance(value, dict):
        members = getattr(shape, "members", {})
        inner = getattr(shape, "value", None)
        named = shape is None or shape.type_name == "structure"
        return {
            (_camel(key) if named else key): _shown(members.get(key, inner), item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_shown(getattr(shape, "member", None), item) for item in value]
    if isinstance(value, bytes | bytearray) or (shape is not None and shape.type_name == "blob"):
        return None
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def _camel(name: str) -> str:
    return name.lower() if name.isupper() else name[:1].lower() + name[1:]


def _error(body: str) -> tuple[str, str]:
    """Return code and message of an error in any of AWS's protocols."""
    try:
        found = json.loads(body)
    except ValueError:
        parts = [re.search(rf"<{name}>([^<]*)</{name}>", body) for name in ("Code", "Message")]
        code, message = (part.group(1) if part else "" for part in parts)
        return code or "Error", message
    code = str(found.get("__type") or found.get("code") or "Error").rsplit("#", 1)[-1]
    return code, str(found.get("message") or found.get("Message") or "")


def _text(body: Any) -> str:
    if isinstance(body, bytes | bytearray):
        return bytes(body).decode(errors="replace")
    return body if isinstance(body, str) else ""
