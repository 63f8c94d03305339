"""The table of ECS operations, and what each of them is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecslab.errors import AwsError

if TYPE_CHECKING:
    from ecslab.aws.network import Network
    from ecslab.sim.engine import Engine
    from ecslab.sim.entities import Account

Params = dict[str, Any]
Handler = Callable[["Call", Params], dict[str, Any]]

OPERATIONS: dict[str, Handler] = {}
"""Operation name → what answers it."""


class DetailedError(AwsError):
    """An answer of AWS that carries more than code and message.

    Args:
        code: the error code.
        message: the text.
        members: further members of the error's shape in botocore's model.
    """

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(code, message)
        self.members = members


@dataclass(frozen=True, slots=True)
class Call:
    """One API call.

    Args:
        engine: the data plane of the account and Region that was called.
        network: its VPCs.
        caller: ARN of the principal that calls.
    """

    engine: Engine
    network: Network
    caller: str

    @property
    def account(self) -> Account:
        """Return the state of the account and Region."""
        return self.engine.account


def operation(name: str) -> Callable[[Handler], Handler]:
    """Register the function that answers an operation.

    Args:
        name: the operation's name in botocore's service model.
    """

    def register(handler: Handler) -> Handler:
        OPERATIONS[name] = handler
        return handler

    return register
