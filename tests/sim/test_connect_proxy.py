"""What a Service Connect proxy remembers of the tasks that it connects to, and traffic shares."""

from __future__ import annotations

from typing import Any

import pytest
from traffic_world import World

from ecslab.model.image import Image
from ecslab.model.service_connect import Endpoint, TrafficMark
from ecslab.sim.connect_proxy import ConnectProxy
from ecslab.sim.entities import Task
from ecslab.sim.request import Request
from ecslab.sim.service import Deployment, Service
from ecslab.sim.service_connect import Connection, Exchange, ServiceConnect, Shares

ENDPOINT = Endpoint(
    *("arn:ns", "shop", "web", "web", 80, "app", 8080, 8080, "http", 15.0, 300.0),
    TrafficMark("x-test", "yes"),
)


def proxied(world: World, **clients: Any) -> ConnectProxy:
    return ConnectProxy(world.account, "proxy", "arn:proxy", "a-1", clients)


class Shared:
    """A client and four servers of two deployments, in a world with Service Connect."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.connect = ServiceConnect(world.account)
        world.traffic.connect(self.connect)
        self.service = Service("web", "arn:web", world.cluster, 4, {}, world.clock.now)
        self.service.history = [self.deployment("blue"), self.deployment("green")]
        self.servers = [self.server("blue"), self.server("blue"), self.server("green")]
        self.client = world.run(Image(), group="sg-public")
        self.client.proxy = proxied(world)
        self.client.proxy.clients = {("web", 80): ENDPOINT}
        self.exchanges: list[Exchange] = []
        self.connect.listen(self.exchanges.append)
        world.clock.advance(2)

    def deployment(self, name: str) -> Deployment:
        now = self.world.clock.now
        made = Deployment(name, {}, {}, now, now, f"arn:revision:{name}", f"arn:{name}")
        made.connection = Connection("arn:ns", (ENDPOINT,), {}, {})
        return made

    def server(self, deployment: str) -> Task:
        task = self.world.run(Image(port=8080, body=deployment), group="sg-public")
        task.service, task.deployment, task.running_since = self.service, deployment, 0.0
        task.proxy = proxied(self.world)
        task.proxy.ingress[8080] = ENDPOINT
        self.connect._members.setdefault(ENDPOINT.key, {})[task.id] = task
        return task

    def get(self, **headers: str) -> str:
        answer = self.world.traffic.request("GET", "http://web/", headers, source=self.client.arn)
        return answer.body.decode()


@pytest.fixture
def shared(world: World) -> Shared:
    return Shared(world)


def test_five_failures_in_thirty_seconds_make_a_proxy_avoid_a_task(world: World) -> None:
    """service-connect-concepts-deploy, "Outlier detection": for 30 to 300 seconds."""
    proxy = proxied(world)
    for now in (0, 1, 2, 3):
        proxy.note_failure("t", now)
    assert not proxy.avoids("t", 4)
    proxy.note_failure("t", 4)
    assert proxy.avoids("t", 33.9)
    assert not proxy.avoids("t", 34)
    for now in range(100, 105):
        proxy.note_failure("t", now)
    assert proxy.avoids("t", 163)
    for times in range(3, 20):
        for now in range(5):
            proxy.note_failure("t", 1000 * times + now)
    assert proxy.avoids("t", 19_000 + 303)
    assert not proxy.avoids("t", 19_000 + 305)


def test_failures_far_apart_are_no_pattern(world: World) -> None:
    """Five of them within thirty seconds it must be."""
    proxy = proxied(world)
    for now in range(0, 100, 10):
        proxy.note_failure("t", now)
    assert not proxy.avoids("t", 91)


def test_an_avoided_task_gets_nothing_until_all_are(shared: Shared) -> None:
    """Round robin among the others; when all are to be avoided, all are used."""
    proxy = shared.client.proxy
    assert proxy is not None
    for _ in range(5):
        proxy.note_failure(shared.servers[2].id, shared.world.clock.seconds)
    assert {shared.get() for _ in range(6)} == {"blue"}
    for server in shared.servers[:2]:
        for _ in range(5):
            proxy.note_failure(server.id, shared.world.clock.seconds)
    assert {shared.get() for _ in range(6)} == {"blue", "green"}


def test_shares_decide_between_deployments(shared: Shared) -> None:
    """Weighted exactly, over any number of tasks of each; test traffic by its header field."""
    shared.connect.share(shared.service, Shares({"blue": 90, "green": 10}, test="green"))
    answers = [shared.get() for _ in range(100)]
    assert (answers.count("blue"), answers.count("green")) == (90, 10)
    assert {shared.get(**{"x-test": "yes"}) for _ in range(5)} == {"green"}
    shared.connect.share(shared.service, Shares({"blue": 100}, test="green"))
    assert {shared.get(**{"X-Test": "no"}) for _ in range(5)} == {"blue"}
    shared.connect.share(shared.service, None)
    assert {shared.get() for _ in range(3)} == {"blue", "green"}


def test_candidates_of_a_request_without_shares(shared: Shared) -> None:
    """All tasks that serve it."""
    request = Request("GET", "http://web/")
    assert shared.connect.candidates(ENDPOINT, request) == shared.servers


def test_exchanges_are_reported(shared: Shared) -> None:
    """For Service Connect metrics: who, to whom, how it ended."""
    shared.get()
    (exchange,) = shared.exchanges
    assert (exchange.client, exchange.endpoint) == (shared.client, ENDPOINT)
    assert (exchange.server, exchange.status, exchange.received) == (shared.servers[0], 200, 4)
    shared.connect._members.clear()
    shared.get()
    assert (shared.exchanges[1].server, shared.exchanges[1].status) == (None, 503)
