"""Where the processes of a notebook run: in a sandbox, or plainly on this machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecslab.course.forking.parent import fork_at
from ecslab.course.forking.prepared import prepared_parent
from ecslab.course.forking.process import ForkedProcess
from ecslab.course.forking.wire import Order
from ecslab.course.grading.conditions import CONDITIONS
from ecslab.course.sandbox.cage import LAYERS, Cage, Protections, without_cage
from ecslab.course.sandbox.limits import Limits
from ecslab.errors import CourseError

__all__ = ["Place"]

_SERVE = "ecslab.course.sandbox.cage:serve"
_KERNEL = "ecslab.course.sandbox.cage:run_kernel"
_UNSEALED_KERNEL = "ecslab.course.forking.kernels:run_kernel"
_FIRST_LAYER_STATUS = 3
_ADDRESS, _WIRE = "kernels", "wire"


@dataclass
class Place:
    """A folder of its own for one notebook, and a way to start processes there.

    Attributes:
        folder: holds the notebook's private folders.
        address: of the socket on which kernels are ordered; None starts each as a plain process.
        protections: what is on here.
    """

    folder: Path
    address: str | None = None
    protections: Protections = field(default_factory=dict)
    _keeper: ForkedProcess | None = None
    _after: Callable[[Sequence[Sequence[str]]], Place | None] = lambda _: None

    @classmethod
    def plain(cls) -> Place:
        """Make a place without a sandbox: for one's own notebook, and where none is offered."""
        folder = Path(tempfile.mkdtemp(prefix="ecslab-"))
        for name in ("work", "home", "tmp"):
            (folder / name).mkdir()
        return cls(folder, protections=without_cage())

    @classmethod
    def caged(
        cls, parent: str, limits: Limits, layers: Sequence[str], hidden: Sequence[Path] = ()
    ) -> Place:
        """Make a sandbox with as many of the layers as hold here.

        Args:
            parent: the address of a warmed parent.
            limits: what may be used of the machine.
            layers: of `ecslab.course.sandbox.cage.LAYERS`.
            hidden: folders that are shown empty.
        """
        asked = tuple(layers)

        def after(steps: Sequence[Sequence[str]]) -> Place | None:
            address = prepared_parent(parent, steps, CONDITIONS)
            try:
                place = cls.caged(address, limits, asked, hidden) if address else None
            except OSError:  # it has just ended, as nobody had needed it for long
                return None
            if place is not None and place.protections != protections:
                place.close()
                return None
            return place

        while True:
            folder = Path(tempfile.mkdtemp(prefix="ecslab-"))
            for name in ("root", _WIRE):
                (folder / name).mkdir(mode=0o700)
            cage = Cage(
                folder=str(folder),
                address=str(folder / _ADDRESS),
                layers=tuple(layers),
                limits=limits,
                hidden=tuple(map(str, hidden)),
            )
            keeper, protections = _lock(parent, cage)
            if protections is not None:
                return cls(folder, cage.address, protections, keeper, after)
            status = keeper.wait(10)
            shutil.rmtree(folder, ignore_errors=True)
            failed = status - _FIRST_LAYER_STATUS
            if not (0 <= failed < len(LAYERS) and LAYERS[failed] in layers):
                raise CourseError("No process could be started; run `python3 labs doctor`.")
            layers = [each for each in layers if each != LAYERS[failed]]

    @property
    def work(self) -> Path:
        """The folder in which the notebook works."""
        return self.folder / "work"

    @property
    def wire(self) -> Path:
        """The folder for the sockets between the judge and the kernel."""
        return self.folder / _WIRE

    @property
    def kernel(self) -> str:
        """The task that runs a kernel here, when it is ordered at the address."""
        return _KERNEL if self.protections["system call filter"] else _UNSEALED_KERNEL

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that name the private folders."""
        home, temporary = str(self.folder / "home"), str(self.folder / "tmp")
        return {
            "HOME": home,
            "IPYTHONDIR": str(self.folder / "home" / "ipython"),
            "TEMP": temporary,
            "TMP": temporary,
            "TMPDIR": temporary,
        }

    def after(self, steps: Sequence[Sequence[str]]) -> Place | None:
        """Make another place like this one, whose kernels begin where code has run before them.

        Args:
            steps: the code of cells of the course, in the groups in which it may be asked for.

        Returns:
            The place, the caller's to close; None where the code can only be run by each kernel.
        """
        return self._after(steps)

    def close(self) -> None:
        """End what runs here, and delete the folder."""
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _lock(parent: str, cage: Cage) -> tuple[ForkedProcess, Protections | None]:
    """Start the process that locks itself in; tell what it says about its protections."""
    reads, writes = os.pipe()
    with open(reads, "rb", closefd=True) as said:  # noqa: PTH123 - a descriptor has no path
        try:
            order = Order(_SERVE, cage.to_plain(), dict(os.environ), "/")
            keeper = fork_at(parent, order, writes, 2)
        finally:
            os.close(writes)
        line = said.readline()
    found: Any = None
    with suppress(ValueError):
        found = json.loads(line)
    return keeper, found
