"""Amazon CloudWatch alarms, evaluated as simulated time passes.

AWS: alarm-evaluation (an alarm is evaluated every minute, every 10 seconds when its period is
shorter), alarm-actions (on a change of state; Auto Scaling actions every minute while it lasts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.cloudwatch.alarm_state import EXTRA_PERIODS, evaluate
from ecslab.sim.alarm import Alarm, HistoryItem
from ecslab.sim.alarm_reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from ecslab.sim.entities import Account

    Action = Callable[[str, Alarm, str], None]

__all__ = ["AlarmController"]

_MINUTE: Final = 60
_SHORT: Final = 10
_HOUR: Final = 3600
_DAY: Final = 86400
_ACTIONS: Final = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


class AlarmController:
    """The alarms of one account and Region.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._alarms: dict[str, Alarm] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._actions: dict[str, Action] = {}
        self._announce: Callable[[Alarm, dict[str, Any]], None] | None = None
        self._watching = False

    # --- What others need -----------------------------------------------------------------------

    def state(self, name: str) -> str | None:
        """Return the state of an alarm: OK, ALARM or INSUFFICIENT_DATA; None when there is none."""
        alarm = self._alarms.get(name)
        return alarm.state if alarm is not None else None

    def looks_back(self, name: str) -> float:
        """Return the seconds of the periods that an alarm evaluates; 0 when there is none."""
        alarm = self._alarms.get(name)
        return float(alarm.period * alarm.periods) if alarm is not None else 0.0

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the name of every alarm whose state has changed."""
        self._listeners.append(listener)

    def on_action(self, service: str, action: Action) -> None:
        """Have actions of a service carried out.

        Args:
            service: the service in the action's ARN, such as sns.
            action: called with the ARN, the alarm and the state that it had before.
        """
        self._actions[service] = action

    def on_change(self, announce: Callable[[Alarm, dict[str, Any]], None]) -> None:
        """Have every change of state announced, with the state that was before."""
        self._announce = announce

    # --- The API --------------------------------------------------------------------------------

    def put(self, alarm: Alarm) -> None:
        """Create an alarm, or change the one of that name, which keeps its state."""
        before = self._alarms.get(alarm.name)
        alarm.configured_at = self._account.clock.now
        if before is None:
            alarm.updated_at = alarm.transitioned_at = alarm.configured_at
            self._alarms[alarm.name] = alarm
            self._note(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" created')
        else:
            before.settings = alarm.settings
            before.rule = alarm.rule
            before.configured_at = alarm.configured_at
            self._note(before, "ConfigurationUpdate", f'Alarm "{alarm.name}" updated')
        if not self._watching:
            self._watching = True
            self._account.clock.env.process(self._watch())

    def delete(self, names: Iterable[str]) -> None:
        """Delete alarms; names that there are not do no harm."""
        for name in names:
            self._alarms.pop(name, None)

    def find(self, name: str) -> Alarm | None:
        """Return the alarm of a name."""
        return self._alarms.get(name)

    def all(self) -> list[Alarm]:
        """Return all alarms by name."""
        return [self._alarms[name] for name in sorted(self._alarms)]

    def set_state(self, alarm: Alarm, state: str, reason: str, data: str) -> None:
        """Change the state of an alarm, and do what is to be done then."""
        if state == alarm.state:
            alarm.reason, alarm.reason_data = reason, data
            alarm.updated_at = self._account.clock.now
            return
        before = alarm.shown_state()
        old, alarm.state = alarm.state, state
        alarm.reason, alarm.reason_data = reason, data
        alarm.updated_at = alarm.transitioned_at = self._account.clock.now
        self._note(alarm, "StateUpdate", f"Alarm updated from {old} to {state}")
        self._account.journal.record(
            "alarm.changed", alarm.name, before=old, state=state, reason=reason
        )
        if self._announce is not None:
            self._announce(alarm, before)
        self._act(alarm, old)
        for listener in self._listeners:
            listener(alarm.name)
        self._compose()

    # --- Time -----------------------------------------------------------------------------------

    def _watch(self) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while self._alarms:
            short = any(alarm.period < _MINUTE for alarm in self._alarms.values())
            every = _SHORT if short else _MINUTE
            yield env.timeout(every - float(env.now) % every)
            now = int(self._account.ports.metrics.now())
            for alarm in list(self._alarms.values()):
                if alarm.rule is None and self._is_due(alarm, now):
                    self._evaluate(alarm, now)
            if now % _MINUTE == 0:
                self._repeat()
        self._watching = False

    def _is_due(self, alarm: Alarm, now: int) -> bool:
        """Say whether an alarm is evaluated now; over more than a day that is once an hour."""
        if alarm.period < _MINUTE:
            return True
        span = alarm.period * alarm.periods
        return now % (_HOUR if span > _DAY else _MINUTE) == 0

    def _evaluate(self, alarm: Alarm, now: int) -> None:
        period, count = alarm.period, alarm.periods + EXTRA_PERIODS
        end = now // min(period, _MINUTE) * min(period, _MINUTE)
        start = end - count * period
        found = alarm.read(self._account.ports.metrics, start, end)
        points = [found.get(start + number * period) for number in range(count)]
        verdict = evaluate(
            points,
            periods=alarm.periods,
            to_alarm=alarm.to_alarm,
            treatment=alarm.treatment,
            breaches=alarm.breaches,
        )
        alarm.latest, alarm.latest_at = verdict.used, max(found, default=0)
        alarm.evaluated_at = end
        if verdict.state is None or verdict.state == alarm.state:
            return
        reason, data = reason_of(alarm, verdict, found, self._account.clock.now)
        self.set_state(alarm, verdict.state, reason, data)

    def _repeat(self) -> None:
        """Carry out Auto Scaling actions again while their state lasts."""
        for alarm in list(self._alarms.values()):
            if alarm.transitioned_at != self._account.clock.now:
                self._act(alarm, alarm.state, only="autoscaling")

    def _act(self, alarm: Alarm, old: str, only: str | None = None) -> None:
        if not alarm.settings.get("ActionsEnabled", True):
            return
        for arn in alarm.settings.get(_ACTIONS[alarm.state]) or []:
            service = arn.split(":")[2] if arn.count(":") > 1 else ""
            action = self._actions.get(service)
            if action is None or only not in (None, service):
                continue
            if only is None:
                summary = f"Successfully executed action {arn}"
                self._note(alarm, "Action", summary)
            action(arn, alarm, old)

    def _compose(self) -> None:
        """Look again at the alarms that depend on others."""
        for alarm in self.all():
            if alarm.rule is None:
                continue
            state = "ALARM" if alarm.rule.holds(self._is_in) else "OK"
            if state != alarm.state:
                moment = self._account.clock.now.strftime("%A %d %B, %Y %H:%M:%S UTC")
                reason = f"{alarm.arn} transitioned to {state} at {moment}"
                self.set_state(alarm, state, reason, "{}")
                return

    def compose(self) -> None:
        """Look at all composite alarms, because one has been put."""
        self._compose()

    def _is_in(self, name: str, state: str) -> bool:
        alarm = self._alarms.get(name.rpartition(":alarm:")[2])
        return alarm is not None and alarm.state == state

    def _note(self, alarm: Alarm, kind: str, summary: str) -> None:
        alarm.history.append(
            HistoryItem(self._account.clock.now, kind, summary, alarm.history_data(kind))
        )
