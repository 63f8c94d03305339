"""What an explanation looks at: the API's answers, the journal, the network, the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.aws.iam_roles import Roles
from ecslab.cloud.explain.evidence import Absent, Evidence, Part, parse_call, quote, value_at
from ecslab.cloud.explain.explanation import Step

if TYPE_CHECKING:
    from ecslab.aws.reader import Answer
    from ecslab.aws.runtime import Runtime
    from ecslab.journal import Entry
    from ecslab.model.network import Topology
    from ecslab.sim.entities import Account, Task

Json = dict[str, Any]


class Case:
    """One account and Region at one moment.

    Args:
        runtime: the account.
        region: the Region.
    """

    def __init__(self, runtime: Runtime, region: str) -> None:
        self.runtime = runtime
        self.region = region
        self.reader = runtime.reader(region)
        self.account: Account = runtime.engine(region).account
        self.journal = runtime.journal
        self.roles = Roles(lambda: runtime.clock.now, region, self.account.id)

    @property
    def topology(self) -> Topology:
        """Return the network as it is now."""
        return self.runtime.network(self.region).topology()

    def ask(self, service: str, operation: str, /, **parameters: Any) -> Answer:
        """Return the answer of an API to a request."""
        return self.reader.ask(service, operation, **parameters)

    def step(self, layer: str, words: str, answer: Answer, *path: Part) -> Step:
        """Return a step whose evidence stands at a place of an answer."""
        return Step(layer, words, quote(answer, *path, region=self.region))

    def evidence(self, text: str, *path: Part) -> Evidence | None:
        """Return the evidence of a call that is given as text, such as `ec2.describe_vpcs()`."""
        parsed = parse_call(text)
        if parsed is None:
            return None
        service, operation, parameters = parsed
        return quote(self.ask(service, operation, **parameters), *path, region=self.region)

    # --- Tasks --------------------------------------------------------------------------------

    def find_task(self, arn: str) -> Task | None:
        """Return a task that the account still knows."""
        parts = arn.rsplit(":", 1)[-1].split("/")
        cluster = self.account.clusters.get(parts[1]) if len(parts) > 1 else None
        return cluster.tasks.get(parts[-1]) if cluster else None

    def describe_task(self, task: Task) -> Answer:
        """Return the answer of DescribeTasks about one task."""
        return self.ask("ecs", "describe_tasks", cluster=task.cluster.name, tasks=[task.id])

    def task_step(self, layer: str, words: str, task: Task, *path: Part) -> Step:
        """Return a step that DescribeTasks shows."""
        return self.step(layer, words, self.describe_task(task), "tasks", 0, *path)

    def container_step(self, layer: str, words: str, task: Task, name: str, *path: Part) -> Step:
        """Return a step that DescribeTasks shows of one container."""
        index = next(i for i, each in enumerate(task.containers) if each.name == name)
        return self.task_step(layer, words, task, "containers", index, *path)

    def definition_step(self, layer: str, words: str, task: Task, *path: Part) -> Step:
        """Return a step that DescribeTaskDefinition shows of a task's definition."""
        arn = str(task.definition["taskDefinitionArn"])
        if task.daemon is not None:
            answer = self.ask("ecs", "describe_daemon_task_definition", daemonTaskDefinition=arn)
            return self.step(layer, words, answer, "daemonTaskDefinition", *path)
        answer = self.ask("ecs", "describe_task_definition", taskDefinition=_short(arn))
        return self.step(layer, words, answer, "taskDefinition", *path)

    def spec_step(self, layer: str, words: str, task: Task, name: str, *path: Part) -> Step:
        """Return a step that DescribeTaskDefinition shows of one container."""
        index = next(i for i, each in enumerate(task.containers) if each.name == name)
        return self.definition_step(layer, words, task, "containerDefinitions", index, *path)

    # --- Services -------------------------------------------------------------------------------

    def describe_service(self, cluster: str, name: str) -> Answer:
        """Return the answer of DescribeServices about one service."""
        return self.ask("ecs", "describe_services", cluster=cluster, services=[name])

    def service_step(self, layer: str, words: str, task: Task, *path: Part) -> Step:
        """Return a step that DescribeServices shows of the service of a task."""
        assert task.service is not None  # noqa: S101 - asked for tasks of services only
        answer = self.describe_service(task.cluster.name, task.service.name)
        return self.step(layer, words, answer, "services", 0, *path)

    def event_step(self, layer: str, words: str, answer: Answer, text: str) -> Step | None:
        """Return a step whose evidence is the newest service event that contains a text."""
        events = value_at(answer, "services", 0, "events") or []
        for index, event in enumerate(events):
            if text in event["message"]:
                return self.step(layer, words, answer, "services", 0, "events", index, "message")
        return None

    # --- Capacity and alarms --------------------------------------------------------------------

    def describe_instance(self, cluster: str, instance: str, **more: Any) -> Answer:
        """Return the answer of DescribeContainerInstances about one instance."""
        return self.ask(
            "ecs",
            "describe_container_instances",
            cluster=cluster,
            containerInstances=[instance],
            **more,
        )

    def describe_provider(self, name: str) -> Answer:
        """Return the answer of DescribeCapacityProviders about one provider."""
        return self.ask("ecs", "describe_capacity_providers", capacityProviders=[name])

    def describe_group(self, name: str) -> Answer:
        """Return the answer of DescribeAutoScalingGroups about one group."""
        return self.ask("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])

    def describe_alarm(self, name: str) -> Answer:
        """Return the answer of DescribeAlarms about one alarm."""
        return self.ask("cloudwatch", "describe_alarms", AlarmNames=[name])

    # --- CloudTrail -----------------------------------------------------------------------------

    def calls_of(self, operation: str) -> Answer:
        """Return the answer of LookupEvents about the calls of one operation, newest first."""
        attribute = {"AttributeKey": "EventName", "AttributeValue": operation}
        return self.ask("cloudtrail", "lookup_events", LookupAttributes=[attribute])

    def caller_step(self, layer: str, words: str, operation: str, text: str) -> Step | None:
        """Return a step that shows who made the newest call of an operation with some text."""
        answer = self.calls_of(operation)
        for index, event in enumerate(value_at(answer, "Events") or []):
            if text in str(event.get("CloudTrailEvent")):
                return self.step(layer, words, answer, "Events", index, "Username")
        return None

    # --- The journal ----------------------------------------------------------------------------

    def last(self, subject: str, kind: str, **fields: Any) -> Entry | None:
        """Return the newest journal entry about a subject of a kind and with some fields."""
        for entry in reversed(self.journal.about(subject)):
            if entry.kind == kind and fields.items() <= entry.fields.items():
                return entry
        return None


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


__all__ = ["Absent", "Case", "Json"]
