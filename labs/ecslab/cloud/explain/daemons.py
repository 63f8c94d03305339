"""Why a managed daemon, or a deployment of one, is as it is.

AWS: managed-daemons-deployments, managed-daemons-auto-repair; botocore ecs DaemonDetail,
DaemonDeployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import daemon_hosts, tasks
from ecslab.cloud.explain.evidence import Absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.managed_daemon import Daemon, DaemonDeployment

    Chain = tuple[str, Iterable[Step]]

_DAEMON: Final = ("daemon",)
_PLACE: Final = ("daemonDeployments", 0)


def daemon(case: Case, arn: str) -> Chain:
    """Return state and chain of a managed daemon."""
    found = next((each for each in _known(case) if each.arn == arn), None)
    if found is None:
        answer = case.ask("ecs", "describe_daemon", daemonArn=arn)
        step = case.step("state", "The account has no such daemon (any more).", answer)
        return f"There is no daemon {arn.rsplit('/', 1)[-1]}.", [step]
    return f"Managed daemon {found.name} is {found.status}.", _of_daemon(case, found)


def deployment(case: Case, arn: str) -> Chain:
    """Return state and chain of a deployment of a managed daemon."""
    for found in _known(case):
        for rollout in found.deployments:
            if rollout.arn == arn:
                state = f"Deployment of the managed daemon {found.name} is {rollout.status}."
                return state, _of_deployment(case, found, rollout)
    answer = case.ask("ecs", "describe_daemon_deployments", daemonDeploymentArns=[arn])
    words = "The account does not find it."
    return "There is no such daemon deployment.", [case.step("state", words, answer, "failures")]


def _known(case: Case) -> Iterator[Daemon]:
    for cluster in case.account.clusters.values():
        yield from cluster.daemons.values()
        yield from cluster.past_daemons


def _of_daemon(case: Case, found: Daemon) -> Iterator[Step]:
    answer = case.ask("ecs", "describe_daemon", daemonArn=found.arn)
    yield case.step("state", "This is its status.", answer, *_DAEMON, "status")
    if answer.error:
        yield from _of_deployment(case, found, found.deployment)
        return
    rollout = found.deployment
    if rollout.status != "SUCCESSFUL":
        yield from _of_deployment(case, found, rollout)
        return
    place = (*_DAEMON, "currentRevisions", 0)
    if not list(found.instances()):
        words = "Its capacity providers have no instances: a daemon does not launch any itself."
        yield case.step("capacity", words, answer, *place, "capacityProviders")
        yield from _failure(case, found)
        return
    running = daemon_hosts.count(answer, "totalRunningCount")
    words = f"So many of its tasks run, one on each instance: {running}."
    yield case.step("state", words, answer, *place, "totalRunningCount")
    yield from _incomplete(case, found, answer)


def _incomplete(case: Case, found: Daemon, answer: Answer) -> Iterator[Step]:
    """Yield which instances are without the daemon's task, or impaired because of it."""
    place = (*_DAEMON, "currentRevisions", 0)
    if daemon_hosts.count(answer, "totalWithoutDaemonCount"):
        words = "These instances run without its task, as they may when it is not critical."
        yield case.step("state", words, answer, *place, "totalWithoutDaemonCount")
        yield from _failure(case, found)
        return
    for instance in found.instances():
        if found.arn in instance.impaired or instance.status == "REGISTERING":
            words = f"The container instance {instance.id[:8]} is {instance.status}."
            described = daemon_hosts.describe_host(case, instance)
            yield case.step("capacity", words, described, "containerInstances", 0, "status")
            yield from _failure(case, found)
            return


def _of_deployment(case: Case, found: Daemon, rollout: DaemonDeployment) -> Iterator[Step]:
    answer = case.ask("ecs", "describe_daemon_deployments", daemonDeploymentArns=[rollout.arn])
    words = "Its newest deployment has this status."
    if rollout is not found.deployment:
        words = "This is the status of the deployment; it is not the newest one."
    yield case.step("deployment", words, answer, *_PLACE, "status")
    yield case.step("deployment", "This is why.", answer, *_PLACE, "statusReason")
    if rollout.tripped:
        yield from _failures(case, found, rollout, answer)
    elif rollout.triggered_alarms:
        words = "These alarms went into the state ALARM while it was watched."
        yield case.step("deployment", words, answer, *_PLACE, "alarms", "triggeredAlarmNames")
        names = list(rollout.triggered_alarms)
        alarms = case.ask("cloudwatch", "describe_alarms", AlarmNames=names)
        words = "This is the alarm's reason."
        yield case.step("deployment", words, alarms, "MetricAlarms", 0, Absent("StateReason"))
    elif rollout.status == "IN_PROGRESS":
        yield from _under_way(case, found, rollout, answer)


def _under_way(
    case: Case, found: Daemon, rollout: DaemonDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield what a deployment waits for now."""
    instances = list(found.instances())
    for instance in instances:
        if instance.status == "DRAINING":
            yield from daemon_hosts.left_on(case, instance)
            yield from _failures(case, found, rollout, answer)
            return
    for instance in instances:
        if instance.status == "REGISTERING":
            yield from daemon_hosts.registering(case, instance)
            return
    if rollout.failures:
        yield from _failures(case, found, rollout, answer)
    elif rollout.baking_since is not None:
        words = "All instances have it; it is watched for this many minutes."
        place = (*_PLACE, "deploymentConfiguration", "bakeTimeInMinutes")
        yield case.step("deployment", words, answer, *place)
    else:
        words = "Instances or daemon tasks are on their way."
        yield case.step("deployment", words, answer, *_PLACE, Absent("targetDaemonRevision"))


def _failures(
    case: Case, found: Daemon, rollout: DaemonDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield how many tasks of a deployment have failed to start, and why the newest has."""
    if not rollout.failures:
        return
    words = f"{rollout.failures} of its tasks failed to start; {rollout.threshold} end it."
    yield case.step("deployment", words, answer, *_PLACE, "circuitBreaker")
    task = daemon_hosts.failed_task(case, found, revision=rollout.goal.revision)
    if task is not None:
        yield from tasks.stopped(case, task)


def _failure(case: Case, found: Daemon) -> Iterator[Step]:
    """Yield why the newest task of a daemon failed, as deep as the account can tell."""
    task = daemon_hosts.failed_task(case, found)
    if task is not None:
        yield from tasks.stopped(case, task)
