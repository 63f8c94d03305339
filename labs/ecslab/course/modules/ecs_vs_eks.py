"""Scenarios and checks of module 16-ecs-vs-eks."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecslab.course import Module, NotAttempted, NotYet, Session, choices, eks_shop, one
from ecslab.course.fargate_shop import HOURS_A_MONTH, monthly
from ecslab.course.manifests import judge_deployment
from ecslab.course.meaning import number
from ecslab.course.pod_parts import judge_environment, judge_probes, judge_resources
from ecslab.course.roles_of_pods import judge_permission, judge_trust

if TYPE_CHECKING:
    from ecslab.cloud import Cloud

MODULE = Module("16-ecs-vs-eks")

CLUSTER = eks_shop.CLUSTER
CONTROL_PLANE = 0.10
"""USD an hour for an EKS cluster in standard support (AWS price list, us-east-1, 2026)."""

Json = dict[str, Any]
_CENT = 0.05
_SECRETS = ("s3cr3t-of-the-cookies", "c0rrect-horse")
_ALLOWED = {
    "catalog": ("s3:GetObject", "arn:aws:s3:::bookshop-books/books.json"),
    "fulfilment": ("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:123456789012:orders"),
}


@MODULE.scenario(
    "lesson",
    goal="See the same service in ECS and in Kubernetes, and choose between them by criteria.",
    given="The Bookshop's task definitions on ECS, and no Kubernetes cluster.",
)
def lesson(cloud: Cloud) -> None:
    """Register the Bookshop; the lesson lets months pass, so nothing runs."""
    eks_shop.register(cloud)


@MODULE.scenario(
    "lab",
    goal="Write the Bookshop's Kubernetes manifests, prepare a cluster, and defend three choices.",
    given="The Bookshop's three services on ECS, and no Kubernetes cluster.",
)
def lab(cloud: Cloud) -> None:
    """Run the Bookshop."""
    eks_shop.prepare(cloud)


@MODULE.check(
    "resources",
    points=2,
    title="Requests and limits",
    hints=(
        "1024 CPU units are one vCPU, and Kubernetes counts in thousandths: 256 units are 250m.",
        (
            "ECS reserves memoryReservation, or memory when there is none: that is the request. "
            "The hard limit, memory, is the limit. MiB are written Mi."
        ),
        "A container without cpu or memory of its own has the task's, which are texts.",
    ),
)
def resources(lab: Session, answer: object) -> None:
    """Judge what the function gives for every container of the shop, and for one more."""
    for _, task in _all(lab):
        for container in task["containerDefinitions"]:
            given = _called(answer, "resources", container, task)
            judge_resources(given, container, task)


@MODULE.check(
    "probes",
    points=2,
    title="Probes from the health check",
    hints=(
        "livenessProbe and readinessProbe ask the same here. Which fields have the three numbers?",
        (
            "interval is periodSeconds, timeout is timeoutSeconds, retries is failureThreshold. "
            'CMD-SHELL starts a shell; exec starts none: write ["sh", "-c", script].'
        ),
        (
            "A startupProbe has periodSeconds times failureThreshold seconds; that must be "
            "startPeriod or more. Without a health check the answer is an empty dictionary."
        ),
    ),
)
def probes(lab: Session, answer: object) -> None:
    """Judge the probes for every container of the shop, and for one more."""
    for _, task in _all(lab):
        for container in task["containerDefinitions"]:
            judge_probes(_called(answer, "probes", container), container)


@MODULE.check(
    "environment",
    points=2,
    title="Variables and secrets",
    hints=(
        "environment has name and value in both worlds. What may never stand in a manifest?",
        (
            "A secret becomes a reference: valueFrom → secretKeyRef with the name of a Secret in "
            "Kubernetes and a key in it. The name has lower-case letters, digits and hyphens."
        ),
    ),
)
def environment(lab: Session, answer: object) -> None:
    """Judge the variables for every container of the shop, and for one more."""
    for _, task in _all(lab):
        for container in task["containerDefinitions"]:
            judge_environment(_called(answer, "environment", container), container, _SECRETS)


@MODULE.check(
    "deployment",
    points=3,
    title="A Deployment for each service",
    hints=(
        "The message names the field. kubernetes_validate.validate(…) says the same to you.",
        (
            "Compute the rollout in numbers: with 3 tasks and 50 percent at least 2 must stay, "
            "since ECS rounds the minimum up. So 1 may be missing."
        ),
        (
            "stopTimeout is terminationGracePeriodSeconds, a task role needs a serviceAccountName, "
            "ARM64 needs the nodeSelector kubernetes.io/arch: arm64."
        ),
    ),
)
def deployment(lab: Session, answer: object) -> None:
    """Judge the Deployments of the shop, and of a service that nobody has seen."""
    for service, task in _all(lab):
        judge_deployment(_called(answer, "deployment", service, task), service, task)


@MODULE.check(
    "cluster",
    points=2,
    title="A cluster that does not grow old",
    hints=(
        "describe_cluster_versions shows the versions with the ends of their support.",
        (
            "upgradePolicy with the supportType STANDARD lets AWS upgrade instead of charging six "
            "times as much. A node group of the type m7g.large has ARM64 processors."
        ),
    ),
)
def cluster(lab: Session, answer: object) -> None:  # noqa: ARG001 - asks the account
    """Judge the cluster and its nodes by what EKS says of them."""
    eks = lab.client("eks")
    names = eks.list_clusters()["clusters"]
    if not names:
        raise NotAttempted
    found = eks.describe_cluster(name=one(names, "EKS cluster", "list_clusters"))["cluster"]
    offered = eks.describe_cluster_versions()["clusterVersions"]
    newest = max(offered, key=lambda each: each["endOfStandardSupportDate"])["clusterVersion"]
    where = "describe_cluster → cluster"
    if found["version"] != newest:
        raise NotYet(
            expected=f"version {newest}, whose standard support ends last",
            found=found["version"],
            look_at=f"{where}.version",
        )
    if found["upgradePolicy"]["supportType"] != "STANDARD":
        raise NotYet(
            expected="an upgrade by AWS at the end of standard support",
            found=f"supportType {found['upgradePolicy']['supportType']}, which goes on and costs"
            " six times as much",
            look_at=f"{where}.upgradePolicy",
        )
    groups = [
        eks.describe_nodegroup(clusterName=found["name"], nodegroupName=name)["nodegroup"]
        for name in eks.list_nodegroups(clusterName=found["name"])["nodegroups"]
    ]
    if not any("ARM_64" in group["amiType"] for group in groups):
        kinds = ", ".join(group["amiType"] for group in groups)
        raise NotYet(
            expected="a node group with ARM64 processors, for the catalog",
            found=kinds or "no node group",
            look_at="describe_nodegroup → nodegroup.amiType",
        )


@MODULE.check(
    "identity",
    points=2,
    title="Permissions for Pods",
    hints=(
        "Which principal gives a Pod its credentials? It is not ecs-tasks.amazonaws.com.",
        (
            "The trust policy lets pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession. "
            "ECS still runs: keep its statement."
        ),
        (
            "create_pod_identity_association takes the cluster, the namespace and the service "
            "account of your Deployment, and the role."
        ),
    ),
)
def identity(lab: Session, answer: object) -> None:
    """Judge the associations of the service accounts, and what their roles trust and permit."""
    eks = lab.client("eks")
    if not eks.list_clusters()["clusters"]:
        raise NotAttempted
    name = eks.list_clusters()["clusters"][0]
    made = {
        (each["namespace"], each["serviceAccount"]): each["associationId"]
        for each in eks.list_pod_identity_associations(clusterName=name)["associations"]
    }
    if not made:
        raise NotAttempted
    for service, task in _shop(lab):
        if not task.get("taskRoleArn"):
            continue
        manifest = _called(answer, "deployment", service, task)
        judge_deployment(manifest, service, task)
        place = (
            manifest["metadata"].get("namespace", "default"),
            manifest["spec"]["template"]["spec"]["serviceAccountName"],
        )
        if place not in made:
            raise NotYet(
                expected=f"a role for the service account {place[1]} in the namespace {place[0]}",
                found=", ".join(f"{a} in {n}" for n, a in sorted(made)),
                look_at="list_pod_identity_associations → associations",
            )
        found = eks.describe_pod_identity_association(clusterName=name, associationId=made[place])
        role = str(found["association"]["roleArn"])
        judge_trust(lab, role, "pods.eks.amazonaws.com", ("sts:AssumeRole", "sts:TagSession"))
        judge_trust(lab, task["taskRoleArn"], "ecs-tasks.amazonaws.com", ("sts:AssumeRole",))
        judge_permission(lab, role, *_ALLOWED[service["serviceName"]])


@MODULE.check(
    "fargate-profile",
    points=2,
    title="What may go to Fargate",
    hints=(
        "Fargate on EKS has neither ARM64 nor Pod Identity. Which of the three needs neither?",
        (
            "A selector has a namespace and labels. Without labels it takes every Pod of the "
            "namespace."
        ),
        "The words of the refused call say what kind of subnet it wants; the Given names two.",
    ),
)
def fargate_profile(lab: Session, answer: object) -> None:
    """Judge which Pods the profiles take, by the labels that the Deployments give them."""
    eks = lab.client("eks")
    profiles = [
        eks.describe_fargate_profile(clusterName=name, fargateProfileName=each)["fargateProfile"]
        for name in eks.list_clusters()["clusters"]
        for each in eks.list_fargate_profiles(clusterName=name)["fargateProfileNames"]
    ]
    if not profiles:
        raise NotAttempted
    for service, task in _shop(lab):
        manifest = _called(answer, "deployment", service, task)
        labels = judge_deployment(manifest, service, task)
        taken = any(_takes(profile, manifest, labels) for profile in profiles)
        name = service["serviceName"]
        if taken and task.get("taskRoleArn"):
            arm = (task.get("runtimePlatform") or {}).get("cpuArchitecture") == "ARM64"
            raise NotYet(
                expected="only Pods that Fargate on EKS can run",
                found=f"{name}, which needs Pod Identity{' and ARM64' if arm else ''}",
                look_at="describe_fargate_profile → fargateProfile.selectors",
            )
        if not taken and not task.get("taskRoleArn"):
            raise NotYet(
                expected=f"a profile that takes the Pods of {name}",
                found=f"none for the labels {dict(labels)} in the namespace"
                f" {manifest['metadata'].get('namespace', 'default')}",
                look_at="describe_fargate_profile → fargateProfile.selectors",
            )
    role = str(profiles[0]["podExecutionRoleArn"])
    judge_trust(lab, role, "eks-fargate-pods.amazonaws.com", ("sts:AssumeRole",))


@MODULE.check(
    "bill",
    points=1,
    title="The same three Pods, twice",
    hints=(
        "Fargate on EKS adds 256 MiB for its own programs. Is 768 MiB a size that Fargate has?",
        "Three Pods of 256 CPU units and 1024 MiB, and one control plane for 730 hours.",
    ),
)
def bill(lab: Session, answer: object) -> None:  # noqa: ARG001 - the prices are the lesson's
    """Judge both sums."""
    if not isinstance(answer, Mapping):
        raise NotYet(expected='a dictionary with "ecs" and "eks"', found=answer, look_at="bill")
    wanted = {
        "ecs": 3 * monthly(256, 512),
        "eks": 3 * monthly(256, 1024) + CONTROL_PLANE * HOURS_A_MONTH,
    }
    partial = {
        3 * monthly(256, 1024): "which leaves out the control plane",
        3 * monthly(256, 512)
        + CONTROL_PLANE * HOURS_A_MONTH: "which leaves out the 256 MiB that Fargate adds",
        monthly(256, 512): "which is one task",
    }
    for key, value in wanted.items():
        given = answer.get(key)
        expected = f"USD a month of three storefronts on Fargate with {key.upper()}"
        sum_ = number(given, "USD", "$")
        if sum_ is None:
            raise NotYet(expected=expected, found=given, look_at=f'bill["{key}"]')
        if abs(sum_ - value) > _CENT:
            why = next((each for part, each in partial.items() if abs(sum_ - part) <= _CENT), "")
            found = f"{sum_:.2f}, {why}" if why else f"{sum_:.2f}"
            raise NotYet(expected=expected, found=found, look_at=f'bill["{key}"]')


@MODULE.check(
    "decision",
    points=3,
    title="A choice for three companies",
    hints=(
        "Go through the facts of a company: for which side does each speak, and which for none?",
        "Is there something that one side cannot give at all? Then it decides, whatever else is.",
        (
            "because takes letters that speak for your choice, although those that speak against "
            "it. For one company both choices can be defended."
        ),
    ),
)
def decision(lab: Session, answer: object) -> None:  # noqa: ARG001 - judges the sheet
    """Judge the sheet by the facts of the companies."""
    if isinstance(answer, Mapping) and all(_blank(entry) for entry in answer.values()):
        raise NotAttempted
    choices.judge(answer)


def _blank(entry: object) -> bool:
    if isinstance(entry, Mapping):
        return all(value is Ellipsis for value in entry.values())
    return entry is Ellipsis


def _shop(lab: Session) -> Iterator[tuple[Json, Json]]:
    """Yield the shop's services as the API shows them, each with its task definition."""
    ecs = lab.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=list(eks_shop.SERVICES))
    for service in found["services"]:
        answer = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        yield service, answer["taskDefinition"]


def _all(lab: Session) -> Iterator[tuple[Json, Json]]:
    yield from _shop(lab)
    yield eks_shop.REVIEWS_SERVICE, eks_shop.REVIEWS


def _called(function: object, name: str, *arguments: Json) -> Any:
    """Return what the learner's function gives, or end the check."""
    if not callable(function):
        raise NotYet(expected=f"the function {name}, without brackets", found=function)
    what = arguments[0].get("name") or arguments[0].get("serviceName")
    try:
        given = function(*copy.deepcopy(arguments))  # what it changes there, it changes for itself
    except Exception as error:  # noqa: BLE001 - whatever it raises is the learner's to see
        raise NotYet(
            expected=f"{name} gives an answer for {what}",
            found=f"{type(error).__name__}: {error}",
            look_at=f"the function {name}: not every definition has every field",
        ) from None
    if given is Ellipsis:
        raise NotAttempted
    return given


def _takes(profile: Json, manifest: Json, labels: Mapping[str, str]) -> bool:
    namespace = manifest["metadata"].get("namespace", "default")
    return any(
        selector["namespace"] == namespace
        and (selector.get("labels") or {}).items() <= labels.items()
        for selector in profile["selectors"]
    )
