"""Asks the account's API questions, as its administrator, without leaving a trace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import botocore.exceptions

from ecslab.aws.sessions import new_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["Answer", "Reader", "plain"]

_KEYS: Final = {"aws_access_key_id": "AKIAREADER", "aws_secret_access_key": "of-nobody"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and its answer.

    Args:
        service: botocore's name of the service.
        operation: the client's method.
        parameters: of the request.
        found: the response; empty when the request was refused.
        error: the refusal, as boto3 raises it; empty when there was none.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    found: dict[str, Any]
    error: str = ""


class Reader:
    """Reads the API of one Region; the same question is asked once.

    Args:
        region: the Region.
        quietly: while it is entered, requests are not recorded and use up no chance.
    """

    def __init__(self, region: str, quietly: Callable[[], AbstractContextManager[None]]) -> None:
        self.region = region
        self._quietly = quietly
        self._clients: dict[str, Any] = {}
        self._answers: dict[str, Answer] = {}

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self._answers.clear()

    def ask(self, service: str, operation: str, /, **parameters: Any) -> Answer:
        """Return the answer to a request, also when it is a refusal."""
        key = json.dumps([service, operation, parameters], sort_keys=True, default=str)
        if key not in self._answers:
            self._answers[key] = self._ask(service, operation, parameters)
        return self._answers[key]

    def _ask(self, service: str, operation: str, parameters: dict[str, Any]) -> Answer:
        with self._quietly():
            if service not in self._clients:
                session = new_session()
                self._clients[service] = session.client(service, region_name=self.region, **_KEYS)
            try:
                found = getattr(self._clients[service], operation)(**parameters)
            except (botocore.exceptions.ClientError, botocore.exceptions.ParamValidationError) as e:
                return Answer(service, operation, parameters, {}, str(e))
        found.pop("ResponseMetadata", None)
        return Answer(service, operation, parameters, found)


def plain(value: Any) -> Any:
    """Return a response's value as plain JSON has it: moments become text."""
    return json.loads(json.dumps(value, default=_text))


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
