"""Why a container ended: its exit code, its memory, its log, its signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecslab.cloud.explain import calls, logs
from ecslab.cloud.explain.evidence import Absent
from ecslab.model.failures import OUT_OF_MEMORY
from ecslab.sim.containers import DEFAULT_STOP_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecslab.cloud.explain.case import Case
    from ecslab.cloud.explain.explanation import Step
    from ecslab.sim.entities import Container, Task

_KILLED: Final = 137
_MEANINGS: Final = {
    0: "it finished its work and ended by itself",
    1: "the program reported an error",
    126: "the command is no program that can be executed",
    127: "the command was not found",
    _KILLED: "128 + 9: SIGKILL ended it",
    139: "128 + 11: a segmentation fault ended it",
    143: "128 + 15: SIGTERM ended it",
}


def of_essential_container(case: Case, task: Task) -> Iterator[Step]:
    """Yield why the essential container ended that took its task along."""
    ended = [c for c in task.containers if c.essential and c.exit_code is not None]
    if not ended:
        return
    first = min(ended, key=lambda c: c.finished_at or case.account.clock.now)
    meaning = _MEANINGS.get(first.exit_code or 0, "the program's own code")
    words = f"The essential container {first.name} ended with {first.exit_code}: {meaning}."
    yield case.container_step("application", words, task, first.name, "exitCode")
    yield from behind_exit(case, task, first)


def behind_exit(case: Case, task: Task, container: Container) -> Iterator[Step]:
    """Yield what lies behind a container's exit code."""
    if container.reason == OUT_OF_MEMORY():
        yield from _memory(case, task, container)
        return
    handler = _HANDLERS.get(container.exit_code or 0, _failed)
    yield from handler(case, task, container)


def killed_late(case: Case, task: Task) -> Iterator[Step]:
    """Yield which container of a task that was to stop did not heed SIGTERM."""
    for container in task.containers:
        if container.exit_code == _KILLED and container.reason != OUT_OF_MEMORY():
            words = (
                f"{container.name} did not end after SIGTERM, so that SIGKILL came"
                f" {_stop_timeout(container):g} s later; what it was doing is lost."
            )
            yield case.container_step("application", words, task, container.name, "exitCode")
            words = "So long it has between the two signals; without a stopTimeout 30 s."
            place = Absent("stopTimeout")
            yield case.spec_step("application", words, task, container.name, place)
            return


def _memory(case: Case, task: Task, container: Container) -> Iterator[Step]:
    words = f"{container.name} used more memory than it may have."
    yield case.container_step("application", words, task, container.name, "reason")
    own, whole = container.spec.get("memory"), task.definition.get("memory")
    others = sum(c is not container for c in task.containers)
    if own and (not whole or int(own) < int(whole) or not others):
        words = f"Its hard limit, memory, is {own} MiB."
        yield case.spec_step("application", words, task, container.name, "memory")
        return
    soft = container.spec.get("memoryReservation")
    if soft:
        words = f"Its memoryReservation of {soft} MiB is no limit; the task's memory is one."
        yield case.spec_step("application", words, task, container.name, "memoryReservation")
    shared = f", which its {others + 1} containers share" if others else ""
    words = f"The task as a whole may use {whole} MiB{shared}."
    yield case.definition_step("application", words, task, Absent("memory"))


def _finished(case: Case, task: Task, container: Container) -> Iterator[Step]:
    words = (
        f"{container.name} is essential, so its end is the end of the task, whatever its exit code"
        f"{_who_else(task, container)}."
    )
    yield case.spec_step("application", words, task, container.name, "essential")


def _who_else(task: Task, container: Container) -> str:
    others = [each.name for each in task.containers if each is not container]
    return f" and whatever {', '.join(others)} did" if others else ""


def _failed(case: Case, task: Task, container: Container) -> Iterator[Step]:
    line = logs.last_line(case, task, container)
    if line is not None:
        words = f"The last that {container.name} wrote to its log."
        yield case.step("application", words, *line)
        text = logs.text_of(line)
        if "exec format error" in text:
            yield from _architecture(case, task, container)
            return
    else:
        words = f"{container.name} left no log line that would say more."
        yield case.spec_step("application", words, task, container.name, Absent("logConfiguration"))
    yield from calls.denied(case, task)
    yield from calls.unanswered(case, task)


def _architecture(case: Case, task: Task, container: Container) -> Iterator[Step]:
    platform = task.definition.get("runtimePlatform") or {}
    wanted = platform.get("cpuArchitecture", "X86_64")
    built = container.found.image.architectures if container.found else ()
    words = (
        f"The task's processor is {wanted} (X86_64 unless the definition says otherwise); the image"
        f" was built for {' and '.join(built)}."
    )
    yield case.definition_step("pull", words, task, Absent("runtimePlatform"))


def _not_found(case: Case, task: Task, container: Container) -> Iterator[Step]:
    line = logs.last_line(case, task, container)
    if line is not None:
        yield case.step("application", f"What {container.name} wrote to its log.", *line)
    words = f"This is what {container.name} was told to run."
    member = "command" if container.spec.get("command") else "entryPoint"
    yield case.spec_step("start", words, task, container.name, Absent(member))


def _sigkill(case: Case, task: Task, container: Container) -> Iterator[Step]:
    words = f"Nobody's memory was at fault: {container.name} has no reason OutOfMemoryError."
    yield case.container_step("application", words, task, container.name, Absent("reason"))


def _stop_timeout(container: Container) -> float:
    return float(container.spec.get("stopTimeout") or DEFAULT_STOP_TIMEOUT)


_HANDLERS: Final[dict[int, Callable[[Case, Task, Container], Iterator[Step]]]] = {
    0: _finished,
    126: _not_found,
    127: _not_found,
    _KILLED: _sigkill,
}
