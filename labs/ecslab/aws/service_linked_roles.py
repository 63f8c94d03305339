"""The role with which ECS itself acts in an account."""

from __future__ import annotations

import json
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from werkzeug.exceptions import HTTPException

__all__ = ["ensure_ecs_role"]

_NAME: Final = "AWSServiceRoleForECS"
_SERVICE: Final = "ecs.amazonaws.com"
_PATH: Final = f"/aws-service-role/{_SERVICE}/"
_POLICY: Final = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
_TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": _SERVICE},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def ensure_ecs_role(account: str) -> None:
    """Make the service-linked role of ECS unless the account has it.

    AWS: botocore ecs CreateCluster (it attempts to create the role); using-service-linked-roles.

    Args:
        account: the account id.
    """
    backend: Any = iam_backends[account]["aws"]
    if any(role.name == _NAME for role in backend.roles.values()):
        return
    backend.create_role(
        role_name=_NAME,
        assume_role_policy_document=_TRUST,
        path=_PATH,
        permissions_boundary=None,
        description="Role to enable Amazon ECS to manage your cluster.",
        tags=[],
        max_session_duration="3600",
        linked_service=_SERVICE,
    )
    try:
        backend.attach_role_policy(_POLICY, _NAME)
    except (ServiceException, HTTPException):
        return  # an AWS managed policy that moto does not have
