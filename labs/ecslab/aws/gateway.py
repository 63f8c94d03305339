"""Where every AWS request of the process arrives: judged first, then answered, never sent.

Two doors lead here. Clients made after moto was imported ask moto's stubber, whose processing is
replaced; all others, and whoever else uses botocore's HTTP session, end in
`URLLib3Session.send`, which from the first simulated account on never opens a connection.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from ecslab.aws.iam_call import parse
from ecslab.aws.iam_errors import error_response
from ecslab.errors import AwsError, CourseError

if TYPE_CHECKING:
    from collections.abc import Callable

Response = tuple[int, dict[str, str], Any]

_CREDENTIALS_HOST = "169.254.170.2"
_NO_SERVICES = ("cloudformation.", "motoapi.")
"""Hosts that moto answers and this simulation does not.

Templates can name code of this machine, that moto's reader of YAML would run; the other one turns
moto's own switches, which are no part of AWS.
"""
_EC2_READS = re.compile(rb"(?:^|&)Action=(?:Describe|Get|Search|List)")


class Gateway:
    """Answers requests on behalf of a simulated account.

    Args:
        leave: called with each request first; raises when no way leads to its endpoint.
        judge: returns the refusal of a request that may not pass, else None.
        credentials: returns a task's credentials for a path below 169.254.170.2.
        before: called before each request reaches a service.
        changed: called after a request that may have changed a network.
        scheduled: called after a request that may have put something on a schedule.
        recorded: called with each API request before it is answered.
        answered: called with each API request, its status and the body of its answer.
    """

    def __init__(
        self,
        *,
        leave: Callable[[AWSPreparedRequest], None],
        judge: Callable[[AWSPreparedRequest], Response | None],
        credentials: Callable[[str], dict[str, str] | None],
        before: Callable[[], None],
        changed: Callable[[], None],
        scheduled: Callable[[], None],
        recorded: Callable[[AWSPreparedRequest, str], None],
        answered: Callable[[AWSPreparedRequest, int, Any], None],
    ) -> None:
        self._leave = leave
        self._judge = judge
        self._credentials = credentials
        self._before = before
        self._changed = changed
        self._scheduled = scheduled
        self._recorded = recorded
        self._answered = answered
        self._moto = type(botocore_stubber).process_request

    def answer(self, request: AWSPreparedRequest) -> Response:
        """Return the response to a request.

        Raises:
            CourseError: the request would leave the simulated account.
        """
        url = urlsplit(request.url)
        host = url.hostname or ""
        if host == _CREDENTIALS_HOST:
            return self._task_credentials(url.path)
        if url.netloc.lower() not in {host, f"{host}:80", f"{host}:443"} or not host.endswith(
            (".amazonaws.com", ".aws", ".amazonaws.com.cn")
        ):
            message = f"Nothing here reaches the network, and {host} is not part of the simulation."
            raise CourseError(message)
        self._leave(request)
        refusal = self._judge(request)
        if refusal is not None:
            self._recorded(request, "denied")
            self._answered(request, refusal[0], refusal[2])
            return refusal
        self._before()
        self._recorded(request, "allowed")
        response = self._serve(request)
        self._answered(request, response[0], response[2])
        if host.startswith(("ec2.", "elasticloadbalancing.")) and not _EC2_READS.search(
            _bytes(request.body)
        ):
            self._changed()
        if host.startswith(("events.", "scheduler.")) and request.method != "GET":
            self._scheduled()
        return response

    def _serve(self, request: AWSPreparedRequest) -> Response:
        if str(urlsplit(request.url).hostname).startswith(_NO_SERVICES):
            return _unsupported(request)
        try:
            response = self._moto(botocore_stubber, request)
        except (ImportError, NotImplementedError):  # what moto would need may not be installed
            return _unsupported(request)
        if response is None:
            return _unsupported(request)
        status, headers, body = response
        if status == 404 and body == "Not yet implemented":  # noqa: PLR2004 - moto's own words
            return _unsupported(request)
        return status, headers, body

    def _task_credentials(self, path: str) -> Response:
        found = self._credentials(path)
        if found is None:
            return 404, {"Content-Type": "application/json"}, b'{"code": "NotFound"}'
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()


def _unsupported(request: AWSPreparedRequest) -> Response:
    call = parse(request)
    name = f"{call.service or 'This service'}.{call.operation or 'operation'}"
    error = AwsError("UnsupportedOperation", f"{name} is not part of this simulation of AWS.")
    return error_response(call.service or "ec2", error, method=request.method)


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else b""


_active: list[Gateway] = []


def _send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
    """Stand in for botocore's HTTP session: answer, or refuse; never connect."""
    if not _active:
        message = (
            "No simulated account is running, so this AWS call was not sent."
            " Run the first cell of the notebook again."
        )
        raise CourseError(message)
    status, headers, body = _active[-1].answer(request)
    return AWSResponse(request.url, status, headers, MockRawResponse(body))


def open_gateways() -> tuple[Gateway, ...]:
    """Give the gateways that are open, the one that answers last."""
    return tuple(_active)


def open_gateway(gateway: Gateway) -> None:
    """Let every AWS request of this process arrive at a gateway from now on."""
    URLLib3Session.send = _send
    _active.append(gateway)
    vars(botocore_stubber)["process_request"] = gateway.answer
    botocore_stubber.enabled = True


def close_gateway(gateway: Gateway) -> None:
    """Stop answering; requests are refused from then on, not sent."""
    if gateway in _active:
        _active.remove(gateway)
    botocore_stubber.enabled = False
    vars(botocore_stubber).pop("process_request", None)
