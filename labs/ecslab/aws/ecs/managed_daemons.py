"""Managed daemons: CreateDaemon, UpdateDaemon, DeleteDaemon, DescribeDaemon, ListDaemons.

AWS: managed-daemons-create-manage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.ecs import task_rules
from ecslab.aws.ecs.clusters import with_token
from ecslab.aws.ecs.daemon_definitions import runnable
from ecslab.aws.ecs.lookup import active_cluster, home
from ecslab.aws.ecs.managed_daemon_view import brief_view, daemon_view, summary_view
from ecslab.aws.ecs.operation import Call, Params, operation
from ecslab.model import client_tokens
from ecslab.model import managed_daemon_answers as answers
from ecslab.model import managed_daemons as rules
from ecslab.model.cluster import MANAGED_INSTANCES_KIND
from ecslab.model.identifiers import arn_path
from ecslab.model.task_definition.paging import page
from ecslab.model.task_definition.tags import merged
from ecslab.sim.managed_daemon import Daemon, DaemonGoal, DaemonRevision

if TYPE_CHECKING:
    from ecslab.sim.entities import Cluster

_KIND: Final = "daemon"


@operation("CreateDaemon")
def create(call: Call, params: Params) -> dict[str, Any]:
    """Answer CreateDaemon; the same request with the same client token creates nothing again."""
    account = call.account
    cluster = active_cluster(account, params.get("clusterArn"))
    rules.check_request(params)
    name = params["daemonName"]
    token = (params.get("clientToken") or "", client_tokens.fingerprint(params))
    earlier = next((each for each in cluster.daemons.values() if _has_token(each, token[0])), None)
    if earlier is not None:
        if earlier.token != token:
            raise answers.TOKEN_TAKEN.error()
        return brief_view(earlier, created=True)
    tags = merged([], params.get("tags") or [])
    providers = _providers(call, cluster, params["capacityProviderArns"])
    configuration = rules.deployment_configuration(params.get("deploymentConfiguration") or {})
    definition = _definition(call, params)
    if name in cluster.daemons:
        raise answers.NAME_TAKEN.error(name=name)
    arn = account.arn(f"{_KIND}/{cluster.name}/{name}")
    now = account.clock.now
    nothing = DaemonGoal(None, (), configuration)
    daemon = Daemon(arn, name, cluster, nothing, now, now, tags, token=token)
    revision = _revision(call, daemon, definition, params)
    cluster.daemons[name] = daemon
    account.journal.record("daemon.created", arn)
    call.engine.daemons.deployments.begin(daemon, DaemonGoal(revision, providers, configuration))
    return brief_view(daemon, created=True)


@operation("UpdateDaemon")
def update(call: Call, params: Params) -> dict[str, Any]:
    """Answer UpdateDaemon; what the request leaves out has its default again.

    A request that changes nothing of what a revision holds keeps the revision.
    """
    daemon = _active(call, params["daemonArn"])
    rules.check_request(params)
    providers = _providers(call, daemon.cluster, params["capacityProviderArns"])
    configuration = rules.deployment_configuration(params.get("deploymentConfiguration") or {})
    definition = _definition(call, params)
    revision = daemon.goal.revision
    unchanged = revision is not None and (
        revision.definition_arn == definition["taskDefinitionArn"]
        and revision.settings == _settings(params)
    )
    if not unchanged:
        revision = _revision(call, daemon, definition, params)
    daemon.updated_at = call.account.clock.now
    call.account.journal.record("daemon.updated", daemon.arn)
    call.engine.daemons.deployments.begin(daemon, DaemonGoal(revision, providers, configuration))
    return brief_view(daemon)


@operation("DeleteDaemon")
def delete(call: Call, params: Params) -> dict[str, Any]:
    """Answer DeleteDaemon; the daemon is gone when its instances have been replaced."""
    daemon = _active(call, params["daemonArn"])
    daemon.status, daemon.updated_at = "DELETE_IN_PROGRESS", call.account.clock.now
    goal = DaemonGoal(None, (), daemon.goal.configuration)
    call.engine.daemons.deployments.begin(daemon, goal)
    return brief_view(daemon)


@operation("DescribeDaemon")
def describe(call: Call, params: Params) -> dict[str, Any]:
    """Answer DescribeDaemon."""
    return {"daemon": daemon_view(call.account, find_daemon(call, params["daemonArn"]))}


@operation("ListDaemons")
def list_daemons(call: Call, params: Params) -> dict[str, Any]:
    """Answer ListDaemons: those of a cluster, or of some of its capacity providers."""
    cluster = active_cluster(call.account, params.get("clusterArn"))
    wanted = params.get("capacityProviderArns") or []
    names = {call.account.arn(f"capacity-provider/{each}"): each for each in call.account.providers}
    chosen = {names[arn] for arn in wanted if arn in names}
    found = {
        each.arn: each
        for each in cluster.daemons.values()
        if not wanted or chosen & set(each.goal.providers)
    }
    answer = page(
        list(found),
        query=("daemons", cluster.name, *wanted),
        max_results=params.get("maxResults"),
        next_token=params.get("nextToken"),
    )
    rows = [summary_view(found[arn]) for arn in answer.items]
    return with_token({"daemonSummariesList": rows}, answer.next_token)


def known_daemon(call: Call, arn: str) -> Daemon | None:
    """Return the daemon with an ARN, None when there is none, or none any more.

    Raises:
        AwsError: InvalidParameterException for what is no ARN of a daemon;
            ClusterNotFoundException.
    """
    kind, path = arn_path(arn, home(call.account))
    cluster, slash, name = path.partition("/")
    if kind != _KIND or not slash or not name:
        raise answers.BAD_ARN.error(arn=arn)
    return active_cluster(call.account, cluster).daemons.get(name)


def find_daemon(call: Call, arn: str) -> Daemon:
    """Return the daemon with an ARN.

    Raises:
        AwsError: DaemonNotFoundException, or as `known_daemon`.
    """
    found = known_daemon(call, arn)
    if found is None:
        raise answers.NOT_FOUND.error()
    return found


def _active(call: Call, arn: str) -> Daemon:
    daemon = find_daemon(call, arn)
    if daemon.status != "ACTIVE":
        raise answers.NOT_ACTIVE.error()
    return daemon


def _providers(call: Call, cluster: Cluster, arns: list[str]) -> tuple[str, ...]:
    """Return the names of the capacity providers of a request.

    Raises:
        AwsError: InvalidParameterException.
    """
    known = {each.arn: each for each in call.account.providers.values()}
    for arn in arns:
        provider = known.get(arn)
        kind = provider.kind if provider is not None else arn.rpartition("/")[2]
        if kind in ("FARGATE", "FARGATE_SPOT") or (provider and kind != MANAGED_INSTANCES_KIND):
            raise answers.OTHER_KIND.error(arn=arn)
        if provider is None or provider.cluster != cluster.name or provider.status != "ACTIVE":
            raise answers.UNKNOWN_PROVIDER.error(arn=arn)
    return tuple(known[arn].name for arn in arns)


def _definition(call: Call, params: Params) -> dict[str, Any]:
    definition = runnable(call, params["daemonTaskDefinitionArn"])
    exec_wanted = bool(params.get("enableExecuteCommand"))
    task_rules.check_roles(call, definition, exec_wanted=exec_wanted)
    return definition


def _settings(params: Params) -> dict[str, Any]:
    return {
        "propagateTags": params.get("propagateTags") or "NONE",
        "enableECSManagedTags": bool(params.get("enableECSManagedTags")),
        "enableExecuteCommand": bool(params.get("enableExecuteCommand")),
        "critical": bool(params.get("critical", True)),
    }


def _revision(
    call: Call, daemon: Daemon, definition: dict[str, Any], params: Params
) -> DaemonRevision:
    account = call.account
    path = f"{daemon.cluster.name}/{daemon.name}/{account.identifiers.digits(19)}"
    revision = DaemonRevision(
        account.arn(f"daemon-revision/{path}"),
        daemon,
        definition,
        definition["taskDefinitionArn"],
        account.clock.now,
        _settings(params),
    )
    daemon.revisions.append(revision)
    return revision


def _has_token(daemon: Daemon, token: str) -> bool:
    return bool(token) and daemon.token[0] == token
