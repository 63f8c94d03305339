"""What capacity providers do in their clusters: scaling policies, hooks, and their attachments.

AWS: cluster-auto-scaling; managed-instance-draining; botocore ecs Cluster.attachments,
.attachmentsStatus, CapacityProvider.updateStatus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cluster import AUTO_SCALING_KIND
from ecslab.sim.managed_draining import ManagedDraining
from ecslab.sim.managed_scaling import Link, ManagedScaling
from ecslab.sim.scaling_groups import HOOK, policy_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from ecslab.sim.agent import Agent
    from ecslab.sim.capacity_providers import CapacityProvider
    from ecslab.sim.entities import Account, Cluster
    from ecslab.sim.instance_agents import InstanceAgents
    from ecslab.sim.placer import Placer
    from ecslab.sim.scaling_groups import ScalingGroupsPort

_SETTLE: Final = (6.0, 2.0)
"""Seconds until changes of attachments and providers are complete; AWS publishes no number."""
_RETENTION: Final = 3600.0
"""Seconds for which an INACTIVE provider can be described; AWS publishes no number."""

IN_PROGRESS: Final = "UPDATE_IN_PROGRESS"
COMPLETE: Final = "UPDATE_COMPLETE"


class Capacity:
    """The capacity providers of an account at work.

    Args:
        account: the account.
        agent: runs the tasks.
        placer: puts tasks on container instances.
        agents: the container instances.
        groups: Amazon EC2 Auto Scaling.
    """

    def __init__(
        self,
        account: Account,
        agent: Agent,
        placer: Placer,
        agents: InstanceAgents,
        groups: ScalingGroupsPort,
    ) -> None:
        self._account = account
        self.waiting = placer.waiting
        self.groups = groups
        self._scaling = ManagedScaling(account, placer.waiting, groups)
        draining = ManagedDraining(agents, groups)
        self._links: dict[tuple[str, str], Link] = {}
        groups.listen(draining.begin)
        agents.listen(placer.waiting.instance_changed)
        agent.listen(placer.waiting.task_changed)
        agent.listen(draining.task_changed)

    # --- Clusters -----------------------------------------------------------------------------

    def associate(self, cluster: Cluster, providers: Iterable[str]) -> None:
        """Make the scaling policies and hooks of a cluster's providers, and drop those of others.

        The cluster is busy (`attachmentsStatus`) until that is complete.

        Args:
            cluster: the cluster.
            providers: the names of all its capacity providers.
        """
        wanted = [
            each
            for each in map(self._account.providers.get, providers)
            if each is not None and each.kind == AUTO_SCALING_KIND
        ]
        before = {name for owner, name in self._links if owner == cluster.name}
        for name in sorted(before - {each.name for each in wanted}):
            self._unlink(cluster, name)
        new = [each for each in wanted if each.name not in before]
        for provider in new:
            self._link(cluster, provider)
        self._show(cluster, "PRECREATED" if new else "CREATED")
        if new:
            cluster.record["attachmentsStatus"] = IN_PROGRESS
            self._later(lambda: self._complete(cluster))
        elif "attachmentsStatus" in cluster.record:
            cluster.record["attachmentsStatus"] = COMPLETE

    def is_elsewhere(self, provider: CapacityProvider, cluster: Cluster) -> bool:
        """Return whether a provider with managed scaling already serves another cluster."""
        return provider.scales and any(
            name == provider.name and owner != cluster.name for owner, name in self._links
        )

    # --- Providers ----------------------------------------------------------------------------

    def created(self, provider: CapacityProvider) -> None:
        """Begin to look after a new provider with an Auto Scaling group."""
        if provider.scales:
            self.groups.tag(provider.group)
        self._account.journal.record("provider.created", provider.arn)

    def update(self, provider: CapacityProvider, settings: dict[str, Any]) -> None:
        """Bring new settings into force, which takes a moment.

        Args:
            provider: the capacity provider.
            settings: all its settings after the update.
        """
        provider.update_status = IN_PROGRESS

        def apply() -> None:
            clusters = [link.cluster for link in self._links.values() if link.provider is provider]
            for cluster in clusters:
                self._unlink(cluster, provider.name)
            provider.settings = settings
            provider.update_status = COMPLETE
            if provider.scales:
                self.groups.tag(provider.group)
            for cluster in clusters:
                self._link(cluster, provider)
                self._show(cluster, "CREATED")
            self._account.journal.record("provider.updated", provider.arn)

        self._later(apply)

    def delete(self, provider: CapacityProvider) -> None:
        """Delete a provider that no cluster has; it can be described for a while."""
        provider.update_status = "DELETE_IN_PROGRESS"

        def apply() -> None:
            provider.status, provider.update_status = "INACTIVE", "DELETE_COMPLETE"
            self._account.journal.record("provider.deleted", provider.arn)
            self._account.clock.env.process(self._forget(provider))

        self._later(apply)

    # --- How ----------------------------------------------------------------------------------

    def _link(self, cluster: Cluster, provider: CapacityProvider) -> None:
        policy = policy_name(self._account.identifiers.uuid())
        link = self._links[cluster.name, provider.name] = Link(cluster, provider, policy)
        if provider.drains:
            self.groups.put_hook(provider.group)
        if provider.scales:
            arn = self.groups.put_policy(
                provider.group, policy, provider.name, cluster.name, provider.scaling
            )
            self._scaling.make_alarms(link, arn)
            self._scaling.watch(link)

    def _unlink(self, cluster: Cluster, name: str) -> None:
        link = self._links.pop((cluster.name, name))
        link.live = False
        self.groups.delete_policy(link.policy)
        self._scaling.delete_alarms(link)
        if all(other != name for _, other in self._links):
            self.groups.delete_hook(link.provider.group)

    def _show(self, cluster: Cluster, status: str) -> None:
        shown = []
        known = {each["id"]: each for each in cluster.record.get("attachments") or ()}
        for (owner, name), link in self._links.items():
            if owner != cluster.name:
                continue
            parts = []
            if link.provider.scales:
                parts.append(("as_policy", "scalingPolicyName", link.policy))
            if link.provider.drains:
                parts.append(("managed_draining", "autoScalingLifecycleHookName", HOOK))
            for kind, key, value in parts:
                details = [
                    {"name": "capacityProviderName", "value": name},
                    {"name": key, "value": value},
                ]
                old = next((a for a in known.values() if a["details"] == details), None)
                shown.append(
                    old
                    or {
                        "id": self._account.identifiers.uuid(),
                        "type": kind,
                        "status": status,
                        "details": details,
                    }
                )
        cluster.record["attachments"] = shown

    def _complete(self, cluster: Cluster) -> None:
        for attachment in cluster.record["attachments"]:
            attachment["status"] = "CREATED"
        cluster.record["attachmentsStatus"] = COMPLETE
        if cluster.record["status"] == "PROVISIONING":
            cluster.record["status"] = "ACTIVE"
        self._account.journal.record("cluster.attached", cluster.arn)

    def _later(self, apply: Callable[[], None]) -> None:
        def wait() -> Generator[Any, Any, None]:
            yield self._account.clock.env.timeout(self._account.identifiers.jitter(*_SETTLE))
            apply()

        self._account.clock.env.process(wait())

    def _forget(self, provider: CapacityProvider) -> Generator[Any, Any, None]:
        yield self._account.clock.env.timeout(_RETENTION)
        if self._account.providers.get(provider.name) is provider:
            del self._account.providers[provider.name]
