"""`explain`: the chain of causes behind a state, in plain words, each with its evidence.

Every link is found by a general rule, from what the account's API says, from the journal, and by
deciding anew what the network and the policies let through. A module holds the rules about one
noun; a link's evidence is a call of boto3 that shows the quoted value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ecslab.aws.runtime import REGION
from ecslab.cloud.explain import (
    alarms,
    balancers,
    clusters,
    daemons,
    gone,
    groups,
    instances,
    providers,
    rollouts,
    scaling,
    schedules,
    services,
    tasks,
)
from ecslab.cloud.explain.case import Case
from ecslab.cloud.explain.evidence import Evidence
from ecslab.cloud.explain.explanation import Explanation, Step
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecslab.aws.runtime import Runtime

    Chain = tuple[str, Iterable[Step]]

__all__ = ["Evidence", "Explanation", "Step", "explain"]

_PARTS: Final = 6


def explain(runtime: Runtime, arn: str) -> Explanation:
    """Return why something is as it is; asking changes nothing.

    Args:
        runtime: the account.
        arn: the ARN of a task, service, service deployment, container instance, cluster, target
            group, load balancer, capacity provider, managed daemon, daemon deployment, scalable
            target, alarm, rule or schedule.

    Raises:
        CourseError: it is the ARN of something else, or no ARN.
    """
    parts = str(arn).split(":", _PARTS - 1)
    kind, rest = _split(parts[-1] if len(parts) == _PARTS else "")
    look = _KINDS.get((parts[2], kind)) if len(parts) == _PARTS else None
    if look is None or not rest:
        names = ", ".join(sorted({name for _, name in _KINDS}))
        message = f"{arn!r} is not the ARN of something that can be explained: {names}."
        raise CourseError(message)
    region = parts[3] if parts[3] in runtime.regions else REGION
    case = Case(runtime, region)
    state, found = look(case, arn)
    return Explanation(arn, runtime.clock.now, state, tuple(_unrepeated(found)))


def _split(resource: str) -> tuple[str, str]:
    """Return the kind of a resource in an ARN, and what names it."""
    kind = re.split("[/:]", resource, maxsplit=1)[0]
    return kind, resource[len(kind) + 1 :]


def _unrepeated(found: Iterable[Step]) -> Iterable[Step]:
    """Yield the steps without those that say again what has been said."""
    said = set()
    for step in found:
        key = (step.words, step.evidence.call)
        if key not in said:
            said.add(key)
            yield step


def _task(case: Case, arn: str) -> Chain:
    task = case.find_task(arn)
    if task is None or task.arn != arn:
        return gone.task(case, arn)
    return tasks.state(task), tasks.steps(case, task)


def _service(case: Case, arn: str) -> Chain:
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            if service.arn == arn:
                return services.state(service), services.steps(case, service)
    return gone.service(case, arn)


def _deployment(case: Case, arn: str) -> Chain:
    for cluster in case.account.clusters.values():
        for service in cluster.services.values():
            for deployment in service.history:
                if arn in (deployment.deployment_arn, deployment.revision_arn):
                    state = rollouts.state(service, deployment)
                    return state, rollouts.of_deployment(case, service, deployment)
    return gone.deployment(case, arn)


def _instance(case: Case, arn: str) -> Chain:
    for cluster in case.account.clusters.values():
        for instance in cluster.instances.values():
            if instance.arn == arn:
                return instances.state(instance), instances.steps(case, instance)
    return gone.instance(case, arn)


def _cluster(case: Case, arn: str) -> Chain:
    cluster = case.account.clusters.get(arn.rsplit("/", 1)[-1])
    if cluster is None or cluster.arn != arn:
        return gone.cluster(case, arn)
    return clusters.state(cluster), clusters.steps(case, cluster)


def _group(case: Case, arn: str) -> Chain:
    return groups.state(case, arn), groups.steps(case, arn)


def _provider(case: Case, arn: str) -> Chain:
    name = arn.rsplit("/", 1)[-1]
    return f"Capacity provider {name}.", providers.steps(case, name)


def _alarm(case: Case, arn: str) -> Chain:
    name = alarms.name_in(arn)
    return alarms.state(case, name), alarms.steps(case, name)


def _balancer(case: Case, arn: str) -> Chain:
    return balancers.state(arn), balancers.steps(case, arn)


_KINDS: Final[dict[tuple[str, str], Callable[[Case, str], Chain]]] = {
    ("ecs", "task"): _task,
    ("ecs", "service"): _service,
    ("ecs", "service-deployment"): _deployment,
    ("ecs", "service-revision"): _deployment,
    ("ecs", "container-instance"): _instance,
    ("ecs", "cluster"): _cluster,
    ("ecs", "capacity-provider"): _provider,
    ("ecs", "daemon"): daemons.daemon,
    ("ecs", "daemon-deployment"): daemons.deployment,
    ("elasticloadbalancing", "targetgroup"): _group,
    ("elasticloadbalancing", "loadbalancer"): _balancer,
    ("application-autoscaling", "scalable-target"): scaling.target,
    ("cloudwatch", "alarm"): _alarm,
    ("events", "rule"): schedules.rule,
    ("scheduler", "schedule"): schedules.schedule,
}
