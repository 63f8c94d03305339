"""One simulated account at work: moto, our ECS, IAM, the network and time, wired together."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.models import botocore_stubber  # noqa: F401 - must be imported before any client
from moto.moto_api._internal import mock_random

from ecslab.aws import (
    application_auto_scaling,
    balancer_backend,
    cloud_map_backend,
    ecr,
    eks,
    events,
    functions,
    group_backend,
    http,
    iam_simulator,
    logs_reads,
    ssm_activations,
    trail_lookup,
)
from ecslab.aws import network as vpc
from ecslab.aws.account_environment import AccountEnvironment
from ecslab.aws.agent_endpoint import AgentEndpoint
from ecslab.aws.balancers import LoadBalancers
from ecslab.aws.call_context import call_context
from ecslab.aws.call_origin import CallOrigin
from ecslab.aws.call_recorder import CallRecorder
from ecslab.aws.cloud_map import CloudMap
from ecslab.aws.cloudwatch import responses as cloudwatch
from ecslab.aws.ecs import service as ecs
from ecslab.aws.ecs.task_events import TaskEvents
from ecslab.aws.event_schedules import EventSchedules
from ecslab.aws.event_targets import EventTargets
from ecslab.aws.event_tasks import EventTasks
from ecslab.aws.events import Events
from ecslab.aws.file_systems import FileSystems
from ecslab.aws.functions import Functions
from ecslab.aws.gateway import Gateway, close_gateway, open_gateway
from ecslab.aws.iam_context import CallContext
from ecslab.aws.iam_gate import Gate
from ecslab.aws.iam_managed_policies import install_managed_policies
from ecslab.aws.iam_roles import Roles
from ecslab.aws.identity import ACCOUNT, CredentialStore, Identities
from ecslab.aws.instance_market import InstanceMarket
from ecslab.aws.instance_watch import Change, WatchedInstances
from ecslab.aws.log_routes import LogRoutes
from ecslab.aws.logs import Logs
from ecslab.aws.machines import Machines
from ecslab.aws.measurements import observe
from ecslab.aws.network_port import TaskNetwork
from ecslab.aws.programs import Programs
from ecslab.aws.reader import Reader
from ecslab.aws.registry import Registry
from ecslab.aws.role_clients import RoleClients
from ecslab.aws.roles import TaskRoles
from ecslab.aws.scaling_groups import ScalingGroups
from ecslab.aws.secrets import Secrets
from ecslab.aws.sessions import new_session
from ecslab.aws.source import current_task
from ecslab.aws.storage import Storage
from ecslab.aws.task_metadata import TaskMetadata
from ecslab.aws.traffic_shifting import TrafficShifting
from ecslab.aws.trail import Trail
from ecslab.aws.volumes import Volumes
from ecslab.aws.wall_clock import WallClock
from ecslab.clock import Clock
from ecslab.errors import CourseError
from ecslab.journal import Journal
from ecslab.model.task_definition import TaskDefinitions
from ecslab.sim.engine import Engine
from ecslab.sim.entities import Account
from ecslab.sim.identifiers import Identifiers
from ecslab.sim.metric_store import MetricStore
from ecslab.sim.ports import Ports
from ecslab.sim.scaling.controller import ScalingController

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from ecslab.sim.tracing import Tracer
    from ecslab.sim.traffic import Traffic

REGION = "us-east-1"


class Runtime:
    """A simulated account while it runs.

    Args:
        seed: decides all chance: ids, addresses, durations.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.clock = Clock()
        self.journal = Journal(self.clock)
        self._random = Random(seed)  # noqa: S311 - chance that can be repeated is the point
        self.registries: dict[str, Registry] = {}
        self._engines: dict[str, Engine] = {}
        self._networks: dict[str, vpc.Network] = {}
        self._roles: dict[str, TaskRoles] = {}
        self._balancers: dict[str, LoadBalancers] = {}
        self._schedules: list[EventSchedules] = []
        self._scalings: dict[str, ScalingController] = {}
        self._credentials = CredentialStore(self._chance(), lambda: self.clock.now)
        self._identities = Identities(self._credentials, lambda: self.clock.now)
        self._trail = Trail(ACCOUNT, self.clock, Identifiers(Random(f"cloudtrail {seed}")))  # noqa: S311
        self._environment = AccountEnvironment(REGION)
        self._wall_clock = WallClock(self.clock)
        self._undo: list[Callable[[], None]] = []
        self._quiet = False
        self._readers: dict[str, Reader] = {}
        self._session: Any = None
        self._gate = Gate(self._identities, self._context)
        recorder = CallRecorder(self.journal, self._trail, self._identities, lambda: self._quiet)
        self._gateway = Gateway(
            leave=self._leave,
            judge=self._judge,
            credentials=self._task_credentials,
            before=self._before_request,
            changed=self._network_changed,
            scheduled=self._schedules_changed,
            recorded=recorder.begins,
            answered=recorder.answered,
        )

    def start(self) -> None:
        """Take the place of AWS in this process."""
        BackendDict.reset()
        mock_random.seed(self.seed)
        self._environment.start()
        self._session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, new_session()
        self._wall_clock.start()
        self._undo = [
            vpc.install(),
            balancer_backend.install(),
            cloud_map_backend.install(self._seconds),
            ecr.install(),
            eks.install(),
            events.install(),
            logs_reads.install(),
            application_auto_scaling.install(self._scaling),
            cloudwatch.install(lambda region: self.engine(region).account),
            trail_lookup.install(self._trail),
            functions.install(self.engine),
            group_backend.install(),
            ssm_activations.install(),
            iam_simulator.install(),
            ecs.install(self._make, self._caller_arn),
        ]
        WatchedInstances.listener = self._instances_changed
        install_managed_policies(ACCOUNT)
        open_gateway(self._gateway)
        http.install(self.traffic)

    def stop(self) -> None:
        """Give the process back; what the account held is gone."""
        http.uninstall()
        close_gateway(self._gateway)
        for balancers in self._balancers.values():
            balancers.close()
        for region in self._engines:
            group_backend.attach(ACCOUNT, region, None)
        WatchedInstances.listener = None
        for undo in reversed(self._undo):
            undo()
        self._wall_clock.stop()
        boto3.DEFAULT_SESSION = self._session
        self._environment.stop()
        BackendDict.reset()
        # A cache of moto's whose keys are the backends themselves, which would never go.
        AccountSpecificBackend._generate_regions.cache_clear()  # noqa: SLF001 - it has no public name

    def engine(self, region: str = REGION) -> Engine:
        """Return the data plane of a Region."""
        if region not in self._engines:
            self._make(ACCOUNT, region)
        return self._engines[region]

    def traffic(self, region: str = REGION) -> Traffic:
        """Return the HTTP traffic of a Region."""
        return self.load_balancers(region).traffic

    def tracer(self, region: str = REGION) -> Tracer:
        """Return what explains ways through the network of a Region."""
        return self._balancers[region].tracer(self.engine(region).agent.discovery.connect)

    def registry(self, region: str = REGION) -> Registry:
        """Return the image registry of a Region."""
        self.engine(region)
        return self.registries[region]

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the Regions that are in use."""
        return tuple(self._engines)

    def network(self, region: str = REGION) -> vpc.Network:
        """Return the network of a Region."""
        self.engine(region)
        return self._networks[region]

    def load_balancers(self, region: str = REGION) -> LoadBalancers:
        """Return the load balancers of a Region."""
        self.engine(region)
        return self._balancers[region]

    def reader(self, region: str = REGION) -> Reader:
        """Return who reads the API of a Region, with nothing in memory of what was read before."""
        if region not in self._readers:
            self._readers[region] = Reader(region, self.quietly)
        self._readers[region].forget()
        return self._readers[region]

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Answer requests without recording them and without using up chance."""
        state, self._quiet = mock_random.getstate(), True
        try:
            yield
        finally:
            mock_random.setstate(state)
            self._quiet = False

    def _make(self, account_id: str, region: str) -> tuple[Engine, vpc.Network]:
        if region in self._engines:
            return self._engines[region], self._networks[region]
        network = vpc.Network(account_id, region, self._chance())
        registry = Registry(account_id, region)
        judged = Roles(lambda: self.clock.now, region, account_id)
        roles = TaskRoles(
            judged,
            self._credentials,
            Identifiers(self._chance()),
            account_id,
            region,
            note=self._trail.note,
            by_key=self._identities.by_key,
        )
        clients = RoleClients(judged, self._credentials, region, lambda: self.clock.now)
        tasks = EventTasks(account_id, region, clients)
        metrics = MetricStore(self.clock)
        lambdas = Functions(account_id, region, judged, self._credentials, self.clock)
        place = (account_id, region)
        targets = EventTargets(place, lambda: self.clock.now, tasks, lambdas, metrics)
        reporter = Events(account_id, region, lambda: self.clock.now, targets)
        task_network = TaskNetwork(network, region)
        ports = Ports(
            network=task_network,
            registry=registry,
            roles=roles,
            secrets=Secrets(account_id, region),
            logs=Logs(account_id, lambda: self.clock.now),
            log_routes=LogRoutes(account_id, lambda: self.clock.now, judged, task_network),
            balancers=None,  # type: ignore[arg-type] # set below: it needs the account
            programs=Programs(),
            events=reporter,
            metrics=metrics,
            alarms=None,  # type: ignore[arg-type] # set below, as it needs the account
            directory=CloudMap(account_id, region, network),
            functions=lambdas,
            shifting=TrafficShifting(account_id, region, judged, clients),
            volumes=Volumes(account_id, region, judged),
            file_systems=FileSystems(account_id, region, network),
        )
        account = Account(
            id=account_id,
            region=region,
            clock=self.clock,
            journal=self.journal,
            random=self._chance(),
            ports=ports,
            definitions=TaskDefinitions(account_id, region),
        )
        balancers = LoadBalancers(account, network)
        ports.balancers = balancers.targets
        ports.extra["target_groups"] = balancers
        ports.extra["role_clients"] = clients
        ports.traffic, ports.storage = balancers.traffic, Storage(account_id)
        self._networks[region] = network
        self.registries[region] = registry
        self._roles[region] = roles
        groups = ScalingGroups(
            account_id,
            region,
            self.clock,
            lambda: account.settings.get("awsvpcTrunking") == "enabled",
        )
        group_backend.attach(account_id, region, groups)
        engine = Engine(
            account,
            Machines(account_id, region, network, judged),
            groups,
            InstanceMarket(account_id, region, judged, lambda: account.lost_zones),
        )
        self._engines[region] = engine
        self._schedules.append(EventSchedules(account, targets.deliver, tasks.run))
        self._balancers[region] = balancers
        self._scalings[region] = observe(account, engine, network)
        balancers.targets.listen(engine.scheduler.poke_target_group)
        balancers.traffic.add_agent(AgentEndpoint(roles, clients).answer)
        balancers.traffic.add_agent(TaskMetadata(account).answer)
        engine.agent.listen(balancers.hosts.note)
        balancers.traffic.connect(engine.agent.discovery.connect)
        engine.agent.listen(TaskEvents(account).changed)
        return self._engines[region], network

    def _scaling(self, region: str) -> tuple[ScalingController, Account]:
        account = self.engine(region).account
        return self._scalings[region], account

    def _seconds(self) -> float:
        """Return the time as a Unix timestamp."""
        return self.clock.now.timestamp()

    def _chance(self) -> Random:
        """Return an independent source of chance."""
        return Random(self._random.getrandbits(64))  # noqa: S311 - see above

    def _caller_arn(self, headers: Any) -> str:
        return self._identities.caller(headers).arn

    def _judge(self, request: AWSPreparedRequest) -> Any:
        """Return the refusal of a request that may not pass, else None.

        The notebook's own keys, which are the administrator's, are nowhere in a container.
        """
        outside = self._identities.caller(request.headers, str(request.url))
        if current_task() is not None and outside.kind == "administrator":
            message = (
                "This client was made outside the container, with the notebook's credentials."
                " Call boto3.client(...) inside the function that runs in the container."
            )
            raise CourseError(message)
        return self._gate.answer(request)

    def _task_credentials(self, path: str) -> dict[str, str] | None:
        for roles in self._roles.values():
            found = roles.credentials_at(path)
            if found is not None:
                return found
        return None

    def _before_request(self) -> None:
        if self.clock.stepping:
            self.clock.announce()

    def _network_changed(self) -> None:
        for network in self._networks.values():
            network.invalidate()
        for balancers in self._balancers.values():
            balancers.look_again()

    def _schedules_changed(self) -> None:
        self.engine()  # a schedule may be the first thing in an account
        for schedules in self._schedules:
            schedules.look_again()

    def _instances_changed(self, region: str, change: Change, instances: list[str]) -> None:
        self._network_changed()
        agents = self.engine(region).instances
        if change == "launched":
            agents.launched(instances)
        elif change == "started":
            agents.started(instances)
        else:
            agents.ended(instances, change)

    def _leave(self, request: AWSPreparedRequest) -> None:
        """Let a request out of the task that makes it, or time out as its network has it."""
        if current_task() is not None:
            CallOrigin(self._networks[REGION], REGION).leave(request)

    def _context(self, request: AWSPreparedRequest) -> CallContext:
        engine = self._engines.get(REGION)
        parts = None if engine is None else (engine, self._networks[REGION])
        return call_context(request, self.clock.now, parts, REGION)
