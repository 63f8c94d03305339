"""Hybrid activations of Systems Manager, which moto does not have: how own servers come to AWS.

AWS: ecs-anywhere-registration, activations; botocore ssm CreateActivation, DescribeActivations,
DeleteActivation.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.ssm.urls import url_bases

from ecslab.aws.iam_directory import role_arn_of
from ecslab.aws.iam_roles import Roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["ActivationError", "install", "redeem", "url_bases", "url_paths"]

_SSM: Final = "ssm.amazonaws.com"
_DAY: Final = timedelta(hours=24)
_CODE: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class ActivationError(ServiceException):
    """An activation that can't be used or does not exist."""

    code = "InvalidActivation"


class _InvalidError(ServiceException):
    code = "ValidationException"


class _UnknownError(ServiceException):
    code = "InvalidActivationId"


@dataclass(slots=True)
class _Activation:
    id: str
    code: str
    role: str
    limit: int
    created: datetime
    expires: datetime
    description: str = ""
    name: str = ""
    servers: list[str] = field(default_factory=list)


class SsmBackend(SimpleSystemManagerBackend):
    """moto's Systems Manager with a place for activations."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.activations: dict[str, _Activation] = {}

    @property
    def _url_module(self) -> Any:
        return sys.modules[__name__]


class SsmResponse(SimpleSystemManagerResponse):
    """Systems Manager with hybrid activations."""

    def create_activation(self) -> ActionResult:
        """Make an activation; its code is shown this once."""
        backend = self._activations()
        role = role_arn_of(str(self._get_param("IamRole") or ""), backend.account_id)
        if not Roles(utcnow, self.region, backend.account_id).assumable(role, _SSM):
            message = f"Nonexistent role or missing ssm service principal in trust policy: {role}"
            raise _InvalidError(message)
        now = utcnow()
        code = "".join(mock_random.choice(_CODE) for _ in range(20))
        made = _Activation(
            str(mock_random.uuid4()),
            code,
            role,
            int(self._get_param("RegistrationLimit") or 1),
            now,
            now + _DAY,
            str(self._get_param("Description") or ""),
            str(self._get_param("DefaultInstanceName") or ""),
        )
        backend.activations[made.id] = made
        return ActionResult({"ActivationId": made.id, "ActivationCode": code})

    def describe_activations(self) -> ActionResult:
        """Answer with all activations."""
        found = [
            {
                "ActivationId": each.id,
                "Description": each.description,
                "DefaultInstanceName": each.name,
                "IamRole": each.role.rpartition("/")[2],
                "RegistrationLimit": each.limit,
                "RegistrationsCount": len(each.servers),
                "ExpirationDate": each.expires,
                "Expired": utcnow() > each.expires,
                "CreatedDate": each.created,
            }
            for each in self._activations().activations.values()
        ]
        return ActionResult({"ActivationList": found})

    def delete_activation(self) -> ActionResult:
        """Delete an activation; servers that have used it stay."""
        if self._activations().activations.pop(self._get_param("ActivationId"), None) is None:
            message = "The activation ID isn't valid."
            raise _UnknownError(message)
        return EmptyResult()

    def _activations(self) -> Any:
        return self.ssm_backend


def redeem(account: str, region: str, activation: str, code: str) -> tuple[str, str]:
    """Register one server with an activation, as the agent of Systems Manager does.

    Args:
        account: the account's id.
        region: the Region.
        activation: the activation's id.
        code: its code.

    Returns:
        The id of the managed instance, and the ARN of its role.

    Raises:
        ActivationError: the activation does not exist, is used up, or has expired.
    """
    backend: Any = ssm_backends[account][region]
    found = backend.activations.get(activation)
    if found is None or found.code != code:
        message = "The activation ID or the activation code isn't valid."
        raise ActivationError(message)
    if len(found.servers) >= found.limit or utcnow() > found.expires:
        message = "The activation has expired or has reached its registration limit."
        raise ActivationError(message)
    server = f"mi-{mock_random.get_random_hex(17)}"
    found.servers.append(server)
    return server, found.role


def install() -> Callable[[], None]:
    """Make moto use `SsmBackend`; return what puts moto's own backend back."""
    before = ssm_backends.backend
    _use(SsmBackend)
    return lambda: _use(before)


def _use(backend: type[SimpleSystemManagerBackend]) -> None:
    if ssm_backends.backend is not backend:
        ssm_backends.backend = backend
        ssm_backends.clear()


url_paths = {"{0}/$": SsmResponse.dispatch}
