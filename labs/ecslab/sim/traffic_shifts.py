"""Blue/green, linear and canary deployments: two revisions run in full, and the traffic moves.

Traffic through load balancers moves by the weights of target groups, traffic through Service
Connect in the proxies of the clients.

AWS: blue-green-deployment-how-it-works, deployment-type-linear, canary-deployment,
service-connect-blue-green; botocore ecs DeploymentConfiguration, AdvancedConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import service_messages as messages
from ecslab.model.traffic_steps import steps
from ecslab.sim import deployment_alarms
from ecslab.sim.lifecycle_hooks import LifecycleHooks
from ecslab.sim.service import is_healthy
from ecslab.sim.service_connect import Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.model.service_messages import Failure
    from ecslab.sim.entities import Account
    from ecslab.sim.rollout import Rollout
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_connect import ServiceConnect
    from ecslab.sim.service_deployment import ServiceDeployment

Steps = "Generator[Any, Any, None]"

_REACTION: Final = 1.0
_SHIFT: Final = 2.0
"""Seconds that a load balancer takes to know new weights; AWS publishes no number."""
_LOOK: Final = 5.0
_LONGEST_STAGE: Final = 24 * 3600.0
_LONGEST: Final = 30 * 24 * 3600.0
_MINUTE: Final = 60.0
_LAST: Final = "CLEAN_UP"


class _SupersededError(Exception):
    """The service deployment is over, or its service is being deleted."""


class _FailedError(Exception):
    """The service deployment has failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class TrafficShifts:
    """Leads services through the lifecycle stages.

    Args:
        account: the account.
        rollout: begins and ends deployments.
        connect: what the proxies of Service Connect know.
        poke: has the scheduler look at a service.
    """

    def __init__(
        self,
        account: Account,
        rollout: Rollout,
        connect: ServiceConnect,
        poke: Callable[[Service], None],
    ) -> None:
        self._account = account
        self._connect = connect
        self._env = account.clock.env
        self._rollout = rollout
        self._poke = poke
        self._hooks = LifecycleHooks(account, rollout.events)

    def begin(self, service: Service, rollout: ServiceDeployment) -> None:
        """Begin a service deployment whose deployment has just become the primary one."""
        green, blue = rollout.target, self._blue(service)
        green.desired, green.runs = 0, False
        green.alternate = blue is not None and not blue.alternate
        self._env.process(self._run(service, rollout))

    def stay(self, service: Service, rollout: ServiceDeployment) -> None:
        """Have a deployment that shifts no traffic go where the production traffic is.

        AWS: botocore ecs ServiceRevisionLoadBalancer: each revision has one of the target groups.
        """
        self._connect.share(service, None)
        for earlier in reversed(service.rollouts[:-1]):
            if earlier.production:
                serving = max(earlier.production, key=lambda arn: earlier.production[arn])
                rollout.target.alternate = any(
                    item.alternate for item in service.history if item.revision_arn == serving
                )
                return

    def _blue(self, service: Service) -> Deployment | None:
        """Return what serves the production traffic: the last complete revision."""
        complete = [d for d in service.deployments[1:] if d.completed_at is not None]
        return complete[0] if complete else None

    def _run(self, service: Service, rollout: ServiceDeployment) -> Generator[Any, Any, None]:
        yield self._env.timeout(_REACTION)
        blue = self._blue(service)
        try:
            self._check(service, rollout, self._env.now)
            self._rollout.start(rollout)
            yield from self._stages(service, rollout, blue)
        except _SupersededError:
            return
        except _FailedError as failed:
            yield from self._fail(service, rollout, blue, failed.failure)

    # --- The way forward --------------------------------------------------------------------------

    def _stages(
        self, service: Service, rollout: ServiceDeployment, blue: Deployment | None
    ) -> Generator[Any, Any, None]:
        green = rollout.target
        stale = [d for d in service.deployments[1:] if d is not blue and service.tasks_of(d)]
        if stale:
            yield from self._reconcile(service, rollout, blue, stale)
        yield from self._stage(service, rollout, "PRE_SCALE_UP")
        self._shift(service, rollout, blue, 0.0)
        self._enter(service, rollout, "SCALE_UP")
        green.runs, green.desired = True, service.desired
        self._poke(service)
        yield from self._until(service, rollout, lambda: self._is_up(service, green))
        yield from self._stage(service, rollout, "POST_SCALE_UP")
        self._enter(service, rollout, "TEST_TRAFFIC_SHIFT")
        self._shift_test(service, rollout, blue)
        yield self._env.timeout(_SHIFT)
        yield from self._run_hooks(service, rollout, "TEST_TRAFFIC_SHIFT")
        yield from self._stage(service, rollout, "POST_TEST_TRAFFIC_SHIFT")
        for step in steps(rollout.configuration):
            yield from self._stage(service, rollout, "PRE_PRODUCTION_TRAFFIC_SHIFT")
            self._enter(service, rollout, "PRODUCTION_TRAFFIC_SHIFT")
            self._shift(service, rollout, blue, step.percent)
            yield self._env.timeout(_SHIFT)
            yield from self._run_hooks(service, rollout, "PRODUCTION_TRAFFIC_SHIFT")
            yield from self._wait(service, rollout, step.bake_minutes)
        yield from self._stage(service, rollout, "POST_PRODUCTION_TRAFFIC_SHIFT")
        self._enter(service, rollout, "BAKE_TIME")
        yield from self._wait(
            service, rollout, float(rollout.configuration.get("bakeTimeInMinutes") or 0)
        )
        self._enter(service, rollout, _LAST)
        for deployment in service.deployments[1:]:
            deployment.runs, deployment.desired = False, 0
        self._poke(service)
        yield from self._until(service, rollout, lambda: self._alone(service, green))
        self._complete(service, rollout)

    def _complete(self, service: Service, rollout: ServiceDeployment) -> None:
        self._connect.share(service, None)
        self._rollout.complete(service, rollout)
        self._poke(service)

    def _reconcile(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        stale: list[Deployment],
    ) -> Generator[Any, Any, None]:
        """Let go of revisions that an earlier service deployment has left running."""
        self._enter(service, rollout, "RECONCILE_SERVICE")
        if blue is not None:
            self._shift(service, rollout, blue, 0.0)
        for deployment in stale:
            deployment.runs, deployment.desired = False, 0
        self._poke(service)
        yield from self._run_hooks(service, rollout, "RECONCILE_SERVICE")
        yield from self._until(
            service, rollout, lambda: not any(service.tasks_of(item) for item in stale)
        )

    def _stage(
        self, service: Service, rollout: ServiceDeployment, stage: str
    ) -> Generator[Any, Any, None]:
        self._enter(service, rollout, stage)
        yield from self._run_hooks(service, rollout, stage)

    def _enter(self, service: Service, rollout: ServiceDeployment, stage: str) -> None:
        rollout.stage, rollout.updated_at = stage, self._account.clock.now
        self._account.journal.record(
            "deployment.stage", service.arn, deployment=rollout.target.id, stage=stage
        )

    def _run_hooks(
        self, service: Service, rollout: ServiceDeployment, stage: str
    ) -> Generator[Any, Any, None]:
        began = self._env.now

        def check() -> None:
            # A pause has a time-out of its own, which may be longer than that of a stage.
            paused = any(run.status == "AWAITING_ACTION" for run in rollout.hooks)
            self._check(service, rollout, self._env.now if paused else began)

        failure = yield from self._hooks.run(service, rollout, stage, check)
        if failure is not None:
            raise _FailedError(failure)

    def _until(
        self, service: Service, rollout: ServiceDeployment, condition: Callable[[], bool]
    ) -> Generator[Any, Any, None]:
        began = self._env.now
        while not condition():
            yield rollout.pause(self._env, _LOOK)
            self._check(service, rollout, began)

    def _wait(
        self, service: Service, rollout: ServiceDeployment, minutes: float
    ) -> Generator[Any, Any, None]:
        end = self._env.now + minutes * _MINUTE
        self._check(service, rollout, self._env.now)
        while self._env.now < end:
            yield rollout.pause(self._env, min(_LOOK, end - self._env.now))
            self._check(service, rollout, self._env.now)

    def _check(self, service: Service, rollout: ServiceDeployment, stage_began: float) -> None:
        """Raise when a service deployment can't go on."""
        if service.rollout is not rollout or service.status != "ACTIVE":
            raise _SupersededError
        if rollout.status == "STOP_REQUESTED":
            raise _FailedError(messages.ABORTED_BY_USER)
        if rollout.stage == _LAST:
            return
        if rollout.status == "ROLLBACK_REQUESTED":
            raise _FailedError(messages.STOPPED_BY_USER)
        if deployment_alarms.triggered(rollout, self._account.ports.alarms):
            rollback = bool(deployment_alarms.settings(rollout).get("rollback"))
            raise _FailedError(messages.ALARM.rolling_back(rollback))
        age = (self._account.clock.now - rollout.created_at).total_seconds()
        if self._env.now - stage_began > _LONGEST_STAGE or age > _LONGEST:
            raise _FailedError(messages.TIMED_OUT)

    def _is_up(self, service: Service, deployment: Deployment) -> bool:
        """Return whether a revision runs in full, and every task of it is healthy."""
        tasks = service.tasks_of(deployment)
        healthy = sum(1 for task in tasks if is_healthy(self._account, task))
        return healthy == len(tasks) == service.desired

    def _alone(self, service: Service, deployment: Deployment) -> bool:
        return all(task.deployment == deployment.id for task in service.tasks())

    # --- Traffic ----------------------------------------------------------------------------------

    def _shift(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        percent: float,
    ) -> None:
        """Give the new revision a percentage of the production traffic."""
        percent = percent if blue is not None else 100.0
        self._weigh(service, rollout, "productionListenerRule", percent)
        self._share(service, rollout, blue, percent)
        rollout.production = _shares(rollout.target, blue, percent)
        self._note(service, rollout, "production", percent)

    def _share(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        percent: float,
        *,
        test: bool = False,
    ) -> None:
        """Have the proxies of Service Connect share out the traffic.

        Args:
            service: the service.
            rollout: its service deployment.
            blue: what has served the production traffic.
            percent: what the new revision gets of it.
            test: whether the new revision gets requests marked as test traffic.
        """
        green = rollout.target
        weights = {green.id: round(10 * percent)}
        if blue is not None:
            weights[blue.id] = 1000 - weights[green.id]
        tested = green.id if test or rollout.test else None
        self._connect.share(service, Shares(weights, tested))

    def _shift_test(
        self, service: Service, rollout: ServiceDeployment, blue: Deployment | None
    ) -> None:
        """Give the new revision all of the test traffic."""
        self._weigh(service, rollout, "testListenerRule", 100.0)
        self._share(service, rollout, blue, 0.0 if blue is not None else 100.0, test=True)
        rollout.test = _shares(rollout.target, blue, 100.0)
        self._note(service, rollout, "test", 100.0)

    def _weigh(
        self, service: Service, rollout: ServiceDeployment, rule: str, percent: float
    ) -> None:
        """Set the weights of the two target groups in a rule of each load balancer."""
        green = rollout.target
        for balancer in green.settings.get("loadBalancers") or []:
            advanced = balancer.get("advancedConfiguration") or {}
            own = str(green.target_group(balancer))
            groups = (balancer["targetGroupArn"], advanced.get("alternateTargetGroupArn"))
            other = next((group for group in groups if group and group != own), None)
            if rule not in advanced or other is None:
                continue
            why = self._account.ports.shifting.shift(
                advanced[rule], {own: percent, other: 100.0 - percent}, str(advanced["roleArn"])
            )
            if why is not None:
                text = messages.not_shifted(service.name, advanced[rule], why)
                self._rollout.events.say(service, text)
                raise _FailedError(messages.NOT_SHIFTED)

    def _note(
        self, service: Service, rollout: ServiceDeployment, traffic: str, percent: float
    ) -> None:
        rollout.updated_at = self._account.clock.now
        self._account.journal.record(
            "deployment.shifted",
            service.arn,
            deployment=rollout.target.id,
            traffic=traffic,
            percent=percent,
        )

    # --- The way back -----------------------------------------------------------------------------

    def _fail(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment | None,
        failure: Failure,
    ) -> Generator[Any, Any, None]:
        """End a service deployment; with a rollback the traffic goes back at once.

        AWS: lambda-lifecycle-hooks: the hooks of the two shifts run during a rollback as well.
        """
        green = rollout.target
        rollback = failure.rollback and blue is not None
        if not self._rollout.fail(service, rollout, failure, rollback=rollback) or blue is None:
            if failure.rollback:
                green.desired, green.runs = 0, False
                self._poke(service)
            return
        blue.runs, green.runs = True, False
        self._poke(service)
        rollout.test = {}
        self._share(service, rollout, blue, 0.0)
        try:
            self._shift(service, rollout, blue, 0.0)
            self._weigh(service, rollout, "testListenerRule", 0.0)
        except _FailedError as failed:
            self._rollout.fail(service, rollout, failed.failure, rollback=False)
            return
        for stage in ("PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"):
            yield from self._hooks.run(service, rollout, stage, lambda: None)
        while not (self._is_up(service, blue) and self._alone(service, blue)):
            yield self._env.timeout(_LOOK)
            if service.rollout is not rollout or service.status != "ACTIVE":
                return
        self._complete(service, rollout)


def _shares(green: Deployment, blue: Deployment | None, percent: float) -> dict[str, float]:
    """Return the percentages of the revisions."""
    if blue is None:
        return {green.revision_arn: percent}
    return {green.revision_arn: percent, blue.revision_arn: 100.0 - percent}
