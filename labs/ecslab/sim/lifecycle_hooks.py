"""Lifecycle hooks: functions and pauses at the stages of a service deployment.

AWS: lambda-lifecycle-hooks, pause-lifecycle-hooks; botocore ecs DeploymentLifecycleHook.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ecslab.model import service_messages as messages
from ecslab.sim.service_deployment import HookRun

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ecslab.model.service_messages import Failure
    from ecslab.sim.entities import Account
    from ecslab.sim.function_calls import Invocation
    from ecslab.sim.service import Service
    from ecslab.sim.service_deployment import ServiceDeployment
    from ecslab.sim.service_events import ServiceEvents

_CALL_AGAIN: Final = 30.0
"""Seconds until a function is called again that is in progress (lambda-lifecycle-hooks)."""
_LONGEST_CALL: Final = 15 * 60.0
_LOOK: Final = 60.0
_TIMED_OUT: Final = "Lifecycle hook {hook} timed out."
"""Words of ours."""
_MINUTES: Final = 1440
"""Minutes until a hook times out (botocore ecs DeploymentLifecycleHookTimeoutConfiguration)."""


class LifecycleHooks:
    """Runs the hooks of service deployments.

    Args:
        account: the account.
        events: where pauses are reported.
    """

    def __init__(self, account: Account, events: ServiceEvents) -> None:
        self._account = account
        self._events = events

    def run(
        self,
        service: Service,
        rollout: ServiceDeployment,
        stage: str,
        check: Callable[[], None],
    ) -> Generator[Any, Any, Failure | None]:
        """Run all hooks of a stage at the same time, and wait for all.

        Args:
            service: the service.
            rollout: its service deployment.
            stage: the lifecycle stage.
            check: raises when the deployment can't go on, whatever the hooks say.

        Returns:
            None, or how the deployment fails.
        """
        env = self._account.clock.env
        configured = rollout.configuration.get("lifecycleHooks") or []
        due = [hook for hook in configured if stage in hook["lifecycleStages"]]
        runs = [self._reached(hook) for hook in due]
        rollout.hooks += runs
        for hook, run in zip(due, runs, strict=True):
            if run.kind == "PAUSE":
                self._events.hook(service, rollout.arn, run, stage)
            else:
                env.process(self._call(service, rollout, stage, hook, run))
        for run in runs:
            while run.status in ("IN_PROGRESS", "AWAITING_ACTION"):
                yield rollout.pause(env, _LOOK)
                check()
                self._expire(run)
        failed = [run for run in runs if run.status != "SUCCEEDED"]
        if any(run.kind == "PAUSE" and run.action == "ROLLBACK" for run in failed):
            return messages.HOOK_ROLLED_BACK
        details = " ".join(run.detail or _TIMED_OUT.format(hook=run.id) for run in failed)
        return messages.hooks_failed(stage, details) if failed else None

    def _reached(self, hook: dict[str, Any]) -> HookRun:
        identifiers = self._account.identifiers
        kind = str(hook.get("targetType") or "AWS_LAMBDA")
        timeout = hook.get("timeoutConfiguration") or {}
        minutes = int(timeout.get("timeoutInMinutes") or _MINUTES)
        prefix = "ecs-pause" if kind == "PAUSE" else "ecs-lambda"
        return HookRun(
            f"{prefix}-{identifiers.uuid()}",
            kind,
            hook.get("hookTargetArn"),
            self._account.clock.now + timedelta(minutes=minutes),
            str(timeout.get("action") or "ROLLBACK"),
            "AWAITING_ACTION" if kind == "PAUSE" else "IN_PROGRESS",
        )

    def _expire(self, run: HookRun) -> None:
        if run.action is not None:
            run.status = "SUCCEEDED" if run.action == "CONTINUE" else "FAILED"
        elif run.status in ("IN_PROGRESS", "AWAITING_ACTION") and (
            self._account.clock.now >= run.expires_at
        ):
            run.status = "SUCCEEDED" if run.timeout_action == "CONTINUE" else "TIMED_OUT"

    def _call(
        self,
        service: Service,
        rollout: ServiceDeployment,
        stage: str,
        hook: dict[str, Any],
        run: HookRun,
    ) -> Generator[Any, Any, None]:
        """Call a function until it says that it is done.

        AWS: lambda-lifecycle-hooks: an answer without a valid hookStatus, or none, is a failure.
        """
        env = self._account.clock.env
        details = hook.get("hookDetails") or {}
        execution = self._account.identifiers.uuid()
        while run.status == "IN_PROGRESS" and rollout.unfinished:
            payload = {
                "executionId": execution,
                "lifecycleStage": stage,
                "resourceArn": rollout.arn,
                "executionDetails": {
                    "serviceArn": service.arn,
                    "targetServiceRevisionArn": rollout.target.revision_arn,
                    "productionTrafficWeights": dict(rollout.production),
                    "testTrafficWeights": dict(rollout.test),
                },
                "hookDetails": details,
            }
            found = self._account.ports.functions.invoke(
                str(hook.get("hookTargetArn")), str(hook.get("roleArn")), payload
            )
            status = found.answer.get("hookStatus") if isinstance(found.answer, dict) else None
            self._account.journal.record(
                "hook.called", service.arn, stage=stage, status=status, error=found.error
            )
            yield env.timeout(min(found.seconds, _LONGEST_CALL))
            if found.error or found.seconds > _LONGEST_CALL:
                status = None
            if status != "IN_PROGRESS":
                run.status = "SUCCEEDED" if status == "SUCCEEDED" else "FAILED"
                run.detail = _detail(str(run.arn), found, status)
                rollout.hurry()
                return
            details = found.answer.get("hookDetails") or details
            yield env.timeout(_delay(found.answer))


def _detail(target: str, found: Invocation, status: Any) -> str:
    """Return why a hook has failed, in AWS's words (troubleshooting-blue-green)."""
    if found.refused == "trust":
        return str(found.error)
    if found.refused:
        return messages.hook_not_called(target, str(found.error))
    if status == "FAILED":
        return messages.hook_said_no(target)
    return messages.hook_unreadable(target)


def _delay(answer: dict[str, Any]) -> float:
    """Return the seconds until the next call, as a function has asked for them."""
    for key in ("callBackDelay", "callBackDelaySeconds"):
        value = answer.get(key)
        if isinstance(value, int | float) and value > 0:
            return float(value)
    return _CALL_AGAIN
