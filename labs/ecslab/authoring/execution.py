"""Running notebooks, each in a fresh kernel, always under the same conditions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ecslab
from ecslab.authoring import notebooks
from ecslab.authoring.cells import Cell, Derived
from ecslab.authoring.imports import light_imports
from ecslab.authoring.outputs import local_paths, normal, objection, texts
from ecslab.authoring.problem import Problem, SourceError
from ecslab.authoring.tree import LAB
from ecslab.course.forking.parent import Parent, can_fork

__all__ = ["CELL_SECONDS", "KERNELS", "Job", "Outputs", "run"]

Outputs = dict[str, list[dict[str, Any]]]
"""The outputs of a notebook's code cells in their stored form, by the id of the cell."""

KERNELS = 2
"""How many notebooks run at the same time."""

CELL_SECONDS = 300
"""Wall-clock seconds that one cell may take; simulated time does not count."""

_CONDITIONS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "ECSLAB_PROGRESS": "off",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns when a kernel starts
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
_CLEANS = re.compile(r"\b(lab|lesson)\.cleanup\(")
_NOT_INHERITED = re.compile(r"(AWS|ECSLAB|IPYTHON|JPY|MOTO|MPL|PYTHON|PYTEST|COV)_?[A-Z_]*")


@dataclass(frozen=True)
class Job:
    """One notebook to run.

    Attributes:
        derived: its source and its cells.
        folder: where its kernel works: the folder the notebook is written to.
        package: the folder that holds the package `ecslab` it imports.
        root: the checkout, whose path no output may show.
    """

    derived: Derived
    folder: Path
    package: Path
    root: Path


def run(jobs: Sequence[Job], done: Callable[[Job], None]) -> list[Outputs | SourceError]:
    """Execute notebooks, a few at a time.

    Args:
        jobs: the notebooks.
        done: called after each notebook, whatever its end.

    Returns:
        For each job its outputs, or what went wrong in it.
    """
    if not jobs:
        return []
    with light_imports():
        import nbclient  # noqa: F401 - loaded here, once, without its slow part

    async def together(parent: Parent | None) -> list[Outputs | SourceError]:
        free = asyncio.Semaphore(KERNELS)

        async def one(job: Job) -> Outputs | SourceError:
            async with free:
                try:
                    return await _execute(job, parent)
                except SourceError as error:
                    return error
                finally:
                    done(job)

        return await asyncio.gather(*(one(job) for job in jobs))

    with _warmed(jobs) as parent, asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(together(parent))


@contextlib.contextmanager
def _warmed(jobs: Sequence[Job]) -> Iterator[Parent | None]:
    """Give a parent that kernels can be forked from, where that is possible.

    It holds the package that this runs in; another one's notebooks start a Python of their own.
    """
    own = Path(ecslab.__file__).resolve().parents[1]
    if can_fork() and all(job.package.resolve() == own for job in jobs):
        with Parent() as parent:
            yield parent
    else:
        yield None


def environment(package: Path, folder: str) -> dict[str, str]:
    """Give the variables of a kernel: those of this process without what could change a result.

    Args:
        package: the folder that holds `ecslab`.
        folder: an empty one for IPython's own files, so that no personal profile is read.
    """
    kept = {key: value for key, value in os.environ.items() if not _NOT_INHERITED.fullmatch(key)}
    return {**kept, **_CONDITIONS, "PYTHONPATH": str(package), "IPYTHONDIR": folder}


class _Loop(asyncio.SelectorEventLoop):
    """Leaves signals alone, so that Ctrl-C ends the whole build.

    nbclient would take the signal and end one kernel, and the next notebook would start.
    """

    def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
        """Refuse, in the way that nbclient expects of a loop outside of the main thread."""
        raise RuntimeError("this loop leaves signals alone")


async def _execute(job: Job, parent: Parent | None) -> Outputs:
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from ecslab.course.forking.kernels import ForkingProvisioner

    cells = job.derived.executed
    notebook = _notebook(cells)
    at: list[int] = [0]

    def started(*, cell_index: int, **_: object) -> None:
        at[0] = cell_index

    # Without any folder of kernels the manager offers the interpreter this runs in, and no other.
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    if parent is not None:
        manager.kernel_name = "python3"
        manager.provisioner = ForkingProvisioner(
            parent.address,
            parent=manager,
            kernel_id=manager.kernel_id,
            kernel_spec=manager.kernel_spec,
        )
    client = NotebookClient(
        notebook,
        km=manager,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=started,
        extra_arguments=["--HistoryManager.enabled=False"],
        resources={"metadata": {"path": str(job.folder)}},
    )
    with tempfile.TemporaryDirectory(prefix="ecslab-build-", ignore_cleanup_errors=True) as own:
        heard = Path(own) / "kernel.txt"
        with heard.open("wb") as log:
            try:
                await client.async_execute(
                    cleanup_kc=True,  # else a kernel whose manager we made outlives its notebook
                    env=environment(job.package, own),
                    stdout=log,
                    stderr=log,
                )
            except CellExecutionError as error:
                words = " ".join(str(error.evalue).split())
                raise _failure(job, cells[at[0]], f"raises {error.ename}: {words}") from None
            except CellTimeoutError:
                message = f"takes longer than {CELL_SECONDS} seconds"
                raise _failure(job, cells[at[0]], message) from None
            except (DeadKernelError, RuntimeError) as error:
                last = heard.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                reason = last[-1] if last else str(error).strip() or "it says nothing"
                raise _failure(job, cells[at[0]], f"ends its kernel ({reason})") from None
    return _stored(job, notebook.cells)


def _notebook(cells: Sequence[Cell]) -> Any:
    import nbformat

    reads: Callable[..., Any] = nbformat.reads  # published without types
    return reads(notebooks.text(cells), as_version=4)


def _stored(job: Job, executed: list[Any]) -> Outputs:
    forbidden = local_paths(job.root)
    stored: Outputs = {}
    for cell, ran in zip(job.derived.executed, executed, strict=True):
        if not cell.is_code:
            continue
        outputs = normal(ran.outputs)
        reason = objection(outputs, forbidden) or _disagreement(job, cell, outputs)
        if reason:
            raise _failure(job, cell, f"cannot be stored: {reason}")
        stored[cell.id] = outputs
    ends = [cell for cell in job.derived.executed if cell.is_code and _CLEANS.search(cell.text)]
    for cell in ends[-1:]:
        if "✘" in texts(stored[cell.id]):
            said = " ".join(texts(stored[cell.id]).split())
            raise _failure(job, cell, f"leaves something in the account: {said}")
    return stored


def _disagreement(job: Job, cell: Cell, outputs: list[dict[str, Any]]) -> str | None:
    """Say how an output contradicts what the cell's tags promise."""
    raised = any(output["output_type"] == "error" for output in outputs)
    if "raises-exception" in cell.tags and not raised:
        return "it is tagged raises-exception and raises nothing"
    if "check" in cell.tags and job.derived.source.part == LAB:
        said = str(outputs[0].get("text", "")) if outputs else ""
        check = cell.id.removeprefix("check-")
        if not said.startswith(f"✔ {check}: passed"):
            return f"the solution does not pass its own check: {said.strip() or 'no output'}"
    return None


def _failure(job: Job, cell: Cell, message: str) -> SourceError:
    source = job.derived.source
    message = f"cell {cell.id} {message}"
    fix = f"mend it and run `python3 labs build {source.name}`"
    return SourceError(Problem(source.path, cell.line, message, fix))
