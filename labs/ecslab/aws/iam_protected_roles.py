"""Service-linked roles, which nobody in the account can change.

AWS: botocore iam UnmodifiableEntityException; IAM using-service-linked-roles.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from moto.core.utils import get_service_model

from ecslab.aws.iam_call import ApiCall
from ecslab.aws.iam_directory import find_role, role_arn_of
from ecslab.errors import AwsError

__all__ = ["refusal"]

_PATH: Final = ":role/aws-service-role/"
_ERROR: Final = "UnmodifiableEntityException"
_DESCRIBES: Final = {"UpdateRole", "UpdateRoleDescription"}
"""What stays allowed: the description of a service-linked role may be edited."""


def refusal(call: ApiCall, account: str) -> AwsError | None:
    """Return the refusal of a call that would change or delete a service-linked role.

    Args:
        call: a call that its caller is permitted to make.
        account: whose roles it is about.
    """
    name = call.params.get("RoleName")
    if call.service != "iam" or not name or call.operation not in _protecting():
        return None
    arn = role_arn_of(str(name), account)
    if _PATH not in arn or find_role(arn) is None:
        return None
    text = f"Cannot perform the operation on the protected role '{name}' - this role is only "
    return AwsError("UnmodifiableEntity", f"{text}modifiable by AWS")


@cache
def _protecting() -> frozenset[str]:
    """Return the operations on roles that know this error."""
    model = get_service_model("iam")
    operations = (model.operation_model(name) for name in model.operation_names)
    return frozenset(
        operation.name
        for operation in operations
        if operation.name not in _DESCRIBES
        and "RoleName" in (operation.input_shape.members if operation.input_shape else {})
        and any(error.name == _ERROR for error in operation.error_shapes)
    )
