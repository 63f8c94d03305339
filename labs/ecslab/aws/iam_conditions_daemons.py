"""The condition keys of ECS that calls about managed daemons carry.

AWS: Service Authorization Reference, condition keys for Amazon ECS: CreateDaemon, UpdateDaemon,
DescribeDaemonDeployments, ListDaemons and their like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.iam_arns_ecs import ECS
from ecslab.aws.iam_paths import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.aws.iam_context import CallContext

__all__ = ["DEPLOYS", "daemon_keys"]

DEPLOYS: Final = ("CreateDaemon", "UpdateDaemon")
"""The operations that have tasks run from a daemon task definition."""

_IN_CLUSTER: Final = ("CreateDaemon", "ListDaemons")
_OWNED: Final = "[daemonArn, daemonDeploymentArns, daemonRevisionArns][]"


def daemon_keys(
    operation: str, params: Mapping[str, Any], context: CallContext
) -> dict[str, object]:
    """Return the keys that a call about managed daemons carries; none for any other call."""
    keys: dict[str, object] = {}
    if operation in _IN_CLUSTER:
        given = {"cluster": params.get("clusterArn")}
        keys["ecs:cluster"] = ECS.of("UpdateCluster", given, context.region, context.account)
    for arn in texts(_OWNED, params)[:1]:
        head, _, resource = arn.rpartition(":")
        names = resource.split("/")[1:3]
        if arn.startswith("arn:") and len(names) > 1:
            keys["ecs:cluster"] = f"{head}:cluster/{names[0]}"
            if ":daemon/" not in arn:
                keys["ecs:daemon"] = f"{head}:daemon/{'/'.join(names)}"
    if operation in DEPLOYS:
        reference = str(params.get("daemonTaskDefinitionArn") or "")
        definition = context.daemon_task_definition(reference) or {}
        keys["ecs:capacity-provider"] = texts("capacityProviderArns", params)
        keys["ecs:daemon-task-definition"] = reference
        keys["ecs:enable-execute-command"] = bool(params.get("enableExecuteCommand"))
        keys["ecs:task-cpu"] = definition.get("cpu")
        keys["ecs:task-memory"] = definition.get("memory")
    if operation == "RegisterDaemonTaskDefinition":
        containers = params.get("containerDefinitions") or []
        keys["ecs:privileged"] = any(item.get("privileged") for item in containers)
    return keys
