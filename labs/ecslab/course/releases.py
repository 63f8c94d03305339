"""What shows how a release went: the load during it, its deployment, and what visitors get."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests

from ecslab.course.outcomes import NotAttempted, NotYet
from ecslab.sim.load import Load

if TYPE_CHECKING:
    from ecslab.course.session import Session

__all__ = [
    "RELEASE",
    "expect_during",
    "expect_none_lost",
    "expect_version",
    "load_of",
    "release_of",
]

RELEASE = "describe_service_deployments → serviceDeployments[0]"
"""Where a deployment is to be seen, for the line *look at*."""

_ENOUGH = 1000
"""Requests that make a load, all in all."""

_VISITS = 6
_SECONDS = 5
_PRECISION = timedelta(milliseconds=1)
"""The API tells times in whole milliseconds, and leaves out what is beyond."""

_MINUTES = 3
"""How long a release may take, at the least, while the load goes on."""


def load_of(answer: object) -> Load:
    """Give the load that an answer is, all of it sent, or end the check with *not yet*.

    Args:
        answer: what ``cloud.load`` gave.
    """
    look_at = "what lab.cloud.load(…) gives back"
    if not isinstance(answer, Load):
        found = f"a value of type {type(answer).__name__}"
        raise NotYet(expected="the load that you sent", found=found, look_at=look_at)
    if not answer.finished:
        raise NotYet(
            expected="a load that has ended",
            found=f"{answer.sent} requests sent, and more to come; let time pass",
            look_at="load.finished",
        )
    if answer.sent < _ENOUGH:
        raise NotYet(
            expected=f"at least {_ENOUGH} requests: 10 a second for 300 seconds are 3000",
            found=f"{answer.sent} requests",
            look_at="load.sent",
        )
    return answer


def release_of(lab: Session, cluster: str, service: str, version: str) -> dict[str, Any]:
    """Give the newest deployment of an image, as ListServiceDeployments shows it.

    Args:
        lab: the session whose account is judged.
        cluster: the name of the cluster.
        service: the name of the service, and of the repository of its image.
        version: the tag of the image.
    """
    ecs = lab.client("ecs")
    if not ecs.describe_services(cluster=cluster, services=[service])["services"]:
        raise NotAttempted
    listed = ecs.list_service_deployments(cluster=cluster, service=service)["serviceDeployments"]
    for item in listed:
        revision = ecs.describe_service_revisions(
            serviceRevisionArns=[item["targetServiceRevisionArn"]]
        )["serviceRevisions"][0]
        if revision["containerImages"][0]["image"].endswith(f"/{service}:{version}"):
            found: dict[str, Any] = item
            return found
    raise NotYet(
        expected=f"a release of {service}:{version}",
        found="no deployment of a definition with that image",
        look_at="list_service_deployments → serviceDeployments[]",
    )


def expect_during(load: Load, release: dict[str, Any]) -> None:
    """Go on when a load was there from before a release began until minutes after.

    Args:
        load: the load.
        release: a deployment, as ListServiceDeployments shows it.
    """
    began = release["startedAt"]
    ended = load.began + timedelta(seconds=load.seconds)
    found = ""
    if load.began - began >= _PRECISION:
        found = "the load began after the release"
    elif ended < began + timedelta(minutes=_MINUTES):
        found = f"the load ended less than {_MINUTES} minutes after the release began"
    if found:
        raise NotYet(
            expected="a load that is there before the release and until it has ended",
            found=found,
            look_at="load.began, load.seconds",
        )


def expect_none_lost(load: Load) -> None:
    """Go on when every request of a load got an answer of the application.

    Args:
        load: the load, ended.
    """
    if load.failures:
        kinds = ", ".join(sorted({str(lost.outcome) for lost in load.failures}))
        raise NotYet(
            expected="no lost request",
            found=f"{len(load.failures)} of {load.sent} lost: {kinds}",
            look_at="load.failures",
        )


def expect_version(url: str, version: str) -> None:
    """Go on when every visitor gets a version of the storefront.

    Args:
        url: of the shop.
        version: what the header ``X-Version`` must say.
    """
    visits = [requests.get(url, timeout=_SECONDS) for _ in range(_VISITS)]
    found = sorted({visit.headers.get("X-Version", str(visit.status_code)) for visit in visits})
    if found != [version]:
        raise NotYet(
            expected=f"every visitor gets version {version}",
            found=", ".join(found),
            look_at='requests.get(url).headers["X-Version"]',
        )
