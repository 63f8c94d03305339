"""The tags of resources, for policies with aws:ResourceTag.

AWS: reference_policies_condition-keys (aws:ResourceTag/key); Service Authorization Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from ecslab.aws.ecs.operation import OPERATIONS, Call
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["resource_tags"]


def resource_tags(ecs: Call | None, arn: str) -> Mapping[str, str]:
    """Return the tags of a resource by its ARN; none for what is not there.

    Args:
        ecs: the ECS to ask about its own resources, if there is one.
        arn: the resource.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:  # noqa: PLR2004 - an ARN has six parts
        return {}
    service, region, owner, name = parts[2:]
    if service == "ecs":
        return _ecs(ecs, arn) if ecs is not None else {}
    find = {
        "acm": _certificate,
        "ec2": _ec2,
        "ecr": _repository,
        "elasticloadbalancing": _balancing,
        "secretsmanager": _secret,
    }.get(service)
    try:
        return _plain(find(region, owner, name)) if find else {}
    except (KeyError, AttributeError):  # no such Region, or a kind of resource without tags
        return {}


def _ecs(ecs: Call, arn: str) -> dict[str, str]:
    try:
        return _plain(OPERATIONS["ListTagsForResource"](ecs, {"resourceArn": arn})["tags"])
    except AwsError:
        return {}


def _repository(region: str, owner: str, name: str) -> Any:
    arn = f"arn:aws:ecr:{region}:{owner}:{name}"
    return get_backend("ecr")[owner][region].tagger.get_tag_dict_for_resource(arn)


def _secret(region: str, owner: str, name: str) -> Any:
    arn = f"arn:aws:secretsmanager:{region}:{owner}:{name}"
    secrets = get_backend("secretsmanager")[owner][region].secrets
    found = next((each for each in dict.values(secrets) if each.arn == arn), None)
    return (found.tags or ()) if found is not None else ()


def _ec2(region: str, owner: str, name: str) -> Any:
    return get_backend("ec2")[owner][region].tags.get(name.partition("/")[2]) or {}


def _balancing(region: str, owner: str, name: str) -> Any:
    arn = f"arn:aws:elasticloadbalancing:{region}:{owner}:{name}"
    return get_backend("elbv2")[owner][region].tagging_service.get_tag_dict_for_resource(arn)


def _certificate(region: str, owner: str, name: str) -> Any:
    arn = f"arn:aws:acm:{region}:{owner}:{name}"
    found = get_backend("acm")[owner][region]._certificates.get(arn)  # noqa: SLF001 - no getter
    return dict(found.tags) if found is not None else {}


def _plain(tags: Mapping[str, str] | Iterable[Mapping[str, str]]) -> dict[str, str]:
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {
        str(tag.get("key") or tag.get("Key")): str(tag.get("value") or tag.get("Value") or "")
        for tag in tags
        if not isinstance(tag, str)
    }
