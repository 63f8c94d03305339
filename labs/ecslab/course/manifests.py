"""What a Deployment must say, given the ECS service and the task definition that it comes from.

The schema is judged by kubernetes-validate; the rest compares meanings, not spellings: a rollout
may be written in numbers or percent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ecslab.course.outcomes import NotYet
from ecslab.course.pod_parts import judge_environment, judge_probes, judge_resources, mapping

__all__ = ["VERSION", "judge_deployment", "judge_schema"]

VERSION: Final = "1.34"
"""The Kubernetes version whose schema is asked (EKS:kubernetes-versions)."""

_STOP_TIMEOUT: Final = 30

Json = dict[str, Any]


def judge_schema(manifest: object, what: str) -> Mapping[str, Any]:
    """Have kubernetes-validate read a manifest, strictly: no field that Kubernetes lacks.

    Args:
        manifest: the learner's.
        what: which one it is, for messages.
    """
    found = mapping(manifest, f"a dictionary, the manifest of {what}", what)
    for field in ("apiVersion", "kind"):
        if not isinstance(found.get(field), str):
            raise NotYet(expected=f"a text in {field}", found=found.get(field), look_at=what)
    from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

    try:
        validate(dict(found), VERSION, strict=True)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.path) or "the manifest itself"
        raise NotYet(
            expected=f"a {found['kind']} that the schema of Kubernetes {VERSION} accepts",
            found=f"{place}: {error.message}",
            look_at=f"{what} → {place}",
        ) from None
    except SchemaNotFoundError as error:
        raise NotYet(
            expected=f"a kind of Kubernetes {VERSION}", found=error.message, look_at=what
        ) from None
    return found


def judge_deployment(manifest: object, service: Json, task: Json) -> Mapping[str, Any]:
    """Compare a Deployment with an ECS service and its task definition.

    Args:
        manifest: the learner's Deployment.
        service: the service, as DescribeServices shows it.
        task: its task definition.

    Returns:
        The labels of the Pods.
    """
    name = str(service["serviceName"])
    where = f"the Deployment of {name}"
    found = judge_schema(manifest, where)
    if found["kind"] != "Deployment":
        raise NotYet(expected="a Deployment", found=found["kind"], look_at=where)
    spec, pod = found["spec"], found["spec"]["template"]
    labels = (pod.get("metadata") or {}).get("labels") or {}
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    if not wanted or not wanted.items() <= labels.items():
        raise NotYet(
            expected="a selector that the labels of the Pods fulfil",
            found=f"selector {wanted}, labels {labels}",
            look_at=f"{where} → spec.selector.matchLabels",
        )
    if spec.get("replicas", 1) != service["desiredCount"]:
        raise NotYet(
            expected=f"{service['desiredCount']} replicas, the desired count",
            found=spec.get("replicas", "none, which means 1"),
            look_at=f"{where} → spec.replicas",
        )
    _rollout(spec, service, where)
    _pod(pod["spec"], task, name, where)
    return dict(labels)


def _rollout(spec: Mapping[str, Any], service: Json, where: str) -> None:
    desired, percents = service["desiredCount"], service["deploymentConfiguration"]
    lower = -(-desired * percents["minimumHealthyPercent"] // 100)
    upper = desired * percents["maximumPercent"] // 100
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    place = f"{where} → spec.strategy.rollingUpdate"
    kind = (spec.get("strategy") or {}).get("type", "RollingUpdate")
    if kind == "Recreate" and not lower and upper <= desired:
        return
    missing = _absolute(rolling.get("maxUnavailable", "25%"), desired, up=False)
    extra = _absolute(rolling.get("maxSurge", "25%"), desired, up=True)
    if missing != desired - lower:
        raise NotYet(
            expected=f"at least {lower} of {desired} stay: {desired - lower} may be missing",
            found=f"maxUnavailable {rolling.get('maxUnavailable', 'none, which means 25%')},"
            f" so {missing} may be missing",
            look_at=f"{place}.maxUnavailable",
        )
    if extra != upper - desired:
        raise NotYet(
            expected=f"at most {upper} at once: {upper - desired} more than {desired}",
            found=f"maxSurge {rolling.get('maxSurge', 'none, which means 25%')}, which Kubernetes"
            f" rounds up: {extra} more",
            look_at=f"{place}.maxSurge",
        )


def _absolute(value: object, desired: int, *, up: bool) -> int | None:
    """Return how many Pods a number or a percentage means (K8S:deployment, rounding)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d+%", value):
        share = desired * int(value[:-1])
        return -(-share // 100) if up else share // 100
    return None


def _pod(pod: Mapping[str, Any], task: Json, name: str, where: str) -> None:
    place = f"{where} → spec.template.spec"
    containers = pod.get("containers") or []
    specs = task["containerDefinitions"]
    if [each.get("name") for each in containers] != [each["name"] for each in specs]:
        raise NotYet(
            expected=f"the containers {', '.join(each['name'] for each in specs)}",
            found=", ".join(str(each.get("name")) for each in containers),
            look_at=f"{place}.containers",
        )
    for given, spec in zip(containers, specs, strict=True):
        _container(given, spec, task, place)
    stop = max(int(spec.get("stopTimeout") or _STOP_TIMEOUT) for spec in specs)
    if pod.get("terminationGracePeriodSeconds", _STOP_TIMEOUT) != stop:
        raise NotYet(
            expected=f"{stop} seconds between the two signals, the stopTimeout",
            found=pod.get("terminationGracePeriodSeconds", "none, which means 30"),
            look_at=f"{place}.terminationGracePeriodSeconds",
        )
    arm = (task.get("runtimePlatform") or {}).get("cpuArchitecture") == "ARM64"
    if arm and (pod.get("nodeSelector") or {}).get("kubernetes.io/arch") != "arm64":
        raise NotYet(
            expected="nodes of the architecture arm64, by the label kubernetes.io/arch",
            found=pod.get("nodeSelector", "no nodeSelector"),
            look_at=f"{place}.nodeSelector",
        )
    account = pod.get("serviceAccountName", "default")
    if task.get("taskRoleArn") and account == "default":
        raise NotYet(
            expected=f"a service account of its own: {name} has a task role",
            found=pod.get("serviceAccountName", "none, which means default"),
            look_at=f"{place}.serviceAccountName",
        )


def _container(given: Mapping[str, Any], spec: Json, task: Json, place: str) -> None:
    if given.get("image") != spec["image"]:
        raise NotYet(
            expected=spec["image"], found=given.get("image"), look_at=f"{place}.containers[].image"
        )
    wanted = sorted(int(each["containerPort"]) for each in spec.get("portMappings") or [])
    found = sorted(int(each["containerPort"]) for each in given.get("ports") or [])
    if found != wanted:
        raise NotYet(
            expected=f"the ports {wanted}", found=found, look_at=f"{place}.containers[].ports"
        )
    judge_resources(given.get("resources"), spec, task)
    probes = {key: value for key, value in given.items() if key.endswith("Probe")}
    judge_probes(probes, spec)
    judge_environment(given.get("env") or [], spec, ())
