"""ECS tasks as targets of EventBridge: rules and schedules that run tasks.

AWS: botocore events Target (EcsParameters, RoleArn, DeadLetterConfig), scheduler EcsParameters;
ECS tasks-scheduled-eventbridge-scheduler. startedBy is what RunTask shows for them in captured
output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ecslab.aws.dead_letters import keep_failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecslab.aws.role_clients import RoleClients

_PLAIN: Final = {
    "TaskCount": "count",
    "LaunchType": "launchType",
    "PlatformVersion": "platformVersion",
    "Group": "group",
    "CapacityProviderStrategy": "capacityProviderStrategy",
    "EnableECSManagedTags": "enableECSManagedTags",
    "EnableExecuteCommand": "enableExecuteCommand",
    "PlacementConstraints": "placementConstraints",
    "PlacementStrategy": "placementStrategy",
    "PropagateTags": "propagateTags",
    "ReferenceId": "referenceId",
}
_NETWORK: Final = {
    "Subnets": "subnets",
    "SecurityGroups": "securityGroups",
    "AssignPublicIp": "assignPublicIp",
}
_OVERRIDES: Final = (
    "containerOverrides",
    "cpu",
    "memory",
    "taskRoleArn",
    "executionRoleArn",
    "ephemeralStorage",
)
EVENTS: Final = "events.amazonaws.com"
SCHEDULER: Final = "scheduler.amazonaws.com"
_STARTED_BY: Final = {EVENTS: "events-rule", SCHEDULER: "chronos-schedule"}
_LONGEST_STARTED_BY: Final = 128


class EventTasks:
    """Runs the tasks of targets.

    Args:
        account: the account id.
        region: the Region.
        clients: act through the targets' roles.
    """

    def __init__(self, account: str, region: str, clients: RoleClients) -> None:
        self._account = account
        self._region = region
        self._clients = clients

    def run(self, target: Mapping[str, Any], given: Any, principal: str, name: str) -> bool:
        """Run the tasks of a target; what fails goes to its dead-letter queue, if it has one.

        Args:
            target: the target, in botocore's shape.
            given: the JSON that it is given, which may hold overrides.
            principal: the service that runs them, `EVENTS` or `SCHEDULER`.
            name: the name of the rule or schedule.

        Returns:
            Whether all of its tasks have been started.
        """
        role = str(target.get("RoleArn") or "")
        if not self._clients.assumable(role, principal):
            self._fail(target, given, "NO_PERMISSIONS", f"The role {role} can't be assumed.")
            return False
        ecs = self._clients.client(role, name[:64], "ecs")
        started_by = f"{_STARTED_BY[principal]}/{name}"[:_LONGEST_STARTED_BY]
        try:
            answer = ecs.run_task(startedBy=started_by, **_request(target, given))
        except ClientError as error:
            found = error.response["Error"]
            self._fail(target, given, found["Code"], found["Message"])
            return False
        for failure in answer["failures"][:1]:
            self._fail(target, given, "SERVICE_ERROR", failure["reason"])
        return not answer["failures"]

    def _fail(self, target: Mapping[str, Any], given: Any, code: str, message: str) -> None:
        keep_failed((self._account, self._region), target, given, code, message)


def _request(target: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """Return the RunTask request of a target."""
    ecs: Mapping[str, Any] = target.get("EcsParameters") or {}
    request = {ours: ecs[theirs] for theirs, ours in _PLAIN.items() if ecs.get(theirs) is not None}
    network = (ecs.get("NetworkConfiguration") or {}).get("awsvpcConfiguration")
    if network:
        request["networkConfiguration"] = {
            "awsvpcConfiguration": {
                ours: network[theirs] for theirs, ours in _NETWORK.items() if theirs in network
            }
        }
    tags = ecs.get("Tags") or []
    if tags:
        request["tags"] = [
            {"key": tag.get("Key", tag.get("key")), "value": tag.get("Value", tag.get("value", ""))}
            for tag in tags
        ]
    overrides = {}
    if isinstance(given, dict):
        overrides = {name: given[name] for name in _OVERRIDES if name in given}
    if overrides:
        request["overrides"] = overrides
    definition = str(ecs.get("TaskDefinitionArn") or "")
    return {"cluster": str(target["Arn"]), "taskDefinition": definition, **request}
