"""Requests: who gets an answer, which one, and after how long.

Sources: Elastic Load Balancing, "Troubleshoot your Application Load Balancers" (T), "Listener
rules" (R), "HTTP headers" (H); botocore elbv2 (B); Amazon VPC, "Security group rules" (SG).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from traffic_world import (
    BALANCER,
    EVERYTHING,
    GROUP,
    OTHER_GROUP,
    URL,
    World,
    forward,
    opened,
)

from ecslab.errors import CourseError
from ecslab.model.image import Image
from ecslab.model.network import SecurityGroup
from ecslab.sim.balancing import HealthCheck, Rule
from ecslab.sim.directory import Records
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    ReadTimedOutError,
    TlsError,
)

TCP = HealthCheck(protocol="TCP")


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Answer with the request line and the header fields."""
    lines = [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}"]
    lines += [f"{key}={environ[key]}" for key in sorted(environ) if key.startswith("HTTP_")]
    start("200 OK", [("X-Own", "yes")])
    return ["\n".join(lines).encode(), environ["wsgi.input"].read()]


WEB = Image(port=8080, app=echo)


def named(name: str) -> Image:
    return Image(port=8080, body=name)


# --- Through an Application Load Balancer ---------------------------------------------------------


def test_a_request_reaches_the_application(world: World) -> None:
    """H: X-Forwarded-For, -Proto and -Port; the Host header is the client's."""
    target = world.serve(WEB)
    answer = world.traffic.request(
        "POST", f"{URL}/basket?item=3", {"X-Forwarded-For": "203.0.113.9"}, b"body"
    )
    assert answer.status == 200
    assert answer.headers == {"X-Own": "yes"}
    assert answer.text.splitlines() == [
        "POST /basket?item=3",
        "HTTP_HOST=web-1.us-east-1.elb.amazonaws.com",
        "HTTP_X_FORWARDED_FOR=203.0.113.9, 198.51.100.10",
        "HTTP_X_FORWARDED_PORT=80",
        "HTTP_X_FORWARDED_PROTO=httpbody",
    ]
    assert answer.answered_by == f"{target.ip}:8080"
    assert [hop.failure for hop in answer.hops] == [None] * len(answer.hops)


def test_time_passes_while_a_request_is_answered(world: World) -> None:
    """A request from the notebook takes simulated time."""
    world.serve(Image(port=8080, latency=2))
    before = world.clock.seconds
    answer = world.get()
    assert answer.seconds == pytest.approx(2.02)
    assert world.clock.seconds - before == pytest.approx(2.02)


def test_healthy_targets_take_turns(world: World) -> None:
    """B: load_balancing.algorithm.type is round_robin."""
    for name in ("one", "two", "three"):
        world.serve(named(name))
    assert [world.get().text for _ in range(6)] == ["one", "two", "three"] * 2


def test_the_least_busy_target_is_chosen(world: World) -> None:
    """B: least_outstanding_requests."""
    world.configure(algorithm="least_outstanding_requests", check=TCP)
    world.serve(Image(port=8080, body="slow", latency=50))
    world.serve(named("fast"))
    load = world.traffic.load(URL, per_second=1, seconds=10, timeout=100)
    world.clock.advance(100)
    assert load.counts == {200: 10}
    texts = [world.process(task).served for task in world.cluster.tasks.values()]
    assert texts[0] == 1
    assert texts[1] == 9


def test_no_registered_target_is_503(world: World) -> None:
    """T: HTTP 503: no registered targets."""
    answer = world.get()
    assert answer.status == 503
    assert answer.headers["Server"] == "awselb/2.0"
    assert "503 Service Temporarily Unavailable" in answer.text


def test_only_targets_being_registered_is_503(world: World) -> None:
    """HC: a target gets no requests before it has passed its first check."""
    world.targets.register(world.target(world.run(WEB)))
    assert world.get().status == 503


def test_unhealthy_targets_are_used_when_there_are_no_others(world: World) -> None:
    """HC: the load balancer fails open."""
    world.configure(check=HealthCheck(path="/", matcher="201"))
    world.serve(named("sick"))
    world.clock.advance(40)
    assert world.get().text == "sick"


def test_an_unhealthy_target_gets_nothing_while_another_is_healthy(world: World) -> None:
    """HC: requests are routed only to healthy targets."""
    world.serve(Image(port=8080, status=500, body="sick"))
    world.serve(named("well"))
    world.clock.advance(40)
    assert [world.get().text for _ in range(3)] == ["well"] * 3


def test_an_application_error_is_passed_through(world: World) -> None:
    """T: a target generates an HTTP error."""

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/boom":
            raise ValueError
        start("200 OK", [])
        return [b""]

    world.serve(Image(port=8080, app=app))
    answer = world.get(f"{URL}/boom")
    assert (answer.status, answer.headers.get("Server")) == (500, None)
    counted = world.traffic.counts.take(10)[GROUP]
    assert [minute.target_codes for minute in counted.values() if minute.request_count] == [{5: 1}]
    assert not any(minute.balancer_codes for minute in counted.values())


def test_nothing_listening_is_502(world: World) -> None:
    """T: HTTP 502: the target resets the connection."""
    world.serve(Image(port=9090))
    world.clock.advance(40)
    answer = world.get()
    assert answer.status == 502
    assert answer.seconds == pytest.approx(0.02)
    assert "listens on port 8080" in answer.hops[-1].words


def test_a_process_that_ends_in_the_middle_is_502(world: World) -> None:
    """T: HTTP 502: the target closed the connection while a request was outstanding."""
    world.configure(check=TCP)
    task = world.run(Image(port=8080, latency=10, runs_for=10))
    world.targets.register(world.target(task))
    world.clock.advance(5)
    answer = world.get()
    assert answer.status == 502
    assert answer.seconds == pytest.approx(5)


def test_a_closed_target_is_504_after_ten_seconds(world: World) -> None:
    """T: HTTP 504: no connection to the target before the connection timeout (10 seconds)."""
    world.serve(WEB, group="sg-closed")
    world.clock.advance(40)
    answer = world.get()
    assert answer.status == 504
    assert answer.seconds == pytest.approx(10.02)
    assert "sg-closed" in answer.hops[-1].words


@pytest.mark.parametrize(("takes", "status"), [(59, 200), (61, 504)])
def test_a_target_slower_than_the_idle_timeout_is_504(
    world: World, takes: float, status: int
) -> None:
    """T: HTTP 504: the target did not respond before the idle timeout (60 seconds)."""
    world.configure(check=TCP)
    world.serve(Image(port=8080, latency=takes))
    answer = world.get()
    assert answer.status == status
    assert answer.seconds == pytest.approx(min(takes, 60) + 0.02)


def test_a_client_that_does_not_wait(world: World) -> None:
    """The client's own limit comes before the load balancer's."""
    world.configure(check=TCP)
    world.serve(Image(port=8080, latency=20))
    with pytest.raises(ReadTimedOutError, match="did not answer within 3 seconds") as error:
        world.get(read_timeout=3)
    assert error.value.seconds == pytest.approx(3.02)


def test_requests_are_counted(world: World) -> None:
    """CloudWatch AWS/ApplicationELB: RequestCount, HTTPCode_*, TargetResponseTime.

    A request for which no target could be chosen is not in RequestCount (ibid.).
    """
    world.get()
    world.serve(Image(port=8080, latency=0.5))
    world.get()
    taken = world.traffic.counts.take(10)
    assert sum(minute.request_count for minute in taken[BALANCER].values()) == 1
    assert [minute.balancer_codes for minute in taken[GROUP].values()] == [{503: 1}]
    minute = taken[GROUP][0]
    assert minute.target_codes == {2: 1}
    assert minute.response_times == {0.5: 1}


# --- Listeners and rules --------------------------------------------------------------------------


def fixed(status: int, *conditions: dict[str, Any]) -> Rule:
    config = {"StatusCode": str(status), "MessageBody": "fixed", "ContentType": "text/plain"}
    action = {"Type": "fixed-response", "FixedResponseConfig": config}
    return Rule(f"rule/{status}", conditions, (action,))


@pytest.mark.parametrize(
    ("condition", "request_", "matches"),
    [
        ({"Field": "path-pattern", "Values": ["/img/*"]}, {"url": f"{URL}/img/a/b"}, True),
        ({"Field": "path-pattern", "Values": ["/img/*"]}, {"url": f"{URL}/IMG/a"}, False),
        ({"Field": "path-pattern", "Values": ["/a?c"]}, {"url": f"{URL}/abc"}, True),
        ({"Field": "path-pattern", "Values": ["/a"]}, {"url": f"{URL}/b?x=/a"}, False),
        (
            {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[12]/"]}},
            {"url": f"{URL}/v2/x"},
            True,
        ),
        (
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.Example.com"]}},
            {"headers": {"Host": "shop.example.com"}},
            True,
        ),
        ({"Field": "host-header", "Values": ["other.example.com"]}, {}, False),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Stage", "Values": ["beta*"]},
            },
            {"headers": {"x-stage": "BETA-2"}},
            True,
        ),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Stage", "Values": ["*"]},
            },
            {},
            False,
        ),
        (
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Key": "version", "Value": "v1"}]},
            },
            {"url": f"{URL}/?a=b&VERSION=V1"},
            True,
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": r"\*"}]}},
            {"url": f"{URL}/?a=b"},
            False,
        ),
        (
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["198.51.100.0/24"]}},
            {},
            True,
        ),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, {}, False),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
            {},
            True,
        ),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}},
            {},
            False,
        ),
    ],
)
def test_conditions(
    world: World, condition: dict[str, Any], request_: dict[str, Any], *, matches: bool
) -> None:
    """B: RuleCondition."""
    world.listen(fixed(201, condition), fixed(404))
    assert world.get(**request_).status == (201 if matches else 404)


def test_the_first_rule_whose_conditions_all_hold(world: World) -> None:
    """R: rules are evaluated in order of priority, the default rule last."""
    path = {"Field": "path-pattern", "Values": ["/a*"]}
    get = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}
    world.listen(fixed(201, path, get), fixed(202, path), fixed(203))
    assert world.get(f"{URL}/ab").status == 202
    assert world.traffic.request("POST", f"{URL}/ab").status == 201
    assert world.get(f"{URL}/").status == 203


@pytest.mark.parametrize(
    ("config", "location"),
    [
        (
            {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
            "https://web-1.us-east-1.elb.amazonaws.com/a/b?c=d",
        ),
        (
            {"Path": "/new/#{path}", "Query": "from=#{host}", "StatusCode": "HTTP_302"},
            f"{URL}/new/a/b?from=web-1.us-east-1.elb.amazonaws.com",
        ),
        (
            {"Host": "example.com", "Port": "8080", "StatusCode": "HTTP_302"},
            "http://example.com:8080/a/b?c=d",
        ),
    ],
)
def test_redirects(world: World, config: dict[str, str], location: str) -> None:
    """B: RedirectActionConfig: what is left out, and the keywords, are the request's."""
    world.listen(Rule("rule/1", (), ({"Type": "redirect", "RedirectConfig": config},)))
    answer = world.get(f"{URL}/a/b?c=d")
    assert str(answer.status) == config["StatusCode"].removeprefix("HTTP_")
    assert answer.headers["Location"] == location


def test_weights_are_kept_exactly(world: World) -> None:
    """B: ForwardActionConfig.TargetGroups.Weight."""
    world.listen(Rule("rule/1", (), (forward((GROUP, 3), (OTHER_GROUP, 1)),)))
    world.serve(named("a"))
    other = world.target(world.run(named("b")), OTHER_GROUP)
    world.targets.register(other)
    world.clock.advance(10)
    texts = [world.get().text for _ in range(8)]
    assert texts.count("a") == 6
    assert texts[:4].count("b") == texts[4:].count("b") == 1


def test_a_group_with_weight_zero_gets_nothing(world: World) -> None:
    """B: TargetGroupTuple.Weight: 0 to 999."""
    world.listen(Rule("rule/1", (), (forward((GROUP, 0), (OTHER_GROUP, 0)),)))
    world.serve(named("a"))
    assert world.get().status == 503


# --- Reaching the load balancer -------------------------------------------------------------------


def test_no_listener_on_the_port_is_refused(world: World) -> None:
    """The packets arrive and nothing listens."""
    world.network = world.network.plus(
        SecurityGroup("sg-balancer", "vpc-1", EVERYTHING, EVERYTHING)
    )
    with pytest.raises(ConnectionRefusedByHostError, match="port 81") as error:
        world.get(f"{URL}:81")
    assert "no listener" in error.value.hops[-1].words


def test_a_closed_balancer_times_out_on_each_of_its_addresses(world: World) -> None:
    """SG: what no rule allows is dropped; clients try all addresses of a name."""
    with pytest.raises(ConnectionTimedOutError, match="timed out after 5 seconds") as error:
        world.get(f"{URL}:81", connect_timeout=5)
    assert error.value.seconds == pytest.approx(10.02)
    assert "sg-balancer" not in str(error.value)
    assert "sg-balancer" in error.value.hops[-1].words


def test_an_internal_balancer_is_reached_from_inside_only(world: World) -> None:
    """B: CreateLoadBalancerInput.Scheme: its name leads to private addresses."""
    world.balance(internal=True)
    world.serve(named("inside"))
    with pytest.raises(ConnectionTimedOutError):
        world.get(connect_timeout=3)
    client = world.run(Image(), group="sg-public")
    assert world.get(source=client.arn).text == "inside"


def test_from_a_task_a_public_balancer_is_reached_over_the_internet(world: World) -> None:
    """SG: a rule that names a security group does not match public addresses."""
    world.serve(WEB)
    client = world.run(Image(), group="sg-public")
    assert "HTTP_X_FORWARDED_FOR=3.80.1." in world.get(source=client.arn).text
    world.network = world.network.plus(opened("sg-balancer", 80, "sg-public"))
    with pytest.raises(ConnectionTimedOutError):
        world.get(source=client.arn, connect_timeout=3)


def test_https_where_http_is_spoken(world: World) -> None:
    """A TLS handshake with a port that does not speak it."""
    world.listen(fixed(200), port=443, protocol="HTTP")
    world.network = world.network.plus(opened("sg-balancer", 443, "0.0.0.0/0"))
    with pytest.raises(TlsError, match="does not speak HTTPS"):
        world.get(URL.replace("http:", "https:"))


def test_the_certificate_never_fits_the_balancers_own_name(world: World) -> None:
    """T: NET::ERR_CERT_COMMON_NAME_INVALID."""
    world.listen(fixed(200), port=443, protocol="HTTPS")
    world.network = world.network.plus(opened("sg-balancer", 443, "0.0.0.0/0"))
    secure = URL.replace("http:", "https:")
    with pytest.raises(TlsError, match="certificate is not valid"):
        world.get(secure)
    assert world.get(secure, verify=False).status == 200
    assert world.get(f"{URL}:443").status == 400


# --- Network Load Balancers -----------------------------------------------------------------------


@pytest.fixture
def network(world: World) -> World:
    world.balance(type="network")
    world.configure(protocol="TCP", check=TCP)
    world.listen(Rule("rule/default", (), (forward((GROUP, 1)),)), protocol="TCP")
    return world


def test_a_network_balancer_adds_nothing(network: World) -> None:
    """It joins connections, and knows nothing of HTTP."""
    network.serve(WEB)
    text = network.get(f"{URL}/x").text
    assert text == "GET /x?\nHTTP_HOST=web-1.us-east-1.elb.amazonaws.com"


def test_a_network_balancer_never_answers_itself(network: World) -> None:
    """Failures are those of the connection."""
    with pytest.raises(ConnectionTimedOutError):
        network.get(connect_timeout=2)
    task = network.run(Image(port=8080, latency=10, runs_for=8))
    network.targets.register(network.target(task))
    network.clock.advance(5)
    with pytest.raises(ConnectionClosedError):
        network.get()
    with pytest.raises(ConnectionRefusedByHostError):
        network.get()


# --- Tasks, names, time ---------------------------------------------------------------------------


def test_a_task_by_its_public_address(world: World) -> None:
    """SG: the task's own group decides; then its process does."""
    task = world.run(WEB, group="sg-public")
    closed = world.run(WEB, group="sg-app")
    assert task.interface is not None
    assert closed.interface is not None
    world.clock.advance(2)
    assert world.get(f"http://{task.interface.public_ip}:8080").status == 200
    name = f"ec2-{str(task.interface.public_ip).replace('.', '-')}.compute-1.amazonaws.com"
    assert world.get(f"http://{name}:8080").status == 200
    with pytest.raises(ConnectionTimedOutError):
        world.get(f"http://{closed.interface.public_ip}:8080", connect_timeout=1)
    with pytest.raises(ConnectionTimedOutError):
        world.get(f"http://{task.interface.private_ip}:8080", connect_timeout=1)


def test_a_task_that_does_not_listen_yet_refuses(world: World) -> None:
    """The packets arrive and nothing listens."""
    task = world.run(Image(port=8080, ready_after=30), group="sg-public")
    assert task.interface is not None
    with pytest.raises(ConnectionRefusedByHostError):
        world.get(f"http://{task.interface.public_ip}:8080")


def test_from_task_to_task(world: World) -> None:
    """SG: a rule that names the caller's group matches its private address."""
    world.network = world.network.plus(opened("sg-app", 8080, "sg-public"))
    server, client = world.run(WEB), world.run(Image(port=9090), group="sg-public")
    stranger = world.run(Image(), group="sg-closed")
    assert server.interface is not None
    world.clock.advance(2)
    url = f"http://{server.interface.private_ip}:8080"
    assert world.get(url, source=client.arn).status == 200
    assert world.get(f"http://{server.interface.dns_name}:8080", source=client.arn).status == 200
    with pytest.raises(ConnectionTimedOutError):
        world.get(url, source=stranger.arn, connect_timeout=1)
    assert world.get("http://localhost:9090", source=client.arn).text == "ok\n"
    with pytest.raises(ConnectionRefusedByHostError):
        world.get("http://localhost:8080", source=client.arn)


def test_unknown_names_and_sources(world: World) -> None:
    """What the simulated network does not know, it says so."""
    with pytest.raises(NameNotResolvedError, match=r"There is no host example\.com"):
        world.get("http://example.com")
    with pytest.raises(NameNotResolvedError):
        world.get("http://ip-10-0-1-10.ec2.internal")
    with pytest.raises(ConnectionRefusedByHostError, match="computer that runs this notebook"):
        world.get("http://localhost:8080")
    with pytest.raises(CourseError, match="not an HTTP URL"):
        world.get("web")
    with pytest.raises(CourseError, match="No request can come from"):
        world.get(source="arn:aws:ecs:us-east-1:123456789012:task/shop/none")


def test_names_of_others(world: World) -> None:
    """Service discovery answers for names that are neither addresses nor load balancers."""
    task = world.run(WEB, group="sg-public")
    world.clock.advance(2)
    assert task.interface is not None
    address = str(task.interface.public_ip)
    world.records["catalog.internal"] = Records("catalog.internal", (address,), 60)
    assert world.get("http://catalog.internal:8080").status == 200


def test_an_application_that_calls_another_takes_both_times(world: World) -> None:
    """Code inside an event can't let time pass; its waits are added up, and charged once."""
    world.network = world.network.plus(opened("sg-public", 8080, "0.0.0.0/0"))
    back = world.run(Image(port=8080, latency=3, body="books"), group="sg-public")
    assert back.interface is not None
    url = f"http://{back.interface.private_ip}:8080"
    front: dict[str, Any] = {}

    def app(_environ: dict[str, Any], start: Any) -> list[bytes]:
        world.clock.advance(1)
        inner = world.get(url, source=front["arn"])
        front["inner"] = inner.seconds
        start("200 OK", [])
        return [inner.body]

    world.configure(check=TCP)
    task = world.run(Image(port=8080, app=app, latency=0.5))
    front["arn"] = task.arn
    world.targets.register(world.target(task))
    world.clock.advance(6)
    answer = world.get()
    assert answer.text == "books"
    assert front["inner"] == pytest.approx(3.001)
    assert answer.seconds == pytest.approx(0.02 + 0.5 + 1 + 3.001)


def test_requests_are_written_into_the_journal(world: World) -> None:
    """Pictures and explanations read the way of each request there."""
    world.get()
    with pytest.raises(NameNotResolvedError):
        world.get("http://example.com")
    answered, failed = world.account.journal.of_kind("request.")
    assert (answered.kind, answered.fields["status"]) == ("request.answered", 503)
    assert answered.fields["hops"][-1].endswith("has no target that can take a request")
    assert (failed.kind, failed.fields["failure"]) == ("request.failed", "name not resolved")


# --- Load -----------------------------------------------------------------------------------------


def test_a_steady_load_counts_every_request(world: World) -> None:
    """The same number of requests each time, evenly spread."""
    world.serve(named("a"))
    load = world.traffic.load(URL, per_second=10, seconds=60)
    world.clock.advance(61)
    assert load.finished
    assert (load.sent, load.counts, load.failures) == (600, {200: 600}, [])


def test_a_load_can_follow_a_curve(world: World) -> None:
    """Requests per second as a function of time; 0 pauses."""
    world.serve(named("a"))
    load = world.traffic.load(URL, per_second=lambda age: 0 if age < 10 else 2, seconds=20)
    world.clock.advance(30)
    assert load.counts == {200: 20}


def test_a_load_notes_what_it_lost(world: World) -> None:
    """Server errors and failures, with the second in which they were sent."""
    load = world.traffic.load(URL, per_second=1, seconds=2)
    world.traffic.load("http://example.com", per_second=1, seconds=1)
    world.clock.advance(5)
    assert load.counts == {503: 2}
    assert [(lost.sent, lost.outcome) for lost in load.failures] == [(0, 503), (1, 503)]


def test_the_same_program_gives_the_same_journal() -> None:
    """Same seed, same bytes."""

    def play() -> str:
        world = World()
        for name in ("a", "b"):
            world.serve(named(name))
        world.traffic.load(URL, per_second=7, seconds=20)
        for _ in range(5):
            world.get()
        return world.account.journal.to_text()

    assert play() == play()


def test_a_read_only_world_is_left_as_it_was(world: World) -> None:
    """Looking again without a change changes nothing."""
    target = world.serve(named("a"))
    before = len(world.account.journal)
    world.balancer = replace(world.balancer)
    world.look_again()
    world.clock.advance(100)
    assert world.targets.health(target) == "healthy"
    assert len(world.account.journal) == before
