"""Load balancers that ECS builds and shares among services, through an infrastructure role.

Each service gets a host name below `ecs.REGION.on.aws` with its certificate, a listener rule, two
target groups (one for the next revision) and security groups; the load balancer, its listener for
HTTPS on port 443 and its security group are shared by the services of one VPC.
AWS: express-service-work; botocore ecs HostSharedAlbConfiguration; the names are those of captured
output. All calls are judged by the policies of the role.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ecslab.aws.certificates import issue
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.role_clients import RoleClients
    from ecslab.sim.identifiers import Identifiers

ECS: Final = "ecs.amazonaws.com"
"""The service that assumes an infrastructure role."""

SESSION: Final = "ECSGateway"
"""The session name of the infrastructure role, as captured denials show it."""

_TAG: Final = {"Key": "AmazonECSManaged", "Value": "true"}
_HTTPS: Final = 443
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_WEB_PORTS: Final = (80, _HTTPS)
_NOT_FOUND: Final = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
}


@dataclass(slots=True)
class SharedBalancer:
    """One load balancer with its listener and security group.

    Args:
        arn: the load balancer's ARN.
        dns_name: its DNS name.
        listener: the ARN of its listener.
        group: the id of its security group.
        vpc: its VPC.
        internal: whether only the VPC reaches it.
        rules: how many rules have been made, for their priorities.
        certificates: the ARNs of its certificates.
    """

    arn: str
    dns_name: str
    listener: str
    group: str
    vpc: str
    internal: bool
    rules: int = 0
    certificates: list[str] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    """The ARNs of the services behind it."""


@dataclass(slots=True)
class ServiceIngress:
    """What one service has behind a shared load balancer.

    Args:
        host: its host name.
        balancer: the load balancer.
        certificate: the ARN of its certificate.
        target_groups: the ARNs of its two target groups, the one in use first.
        rule: the ARN of its listener rule.
        group: the id of the security group of its tasks.
        port: the port that the load balancer may reach.
        managed: whether the security group was made for it.
    """

    host: str
    balancer: SharedBalancer
    certificate: str
    target_groups: list[str]
    rule: str
    group: str
    port: int
    managed: bool = True


@dataclass(slots=True)
class Place:
    """Where to build.

    Args:
        vpc: the VPC.
        subnets: the subnets.
        public: whether a route of theirs leads to an internet gateway.
    """

    vpc: str
    subnets: list[str]
    public: bool


@dataclass
class ManagedIngress:
    """Builds and removes load balancers and what belongs to them.

    Args:
        clients: act through the infrastructure role.
        identifiers: draws names.
        region: the Region.
        role: the infrastructure role.
    """

    clients: RoleClients
    identifiers: Identifiers
    region: str
    role: str

    def place(self, subnets: list[str] | None) -> Place:
        """Return where to build: the given subnets, or those of the default VPC."""
        ec2 = self._client("ec2")
        if subnets:
            found = ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
        else:
            default = [{"Name": "default-for-az", "Values": ["true"]}]
            found = ec2.describe_subnets(Filters=default)["Subnets"]
        vpc = str(found[0]["VpcId"])
        ids = [str(each["SubnetId"]) for each in found]
        tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        return Place(vpc, ids, _is_public(ids, tables["RouteTables"]))

    def share(self, place: Place, prefix: str, *, internal: bool | None = None) -> SharedBalancer:
        """Build a load balancer with its security group; the listener comes with a certificate."""
        ec2, elb = self._client("ec2"), self._client("elbv2")
        group = self._security_group(f"{prefix}-sg-{self.identifiers.digits(13)}", place.vpc)
        for port in _WEB_PORTS:
            ec2.authorize_security_group_ingress(
                GroupId=group,
                IpPermissions=[_open(port, IpRanges=[{"CidrIp": "0.0.0.0/0"}])],
            )
        private = not place.public if internal is None else internal
        made = elb.create_load_balancer(
            Name=f"{prefix}-{self.identifiers.task()[:8]}",
            Subnets=place.subnets,
            SecurityGroups=[group],
            Scheme="internal" if private else "internet-facing",
            Tags=[_TAG],
        )["LoadBalancers"][0]
        return SharedBalancer(
            made["LoadBalancerArn"], made["DNSName"], "", group, place.vpc, private
        )

    def attach(
        self,
        balancer: SharedBalancer,
        service: str,
        port: int,
        health_path: str,
        cluster: str,
        *,
        group: str | None = None,
    ) -> ServiceIngress:
        """Build what one service needs behind a load balancer.

        Args:
            balancer: the load balancer.
            service: the name of the service.
            port: the port of its tasks.
            health_path: the path of the health checks.
            cluster: the name of its cluster.
            group: the security group of its tasks; one is made without it.
        """
        elb = self._client("elbv2")
        host = f"{service[:2].lower()}-{self.identifiers.task()}.ecs.{self.region}.on.aws"
        certificate = self._client("acm").request_certificate(
            DomainName=host, ValidationMethod="DNS", Tags=[_TAG]
        )["CertificateArn"]
        issue(certificate)
        balancer.certificates.append(certificate)
        if balancer.listener:
            elb.add_listener_certificates(
                ListenerArn=balancer.listener, Certificates=[{"CertificateArn": certificate}]
            )
        else:
            balancer.listener = elb.create_listener(
                LoadBalancerArn=balancer.arn,
                Protocol="HTTPS",
                Port=_HTTPS,
                Certificates=[{"CertificateArn": certificate}],
                DefaultActions=[_NOT_FOUND],
                Tags=[_TAG],
            )["Listeners"][0]["ListenerArn"]
        managed = group is None
        if group is None:
            group = self._security_group(f"{cluster}-{service}-{balancer.vpc}", balancer.vpc)
        self.let_in(balancer, group, port)
        groups = [
            elb.create_target_group(
                Name=f"ecs-gateway-tg-{self.identifiers.task()[:17]}",
                Protocol="HTTP",
                Port=port,
                VpcId=balancer.vpc,
                TargetType="ip",
                HealthCheckPath=health_path,
                Tags=[_TAG],
            )["TargetGroups"][0]["TargetGroupArn"]
            for _ in range(2)
        ]
        balancer.rules += 1
        rule = elb.create_rule(
            ListenerArn=balancer.listener,
            Priority=balancer.rules,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}],
            Actions=[_forward(groups)],
            Tags=[_TAG],
        )["Rules"][0]["RuleArn"]
        return ServiceIngress(host, balancer, certificate, groups, rule, group, port, managed)

    def let_in(self, balancer: SharedBalancer, group: str, port: int) -> None:
        """Let a load balancer reach a port of the tasks of a security group."""
        peer = [{"GroupId": balancer.group}]
        self._client("ec2").authorize_security_group_ingress(
            GroupId=group, IpPermissions=[_open(port, UserIdGroupPairs=peer)]
        )

    def check_health_at(self, ingress: ServiceIngress, path: str) -> None:
        """Change the path of a service's health checks."""
        for arn in ingress.target_groups:
            self._client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckPath=path)

    def detach(self, ingress: ServiceIngress) -> None:
        """Remove what one service had behind a load balancer."""
        elb = self._client("elbv2")
        elb.delete_rule(RuleArn=ingress.rule)
        for arn in ingress.target_groups:
            elb.delete_target_group(TargetGroupArn=arn)
        if ingress.managed:
            self._client("ec2").delete_security_group(GroupId=ingress.group)
        else:
            peer = [{"GroupId": ingress.balancer.group}]
            self._client("ec2").revoke_security_group_ingress(
                GroupId=ingress.group, IpPermissions=[_open(ingress.port, UserIdGroupPairs=peer)]
            )
        if ingress.certificate != ingress.balancer.certificates[0]:
            elb.remove_listener_certificates(
                ListenerArn=ingress.balancer.listener,
                Certificates=[{"CertificateArn": ingress.certificate}],
            )
            self._client("acm").delete_certificate(CertificateArn=ingress.certificate)
            ingress.balancer.certificates.remove(ingress.certificate)

    def remove(self, balancer: SharedBalancer) -> None:
        """Remove a load balancer that no service uses any more."""
        elb = self._client("elbv2")
        if balancer.listener:
            elb.delete_listener(ListenerArn=balancer.listener)
        elb.delete_load_balancer(LoadBalancerArn=balancer.arn)
        for arn in balancer.certificates:
            self._client("acm").delete_certificate(CertificateArn=arn)

    def remove_group(self, balancer: SharedBalancer) -> None:
        """Remove a load balancer's security group, when its interfaces have gone."""
        self._client("ec2").delete_security_group(GroupId=balancer.group)

    def _security_group(self, name: str, vpc: str) -> str:
        tags = [{"ResourceType": "security-group", "Tags": [_TAG]}]
        made = self._client("ec2").create_security_group(
            GroupName=name, Description="Managed by Amazon ECS", VpcId=vpc, TagSpecifications=tags
        )
        return str(made["GroupId"])

    def _client(self, service: str) -> Any:
        return self.clients.client(self.role, SESSION, service)


def _is_public(subnets: list[str], tables: list[dict[str, Any]]) -> bool:
    """Say whether all subnets have a route to an internet gateway."""
    own: dict[str, dict[str, Any]] = {}
    main: dict[str, Any] = {}
    for table in tables:
        for association in table["Associations"]:
            if association.get("Main"):
                main = table
            elif "SubnetId" in association:
                own[association["SubnetId"]] = table
    return all(
        any(
            str(route.get("GatewayId", "")).startswith("igw-")
            for route in own.get(subnet, main).get("Routes", ())
        )
        for subnet in subnets
    )


def _open(port: int, **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


def _forward(groups: list[str]) -> dict[str, Any]:
    """Return the action that sends all traffic to the first of two target groups."""
    weighted = [
        {"TargetGroupArn": arn, "Weight": weight}
        for arn, weight in zip(groups, (100, 0), strict=True)
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}


@contextlib.contextmanager
def as_ecs_answers() -> Iterator[None]:
    """Answer for ECS what another service has answered to it."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        denied = found["Code"] in _DENIED
        code = "AccessDeniedException" if denied else "InvalidParameterException"
        raise AwsError(code, str(found["Message"])) from None
