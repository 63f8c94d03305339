"""Scenarios and checks of module 10-iam-roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ecslab.course import (
    Module,
    NotAttempted,
    NotYet,
    Session,
    role_audit,
    role_evidence,
    role_lesson,
    role_releases,
    role_shop,
    role_use,
)
from ecslab.model.policy import Principal, may_assume

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("10-iam-roles")

SERVICES = ("catalog", "fulfilment")
FOREIGN = "999999999999"
"""An account that is not the shop's."""

_PULL = "ecr:GetAuthorizationToken *"
_START = {_PULL, f"secretsmanager:GetSecretValue {role_shop.SECRET}"}
_READ = {f"s3:GetObject {role_shop.BOOKS}"}
_PACK = {f"sqs:ReceiveMessage {role_shop.QUEUE}", f"sqs:DeleteMessage {role_shop.QUEUE}"}
_LETTER = {f"s3:PutObject {role_shop.LETTERS}"}


@MODULE.scenario(
    "lesson",
    goal="Give each role what it needs, and read what a refused call tells.",
    given="A cluster, the catalog's image, buckets, secrets, and roles with mistakes.",
)
def lesson(cloud: Cloud) -> None:
    """Prepare a catalog whose permissions stand on the wrong roles."""
    role_lesson.prepare(cloud)


@MODULE.scenario(
    "lab",
    goal="Go from AdministratorAccess down to the smallest policies that work.",
    given="The services catalog and fulfilment, four roles that may do everything, and the "
    "record of five minutes.",
)
def lab(cloud: Cloud) -> None:
    """Run the shop with administrators for roles, and record some minutes of it."""
    role_shop.prepare_lab(cloud)


@MODULE.check(
    "called",
    points=1,
    title="What each role really called",
    hints=(
        "A record's userIdentity.sessionContext.sessionIssuer.userName is the role's name.",
        (
            "An IAM action is the first part of eventSource, a colon and eventName, as in "
            "ecr:BatchGetImage."
        ),
    ),
)
def called(lab: Session, answer: object) -> None:
    """Compare the answer with the records of the trail."""
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary: the name of a role, and a set of IAM actions",
            found=answer,
            look_at="called",
        )
    for role, actions in role_evidence.recorded(lab).items():
        given = answer.get(role)
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise NotYet(
                expected=f"a set of IAM actions for {role}",
                found=given,
                look_at=f'called["{role}"]',
            )
        role_evidence.compare(role, {str(each) for each in given}, actions)


@MODULE.check(
    "execution",
    points=2,
    title="An execution role that starts tasks and does nothing else",
    hints=(
        "Start from AmazonECSTaskExecutionRolePolicy. Which of the recorded actions is not in it?",
        "One action is missing: the one that fetches the secret. On which of the two secrets?",
        (
            "limit takes the managed policy's ARN as managed. Its only statement allows "
            "secretsmanager:GetSecretValue on the ARN that describe_secret gives for "
            "bookshop/catalog."
        ),
    ),
)
def execution(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Start a task of each service, and audit the execution role that it uses."""
    roles = {role_use.role_of(lab, service, "executionRoleArn") for service in SERVICES}
    if all(role_use.untouched(lab, role) for role in roles):
        raise NotAttempted
    for service in SERVICES:
        role_use.expect_start(lab, service)
    for role in sorted(roles):
        what = f"what AmazonECSTaskExecutionRolePolicy allows, and the secret {role_shop.SECRET}"
        role_audit.expect_only(lab, role, _START.__contains__, what)


@MODULE.check(
    "catalog",
    points=2,
    title="A catalog that may read its books",
    hints=(
        "Which actions has the record for catalog-task? It needs no others.",
        "s3:GetObject is about objects: the ARN of a bucket, a slash, and a key or an asterisk.",
        "After a mistake the load balancer needs up to three minutes to trust a task again.",
    ),
)
def catalog(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge by readers who get their books, and by an audit of the task role."""
    role = role_use.role_of(lab, "catalog", "taskRoleArn")
    if role_use.untouched(lab, role):
        raise NotAttempted
    role_use.expect_books(lab)
    what = f"s3:GetObject in {role_shop.BOOKS}"
    role_audit.expect_only(lab, role, _READ.__contains__, what)


@MODULE.check(
    "fulfilment",
    points=1,
    title="A worker that may take orders from its queue",
    hints=(
        "Two actions, one queue. The record has both, and the audit shows what is too much.",
        "The ARN of a queue: arn:aws:sqs:us-east-1:123456789012:orders.",
    ),
)
def fulfilment(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge by an order that is packed, and by an audit of the task role."""
    role = role_use.role_of(lab, "fulfilment", "taskRoleArn")
    if role_use.untouched(lab, role):
        raise NotAttempted
    role_use.expect_packed(lab, "order")
    needed = _PACK | _LETTER
    what = f"sqs:ReceiveMessage and sqs:DeleteMessage on {role_shop.QUEUE}"
    role_audit.expect_only(lab, role, needed.__contains__, what)


@MODULE.check(
    "gift",
    points=2,
    title="The call that nobody had recorded",
    hints=(
        "Look for gift-001 in the log of fulfilment. What follows the word perform?",
        "The message ends with the resource. Allow that action in that bucket, not on one file.",
        "limit replaces what the role had: repeat the statement for the queue.",
    ),
)
def gift(lab: Session, answer: object) -> None:
    """Judge what was read in the log, a gift that is packed, and an audit of the task role."""
    role_evidence.judge_denied(answer)
    role = role_use.role_of(lab, "fulfilment", "taskRoleArn")
    role_use.expect_packed(lab, "gift")
    needed = _PACK | _LETTER
    what = f"the queue {role_shop.QUEUE}, and s3:PutObject in {role_shop.LETTERS}"
    role_audit.expect_only(lab, role, needed.__contains__, what)


@MODULE.check(
    "trust",
    points=1,
    title="Roles that ECS may use for this account only",
    hints=(
        "The statement needs a Condition. Which two keys has the lesson's trust policy?",
        (
            "StringEquals with aws:SourceAccount, ArnLike with aws:SourceArn. "
            "update_assume_role_policy takes RoleName and PolicyDocument, a text."
        ),
    ),
)
def trust(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge whom the roles in use let in, and whether the shop's own tasks still start."""
    roles = {role_use.role_of(lab, service, "taskRoleArn") for service in SERVICES}
    roles |= {role_use.role_of(lab, service, "executionRoleArn") for service in SERVICES}
    documents = {role: role_use.trust_of(lab, role) for role in sorted(roles)}
    if all(_plain(document) for document in documents.values()):
        raise NotAttempted
    for role, document in documents.items():
        _expect_closed(role.rsplit("/", 1)[-1], document)
        role_use.expect_not_assumable(lab, role)
    for service in SERVICES:
        role_use.expect_start(lab, service)


@MODULE.check(
    "deployer",
    points=2,
    title="A pipeline that can release the catalog and nothing else",
    hints=(
        "Which three calls does release make? Each is an action of ecs.",
        "And it hands two roles to ECS. Which action is that, and to whom are they passed?",
        (
            "The condition is StringEquals with the key iam:PassedToService and the value "
            "ecs-tasks.amazonaws.com; the resources are the ARNs of the two roles."
        ),
    ),
)
def deployer(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Release the catalog as the deployer, and try what it must not do."""
    role = f"arn:aws:iam::{role_use.ACCOUNT}:role/{role_shop.DEPLOYER_ROLE}"
    if role_use.untouched(lab, role):
        raise NotAttempted
    role_releases.expect_release(lab, role)
    role_releases.expect_no_more(lab, role)


def _plain(document: Mapping[str, Any]) -> bool:
    return not any("Condition" in each for each in role_use.statements(document))


def _expect_closed(role: str, document: Mapping[str, Any]) -> None:
    """End the check while somebody may assume a role who should not, or ECS may not."""
    tasks = Principal("Service", "ecs-tasks.amazonaws.com")
    own, foreign = _for_account(role_use.ACCOUNT), _for_account(FOREIGN)
    if may_assume(document, tasks, foreign).allowed:
        raise NotYet(
            expected=f"ECS may use {role} for this account only",
            found=f"ECS may use it also when it works for the account {FOREIGN}",
            look_at="get_role → Role.AssumeRolePolicyDocument.Statement[].Condition",
        )
    if not may_assume(document, tasks, own).allowed:
        raise NotYet(
            expected=f"ECS may use {role} for the tasks of this account",
            found="its trust policy keeps ECS out",
            look_at="get_role → Role.AssumeRolePolicyDocument.Statement[]",
        )
    for name in ("ec2", "ecs", "lambda"):
        if may_assume(document, Principal("Service", f"{name}.amazonaws.com"), own).allowed:
            raise NotYet(
                expected=f"only ecs-tasks.amazonaws.com may use {role}",
                found=f"{name}.amazonaws.com may use it, too",
                look_at="get_role → Role.AssumeRolePolicyDocument.Statement[].Principal",
            )


def _for_account(account: str) -> dict[str, object]:
    """Give what ECS sends along when it assumes a role for a task of an account."""
    task = f"arn:aws:ecs:us-east-1:{account}:task/{role_shop.CLUSTER}/0123456789abcdef"
    return {"aws:SourceAccount": account, "aws:SourceArn": task}
