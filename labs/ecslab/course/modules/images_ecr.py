"""Scenarios and checks of module 05-images-ecr."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecslab.course import (
    Module,
    NotAttempted,
    NotYet,
    Session,
    bookshop,
    bookshop_jobs,
    expect,
    image_shop,
)
from ecslab.course.answers import arns_of, task_of
from ecslab.course.image_answers import (
    architecture,
    definition_of,
    digest_of,
    expect_digest,
    expect_success,
    family,
    visit,
)
from ecslab.course.lifecycle_answers import judge_policy
from ecslab.course.pull_policies import judge_role

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("05-images-ecr")

CLUSTER = image_shop.CLUSTER
OLD_TAG, NEW_TAG = "2.4", "2.5"
PRICE = "Emma 12.50 EUR"
EVERYTHING = "*"
PLATFORMS = {"amd64", "arm64"}

_TASK = "describe_tasks → tasks[0]"
_SHOP = "storefront"

Json = dict[str, Any]


@MODULE.scenario(
    "lesson",
    goal="Push, tag, run, protect and clean up images, and pull them with the least permission.",
    given="The cluster bookshop, a log group, a port open to the internet, an empty role.",
)
def lesson(cloud: Cloud) -> None:  # noqa: ARG001 - the lesson pushes its images itself
    """Prepare all but repositories and images."""
    bookshop_jobs.open_shop()
    bookshop.execution_role()
    image_shop.open_port()
    image_shop.make_pull_role()


@MODULE.scenario(
    "lab",
    goal="Ship a fix that nobody can overwrite, run an arm64 image, and clean the registry.",
    given="Three storefronts from one tag, a report that will not start, a crowded repository.",
)
def lab(cloud: Cloud) -> None:
    """Leave the registry as a careless month left it."""
    image_shop.prepare_lab(cloud)


@MODULE.check(
    "stale",
    points=1,
    title="The tasks whose image lost its tag",
    hints=(
        "A task keeps the digest that it pulled. Which field of its container holds it?",
        (
            "Compare containers[0].imageDigest of each storefront with the digest that "
            "describe_images gives for the tag 2.4 today."
        ),
    ),
)
def stale(lab: Session, answer: object) -> None:
    """Judge a collection of ARNs against the digests of the tasks that were there."""
    given = arns_of(answer)
    if isinstance(answer, dict) and given and ":task/" not in given[0]:
        given = list(answer)  # the ARNs are the keys, as of a dictionary of digests
    if given is None:
        raise NotYet(expected="a list of task ARNs", found=answer, look_at="list_tasks → taskArns")
    storefronts = _storefronts(lab)
    now = digest_of(lab, "storefront", OLD_TAG)
    wanted = {arn for arn, digest in storefronts.items() if digest != now}
    if set(given) == wanted:
        return
    if set(given) == set(storefronts) - wanted:
        raise NotYet(
            expected="the tasks that run another image than the one that has the tag 2.4 today",
            found="the task that runs today's image",
            look_at="describe_images → imageDetails[].imageTags",
        )
    wrong = len(set(given) - wanted)
    raise NotYet(
        expected="each task whose imageDigest is not the digest of the tag 2.4 today",
        found=f"{len(set(given) & wanted)} of them, and {wrong} that should not be in the list",
        look_at="describe_tasks → tasks[].containers[0].imageDigest",
    )


@MODULE.check(
    "immutable",
    points=1,
    title="Tags of storefront that nobody can move",
    hints=(
        "The setting belongs to the repository, not to the image. Which call puts it?",
        "PutImageTagMutability takes the repository's name and one of four words.",
    ),
)
def immutable(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the setting of the repository storefront."""
    found = {
        repository["repositoryName"]: repository["imageTagMutability"]
        for repository in lab.client("ecr").describe_repositories()["repositories"]
    }
    if set(found.values()) == {"MUTABLE"}:
        raise NotAttempted
    look_at = 'describe_repositories(repositoryNames=["storefront"]) → imageTagMutability'
    others = [name for name, word in found.items() if word != "MUTABLE" and name != "storefront"]
    if found.get("storefront") == "MUTABLE" and others:
        raise NotYet(
            expected="IMMUTABLE for the repository storefront",
            found=f"MUTABLE; you have changed {', '.join(others)}",
            look_at=look_at,
        )
    if found.get("storefront") == "IMMUTABLE_WITH_EXCLUSION":
        raise NotYet(
            expected="IMMUTABLE: no tag can move",
            found="IMMUTABLE_WITH_EXCLUSION: the tags of its filters can still move",
            look_at=look_at,
        )
    expect(found.get("storefront"), "IMMUTABLE", look_at)


@MODULE.check(
    "ship-fix",
    points=2,
    title="The fix runs, under a tag of its own",
    hints=(
        "The tag 2.4 is taken for ever. What would you call the next version?",
        (
            "Push first, then register a revision whose container names the new image, then run "
            "that revision and wait until it is running."
        ),
        (
            "lab.cloud.push gives you the image's URI. It goes into the container's image; "
            "register_again registers the definition."
        ),
    ),
)
def ship_fix(lab: Session, answer: object) -> None:
    """Judge by the digest that runs, by the old tag, and by a visit to the task."""
    fixed = digest_of(lab, "storefront", NEW_TAG)
    if digest_of(lab, "storefront", OLD_TAG) not in _storefronts(lab).values():
        raise NotYet(
            expected="that the tag 2.4 still names the image that it named this morning",
            found="the tag 2.4 was moved once more",
            look_at=(
                "describe_images → imageDetails[].imageTags; lab.reset() gives you the morning back"
            ),
        )
    if fixed is None:
        raise NotYet(
            expected="an image with the tag 2.5 in the repository storefront",
            found="no such tag",
            look_at="describe_images → imageDetails[].imageTags",
        )
    task = task_of(lab, answer, CLUSTER)
    expect(family(task), "storefront", f"{_TASK}.taskDefinitionArn")
    if task["lastStatus"] != "RUNNING":
        raise NotYet(
            expected="the task RUNNING",
            found=f"{task['lastStatus']} {task.get('stoppedReason', '')}".strip(),
            look_at=f"{_TASK}.lastStatus",
        )
    expect_digest(task, fixed, "storefront:2.5")
    page = visit(lab, task)
    if page != PRICE:
        raise NotYet(
            expected=f"the page {PRICE!r}",
            found=page,
            look_at="what you pushed; batch_delete_image with the tag 2.5 makes it free again",
        )


@MODULE.check(
    "arm64",
    points=1,
    title="The image from the laptop runs as it is",
    hints=(
        "Read the log of the dead task: log(arn). The kernel says what it can't execute.",
        "The image was built for arm64. Which field of a task definition names the CPU?",
        "runtimePlatform has a member cpuArchitecture; the image and its tag stay as they are.",
    ),
)
def arm64(lab: Session, answer: object) -> None:
    """Judge by the exit code of a task that ran the laptop's image."""
    task = task_of(lab, answer, CLUSTER)
    expect(family(task), "reports", f"{_TASK}.taskDefinitionArn")
    expect_digest(task, digest_of(lab, "reports", "1.0"), "reports:1.0, as it is")
    expect_success(lab, task)


@MODULE.check(
    "both-platforms",
    points=2,
    title="One tag that runs on both kinds of CPU",
    hints=(
        "What has to be in the registry so that one tag fits two kinds of CPU?",
        (
            "Give Image a tuple of two architectures: that stands for a build with two platforms. "
            "Then run a revision that asks for X86_64, or for nothing."
        ),
    ),
)
def both_platforms(lab: Session, answer: object) -> None:
    """Judge by the manifest of the tag 1.1, and by a task that ran it on X86_64."""
    images = lab.client("ecr").batch_get_image(
        repositoryName="reports", imageIds=[{"imageTag": "1.1"}]
    )["images"]
    if not images:
        raise NotYet(
            expected="an image with the tag 1.1 in the repository reports",
            found="no such tag",
            look_at='batch_get_image(repositoryName="reports", …) → images',
        )
    members = json.loads(images[0]["imageManifest"]).get("manifests")
    look_at = "batch_get_image → images[0].imageManifest"
    mend = "batch_delete_image makes the tag 1.1 free for another push"
    if members is None:
        raise NotYet(
            expected="a manifest list, which names an image for each platform",
            found="a single image, for one kind of CPU",
            look_at=f"{look_at}; {mend}",
        )
    found = {member["platform"]["architecture"] for member in members}
    if found != PLATFORMS:
        raise NotYet(
            expected="the platforms amd64 and arm64",
            found=" and ".join(sorted(found)),
            look_at=f"{look_at}, in it manifests[].platform; {mend}",
        )
    task = task_of(lab, answer, CLUSTER)
    expect(family(task), "reports", f"{_TASK}.taskDefinitionArn")
    expect_digest(task, images[0]["imageId"]["imageDigest"], "reports:1.1")
    if architecture(lab, task) != "X86_64":
        raise NotYet(
            expected="a task on X86_64, the CPU on which the image would not start before",
            found="a task on ARM64",
            look_at="describe_task_definition → taskDefinition.runtimePlatform",
        )
    expect_success(lab, task)


@MODULE.check(
    "pull-role",
    points=2,
    title="A role that may pull labels, and nothing else",
    hints=(
        "Run labels and read stoppedReason: it names the action that the role may not do.",
        (
            "There are four actions. One of them knows no repository, so its Resource is a star; "
            "the other three get the repository's ARN."
        ),
        (
            "PutRolePolicy takes the role's name, a name for the policy and the document as JSON. "
            "The document needs two statements."
        ),
    ),
)
def pull_role(lab: Session, answer: object) -> None:
    """Judge by the task that pulled with the role, and by what else the role may do."""
    task = task_of(lab, answer, CLUSTER)
    expect(family(task), "labels", f"{_TASK}.taskDefinitionArn")
    definition = definition_of(lab, task)
    role = definition.get("executionRoleArn", "none").rsplit("/", 1)[-1]
    role = task["overrides"].get("executionRoleArn", role).rsplit("/", 1)[-1]
    if role != image_shop.PULL_ROLE:
        raise NotYet(
            expected=f"a task with the execution role {image_shop.PULL_ROLE}",
            found=role,
            look_at="describe_task_definition → taskDefinition.executionRoleArn",
        )
    judge_role(lab, image_shop.PULL_ROLE, "labels")
    expect_success(lab, task)


@MODULE.check(
    "scan",
    points=1,
    title="Every repository is scanned on push",
    hints=(
        "The setting belongs to the registry, not to one repository. Which call puts it?",
        (
            "PutRegistryScanningConfiguration takes rules; each has a scanFrequency and "
            "repositoryFilters. A filter with the filterType WILDCARD may hold a star."
        ),
    ),
)
def scan(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the scanning configuration of the registry."""
    ecr = lab.client("ecr")
    rules = ecr.get_registry_scanning_configuration()["scanningConfiguration"]["rules"]
    if not rules:
        repositories = ecr.describe_repositories()["repositories"]
        if any(each["imageScanningConfiguration"]["scanOnPush"] for each in repositories):
            raise NotYet(
                expected="one setting for the whole registry",
                found="a setting of single repositories, which AWS is retiring",
                look_at="get_registry_scanning_configuration → …rules",
            )
        raise NotAttempted
    on_push = [rule for rule in rules if rule["scanFrequency"] == "SCAN_ON_PUSH"]
    if not on_push:
        raise NotYet(
            expected="SCAN_ON_PUSH",
            found=rules[0]["scanFrequency"],
            look_at="get_registry_scanning_configuration → …rules[0].scanFrequency",
        )
    filters = [item["filter"] for rule in on_push for item in rule["repositoryFilters"]]
    if EVERYTHING not in filters:
        raise NotYet(
            expected="a filter that also matches a repository of tomorrow",
            found=", ".join(filters),
            look_at="get_registry_scanning_configuration → …rules[0].repositoryFilters",
        )


@MODULE.check(
    "lifecycle",
    points=2,
    title="Old images of covers expire, releases stay",
    hints=(
        "You need two rules. Which images does each select, and does it count them or their days?",
        (
            "For untagged images: tagStatus untagged, and countType sinceImagePushed with a unit. "
            "For builds: tagStatus tagged, a tagPatternList, and countType imageCountMoreThan."
        ),
        (
            "Look at the preview before you check: start_lifecycle_policy_preview, then "
            "get_lifecycle_policy_preview. No release may be in it."
        ),
    ),
)
def lifecycle(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge by the preview of the policy that the repository has."""
    try:
        found = lab.client("ecr").get_lifecycle_policy(repositoryName=image_shop.COVERS)
    except ClientError:
        raise NotAttempted from None
    judge_policy(lab, image_shop.COVERS, found["lifecyclePolicyText"])


def _storefronts(lab: Session) -> dict[str, str]:
    """Give the storefronts that were there before the learner, with their digests."""
    ecs = lab.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER, startedBy=image_shop.STAFF)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    found = {t["taskArn"]: t["containers"][0]["imageDigest"] for t in tasks if family(t) == _SHOP}
    if not found:
        raise NotYet(
            expected="the storefronts of the day shift, which were there at the start",
            found="none of them runs any more",
            look_at="lab.reset() brings them back",
        )
    return found
