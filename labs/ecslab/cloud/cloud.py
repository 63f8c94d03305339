"""`Cloud`: one simulated AWS account."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ecslab.aws.anywhere import install_anywhere
from ecslab.aws.runtime import Runtime
from ecslab.cloud.explain import Explanation, explain
from ecslab.cloud.faults import Faults
from ecslab.cloud.look import look
from ecslab.cloud.route import Route
from ecslab.cloud.view import View
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType

    from ecslab.journal import Journal
    from ecslab.model.image import Curve, Image
    from ecslab.model.quotas import Quotas
    from ecslab.sim.exec_session import ExecSession
    from ecslab.sim.load import Load
    from ecslab.sim.request import Response
    from ecslab.sim.traffic import Traffic

DEFAULT_SEED = 7
_STEP = 1.0


class Cloud(Faults, AbstractContextManager["Cloud"]):
    """A simulated AWS account, empty at first, in us-east-1.

    While it runs, every boto3 call of this process is answered by it, Python's clocks show its
    time, and `time.sleep` advances that time.

    Args:
        seed: decides all chance: the same program and seed give the same bytes.
    """

    _running: ClassVar[list[Cloud]] = []

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.seed = seed
        self._runtime: Runtime | None = None

    def start(self) -> Self:
        """Start the account; the one that ran in this process before it is stopped.

        Returns:
            The account itself.
        """
        if self._runtime is None:
            for other in list(self._running):
                other.stop()
            runtime = Runtime(self.seed)
            runtime.start()
            self._runtime = runtime
            self._running.append(self)
        return self

    def stop(self) -> None:
        """Stop the account; what it held is gone."""
        if self._runtime is not None:
            self._runtime.stop()
            self._runtime = None
            self._running.remove(self)

    def reset(self) -> Self:
        """Start again with an empty account and the same seed."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        """Start the account."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the account."""
        self.stop()

    @property
    def traffic(self) -> Traffic:
        """Return the HTTP traffic of the account's Region."""
        return self._started.traffic()

    @property
    def running(self) -> bool:
        """Return whether the account runs."""
        return self._runtime is not None

    @property
    def now(self) -> datetime:
        """Return the simulated time, timezone-aware."""
        return self._started.clock.now

    @property
    def journal(self) -> Journal:
        """Return the record of everything that happened."""
        return self._started.journal

    def advance(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Let simulated time pass; everything that is due has happened on return.

        Args:
            seconds: added up with the others.
            minutes: 60 seconds each.
            hours: 60 minutes each.
            days: 24 hours each.

        Raises:
            ValueError: the sum is negative.
        """
        self._started.clock.advance(seconds + 60 * minutes + 3600 * hours + 86400 * days)

    def run_until(self, predicate: Callable[[], Any], timeout: float = 600) -> Any:
        """Let time pass until something is true.

        Args:
            predicate: called after every simulated second.
            timeout: the longest to wait, in simulated seconds.

        Returns:
            The first true value of the predicate.

        Raises:
            TimeoutError: it never became true; the message says what it returned last.
        """
        waited = 0.0
        while True:
            value = predicate()
            if value:
                return value
            if waited >= timeout:
                message = f"Not true after {timeout:g} simulated seconds; last seen: {value!r}."
                raise TimeoutError(message)
            self.advance(seconds=min(_STEP, timeout - waited))
            waited += _STEP

    def push(self, image: Image, name: str) -> str:
        """Push an image to Amazon ECR, into a repository that is made when it is missing.

        Args:
            image: what the image does.
            name: `repository:tag`.

        Returns:
            The image's URI, to use in a task definition.
        """
        return self._started.registry().push(image, name)

    def view(self) -> View:
        """Return what is in the account now, by cluster, service and Availability Zone.

        Returns:
            A snapshot: its `str()` is text, a notebook shows its picture, its fields are values.
        """
        return look(self._started.engine().account)

    def explain(self, arn: str) -> Explanation:
        """Return the chain of causes behind a state, each with the call that shows it.

        Args:
            arn: the ARN of a task, service, service deployment, container instance, cluster, target
                group, load balancer, capacity provider, managed daemon, daemon deployment,
                scalable target, alarm, rule of EventBridge or schedule of EventBridge Scheduler.

        Returns:
            Plain values: `steps`, of which the last is the cause; its `str()` is text, a notebook
            shows its picture. Asking changes nothing.

        Raises:
            ecslab.errors.CourseError: the ARN is of something else, or is none.
        """
        return explain(self._started, arn)

    def http(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        source: str = "internet",
        timeout: float = 30,
    ) -> Response:
        """Send one HTTP request through the simulated network; the time it takes passes.

        Args:
            url: the full URL, of a load balancer or of a task's address.
            method: the HTTP method.
            headers: the header fields.
            body: the body.
            source: "internet", or the ARN of the task that sends it.
            timeout: seconds to wait for the connection, and as many for the answer.

        Returns:
            The response: status, headers, body, text, seconds and hops.

        Raises:
            ecslab.sim.request.TrafficError: there was no answer; the subclass says why.
        """
        return self._started.traffic().request(
            method,
            url,
            headers,
            body,
            source,
            connect_timeout=timeout,
            read_timeout=timeout,
        )

    def path(self, source: str, destination: str, port: int | None = None) -> Route:
        """Return the way through the network, hop by hop; nothing is sent, no time passes.

        Args:
            source: "internet", or the ARN of a task, also of one that has stopped.
            destination: a URL, a host name or an address; the ARN of a task; the URI of an image,
                for the three connections of a pull; the name of an AWS service's endpoint, such as
                "logs" or "secretsmanager"; or "internet".
            port: the TCP port; by default that of the URL, else 80, else 443 for AWS and the
                internet.

        Returns:
            The route: `reachable`, `obstacle`, `hops`, each hop with its `words` and, as
            `evidence`, the API call that shows it. Its `str()` is text; a notebook shows a picture.

        Raises:
            ecslab.errors.CourseError: the source or the destination makes no sense.
        """
        return Route.of(self._started.tracer().trace(source, destination, port))

    def load(
        self,
        url: str,
        *,
        per_second: Curve,
        seconds: float,
        source: str = "internet",
        timeout: float = 30,
        keep_alive: bool = False,
    ) -> Load:
        """Begin to send HTTP requests at a steady rate; they are sent while time passes.

        Args:
            url: the full URL, of a load balancer or of a task's address.
            per_second: requests per second, constant or a function of the seconds since now.
            seconds: for how long to send.
            source: "internet", or the ARN of the task that sends them.
            timeout: seconds to wait for the connection, and as many for the answer.
            keep_alive: whether the client keeps its connections open between requests.

        Returns:
            What becomes of them: `sent`, `counts` by status or kind of failure, `failures` (no
            answer, or a status of 500 and above), `finished`. It changes while time passes.

        Raises:
            ecslab.errors.CourseError: the source is no task that has its network interface.
        """
        return self._started.traffic().load(
            url,
            per_second=per_second,
            seconds=seconds,
            source=source,
            timeout=timeout,
            keep_alive=keep_alive,
        )

    @classmethod
    def current(cls) -> Cloud:
        """Return the account that runs in this process.

        Raises:
            ecslab.errors.CourseError: none does.
        """
        if not cls._running:
            message = "No simulated account is running; call start() first."
            raise CourseError(message)
        return cls._running[-1]

    def exec_session(self, session_id: str) -> ExecSession | None:
        """Return a session of ECS Exec by its id; `ecslab.open_session` opens it."""
        return self._started.engine().account.exec_sessions.get(session_id)

    def install_anywhere(
        self,
        activation_id: str,
        activation_code: str,
        cluster: str = "default",
        *,
        vcpus: int = 2,
        memory: int = 4096,
        architecture: str = "x86_64",
    ) -> str:
        """Run the installation script of ECS Anywhere on a server of your own.

        Args:
            activation_id: from `CreateActivation` of Systems Manager.
            activation_code: from the same answer.
            cluster: the name of the cluster that the server joins.
            vcpus: the server's virtual CPUs.
            memory: its memory in MiB.
            architecture: `x86_64` or `arm64`.

        Returns:
            The id of the managed instance, which begins with `mi-`.

        Raises:
            ecslab.errors.CourseError: Systems Manager does not accept the activation.
        """
        return install_anywhere(
            self._started.engine(),
            (activation_id, activation_code),
            cluster,
            (vcpus, memory),
            architecture,
        )

    @property
    def quotas(self) -> Quotas:
        """Return the service quotas of the account, by AWS's names; set one to change it."""
        return self._started.engine().account.quotas

    @property
    def _started(self) -> Runtime:
        if self._runtime is None:
            message = "This simulated account is not running; call start() first."
            raise CourseError(message)
        return self._runtime
