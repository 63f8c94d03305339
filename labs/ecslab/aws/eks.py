"""Amazon EKS in moto, mended where moto answers as in 2021 and where it lacks what a choice needs.

The control plane's API only: nothing runs in these clusters. AWS: EKS user guide
(kubernetes-versions, update-cluster, fargate, pod-identities); botocore eks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from moto.ec2.models import ec2_backends
from moto.eks import exceptions
from moto.eks.models import Cluster, EKSBackend, FargateProfile, Nodegroup, eks_backends
from moto.moto_api._internal import mock_random

from ecslab.aws.network_snapshot import snapshot
from ecslab.model import kubernetes_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ecslab.model.network import Topology

EXTENDED: Final = "EXTENDED"
_ARM: Final = ("a1", "t4g", "c6g", "c7g", "c8g", "m6g", "m7g", "m8g", "r6g", "r7g", "r8g")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(slots=True)
class Association:
    """A Pod Identity association, in botocore's words."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    association_arn: str
    association_id: str
    created_at: datetime
    modified_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    disable_session_tags: bool = False


@dataclass(slots=True)
class Update:
    """An update of a cluster, in botocore's words."""

    id: str
    type: str
    params: list[dict[str, str]]
    created_at: datetime
    status: str = "Successful"
    errors: list[dict[str, str]] = field(default_factory=list)


class EksBackend(EKSBackend):
    """EKS with today's versions, upgrade policies, updates and Pod Identity associations."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.associations: dict[str, Association] = {}
        self.updates: dict[str, dict[str, Update]] = {}

    @property
    def _url_module(self) -> Any:
        from ecslab.aws import eks_responses

        return eks_responses

    # --- Clusters -----------------------------------------------------------------------------

    def create_cluster(self, *arguments: Any, **settings: Any) -> Cluster:
        """Create a cluster; its subnets must be in two Availability Zones at least."""
        today = _today()
        newest = kubernetes_versions.available(today)
        wanted = settings.get("version") or newest[0].name
        if all(version.name != wanted for version in newest):
            raise exceptions.InvalidParameterException(
                message=f"unsupported Kubernetes version {wanted}"
            )
        _check_zones(self, (settings.get("resources_vpc_config") or {}).get("subnetIds") or [])
        cluster: Any = super().create_cluster(*arguments, **{**settings, "version": wanted})
        # moto draws these once in a process, before any seed is set.
        identifier = "".join(mock_random.choice("0123456789ABCDEF") for _ in range(32))
        cluster.endpoint = f"https://{identifier}.gr7.{self.region_name}.eks.amazonaws.com"
        issuer = f"https://oidc.eks.{self.region_name}.amazonaws.com/id/{identifier}"
        cluster.identity = {"oidc": {"issuer": issuer}}
        cluster.requested_version = wanted
        cluster.upgrade_policy = {"supportType": EXTENDED}
        cluster.access_config = {"authenticationMode": "CONFIG_MAP"}
        cluster.platformVersion = "eks.1"
        return self.describe_cluster(cluster.name)

    def describe_cluster(self, name: str) -> Cluster:
        """Return a cluster with the version that it runs today."""
        cluster: Any = super().describe_cluster(name)
        extended = cluster.upgrade_policy["supportType"] == EXTENDED
        cluster.version = kubernetes_versions.current(
            cluster.requested_version, _today(), extended=extended
        )
        return cluster  # type: ignore[no-any-return]

    def delete_cluster(self, name: str) -> Cluster:
        """Delete a cluster that holds neither node groups nor Fargate profiles."""
        if super().describe_cluster(name).fargate_profiles:
            raise exceptions.ResourceInUseException(
                clusterName=name,
                nodegroupName=None,
                addonName=None,
                message="Cluster has Fargate profiles attached",
            )
        self.associations = {
            key: each for key, each in self.associations.items() if each.cluster_name != name
        }
        return super().delete_cluster(name)

    def set_upgrade_policy(self, name: str, policy: dict[str, str]) -> Update:
        """Choose what happens at the end of standard support."""
        cluster: Any = self.describe_cluster(name)
        cluster.requested_version = cluster.version
        cluster.upgrade_policy = dict(policy)
        text = json.dumps(cluster.upgrade_policy)
        return self.note_update(name, "UpgradePolicyUpdate", {"UpgradePolicy": text})

    def update_version(self, name: str, version: str) -> Update:
        """Upgrade the control plane by one minor version; its node groups must not lag behind."""
        cluster: Any = self.describe_cluster(name)
        wanted = kubernetes_versions.find(version)
        now = kubernetes_versions.find(cluster.version)
        known = kubernetes_versions.available(_today())
        if wanted is None or now is None or wanted not in known:
            raise exceptions.InvalidParameterException(
                message=f"unsupported Kubernetes version {version}"
            )
        if wanted.minor != now.minor + 1:
            raise exceptions.InvalidParameterException(
                message=f"Unsupported Kubernetes minor version update from {now.name} to {version}"
            )
        behind = [each for each in cluster.nodegroups.values() if each.version != now.name]
        if behind:
            raise exceptions.InvalidRequestException(
                message=f"Nodegroups {', '.join(each.nodegroup_name for each in behind)} must be"
                f" updated to match cluster version {now.name} before updating cluster version"
            )
        cluster.requested_version = cluster.version = version
        return self.note_update(name, "VersionUpdate", {"Version": version})

    def update_nodes(self, cluster_name: str, nodegroup_name: str, version: str | None) -> Update:
        """Bring the nodes of a group to the version of the control plane."""
        cluster: Any = self.describe_cluster(cluster_name)
        group = self.describe_nodegroup(cluster_name, nodegroup_name)
        wanted = version or cluster.version
        if wanted != cluster.version:
            raise exceptions.InvalidParameterException(
                message=f"Requested Nodegroup version {wanted} does not match cluster version"
                f" {cluster.version}"
            )
        group.version = wanted
        group.release_version = f"{wanted}.0-20260101"
        return self.note_update(cluster_name, "VersionUpdate", {"Version": wanted})

    def note_update(self, name: str, kind: str, params: dict[str, str]) -> Update:
        """Keep an update, which is done as soon as it is asked for."""
        listed = [{"type": key, "value": value} for key, value in params.items()]
        update = Update(str(mock_random.uuid4()), kind, listed, datetime.now(UTC))
        self.updates.setdefault(name, {})[update.id] = update
        return update

    # --- Nodes ----------------------------------------------------------------------------------

    def create_nodegroup(self, *arguments: Any, **settings: Any) -> Nodegroup:
        """Create a node group with the cluster's version and an image for its processors."""
        group = super().create_nodegroup(*arguments, **settings)
        group.version = settings.get("version") or self.describe_cluster(group.cluster_name).version
        group.release_version = settings.get("release_version") or f"{group.version}.0-20260101"
        family = group.instance_types[0].partition(".")[0]
        arm = family in _ARM or family.rstrip("dn") in _ARM
        group.ami_type = settings.get("ami_type") or (
            "AL2023_ARM_64_STANDARD" if arm else "AL2023_x86_64_STANDARD"
        )
        if not settings.get("remote_access"):
            group.remote_access = {}
            group.resources.pop("remoteAccessSecurityGroup", None)
        group.disk_size = int(group.disk_size)
        return group

    def create_fargate_profile(self, *arguments: Any, **settings: Any) -> FargateProfile:
        """Create a Fargate profile; only private subnets are accepted.

        AWS: botocore eks CreateFargateProfileRequest.subnets.
        """
        for subnet in settings.get("subnets") or ():
            if _has_internet_gateway(self, subnet):
                raise exceptions.InvalidParameterException(
                    message=f"Subnet {subnet} provided in Fargate Profile is not a private subnet"
                )
        return super().create_fargate_profile(*arguments, **settings)

    # --- Pod Identity ---------------------------------------------------------------------------

    def associate(
        self, cluster: str, namespace: str, account: str, role: str, tags: dict[str, str]
    ) -> Association:
        """Give the Pods of a service account a role; a service account has one at most."""
        self.describe_cluster(cluster)
        for each in self.associations.values():
            taken = (each.cluster_name, each.namespace, each.service_account)
            if taken == (cluster, namespace, account):
                raise exceptions.ResourceInUseException(
                    clusterName=cluster,
                    nodegroupName=None,
                    addonName=None,
                    message=f"Association already exists: {each.association_id}",
                )
        name = "a-" + "".join(mock_random.choice(_LETTERS) for _ in range(17))
        arn = f"arn:aws:eks:{self.region_name}:{self.account_id}"
        now = datetime.now(UTC)
        made = Association(
            cluster,
            namespace,
            account,
            role,
            f"{arn}:podidentityassociation/{cluster}/{name}",
            name,
            now,
            now,
            dict(tags),
        )
        self.associations[name] = made
        return made

    def association(self, cluster: str, identifier: str) -> Association:
        """Return an association of a cluster."""
        self.describe_cluster(cluster)
        found = self.associations.get(identifier)
        if found is None or found.cluster_name != cluster:
            raise exceptions.ResourceNotFoundException(
                clusterName=None,
                nodegroupName=None,
                fargateProfileName=None,
                addonName=None,
                message=f"No association found with id: {identifier}",
            )
        return found


def install() -> Callable[[], None]:
    """Make moto use `EksBackend`; return what puts moto's own backend back."""
    before = eks_backends.backend
    _use(EksBackend)
    return lambda: _use(before)


def _use(backend: type[EKSBackend]) -> None:
    if eks_backends.backend is not backend:
        eks_backends.backend = backend
        eks_backends.clear()


def _today() -> date:
    return datetime.now(UTC).date()


def _topology(backend: EKSBackend) -> Topology:
    return snapshot(ec2_backends[backend.account_id][backend.region_name])


def _check_zones(backend: EKSBackend, subnets: list[str]) -> None:
    """Refuse unknown subnets, and fewer than two Availability Zones (AWS: network-reqs)."""
    known = _topology(backend).subnets
    for subnet in subnets:
        if subnet not in known:
            raise exceptions.InvalidParameterException(
                message=f"The subnet ID '{subnet}' does not exist"
            )
    if len({known[subnet].zone for subnet in subnets}) < 2:  # noqa: PLR2004 - two zones
        raise exceptions.InvalidParameterException(
            message="Subnets specified must be in at least two different AZs"
        )


def _has_internet_gateway(backend: EKSBackend, subnet: str) -> bool:
    """Return whether a subnet's route table leads straight to an internet gateway."""
    table = _topology(backend).route_table_of(subnet)
    return table is not None and any(route.target.startswith("igw-") for route in table.routes)
