"""Health checks of programs that always answer alike are not repeated; all others are.

AWS: elasticloadbalancing, "Health checks for your target groups": every interval, each target.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from os import environ, getenv
from pathlib import Path
from typing import Any

import pytest

from ecslab import Cloud, Image
from ecslab.sim.pure_answers import pure_answer

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

STATUS = "200 OK"
asked: list[str] = []
state = {"status": "200 OK"}


def text(environ: Any, start: Any) -> list[bytes]:
    """Answer by a global name, which can be bound to something else."""
    start(STATUS, [("Content-Type", "text/plain")])
    return [environ.get("PATH_INFO", "/").encode()]


def counting(_: Any, start: Any) -> list[bytes]:
    """Answer, and count the requests."""
    asked.append("")
    start("200 OK", [])
    return [b""]


def by_state(_: Any, start: Any) -> list[bytes]:
    """Answer by what a dictionary says."""
    start(state["status"], [])
    return [b""]


def by_load(environ: Any, start: Any, seen: list[int] = []) -> list[bytes]:  # noqa: B006
    """Fail after five requests."""
    seen.append(len(environ))
    start("200 OK" if len(seen) < 5 else "503 Slow Down", [])
    return [b""]


def by_time(_: Any, start: Any) -> list[bytes]:
    """Fail from the fifth minute on."""
    early = dt.datetime.now(tz=dt.UTC).minute < 5
    start("200 OK" if early else "503 Late", [])
    return [b""]


def by_attribute(_: Any, start: Any) -> list[bytes]:
    """Answer by an attribute of a function."""
    start(getattr(by_attribute, "status", "200 OK"), [])
    return [b""]


def around(status: str) -> tuple[Any, Any]:
    """Return an application and what changes its answers."""

    def app(_: Any, start: Any) -> list[bytes]:
        start(status, [])
        return [b""]

    def change(other: str) -> None:
        nonlocal status
        status = other

    return app, change


def importing(_: Any, start: Any) -> list[bytes]:
    """Import when asked."""
    from time import time

    start("200 OK" if time() else "503", [])
    return [b""]


def climbing(_: Any, start: Any) -> list[bytes]:
    """Reach the globals of another function."""
    start(start.__globals__.get("status", "200 OK"), [])
    return [b""]


def naming(_: Any, start: Any) -> list[bytes]:
    """Reach the same with a text that is filled in."""
    start("{.__module__}".format(start), [])  # noqa: UP032
    return [b""]


def binding(_: Any, start: Any) -> list[bytes]:
    """Bind a global name."""
    global STATUS  # noqa: PLW0603
    STATUS = "503 Down"
    start(STATUS, [])
    return [b""]


def nesting(_: Any, start: Any) -> list[bytes]:
    """Have a function in a function."""
    found = list(map(lambda each: each in asked, [""]))  # noqa: C417
    start("503 Asked" if found[0] else "200 OK", [])
    return [b""]


def streaming(_: Any, start: Any) -> Any:
    """Answer piece by piece."""
    start("200 OK", [])
    yield b""


def printing(environ: Any, start: Any) -> list[bytes]:
    """Write to the log."""
    environ["wsgi.errors"].write("asked")
    start("200 OK", [])
    return [b""]


def by_variable(_: Any, start: Any) -> list[bytes]:
    """Answer by variables of the container."""
    found = [os.environ["HOSTNAME"], os.environ.get("MODE", "plain"), os.getenv("COLOR") or ""]
    start(environ.get("STATUS", "200 OK"), [])
    return [environ["PATH"].encode(), getenv("A", "b").encode(), found[0].encode()]


def setting_variable(_: Any, start: Any) -> list[bytes]:
    """Answer by a variable that the request before has set."""
    os.environ["ASKED"] = "yes"
    start("200 OK", [])
    return [b""]


def by_time_zone(_: Any, start: Any) -> list[bytes]:
    """Answer by a variable that is the same as outside of the container."""
    start("200 OK" if os.environ.get("TZ") else "503 Lost", [])
    return [b""]


def by_any_variable(request: Any, start: Any) -> list[bytes]:
    """Answer by a variable that the request names."""
    start("200 OK" if os.getenv(request["QUERY_STRING"]) else "503 Unset", [])
    return [b""]


def by_all_variables(_: Any, start: Any) -> list[bytes]:
    """Answer by all variables."""
    start("200 OK" if len(os.environ) else "503 Unset", [])
    return [b""]


def by_file(_: Any, start: Any) -> list[bytes]:
    """Answer by what is on the disk."""
    start("200 OK" if os.listdir("/") else "503 Empty", [])  # noqa: PTH208
    return [b""]


def states(front: Front) -> set[str]:
    """Return the states of the targets."""
    return {each["State"] for each in front.health()}


def test_a_name_bound_to_something_else_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next check after the change finds what the program answers now."""
    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=text))
        assert states(front) == {"healthy"}
        cloud.advance(hours=2)
        monkeypatch.setitem(globals(), "STATUS", "503 Down")
        cloud.advance(seconds=75)
        assert "healthy" not in states(front)
        monkeypatch.setitem(globals(), "STATUS", "200 OK")
        cloud.advance(minutes=5)
        assert "healthy" in states(front)


def test_what_a_function_around_changes_is_seen() -> None:
    """Also when another container changes it."""
    app, change = around("200 OK")

    def breaking(_: Any, start: Any) -> list[bytes]:
        change("503 Down")
        start("200 OK", [])
        return [b""]

    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=app))
        other = front.define(Image(port=8080, app=breaking), "breaking")
        cloud.advance(minutes=20)
        front.ecs.run_task(
            cluster="shop",
            taskDefinition=other,
            launchType="FARGATE",
            networkConfiguration=front.network,
        )
        cloud.advance(minutes=1)
        assert states(front) == {"healthy"}
        sender = next(task for task in front.tasks() if task["taskDefinitionArn"] == other)
        source = front.tasks()[0]["taskArn"]
        rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
        rule_from: Any = {**rule, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        front.ec2.authorize_security_group_ingress(
            GroupId=front.task_group, IpPermissions=[rule_from]
        )
        assert cloud.http(f"http://{front.address(sender)}:8080/", source=source).status == 200
        cloud.advance(seconds=75)
        assert "healthy" not in states(front)


@pytest.mark.parametrize("app", [by_load, by_time])
def test_health_that_changes_by_itself_is_seen(app: Any) -> None:
    """Programs whose answers depend on the time, or on the requests before, are always asked."""
    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=app))
        cloud.advance(minutes=5)
        assert any("is unhealthy in" in message for message in front.messages())


def test_health_that_is_changed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that read what can change without a name being bound are always asked."""
    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=by_state))
        cloud.advance(minutes=20)
        monkeypatch.setitem(state, "status", "503 Down")
        cloud.advance(seconds=75)
        assert "healthy" not in states(front)


def test_an_attribute_that_is_changed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As above."""
    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=by_attribute))
        cloud.advance(minutes=20)
        monkeypatch.setattr(by_attribute, "status", "503 Down", raising=False)
        cloud.advance(seconds=75)
        assert "healthy" not in states(front)


def test_each_check_is_a_request() -> None:
    """A program that keeps its requests sees every check."""
    with Cloud() as cloud:
        front = Front(cloud)
        front.serve(Image(port=8080, app=counting), 1)
        before = len(asked)
        cloud.advance(minutes=10)
        assert len(asked) - before == 20


def test_what_reads_variables_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application that finds other variables is asked again."""
    found = pure_answer(by_variable)
    assert found is not None
    monkeypatch.setattr(os, "environ", {"HOSTNAME": "elsewhere"})
    assert not found.holds


@pytest.mark.parametrize(
    "app",
    [
        *(importing, climbing, naming, binding, nesting, streaming, printing, by_state, by_time),
        *(counting, by_load, by_attribute, str.upper, None, setting_variable, by_time_zone),
        *(by_any_variable, by_all_variables, by_file),
    ],
)
def test_what_is_not_certain_is_not_taken_for_pure(app: Any) -> None:
    """Everything with a way out of the function, or none of Python's functions."""
    assert pure_answer(app) is None


@pytest.mark.parametrize("app", [text, around("200 OK")[0], by_variable])
def test_a_function_of_its_request_is_pure(app: Any) -> None:
    """As long as the names that it reads are bound to the same values."""
    found = pure_answer(app)
    assert found is not None
    assert found.holds
