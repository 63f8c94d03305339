"""Why the ECS agent of an EC2 instance is not registered, or not connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import permission, way
from ecslab.cloud.explain.evidence import Absent, value_at
from ecslab.model import host_failures
from ecslab.model.network import NetworkInterface, to_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.container_instances import ContainerInstance
    from ecslab.sim.entities import Cluster

_RUNNING: Final = ("Reservations", 0, "Instances", 0)


def disconnected(case: Case, instance: ContainerInstance) -> Iterator[Step]:
    """Yield why the agent of an instance is not connected."""
    machine = instance.machine.id
    answer = case.ask("ec2", "describe_instances", InstanceIds=[machine])
    condition = value_at(answer, *_RUNNING, "State", "Name")
    if condition != "running":
        words = f"The EC2 instance {machine} does not run."
        yield case.step("capacity", words, answer, *_RUNNING, "State", "Name")
        return
    for action in ("ecs:DiscoverPollEndpoint", "ecs:Poll"):
        if instance.role and not case.roles.permits(instance.role, action, instance.arn).allowed:
            words = f"Its agent may not {action}, which it needs to hear what it shall do."
            yield case.step("capacity", words, answer, *_RUNNING, Absent("IamInstanceProfile"))
            yield permission.lacking(case, instance.role, action, instance.arn)
            return


def refused(case: Case, cluster: str) -> Iterator[Step]:
    """Yield why EC2 instances that run have not become instances of a cluster."""
    for entry in reversed(case.journal.of_kind("instance.refused")):
        answer = case.ask("ec2", "describe_instances", InstanceIds=[entry.subject])
        if value_at(answer, *_RUNNING, "State", "Name") == "running":
            yield from _why_refused(case, entry.subject, str(entry.fields["reason"]), answer)
            return
    filters = [{"Name": "instance-state-name", "Values": ["running"]}]
    answer = case.ask("ec2", "describe_instances", Filters=filters)
    if not value_at(answer, "Reservations"):
        words = f"No EC2 instance runs that could join the cluster {cluster}."
        yield case.step("capacity", words, answer, "Reservations")


def refusal(case: Case, machine: str) -> Iterator[Step]:
    """Yield why the agent of one EC2 instance could not register."""
    entry = case.last(machine, "instance.refused")
    if entry is not None:
        answer = case.ask("ec2", "describe_instances", InstanceIds=[machine])
        yield from _why_refused(case, machine, str(entry.fields["reason"]), answer)


def starting(case: Case, cluster: Cluster, machines: Sequence[str]) -> Iterator[Step]:
    """Yield that EC2 instances have been launched whose agents have not registered yet."""
    known = {each.machine.id for each in cluster.instances.values()}
    for machine in machines:
        if machine not in known:
            answer = case.ask("ec2", "describe_instances", InstanceIds=[machine])
            words = f"The EC2 instance {machine} has been launched; its agent will register soon."
            yield case.step("capacity", words, answer, *_RUNNING, "LaunchTime")
            return


def _why_refused(case: Case, machine: str, reason: str, answer: Answer) -> Iterator[Step]:
    words = f"The EC2 instance {machine} runs, but its agent could not register."
    yield case.step("capacity", words, answer, *_RUNNING, "State", "Name")
    no_cluster = host_failures.CLUSTER_NOT_FOUND.find(reason)
    endpoint = host_failures.ENDPOINT_UNREACHABLE.find(reason)
    denied = host_failures.REGISTER_DENIED.find(reason)
    if no_cluster is not None:
        data = case.ask(
            "ec2", "describe_instance_attribute", InstanceId=machine, Attribute="userData"
        )
        words = f"Its user data names the cluster {no_cluster['cluster']}, which does not exist."
        yield case.step("capacity", words, data, Absent("UserData"))
        clusters = case.ask("ecs", "list_clusters")
        yield case.step("capacity", "These are the clusters.", clusters, "clusterArns")
    elif endpoint is not None:
        yield from _way(case, value_at(answer, *_RUNNING), endpoint["service"])
    elif denied is not None:
        yield permission.lacking(case, denied["role"], denied["action"], denied["resource"])
    elif reason == host_failures.NO_CREDENTIALS():
        words = "It has no instance profile whose role EC2 can assume, so its agent is nobody."
        yield case.step("permission", words, answer, *_RUNNING, Absent("IamInstanceProfile"))


def _way(case: Case, machine: Any, service: str) -> Iterator[Step]:
    own = case.runtime.network(case.region).instance_interface(str(machine["InstanceId"]))
    if isinstance(own, NetworkInterface):
        path = to_service(case.topology, own, service, case.region)
        yield from way.obstacle(case, path, None)
