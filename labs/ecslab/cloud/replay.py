"""Asks an account what a record says was asked of another one."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, HeadersDict

from ecslab.aws.functions import Functions, code_name
from ecslab.aws.gateway import open_gateways
from ecslab.cloud.cloud import Cloud
from ecslab.cloud.recording import ASKED_OF_A_SHELL, ASKED_OF_THE_CLOUD, Operation

__all__ = ["Replay"]

_LONGEST_ADVANCE = 400 * 86400.0


class Replay:
    """Performs operations, whoever wrote the record: nothing in it is run as code.

    Args:
        decode: turns what JSON says back into an argument.
    """

    def __init__(self, decode: Callable[[Any], Any]) -> None:
        self.results: dict[int, Any] = {}
        """What the cloud's methods returned, by the number of the operation."""
        self.responses: list[tuple[str, Any]] = []
        """The responses that came through the simulated network, each with its address."""
        self._decode = decode

    @staticmethod
    def imitate_functions(answer: Callable[[str], Any]) -> None:
        """Have no handler of an AWS Lambda function run in this process, for good.

        Args:
            answer: gives what the handler answered, by what names the function's code.
        """

        def handle(_this: Functions, function: Any, _event: Any) -> Any:
            return answer(code_name(function))

        Functions.handle = handle  # type: ignore[method-assign, assignment]

    def perform(self, operation: Operation) -> None:
        """Do one thing.

        Args:
            operation: as `Recorder` wrote it, or somebody who pretends to be it.

        Raises:
            Exception: whatever the account answers to it, or what is wrong with the record.
        """
        kind = operation["do"]
        if kind == "request":
            self._request(operation)
        elif kind == "advance":
            seconds = float(operation["seconds"])
            if math.isfinite(seconds) and seconds <= _LONGEST_ADVANCE:
                Cloud.current().advance(seconds=seconds)
        elif kind == "http":
            self._http(operation)
        elif kind == "shell" and operation["name"] in ASKED_OF_A_SHELL:
            session = Cloud.current().exec_session(str(operation["id"]))
            getattr(session, operation["name"])(*map(str, operation["lines"]))
        elif kind == "cloud" and operation["name"] in ASKED_OF_THE_CLOUD:
            method = getattr(Cloud.current(), operation["name"])
            args = [self._decode(each) for each in operation["args"]]
            kwargs = {str(key): self._decode(each) for key, each in operation["kwargs"].items()}
            self.results[int(operation["number"])] = method(*args, **kwargs)

    def _request(self, operation: Operation) -> None:
        url = str(operation["url"])
        headers = HeadersDict({str(k): str(v) for k, v in operation["headers"].items()})
        request = AWSPreparedRequest(
            str(operation["method"]), url, headers, _body(operation["body"]), stream_output=False
        )
        open_gateways()[-1].answer(request)

    def _http(self, operation: Operation) -> None:
        options = {str(key): value for key, value in operation["options"].items()}
        url = str(operation["url"])
        response = Cloud.current().traffic.request(
            str(operation["method"]),
            url,
            {str(k): str(v) for k, v in operation["headers"].items()},
            _body(operation["body"]) or b"",
            str(operation["source"]),
            **options,
        )
        self.responses.append((url, response))


def _body(text: Any) -> Any:
    return base64.b64decode(text[0]) if isinstance(text, list) else text
