"""Makes Python's own clocks show simulated time, and sleeping advance it.

Only while a simulated account runs. `time.sleep` in the main thread advances the clock, which is
how botocore's waiters and a learner's own polling loops pass minutes in milliseconds; other
threads, such as a Jupyter kernel's, keep sleeping for real.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from ecslab.clock import Clock

_time_machine: Any
try:
    import time_machine as _time_machine
except ImportError:  # in the browser there is no such module: calendars there stay real
    _time_machine = None


class WallClock:
    """Python's clocks, bound to a simulated one.

    Args:
        clock: the simulated clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sleep: Any = time.sleep
        self._travel: Any = None
        self._traveller: Any = None

    def start(self) -> None:
        """Bind Python's clocks."""
        self._sleep = time.sleep
        time.sleep = self._sleep_simulated  # type: ignore[assignment]
        if _time_machine is not None:
            self._travel = _time_machine.travel(self._clock.now, tick=False)
            self._traveller = self._travel.start()
            self._clock.listen(self._move)

    def stop(self) -> None:
        """Give Python its clocks back."""
        time.sleep = self._sleep
        if self._travel is not None:
            self._travel.stop()
        self._travel = self._traveller = None

    def _move(self, now: datetime) -> None:
        if self._traveller is not None:
            self._traveller.move_to(now)

    def _sleep_simulated(self, seconds: float) -> None:
        if _in_main_thread():
            self._clock.advance(seconds)
        else:
            self._sleep(seconds)


def _in_main_thread() -> bool:
    """Return whether the caller is the main thread; where there are no threads, it is."""
    try:
        import threading
    except ImportError:
        return True
    return threading.current_thread() is threading.main_thread()
