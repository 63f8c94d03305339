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
from ecslab.sim import circuit_breaker, deployment_alarms
from ecslab.sim.lifecycle_hooks import LifecycleHooks
from ecslab.sim.service import is_healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.model.service_messages import Failure
    from ecslab.sim.entities import Account
    from ecslab.sim.rollout import Rollout
    from ecslab.sim.service import Deployment, Service
    from ecslab.sim.service_deployment import ServiceDeployment
    from ecslab.sim.traffic_weights import TrafficWeights

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
        weights: sets the weights of the revisions.
        poke: has the scheduler look at a service.
    """

    def __init__(
        self,
        account: Account,
        rollout: Rollout,
        weights: TrafficWeights,
        poke: Callable[[Service], None],
    ) -> None:
        self._account = account
        self._weights = weights
        self._env = account.clock.env
        self._rollout = rollout
        self._poke = poke
        self._hooks = LifecycleHooks(account, rollout.events)

    def begin(self, service: Service, rollout: ServiceDeployment) -> None:
        """Begin a service deployment whose deployment has just become the primary one."""
        green, blue = rollout.target, self._blue(service)
        green.desired, green.runs = 0, False
        green.alternate = blue is not None and not blue.alternate
        if blue is not None:  # a rolling update may have begun to replace its tasks
            blue.runs, blue.desired, blue.serves = True, service.desired, True
        self._env.process(self._run(service, rollout))

    def _blue(self, service: Service) -> Deployment | None:
        """Return what serves the production traffic: the last complete revision.

        While that is being cleaned up already, or before there is any, it is the revision that an
        earlier service deployment has given the traffic to.
        """
        others = service.deployments[1:]
        complete = [each for each in others if each.completed_at is not None and each.runs]
        if complete:
            return complete[0]
        given = next((each.production for each in service.rollouts[-2::-1] if each.production), {})
        serving = max(given, key=lambda arn: given[arn], default=None)
        return next(
            (each for each in others if each.revision_arn == serving and service.tasks_of(each)),
            None,
        )

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
        stale = [each for each in service.deployments[1:] if each is not blue]
        if stale and blue is not None:
            yield from self._reconcile(service, rollout, blue, stale)
        _demand(self._weights.why_not(rollout))
        yield from self._stage(service, rollout, "PRE_SCALE_UP")
        _demand(self._weights.shift(service, rollout, blue, 0.0, "PRE_SCALE_UP"))
        self._enter(service, rollout, "SCALE_UP")
        green.runs, green.desired = True, service.desired
        self._poke(service)
        yield from self._until(service, rollout, lambda: self._is_up(service, green))
        yield from self._stage(service, rollout, "POST_SCALE_UP")
        self._enter(service, rollout, "TEST_TRAFFIC_SHIFT")
        _demand(self._weights.shift_test(service, rollout, blue, "TEST_TRAFFIC_SHIFT"))
        yield from self._settle(service, rollout)
        yield from self._run_hooks(service, rollout, "TEST_TRAFFIC_SHIFT")
        yield from self._stage(service, rollout, "POST_TEST_TRAFFIC_SHIFT")
        for step in steps(rollout.configuration):
            yield from self._stage(service, rollout, "PRE_PRODUCTION_TRAFFIC_SHIFT")
            stage = "PRODUCTION_TRAFFIC_SHIFT"
            self._enter(service, rollout, stage)
            _demand(self._weights.shift(service, rollout, blue, step.percent, stage))
            yield from self._settle(service, rollout)
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
        self._weights.release(service)
        self._rollout.complete(service, rollout)
        self._poke(service)

    def _reconcile(
        self,
        service: Service,
        rollout: ServiceDeployment,
        blue: Deployment,
        stale: list[Deployment],
    ) -> Generator[Any, Any, None]:
        """Let go of revisions that an earlier service deployment has left running."""
        self._enter(service, rollout, "RECONCILE_SERVICE")
        _demand(self._weights.shift(service, rollout, blue, 0.0, "RECONCILE_SERVICE"))
        for deployment in stale:
            deployment.runs, deployment.desired = False, 0
        self._poke(service)
        yield from self._run_hooks(service, rollout, "RECONCILE_SERVICE")
        yield from self._until(
            service, rollout, lambda: not any(service.tasks_of(item) for item in stale)
        )

    def _settle(self, service: Service, rollout: ServiceDeployment) -> Generator[Any, Any, None]:
        """Wait until the load balancers have taken over new weights."""
        yield self._env.timeout(_SHIFT)
        yield from self._wait(service, rollout, self._weights.minutes_to_settle(rollout))

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
        breaker = circuit_breaker.settings(service)
        if circuit_breaker.is_tripped(service, rollout.target):
            rollout.breaker_tripped = True
            raise _FailedError(messages.BREAKER.rolling_back(bool(breaker.get("rollback"))))
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
        kept = green.desired
        restored = self._rollout.fail(service, rollout, failure, rollback=failure.rollback)
        if restored is None:
            return
        # The new revision goes once it has no traffic any more.
        restored.runs, green.desired = True, kept
        self._poke(service)
        began = self._env.now
        if restored is not blue:
            yield from self._until_back(service, rollout, restored, began, alone=False)
        for stage in ("PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"):
            if not self._goes_on(service, rollout):
                return
            refused = self._weights.restore(service, rollout, restored, stage)
            if refused is not None:
                self._rollout.fail(service, rollout, refused, rollback=False)
                return
            yield self._env.timeout(_SHIFT + _MINUTE * self._weights.minutes_to_settle(rollout))
            yield from self._hooks.run(service, rollout, stage, lambda: None)
        for deployment in service.deployments:
            if deployment is not restored:
                deployment.runs, deployment.desired = False, 0
        self._poke(service)
        yield from self._until_back(service, rollout, restored, began, alone=True)
        if self._goes_on(service, rollout):
            self._complete(service, rollout)

    def _until_back(
        self,
        service: Service,
        rollout: ServiceDeployment,
        restored: Deployment,
        began: float,
        *,
        alone: bool,
    ) -> Generator[Any, Any, None]:
        """Wait until the old revision runs in full; a rollback that takes too long fails."""
        while not (
            self._is_up(service, restored) and (not alone or self._alone(service, restored))
        ):
            yield self._env.timeout(_LOOK)
            if not self._goes_on(service, rollout):
                return
            if self._env.now - began > _LONGEST_STAGE:
                self._rollout.fail(service, rollout, messages.TIMED_OUT, rollback=False)
                return

    def _goes_on(self, service: Service, rollout: ServiceDeployment) -> bool:
        return service.rollout is rollout and service.status == "ACTIVE"


def _demand(failure: Failure | None) -> None:
    """Raise a failure, if there is one."""
    if failure is not None:
        raise _FailedError(failure)
