"""The operations of Amazon EKS that moto does not have, or answers in another shape."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.eks.responses import EKSResponse
from moto.eks.urls import url_bases

from ecslab.model import kubernetes_versions

if TYPE_CHECKING:
    from datetime import date

    from ecslab.aws.eks import Association, EksBackend
    from ecslab.model.kubernetes_versions import KubernetesVersion

__all__ = ["EksResponse", "url_bases", "url_paths"]


class EksResponse(EKSResponse):
    """EKS with versions, updates, upgrade policies and Pod Identity associations."""

    @property
    def _backend(self) -> EksBackend:
        return self.eks_backend  # type: ignore[return-value]

    # --- Clusters -----------------------------------------------------------------------------

    def create_cluster(self) -> ActionResult:
        """Create a cluster, with its upgrade policy and its way of authentication."""
        answer = super().create_cluster()
        cluster: Any = self._backend.clusters[self._get_param("name")]
        if self._get_param("upgradePolicy"):
            cluster.upgrade_policy = dict(self._get_param("upgradePolicy"))
        if self._get_param("accessConfig"):
            given = self._get_param("accessConfig")
            cluster.access_config = {
                "authenticationMode": given.get("authenticationMode", "CONFIG_MAP")
            }
        return answer

    def update_cluster_config(self) -> ActionResult:
        """Change one kind of setting of a cluster."""
        name = self._get_param("name")
        policy = self._get_param("upgradePolicy")
        if policy:
            return ActionResult({"update": self._backend.set_upgrade_policy(name, policy)})
        super().update_cluster_config()
        kind = "LoggingUpdate" if self._get_param("logging") else "VpcConfigUpdate"
        return ActionResult({"update": self._backend.note_update(name, kind, {})})

    def update_cluster_version(self) -> ActionResult:
        """Upgrade a control plane."""
        update = self._backend.update_version(self._get_param("name"), self._get_param("version"))
        return ActionResult({"update": update})

    def update_nodegroup_version(self) -> ActionResult:
        """Bring the nodes of a group to the control plane's version."""
        update = self._backend.update_nodes(
            self._get_param("name"), self._get_param("nodegroupName"), self._get_param("version")
        )
        return ActionResult({"update": update})

    def list_updates(self) -> ActionResult:
        """List the updates of a cluster."""
        name = self._get_param("name")
        self._backend.describe_cluster(name)
        return ActionResult({"updateIds": list(self._backend.updates.get(name, {}))})

    def describe_update(self) -> ActionResult:
        """Show an update of a cluster."""
        name, identifier = self._get_param("name"), self._get_param("updateId")
        self._backend.describe_cluster(name)
        found = self._backend.updates.get(name, {}).get(identifier)
        return ActionResult({"update": found} if found else {})

    def describe_cluster_versions(self) -> ActionResult:
        """Show the Kubernetes versions that EKS has today, the newest first."""
        today = datetime.now(UTC).date()
        asked = self._list("clusterVersions")
        wanted = str(self._get_param("versionStatus") or "").upper()
        offered = kubernetes_versions.available(today)
        rows = [
            _version(each, today, default=each is offered[0])
            for each in offered
            if (not asked or each.name in asked) and wanted in ("", each.status(today))
        ]
        if str(self._get_param("defaultOnly")).lower() == "true":
            rows = [row for row in rows if row["defaultVersion"]]
        return ActionResult({"clusterVersions": rows})

    # --- Pod Identity ---------------------------------------------------------------------------

    def create_pod_identity_association(self) -> ActionResult:
        """Give the Pods of a service account a role."""
        made = self._backend.associate(
            self._get_param("name"),
            self._get_param("namespace"),
            self._get_param("serviceAccount"),
            self._get_param("roleArn"),
            self._get_param("tags") or {},
        )
        return ActionResult({"association": made})

    def describe_pod_identity_association(self) -> ActionResult:
        """Show an association."""
        return ActionResult({"association": self._association()})

    def list_pod_identity_associations(self) -> ActionResult:
        """List the associations of a cluster, all or those of a namespace or service account."""
        name = self._get_param("name")
        self._backend.describe_cluster(name)
        namespace, account = self._get_param("namespace"), self._get_param("serviceAccount")
        found = [
            each
            for each in self._backend.associations.values()
            if each.cluster_name == name
            and namespace in (None, "", each.namespace)
            and account in (None, "", each.service_account)
        ]
        return ActionResult({"associations": found})

    def update_pod_identity_association(self) -> ActionResult:
        """Give a service account another role."""
        found = self._association()
        found.role_arn = self._get_param("roleArn") or found.role_arn
        found.modified_at = datetime.now(UTC)
        return ActionResult({"association": found})

    def delete_pod_identity_association(self) -> ActionResult:
        """Take the role from a service account."""
        found = self._association()
        del self._backend.associations[found.association_id]
        return ActionResult({"association": found})

    def _association(self) -> Association:
        return self._backend.association(self._get_param("name"), self._get_param("associationId"))

    def _list(self, name: str) -> list[str]:
        given = self._get_param(name)
        if given is None:
            return []
        return [given] if isinstance(given, str) else list(given)


def _version(version: KubernetesVersion, today: date, *, default: bool) -> dict[str, Any]:
    status = version.status(today)
    return {
        "clusterVersion": version.name,
        "clusterType": "eks",
        "defaultPlatformVersion": "eks.1",
        "defaultVersion": default,
        "releaseDate": _moment(version.released),
        "endOfStandardSupportDate": _moment(version.standard_until),
        "endOfExtendedSupportDate": _moment(version.extended_until),
        "status": status.lower().replace("_", "-"),
        "versionStatus": status,
        "kubernetesPatchVersion": f"{version.name}.1",
    }


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_dispatch = EksResponse.dispatch
_CLUSTER = "{0}/clusters/(?P<name>[^/]+)"
_GROUP = rf"{_CLUSTER}/node-groups/(?P<nodegroupName>[^/]+)"
_PODS = rf"{_CLUSTER}/pod-identity-associations"
url_paths = {
    "{0}/clusters$": _dispatch,
    rf"{_CLUSTER}$": _dispatch,
    rf"{_CLUSTER}/node-groups$": _dispatch,
    rf"{_GROUP}$": _dispatch,
    rf"{_GROUP}/update-config$": _dispatch,
    rf"{_GROUP}/update-version$": _dispatch,
    rf"{_CLUSTER}/fargate-profiles$": _dispatch,
    rf"{_CLUSTER}/fargate-profiles/(?P<fargateProfileName>[^/]+)$": _dispatch,
    rf"{_CLUSTER}/update-config$": _dispatch,
    rf"{_CLUSTER}/updates$": _dispatch,
    rf"{_CLUSTER}/updates/(?P<updateId>[^/]+)$": _dispatch,
    rf"{_PODS}$": _dispatch,
    rf"{_PODS}/(?P<associationId>[^/]+)$": _dispatch,
    "{0}/cluster-versions$": _dispatch,
    "{0}/tags/(?P<resourceArn>.+)$": _dispatch,
}
