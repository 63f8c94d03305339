"""What ECS checks in an awsvpcConfiguration before it accepts a task or a service."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ecslab.errors import AwsError
from ecslab.model.network.topology import Topology

__all__ = ["check_awsvpc_configuration"]

MOST_SUBNETS = 16
MOST_SECURITY_GROUPS = 5


def check_awsvpc_configuration(
    topology: Topology, subnets: Sequence[str], security_groups: Sequence[str] = ()
) -> None:
    """Raise what RunTask, CreateService and UpdateService answer to a wrong awsvpcConfiguration.

    The limits and the rule of one VPC: botocore ecs AwsVpcConfiguration. The words for an unknown
    id and for a group of another VPC are those that public reports quote; the words for too many
    ids, for several unknown ids, and for subnets of two VPCs are unverified.

    Args:
        topology: the account's network.
        subnets: ids of subnets.
        security_groups: ids of security groups; empty stands for the VPC's default group.

    Raises:
        AwsError: InvalidParameterException.
    """
    if not subnets:
        raise _invalid("subnets can not be empty.")
    if len(subnets) > MOST_SUBNETS:
        raise _invalid(f"subnets can have at most {MOST_SUBNETS} items.")
    if len(security_groups) > MOST_SECURITY_GROUPS:
        raise _invalid(f"securityGroups can have at most {MOST_SECURITY_GROUPS} items.")
    _check_exist("subnet", "subnet ID", "InvalidSubnetID.NotFound", subnets, topology.subnets)
    _check_exist(
        "security group",
        "security group",
        "InvalidGroup.NotFound",
        security_groups,
        topology.security_groups,
    )
    vpcs = {topology.subnets[each].vpc for each in subnets}
    if len(vpcs) > 1:
        raise _invalid("All specified subnets must be from the same VPC.")
    for each in security_groups:
        if topology.security_groups[each].vpc not in vpcs:
            raise _invalid(
                f"Security group {each} does not appear to belong to the same VPC as the "
                "input subnets."
            )


def _check_exist(
    kind: str, noun: str, code: str, asked: Sequence[str], known: Container[str]
) -> None:
    missing = [each for each in asked if each not in known]
    if not missing:
        return
    ending, verb = ("", "does") if len(missing) == 1 else ("s", "do")
    raise _invalid(
        f"Error retrieving {kind} information for [{', '.join(asked)}]: "
        f"The {noun}{ending} '{', '.join(missing)}' {verb} not exist (ErrorCode: {code})"
    )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
