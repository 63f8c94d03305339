"""Amazon CloudWatch alarms: their states, on moto's CloudWatch backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from moto.cloudwatch.models import Alarm, cloudwatch_backends

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarms:
    """The alarms of one Region.

    Args:
        account: the account id.
        region: the Region.
    """

    running: ClassVar[dict[str, Alarms]] = {}
    """The alarms of each Region, while a simulated account runs."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._listeners: list[Callable[[str], None]] = []
        self.running[region] = self

    def state(self, name: str) -> str | None:
        """Return the state of an alarm: OK, ALARM or INSUFFICIENT_DATA; None when there is none."""
        backend: Any = cloudwatch_backends[self._account][self._region]
        alarm = backend.alarms.get(name)
        return str(alarm.state_value) if alarm is not None else None

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the name of every alarm whose state has changed."""
        self._listeners.append(listener)

    def changed(self, name: str) -> None:
        """Tell the listeners that the state of an alarm has changed."""
        for listener in self._listeners:
            listener(name)


def install() -> Callable[[], None]:
    """Hear of every change of an alarm's state.

    Returns:
        What ends that.
    """
    before = Alarm.update_state

    def update_state(self: Any, reason: str, reason_data: str, state_value: str) -> None:
        changed = state_value != self.state_value
        before(self, reason, reason_data, state_value)
        alarms = Alarms.running.get(self.region_name)
        if changed and alarms is not None:
            alarms.changed(self.name)

    Alarm.update_state = update_state  # type: ignore[method-assign]

    def uninstall() -> None:
        Alarm.update_state = before  # type: ignore[method-assign]
        Alarms.running.clear()

    return uninstall
