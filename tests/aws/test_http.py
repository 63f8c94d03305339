"""`requests`, `urllib.request` and urllib3 in a process with a simulated network."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from ecslab.aws import http as simulated
from ecslab.aws.http_messages import is_complete, parse, render
from ecslab.sim.request import (
    ConnectionClosedError,
    ConnectionRefusedByHostError,
    ConnectionTimedOutError,
    NameNotResolvedError,
    ReadTimedOutError,
    Request,
    Response,
    TlsError,
)
from ecslab.sim.wsgi import Answer

URL = "http://shop.example.com/basket?item=3"


class Network:
    """A traffic that remembers what it was asked, and answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[Response | Exception] = []

    def request(
        self, method: str, url: str, headers: Any, body: bytes, source: str, **limits: Any
    ) -> Response:
        self.asked.append(
            {"method": method, "url": url, "headers": headers, "body": body, "source": source}
            | limits
        )
        answer = self.answers.pop(0) if self.answers else Response(200, {}, b"ok", 0.25)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    traffic: Any = made
    simulated.install(lambda: traffic)
    yield made
    simulated.uninstall()


def request_to(url: str = URL) -> Request:
    return Request("GET", url, connect_timeout=3, read_timeout=4)


def test_requests_gets_a_real_response(network: Network) -> None:
    """Status, reason, header fields, body, encoding, cookies, elapsed."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Set-Cookie": "cart=7; Path=/"}
    network.answers.append(Response(201, headers, b'{"item": "3\xc2\xbd"}', 1.5))
    with requests.Session() as session:
        answer = session.post(URL, json={"count": 1}, timeout=(3, 4))
        assert type(answer) is requests.Response
        assert (answer.status_code, answer.reason, answer.url) == (201, "Created", URL)
        assert answer.json() == {"item": "3½"}
        assert answer.elapsed.total_seconds() == 1.5
        session.get(URL)
    first, second = network.asked
    assert (first["method"], first["url"], first["body"]) == ("POST", URL, b'{"count": 1}')
    assert (first["connect_timeout"], first["read_timeout"]) == (3, 4)
    assert (first["source"], first["verify"]) == ("internet", True)
    assert second["headers"]["Cookie"] == "cart=7"
    assert second["connect_timeout"] is None


def test_requests_follows_redirects(network: Network) -> None:
    """Each leg is a request of its own."""
    network.answers.append(Response(302, {"Location": "http://shop.example.com/new"}, b""))
    answer = requests.get(URL)
    assert answer.status_code == 200
    assert [asked["url"] for asked in network.asked] == [URL, "http://shop.example.com/new"]
    assert answer.elapsed.total_seconds() == 0.25


def test_a_head_request_has_no_body(network: Network) -> None:
    """HTTP: HEAD."""
    network.answers.append(Response(200, {"Content-Length": "2"}, b"ok"))
    assert requests.head(URL).content == b""


def test_a_body_is_streamed(network: Network) -> None:
    """iter_content over what came."""
    network.answers.append(Response(200, {}, b"abcdef"))
    with requests.get(URL, stream=True) as answer:
        assert list(answer.iter_content(4)) == [b"abcd", b"ef"]


def test_bodies_of_all_kinds(network: Network) -> None:
    """Text, bytes, generators."""
    requests.post(URL, data="a=1")
    requests.post(URL, data=(part for part in (b"x", b"y")))
    assert [asked["body"] for asked in network.asked] == [b"a=1", b"xy"]


@pytest.mark.parametrize(
    ("failure", "raised", "words"),
    [
        (
            ConnectionTimedOutError.of(request_to()),
            requests.exceptions.ConnectTimeout,
            "Connecting to shop.example.com on port 80 timed out after 3 seconds.",
        ),
        (
            ConnectionRefusedByHostError.of(request_to()),
            requests.exceptions.ConnectionError,
            "shop.example.com refused the connection on port 80.",
        ),
        (
            ConnectionClosedError.of(request_to()),
            requests.exceptions.ConnectionError,
            "shop.example.com closed the connection without an answer.",
        ),
        (
            ReadTimedOutError.of(request_to()),
            requests.exceptions.ReadTimeout,
            "shop.example.com did not answer within 4 seconds.",
        ),
        (TlsError("no TLS"), requests.exceptions.SSLError, "no TLS"),
        (NameNotResolvedError("no host"), requests.exceptions.ConnectionError, "no host"),
    ],
)
def test_failures_are_those_of_requests(
    network: Network, failure: Exception, raised: type[Exception], words: str
) -> None:
    """Short messages, without internals and addresses in memory."""
    network.answers.append(failure)
    with pytest.raises(raised) as error:
        requests.get(URL)
    assert str(error.value) == words
    assert error.value.__cause__ is None


def test_the_retries_of_an_adapter_are_made(network: Network) -> None:
    """urllib3's Retry decides, as with a real connection."""
    network.answers += [Response(503), Response(503), Response(200)]
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(3, status_forcelist=[503])))
        assert session.get(URL).status_code == 200
        network.answers += [Response(503)] * 4
        with pytest.raises(requests.exceptions.RetryError, match="503 too many times"):
            session.get(URL)


def test_urllib_gets_an_answer(network: Network) -> None:
    """urllib.request over http.client."""
    network.answers.append(Response(200, {"X-Own": "yes"}, b"ok"))
    with urllib.request.urlopen(URL, data=b"z", timeout=5) as answer:
        assert (answer.status, answer.headers["X-Own"], answer.read()) == (200, "yes", b"ok")
    asked = network.asked[0]
    assert (asked["method"], asked["body"], asked["read_timeout"]) == ("POST", b"z", 5)
    assert asked["url"] == URL.replace("example.com", "example.com:80")
    network.answers.append(Response(503, {}, b"later"))
    with pytest.raises(urllib.error.HTTPError, match="503") as error:
        urllib.request.urlopen(URL)
    error.value.close()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ConnectionTimedOutError.of(request_to()), TimeoutError),
        (ConnectionRefusedByHostError.of(request_to()), ConnectionRefusedError),
        (NameNotResolvedError("no host"), OSError),
    ],
)
def test_failures_are_those_of_urllib(
    network: Network, failure: Exception, reason: type[Exception]
) -> None:
    """URLError with the error that a socket would have raised."""
    network.answers.append(failure)
    with pytest.raises(urllib.error.URLError) as error:
        urllib.request.urlopen(URL)
    assert isinstance(error.value.reason, reason)


def test_failures_after_the_connection_was_made(network: Network) -> None:
    """http.client lets them through as they are."""
    network.answers += [ConnectionClosedError.of(request_to()), ReadTimedOutError.of(request_to())]
    with pytest.raises(ConnectionResetError):
        urllib.request.urlopen(URL)
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(URL)


def test_http_client_sends_several_requests(network: Network) -> None:
    """Each in its own connection."""
    connection = http.client.HTTPConnection("shop.example.com")
    for path in ("/a", "/b"):
        connection.request("GET", path)
        assert connection.getresponse().read() == b"ok"
    connection.close()
    assert [asked["url"][-2:] for asked in network.asked] == ["/a", "/b"]


def test_nothing_else_gets_out(network: Network) -> None:
    """urllib3 by itself is refused, with a sentence that says so."""
    with pytest.raises(urllib3.exceptions.NewConnectionError, match="Nothing here reaches"):
        urllib3.request("GET", "http://example.com", retries=False)
    assert network.asked == []


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("ecs.us-east-1.amazonaws.com", True),
        ("sts.amazonaws.com", True),
        ("web-1234.us-east-1.elb.amazonaws.com", False),
        ("tcp-12.elb.us-east-1.amazonaws.com", False),
        ("ec2-3-80-0-1.compute-1.amazonaws.com", False),
        ("example.com", False),
    ],
)
def test_which_hosts_are_aws_itself(host: str, *, api: bool) -> None:
    """Load balancers and instances have names in AWS's domain, too."""
    assert simulated.is_api(host) is api


def test_uninstall_puts_everything_back() -> None:
    """Installed twice, removed once."""
    places = (
        lambda: HTTPAdapter.send,
        lambda: http.client.HTTPConnection.connect,
        lambda: http.client.HTTPSConnection.connect,
        lambda: urllib3.connection.HTTPConnection._new_conn,
    )
    before = [place() for place in places]
    traffic: Any = Network()
    simulated.install(lambda: traffic)
    simulated.install(lambda: traffic)
    assert all(place() is not old for place, old in zip(places, before, strict=True))
    simulated.uninstall()
    simulated.uninstall()
    assert [place() for place in places] == before


def test_requests_on_the_wire() -> None:
    """Content-Length, chunks, and what is not complete yet."""
    plain = b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    assert not is_complete(plain[:20])
    assert not is_complete(plain[:-1])
    assert is_complete(plain)
    assert parse(plain).body == b"abc"
    chunked = (
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    )
    assert is_complete(chunked)
    assert not is_complete(chunked[:-5])
    assert parse(chunked).body == b"abc"
    rendered = render(Answer(200, {"X": "y", "Content-Length": "99"}, b"ok"), "GET")
    assert rendered.startswith(b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n")
    assert rendered.endswith(b"\r\n\r\nok")
