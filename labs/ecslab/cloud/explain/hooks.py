"""What the lifecycle hooks of a service deployment say: functions and pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.cloud.explain import permission
from ecslab.cloud.explain.evidence import Absent, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecslab.aws.reader import Answer
    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.journal import Entry
    from ecslab.sim.service import Service
    from ecslab.sim.service_deployment import HookRun, ServiceDeployment

_PLACE: Final = ("serviceDeployments", 0)
_DETAILS: Final = (*_PLACE, "lifecycleHookDetails")
_ASSUMED: Final = "unable to assume role"


def waiting(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield for which hook a service deployment waits, if it does."""
    for index, run in enumerate(rollout.hooks):
        if run.status == "AWAITING_ACTION":
            words = (
                "It pauses until ContinueServiceDeployment is called for this hook, at the latest"
                f" until {run.expires_at:%Y-%m-%d %H:%M:%S}; then it does {run.timeout_action}."
            )
            yield case.step("deployment", words, answer, *_DETAILS, index, "hookId")
            return
        if run.status == "IN_PROGRESS":
            calls = _calls(case, service, rollout)
            words = (
                f"Its function has answered IN_PROGRESS {len(calls)} times; ECS calls it again"
                f" until {run.expires_at:%Y-%m-%d %H:%M:%S}."
            )
            if not calls or calls[-1].fields["status"] != "IN_PROGRESS":
                words = "Its function is at work."
            yield case.step("deployment", words, answer, *_DETAILS, index, "targetArn")
            yield from _log(case, run)
            return


def failed(
    case: Case, service: Service, rollout: ServiceDeployment, answer: Answer
) -> Iterator[Step]:
    """Yield which hook ended a service deployment, and why."""
    for index, run in enumerate(rollout.hooks):
        if run.status not in ("FAILED", "TIMED_OUT"):
            continue
        words = f"A lifecycle hook at the stage {rollout.stage} ended so."
        yield case.step("deployment", words, answer, *_DETAILS, index, "status")
        if run.kind == "PAUSE":
            yield from _pause(case, run, answer, index)
        else:
            yield from _function(case, service, rollout, run, answer)
        return


def _pause(case: Case, run: HookRun, answer: Answer, index: int) -> Iterator[Step]:
    if run.action is None:
        words = "Nobody continued it in time, and this is what its time-out does."
        yield case.step("deployment", words, answer, *_DETAILS, index, "timeoutAction")
        return
    words = f"Somebody answered it with {run.action}."
    found = case.caller_step("deployment", words, "ContinueServiceDeployment", run.id)
    yield found or case.step("deployment", words, answer, *_DETAILS, index, "hookId")


def _function(
    case: Case, service: Service, rollout: ServiceDeployment, run: HookRun, answer: Answer
) -> Iterator[Step]:
    calls = _calls(case, service, rollout)
    bad = [call for call in calls if call.fields["error"] or call.fields["status"] != "IN_PROGRESS"]
    error = str(bad[-1].fields["error"] or "") if bad else ""
    hook = _configured(rollout, run)
    role = str(hook.get("roleArn"))
    index = (rollout.configuration.get("lifecycleHooks") or []).index(hook) if hook else 0
    place = (*_PLACE, "deploymentConfiguration", "lifecycleHooks", index)
    denial = permission.denial_in(error)
    if _ASSUMED in error:
        words = "ECS could not assume the role of the hook."
        yield case.step("permission", words, answer, *place, "roleArn")
        yield from permission.trust(case, role, "ecs.amazonaws.com")
    elif denial is not None:
        words = "The role of the hook may not call its function."
        yield case.step("permission", words, answer, *place, "roleArn")
        yield permission.lacking(case, role, denial[1], denial[2])
    elif error.startswith("Function not found"):
        found = case.ask("lambda", "get_function", FunctionName=str(run.arn))
        yield case.step("deployment", "There is no such function.", found)
    elif "timed out" in error:
        found = case.ask("lambda", "get_function_configuration", FunctionName=str(run.arn))
        words = "The function did not answer within its own time-out."
        yield case.step("deployment", words, found, Absent("Timeout"))
    else:
        words = "The function itself answered FAILED."
        if error:
            words = f"The function raised an error: {error.rstrip('.')}."
        elif not bad or bad[-1].fields["status"] != "FAILED":
            words = "What the function answered has no valid hookStatus, which counts as a failure."
        yield case.step("deployment", words, answer, *place, "hookTargetArn")
        yield from _log(case, run)


def _log(case: Case, run: HookRun) -> Iterator[Step]:
    """Yield the last line that a function wrote, if it may write any."""
    group = f"/aws/lambda/{str(run.arn).rsplit(':', 1)[-1]}"
    answer = case.ask("logs", "filter_log_events", logGroupName=group)
    events = value_at(answer, "events") or []
    for index in range(len(events) - 1, -1, -1):
        message = str(events[index]["message"])
        if message.strip() and not message.startswith(("START ", "END ", "REPORT ")):
            words = "The last that the function wrote to its log."
            yield case.step("application", words, answer, "events", index, "message")
            return


def _calls(case: Case, service: Service, rollout: ServiceDeployment) -> list[Entry]:
    """Return the calls of functions at the stage that a service deployment has reached."""
    return [
        entry
        for entry in case.journal.about(service.arn)
        if entry.kind == "hook.called"
        and entry.at >= rollout.created_at
        and entry.fields["stage"] == rollout.stage
    ]


def _configured(rollout: ServiceDeployment, run: HookRun) -> dict[str, Any]:
    """Return the hook of the configuration that has been reached."""
    hooks = rollout.configuration.get("lifecycleHooks") or []
    return next((dict(each) for each in hooks if each.get("hookTargetArn") == run.arn), {})
