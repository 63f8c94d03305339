"""Module 16: right answers in other words pass, and what a manifest means is what counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.course.choices import COMPANIES, judge
from ecslab.course.eks_shop import REVIEWS, REVIEWS_SERVICE
from ecslab.course.manifests import judge_deployment, judge_schema
from ecslab.course.outcomes import NotYet
from ecslab.course.pod_parts import judge_environment, judge_probes, judge_resources
from ecslab.course.quantities import amount

Json = dict[str, Any]
CONTAINER = REVIEWS["containerDefinitions"][0]
SCRIPT = CONTAINER["healthCheck"]["command"][-1]
NUMBERS = {"periodSeconds": 20, "timeoutSeconds": 3, "failureThreshold": 5}
REQUEST = {"httpGet": {"port": 9000, "path": "/up"}, **NUMBERS}
COMMAND = {"exec": {"command": ["/bin/sh", "-c", SCRIPT]}, **NUMBERS}
REFERENCE = {"name": "reviews", "key": "token"}
ENVIRONMENT = [
    {"name": "TOKEN", "valueFrom": {"secretKeyRef": REFERENCE}},
    {"name": "STARS", "value": "5"},
]


def manifest(**changes: Any) -> Json:
    """Return a right Deployment of the service that no learner sees, with parts changed."""
    container = {
        "name": "reviews",
        "image": CONTAINER["image"],
        "ports": [{"containerPort": 9000, "name": "http"}],
        "env": ENVIRONMENT,
        "resources": {
            "requests": {"cpu": "375m", "memory": "768Mi"},
            "limits": {"memory": "1.5Gi"},
        },
        "livenessProbe": REQUEST,
        "readinessProbe": COMMAND,
        **changes.get("container", {}),
    }
    pod = {
        "containers": [container],
        "terminationGracePeriodSeconds": 75,
        "serviceAccountName": "reviews-reader",
        **changes.get("pod", {}),
    }
    labels = {"team": "shop", "name": "reviews"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "reviews"},
        "spec": {
            "replicas": 5,
            "selector": {"matchLabels": {"name": "reviews"}},
            "strategy": {"rollingUpdate": {"maxUnavailable": "40%", "maxSurge": 1}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **changes.get("spec", {}),
        },
    }


def refused(**changes: Any) -> str:
    """Return what is found wrong in a changed Deployment."""
    with pytest.raises(NotYet) as outcome:
        judge_deployment(manifest(**changes), REVIEWS_SERVICE, REVIEWS)
    return str(outcome.value)


def test_other_words_are_right_too() -> None:
    """Labels, names, probes by request or command, and percentages that mean the same."""
    labels = judge_deployment(manifest(), REVIEWS_SERVICE, REVIEWS)
    assert labels == {"team": "shop", "name": "reviews"}
    judge_deployment(
        manifest(container={"livenessProbe": COMMAND, "readinessProbe": REQUEST}),
        REVIEWS_SERVICE,
        REVIEWS,
    )
    for surge in (1, "20%"):  # 20 percent of 5
        rolling = {"maxUnavailable": 2, "maxSurge": surge}
        spec = {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
        judge_deployment(manifest(spec=spec), REVIEWS_SERVICE, REVIEWS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spec": {"replicas": 4}}, "5 replicas, the desired count"),
        ({"spec": {"strategy": {}}}, "2 may be missing"),
        ({"spec": {"selector": {"matchLabels": {"app": "x"}}}}, "selector that the labels"),
        ({"pod": {"serviceAccountName": "default"}}, "service account of its own"),
        ({"pod": {"terminationGracePeriodSeconds": 30}}, "75 seconds between"),
        ({"pod": {"containers": []}}, "the containers reviews"),
        ({"container": {"ports": []}}, "the ports [9000]"),
        ({"container": {"image": "reviews:latest"}}, "reviews:4.2"),
        ({"container": {"env": []}}, "the variables STARS, TOKEN"),
        ({"container": {"memory": 5}}, "'memory' was unexpected"),
        ({"container": {"ports": [{"containerPort": "9000"}]}}, "'9000' is not of type 'integer'"),
    ],
)
def test_what_differs_is_named(changes: Json, words: str) -> None:
    assert words in refused(**changes)


def test_a_rollout_that_rounds_up_is_seen() -> None:
    """K8S:deployment: maxSurge rounds up, maxUnavailable down; ECS the other way round."""
    service = {**REVIEWS_SERVICE, "desiredCount": 3}
    for surge, passes in ((1, False), ("30%", False), (0, True)):
        rolling = {"maxUnavailable": 1, "maxSurge": surge}
        document = manifest(spec={"replicas": 3, "strategy": {"rollingUpdate": rolling}})
        if passes:
            judge_deployment(document, service, REVIEWS)
        else:
            with pytest.raises(NotYet, match="at most 3 at once"):
                judge_deployment(document, service, REVIEWS)


def test_recreate_is_the_rollout_of_one_that_stops_first() -> None:
    """Minimum 0 and maximum 100 percent: nothing runs in between."""
    service = {
        "serviceName": "reviews",
        "desiredCount": 1,
        "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100},
    }
    spec = {"replicas": 1, "strategy": {"type": "Recreate"}}
    judge_deployment(manifest(spec=spec), service, REVIEWS)


def test_kinds_that_kubernetes_lacks() -> None:
    for document in (
        [],
        {},
        {"apiVersion": "v1", "kind": 5},
        {"apiVersion": "v9", "kind": "Deployment"},
    ):
        with pytest.raises(NotYet):
            judge_schema(document, "the manifest")


@pytest.mark.parametrize(
    "cpu", ["375m", "0.375", 0.375, ".375"], ids=["milli", "text", "number", "short"]
)
@pytest.mark.parametrize("memory", ["768Mi", "0.75Gi", str(768 * 1024**2), 805306368.0])
def test_a_quantity_in_any_unit(cpu: object, memory: object) -> None:
    given = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": "1536Mi"}}
    judge_resources(given, CONTAINER, REVIEWS)


@given(st.integers(0, 10**6))
def test_quantities_are_read_as_kubernetes_does(number: int) -> None:
    assert amount(f"{number}m") == Decimal(number) / 1000
    assert amount(f"{number}Ki") == number * 1024
    assert amount(number) == amount(str(number)) == number


@pytest.mark.parametrize("text", ["", "5 Mi", "5MB", "-1", "1e3x", None, True, [5], "Mi"])
def test_what_is_no_quantity(text: object) -> None:
    assert amount(text) is None


def test_probes_and_variables_that_miss_something() -> None:
    judge_probes({"livenessProbe": REQUEST, "readinessProbe": REQUEST}, CONTAINER)
    judge_probes({}, {"name": "worker"})
    for wrong in (
        {},
        [],
        {"livenessProbe": REQUEST},
        {"livenessProbe": REQUEST, "readinessProbe": {}},
        {"livenessProbe": {**REQUEST, "tcpSocket": {}}, "readinessCheck": REQUEST},
        {"livenessProbe": {**REQUEST, "timeoutSeconds": True}, "readinessProbe": REQUEST},
    ):
        with pytest.raises(NotYet):
            judge_probes(wrong, CONTAINER)
    judge_environment(ENVIRONMENT, CONTAINER, ("hidden",))
    for bad in (None, [5], [{"name": "TOKEN", "value": "hidden"}, ENVIRONMENT[1]]):
        with pytest.raises(NotYet):
            judge_environment(bad, CONTAINER, ("hidden",))


RIGHT = {
    "Inkwell": {"choice": "ECS", "because": "ab", "although": "e"},
    "Northwind": {"choice": "eks", "because": ["a", "b"], "although": ["d"]},
    "Bluebird": {"choice": "EKS", "because": {"a", "c"}, "although": "b, d"},
}


@pytest.mark.parametrize("side", ["ECS", "EKS"])
def test_both_choices_for_bluebird_can_be_defended(side: str) -> None:
    bluebird = COMPANIES[2]
    other = "EKS" if side == "ECS" else "ECS"
    entry = {
        "choice": side,
        "because": bluebird.letters_for(side),
        "although": bluebird.letters_for(other),
    }
    judge(RIGHT | {"Bluebird": entry})


@pytest.mark.parametrize(("name", "wrong"), [("Inkwell", "EKS"), ("Northwind", "ECS")])
def test_what_a_company_must_have_decides(name: str, wrong: str) -> None:
    company = next(each for each in COMPANIES if each.name == name)
    other = "EKS" if wrong == "ECS" else "ECS"
    entry = {
        "choice": wrong,
        "because": company.letters_for(wrong),
        "although": company.letters_for(other),
    }
    with pytest.raises(NotYet, match="must have"):
        judge(RIGHT | {name: entry})


def test_a_sheet_that_is_none() -> None:
    for sheet in (None, {}, RIGHT | {"Inkwell": "ECS"}, RIGHT | {"Inkwell": {"choice": "both"}}):
        with pytest.raises(NotYet):
            judge(sheet)
    judge(RIGHT)
