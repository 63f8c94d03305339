"""Scenarios and checks of module 11-isolation-secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecslab.course import Module, NotAttempted, NotYet, Session, private_shop
from ecslab.course.private_checks import (
    bare_definition,
    expect_private,
    expect_serving,
    expect_tiers,
    judge_controls,
    judge_secret_reader,
    newest,
    password_of,
    secret_of,
    shown,
    untouched_tiers,
)
from ecslab.course.security_controls import failed_by_definition, findings

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("11-isolation-secrets")

CLUSTER = private_shop.CLUSTER

Json = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Close what is open around two services: network, password, container, session.",
    given="The cluster bookshop with the services storefront and catalog, in a VPC of their own.",
)
def lesson(cloud: Cloud) -> None:
    """Run both services in public subnets, open to everybody."""
    private_shop.prepare_lesson(cloud)


@MODULE.scenario(
    "lab",
    goal="Make the Bookshop private, pass every ECS control, and go on serving.",
    given="The cluster bookshop with two services behind two load balancers, and a lot that is "
    "open.",
)
def lab(cloud: Cloud) -> None:
    """Run the shop with everything open, soon after somebody has looked inside."""
    private_shop.prepare_lab(cloud)


@MODULE.check(
    "audit",
    points=1,
    title="Who read the password",
    hints=(
        "Each session of ECS Exec begins with one API call. CloudTrail keeps its event.",
        "lookup_events with the attribute EventName. Two people tried; did both get in?",
        "CloudTrailEvent is JSON: userIdentity.userName, requestParameters.command, errorCode.",
    ),
)
def audit(_lab: Session, answer: object) -> None:
    """Judge who opened the session, and what was run in it."""
    if not isinstance(answer, Mapping):
        raise NotYet(
            expected="a dictionary with 'user' and 'command'", found=answer, look_at="visit"
        )
    if any(value is Ellipsis for value in answer.values()) or not answer:
        raise NotAttempted
    wanted = {"user": private_shop.VISITOR, "command": "env"}
    for key, value in wanted.items():
        given = answer.get(key)
        meant = str(given).rsplit("/", 1)[-1] if key == "user" else given
        if meant != value:
            found = str(given)
            if meant == "alice":
                found += ", whose call ended with an error: no session was opened"
            raise NotYet(
                expected=f"the {key} of the session that was opened in a catalog task",
                found=found,
                look_at="lookup_events → Events[].CloudTrailEvent",
            )


@MODULE.check(
    "tiers",
    points=2,
    title="Each tier lets in the one before it",
    hints=(
        (
            "Write down who calls whom, and on which port. The load balancers listen on 80, the "
            "tasks on 8080, AWS's endpoints on 443."
        ),
        "A rule whose source is a security group has UserIdGroupPairs instead of IpRanges.",
        (
            "Take the old rules away first: revoke_security_group_ingress with the group's own "
            "IpPermissions."
        ),
    ),
)
def tiers(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the rules of all groups, and that the shop still serves through them."""
    if untouched_tiers(lab):
        raise NotAttempted
    expect_tiers(lab)
    expect_serving(lab)


@MODULE.check(
    "secret",
    points=2,
    title="A password that no definition shows",
    hints=(
        (
            "Three parts: a secret, the right to read it for the role that starts the task, and a "
            "member of the container that names it."
        ),
        "secrets takes a name and valueFrom. What is in environment now has to go.",
        "The right belongs to bookshop-execution, and its resource is the ARN of your secret.",
    ),
)
def secret(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the newest revision of the catalog, its secret, and who may read it."""
    definition = newest(lab, "catalog")
    container = definition["containerDefinitions"][0]
    plain = [e for e in container.get("environment") or () if e["name"] == "DB_PASSWORD"]
    if plain and not container.get("secrets"):
        raise NotAttempted
    where = "describe_task_definition → taskDefinition.containerDefinitions[0]"
    if plain:
        raise NotYet(
            expected="DB_PASSWORD in secrets alone",
            found="DB_PASSWORD still in environment, too",
            look_at=f"{where}.environment",
        )
    arn = secret_of(container, where)
    client = lab.client("secretsmanager")
    try:
        value = password_of(container, client.get_secret_value(SecretId=arn)["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        raise NotYet(
            expected="a secret that exists", found=arn, look_at=f"{where}.secrets[0].valueFrom"
        ) from None
    if value == private_shop.LEAKED:
        raise NotYet(
            expected="a new password: the old one has been read",
            found="the old password in a new place",
            look_at="get_secret_value → SecretString",
        )
    judge_secret_reader(lab, arn)


@MODULE.check(
    "harden",
    points=2,
    title="Containers that can do little",
    hints=(
        (
            "Four members of the container definition, in both families. The lesson's last table "
            "names the control of each."
        ),
        (
            "Both programs write to /tmp. A volume of the task definition, mounted there, stays "
            "writable."
        ),
        (
            "The images were made for the user app. And look once more into the storefront's "
            "environment."
        ),
    ),
)
def harden(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the newest revisions by the controls, and by a volume for what the programs write."""
    definitions = {name: newest(lab, name) for name in private_shop.COUNTS}
    if all(bare_definition(each) for each in definitions.values()):
        raise NotAttempted
    for name, definition in definitions.items():
        failed = sorted(failed_by_definition(definition), key=lambda c: int(c[4:]))
        if failed:
            raise NotYet(
                expected=f"the newest revision of {name} passes the controls of definitions",
                found=f"{name}:{definition['revision']} fails {', '.join(failed)}",
                look_at="describe_task_definition → taskDefinition",
            )
        mounts = definition["containerDefinitions"][0].get("mountPoints") or ()
        if not any(m.get("containerPath") == "/tmp" and not m.get("readOnly") for m in mounts):  # noqa: S108 - a container's own
            raise NotYet(
                expected=f"a place where the program of {name} can write: a volume at /tmp",
                found="a read-only file system" + (" and other mounts" if mounts else ""),
                look_at="describe_task_definition → taskDefinition.volumes, .mountPoints",
            )


@MODULE.check(
    "private",
    points=3,
    title="Private tasks that serve",
    hints=(
        (
            "Which AWS services does a task need before its program starts, and which one does the "
            "catalog call? Each is an endpoint."
        ),
        (
            "Layers of images come from Amazon S3. Its gateway endpoint belongs into the route "
            "table of the private subnets."
        ),
        (
            "If tasks stop at once, read stoppedReason: it names the service that could not be "
            "reached, or the program's own log does."
        ),
    ),
)
def private(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge where the tasks are, and send requests through the front door."""
    expect_private(lab)
    expect_tiers(lab)
    expect_serving(lab)


@MODULE.check(
    "controls",
    points=2,
    title="Controls as code",
    hints=(
        (
            "Return a set of names. Each control asks one question about the definition, or about "
            "each of its containers."
        ),
        (
            "A member that is missing counts as its default: no user means root, and no "
            "readonlyRootFilesystem means that all can be written."
        ),
        "One container that fails is enough. And root has more than one spelling: 0, root:root.",
    ),
)
def controls(_lab: Session, answer: object) -> None:
    """Judge the learner's function on definitions that differ in one thing each."""
    if not callable(answer):
        raise NotYet(expected="your function failed", found=answer, look_at="failed")
    judge_controls(answer)


@MODULE.check(
    "findings",
    points=1,
    title="No finding left",
    hints=(
        "The list names control and resource. Which of them have you not touched yet?",
        (
            "tag_resource takes the ARN of clusters, services and task definitions; "
            "update_cluster_settings has the rest."
        ),
    ),
)
def no_findings(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge cluster, services and their definitions by all controls."""
    ecs = lab.client("ecs")
    found = findings(ecs, CLUSTER)
    if any(control == "ECS.2" for control, _ in found):
        raise NotAttempted
    if found:
        control, resource = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise NotYet(
            expected="no finding of any ECS control",
            found=f"{control} for {resource}{more}",
            look_at="your function failed, and the lesson's table of controls",
        )
    expect_private(lab)


@MODULE.check(
    "rotate",
    points=1,
    title="A password that is changed while the shop is open",
    hints=(
        "A new version of the secret is one call. Who sees it?",
        (
            "Secrets are read when a task starts. forceNewDeployment starts new tasks of the same "
            "revision."
        ),
    ),
)
def rotate(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the secret's versions, and ask the running catalog which password it has."""
    container = newest(lab, "catalog")["containerDefinitions"][0]
    if not container.get("secrets"):
        raise NotAttempted
    arn = secret_of(container, "describe_task_definition → taskDefinition")
    client = lab.client("secretsmanager")
    versions = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    if len(versions) < 2:  # noqa: PLR2004 - the first version and another one
        raise NotAttempted
    value = password_of(container, client.get_secret_value(SecretId=arn)["SecretString"])
    told = {shown(lab, "/fingerprint") for _ in range(6)}
    if told != {private_shop.fingerprint(value)}:
        raise NotYet(
            expected="every catalog task has the current version of the secret",
            found="the catalog still answers with an older password",
            look_at="describe_services → services[0].deployments[0].createdAt",
        )
    expect_private(lab)
