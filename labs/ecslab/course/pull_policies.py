"""Judges the role with which a learner lets Amazon ECS pull one repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.course.outcomes import NotYet

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = ["judge_role"]

_TOKEN = "ecr:getauthorizationtoken"  # noqa: S105 - the name of an action
_PULL = {
    "ecr:batchchecklayeravailability",
    "ecr:batchgetimage",
    "ecr:getdownloadurlforlayer",
}


def judge_role(lab: Session, role: str, repository: str) -> None:
    """Go on when a role allows no more than the pull of one repository, else *not yet*.

    Whether it allows enough is for a task to show.

    Args:
        lab: the session whose account is judged.
        role: its name.
        repository: the repository's name.
    """
    iam = lab.client("iam")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if attached:
        raise NotYet(
            expected=f"a role that may pull from {repository} and do nothing else",
            found=f"{attached[0]['PolicyName']}, which allows it for every repository and more",
            look_at=f'list_attached_role_policies(RoleName="{role}")',
        )
    arn = lab.client("ecr").describe_repositories(repositoryNames=[repository])
    wanted = arn["repositories"][0]["repositoryArn"]
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in _listed(document["Statement"]):
            if statement["Effect"] == "Allow":
                _judge(statement, wanted, f'get_role_policy(RoleName="{role}", …)')


def _judge(statement: dict[str, Any], repository: str, look_at: str) -> None:
    where = f"{look_at} → PolicyDocument.Statement"
    actions = {action.lower() for action in _listed(statement.get("Action", "*"))}
    too_much = sorted(actions - _PULL - {_TOKEN})
    if too_much:
        raise NotYet(
            expected="the four actions of a pull, each by its name",
            found=f"also {', '.join(too_much)}",
            look_at=f"{where}[].Action",
        )
    resources = _listed(statement.get("Resource", "*"))
    wide = [resource for resource in resources if resource != repository]
    if actions & _PULL and wide:
        raise NotYet(
            expected="the repository's ARN for all actions that know a repository",
            found=f"{', '.join(wide)} for {', '.join(sorted(actions & _PULL))}",
            look_at=f"{where}[].Resource",
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
