"""What the controllers need of the outside, as protocols; `ecslab.aws` provides it from moto.

The controllers never import boto3 or moto: tests may hand them anything of these shapes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecslab.model.image import Image
    from ecslab.sim.alarms import AlarmController
    from ecslab.sim.directory import DirectoryPort
    from ecslab.sim.function_calls import FunctionsPort
    from ecslab.sim.metric_store import MetricStore
    from ecslab.sim.shared_files import FileSystemsPort
    from ecslab.sim.task_volumes import VolumesPort
    from ecslab.sim.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Interface:
    """An elastic network interface of a task.

    Args:
        id: the ENI's id.
        private_ip: its address in the subnet.
        subnet: the subnet's id.
        groups: ids of its security groups.
        mac: its MAC address.
        zone: the Availability Zone of the subnet.
        public_ip: its public address, when it has one.
        dns_name: the private DNS name.
        vpc: the VPC's id.
    """

    id: str
    private_ip: str
    subnet: str
    groups: tuple[str, ...]
    mac: str
    zone: str
    public_ip: str | None = None
    dns_name: str | None = None
    vpc: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Whether a packet arrives.

    Args:
        reachable: whether it does.
        refused: when not, whether it was refused (else silently dropped: a time-out).
        hops: the way, in plain words.
    """

    reachable: bool
    refused: bool = False
    hops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image in a registry.

    Args:
        image: its behaviour.
        digest: the digest of what was found.
        registry: host name of the registry.
        repository: name of the repository, without host and tag.
        private: whether it is in Amazon ECR, so that pulling needs permissions.
        arn: ARN of the ECR repository.
    """

    image: Image
    digest: str
    registry: str
    repository: str
    private: bool = False
    arn: str = ""


@dataclass(frozen=True, slots=True)
class MissingImage:
    """An image reference that leads nowhere.

    Args:
        registry: host name of the registry.
        repository: name of the repository.
        private: whether the registry is Amazon ECR.
        arn: ARN that the ECR repository would have.
        tag_only: whether the repository exists and only the tag or digest does not.
    """

    registry: str
    repository: str
    private: bool = False
    arn: str = ""
    tag_only: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where a service registers its tasks.

    Args:
        group: target group ARN.
        ip: the task's address, or the id of the EC2 instance whose port the task has.
        port: the container port, or the port of the instance.
        zone: the Availability Zone.
    """

    group: str
    ip: str
    port: int
    zone: str


@dataclass(slots=True)
class SecretValue:
    """The result of reading a secret or parameter: a value or the reason why there is none.

    Args:
        value: the text to inject.
        missing: the secret or parameter does not exist.
        key_missing: the JSON key that the secret does not contain.
        kms_key: ARN of the customer managed key that it is encrypted with, if it is.
    """

    value: str = ""
    missing: bool = False
    key_missing: str | None = None
    kms_key: str = ""


class NetworkPort(Protocol):
    """Subnets, interfaces and reachability (Amazon VPC)."""

    def attach(
        self,
        subnet: str,
        groups: Sequence[str],
        *,
        public: bool,
        description: str,
        instance: str | None = None,
    ) -> Interface | str:
        """Create an interface, or return the reason why there is none.

        Args:
            subnet: the subnet's id.
            groups: ids of security groups.
            public: whether it gets a public address.
            description: what EC2 shows.
            instance: the EC2 instance that holds it; None on Fargate.
        """

    def detach(self, interface: Interface) -> None:
        """Delete an interface and give its addresses back."""

    def to_service(self, interface: Interface, service: str) -> Route:
        """Return whether an AWS service's endpoint can be reached on port 443."""

    def to_internet(self, interface: Interface, port: int) -> Route:
        """Return whether a host on the internet can be reached."""

    def zone_of(self, subnet: str) -> str:
        """Return the Availability Zone of a subnet."""


class RegistryPort(Protocol):
    """Image registries: Amazon ECR and public ones."""

    def find(self, reference: str) -> FoundImage | MissingImage:
        """Return what an image reference leads to."""


class RolesPort(Protocol):
    """IAM roles of tasks."""

    def assumable(self, role: str) -> bool:
        """Return whether ECS tasks may assume the role."""

    def denied(self, role: str, action: str, resource: str, task: str) -> str | None:
        """Return the ARN of the principal if the action is denied to the role, else None."""

    def key_denied(self, key: str, action: str, resource: str) -> str | None:
        """Return who an access key belongs to if the action is denied to it, else None."""

    def credentials_path(self, role: str, task: str) -> str:
        """Return the relative URI from which the containers of a task get their credentials."""


class SecretsPort(Protocol):
    """Secrets Manager, Parameter Store and environment files."""

    def secret(self, reference: str) -> SecretValue:
        """Return the value of a Secrets Manager secret."""

    def parameter(self, reference: str) -> SecretValue:
        """Return the value of a Parameter Store parameter."""

    def environment_file(self, arn: str) -> Mapping[str, str] | None:
        """Return the variables of an environment file, None when it does not exist."""


class LogsPort(Protocol):
    """CloudWatch Logs."""

    def knows(self, region: str) -> bool:
        """Return whether a Region exists."""

    def group_exists(self, group: str, region: str) -> bool:
        """Return whether a log group exists."""

    def encrypted(self, group: str, region: str) -> bool:
        """Return whether a log group is encrypted with a KMS key of the customer."""

    def create_group(self, group: str, region: str) -> None:
        """Create a log group."""

    def create_stream(self, group: str, region: str, stream: str) -> None:
        """Create a log stream."""

    def put(self, group: str, region: str, stream: str, lines: Iterable[str]) -> None:
        """Append lines with the current time."""


class StoragePort(Protocol):
    """Amazon S3."""

    def put(self, bucket: str, key: str, text: str) -> bool:
        """Write an object; return whether the bucket is there."""


class LogRoutesPort(Protocol):
    """Where the log routers of tasks send what they get (FireLens)."""

    def send(
        self,
        task: Any,
        tag: str,
        options: Mapping[str, str],
        records: Sequence[Mapping[str, str]],
    ) -> str | None:
        """Send records with a task's role.

        Args:
            task: the task.
            tag: Fluent Bit's tag of the container.
            options: the output section, as the container's log options have it.
            records: the records.

        Returns:
            None, or the line that the router prints because it could not.
        """


class BalancerPort(Protocol):
    """Target groups of load balancers (Elastic Load Balancing)."""

    def register(self, target: Target) -> None:
        """Register a target."""

    def deregister(self, target: Target) -> float:
        """Deregister a target; return the seconds that its connections may still drain."""

    def health(self, target: Target) -> str:
        """Return the state of a target: initial, healthy, unhealthy, draining or unused."""

    def health_reason(self, target: Target) -> str:
        """Return why a target is not healthy."""


class ProgramsPort(Protocol):
    """Runs the Python code of images with a container's own environment."""

    def inside(self, environment: Mapping[str, str], owner: Any) -> AbstractContextManager[None]:
        """Enter a container: its variables, its AWS credentials, nothing of the notebook's."""


class EventsPort(Protocol):
    """Amazon EventBridge."""

    def heard(self) -> bool:
        """Return whether any rule of the default event bus could match an event."""

    def emit(
        self,
        detail_type: str,
        resources: Sequence[str],
        detail: Mapping[str, Any],
        *,
        source: str = "aws.ecs",
    ) -> None:
        """Send an event to the default event bus."""


class AlarmsPort(Protocol):
    """Amazon CloudWatch alarms, as those need them who only look."""

    def state(self, name: str) -> str | None:
        """Return the state of an alarm: OK, ALARM or INSUFFICIENT_DATA; None when there is none."""

    def looks_back(self, name: str) -> float:
        """Return the seconds of the periods that an alarm evaluates; 0 when there is none."""

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the name of every alarm whose state has changed."""


@dataclass(frozen=True, slots=True)
class NotShifted:
    """Why the weights of a rule can't be read or changed.

    Args:
        text: in AWS's words.
        networking: whether the configuration is at fault, and not a permission of the moment.
    """

    text: str
    networking: bool = False


class ShiftingPort(Protocol):
    """The weights of target groups in the rules and listeners of load balancers."""

    def weights(self, rule: str, role: str) -> dict[str, int] | NotShifted:
        """Return the weights of the target groups that a listener rule, or a listener, forwards to.

        Args:
            rule: the ARN of the rule or of the listener.
            role: the role that Amazon ECS assumes for it.
        """

    def shift(self, rule: str, weights: Mapping[str, float], role: str) -> NotShifted | None:
        """Give the target groups of a listener rule, or of a listener, their weights.

        Args:
            rule: the ARN of the rule or of the listener.
            weights: target group → its percentage.
            role: the role that Amazon ECS assumes for it.

        Returns:
            None, or why it is not possible.
        """


@dataclass(slots=True)
class Ports:
    """All of them, for one account and Region."""

    network: NetworkPort
    registry: RegistryPort
    roles: RolesPort
    secrets: SecretsPort
    logs: LogsPort
    log_routes: LogRoutesPort
    balancers: BalancerPort
    programs: ProgramsPort
    events: EventsPort
    metrics: MetricStore
    alarms: AlarmController
    directory: DirectoryPort
    functions: FunctionsPort
    shifting: ShiftingPort
    volumes: VolumesPort | None = None
    file_systems: FileSystemsPort | None = None
    storage: StoragePort | None = None
    traffic: Traffic | None = None
    """The HTTP requests of containers."""
    extra: dict[str, Any] = field(default_factory=dict)
