"""`doctor`: look for what keeps the course from running, and say how to mend it."""

from __future__ import annotations

import contextlib
import errno
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import typer
from rich.table import Table

from ecslab.cli.output import AsJson, console, print_json, program
from ecslab.cli.place import course_root

__all__ = ["Finding", "doctor", "examine"]

#: What the learner's notebooks and JupyterLab's own files may come to, in MB.
SPACE_NEEDED = 200

PORTS = range(8888, 8989)


@dataclass(frozen=True)
class Finding:
    """What one look found.

    Attributes:
        name: what was looked at.
        ok: whether the course can run with it.
        found: what is there.
        fix: what to do, in one sentence; empty when there is nothing to do.
    """

    name: str
    ok: bool
    found: str
    fix: str = ""


def doctor(*, as_json: AsJson = False) -> None:
    """Look for what keeps the course from running; the exit status is 1 when something does."""
    findings = list(examine(course_root()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            mark = "[green]✔[/]" if finding.ok else "[red]✘[/]"
            table.add_row(
                mark, finding.name, finding.found + (f"\n{finding.fix}" if finding.fix else "")
            )
        console.print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def examine(root: Path) -> Iterator[Finding]:
    """Look at everything, one finding after the other.

    Args:
        root: the folder of the course.
    """
    for look in (python, environment, versions, writing, space, port, jupyterlab, simulation):
        try:
            yield look(root)
        except Exception as error:  # noqa: BLE001 - a broken installation fails in any way
            yield Finding(
                look.__name__, ok=False, found=f"{type(error).__name__}: {error}", fix=_reinstall()
            )


def _reinstall() -> str:
    if program() == "ecslab":
        return "Install ecslab again, in an environment of its own."
    return "Delete the folder .venv and run: python3 labs"


def python(_root: Path) -> Finding:
    """The interpreter's version."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    ok = sys.version_info >= (3, 11)
    return Finding("python", ok, found, "" if ok else "Install Python 3.11 or newer.")


def environment(root: Path) -> Finding:
    """Whether the course runs in an environment of its own."""
    own = sys.prefix != sys.base_prefix
    in_checkout = Path(sys.prefix).parent == root
    if own and (in_checkout or program() == "ecslab"):
        return Finding("environment", ok=True, found=sys.prefix)
    return Finding("environment", ok=False, found=sys.prefix, fix="Start with: python3 labs")


def versions(root: Path) -> Finding:
    """Whether the installed packages are those that were tested together."""
    pins = root / "labs" / "constraints.txt"
    if not pins.exists():  # an installed package's course has no pins beside it
        return Finding("versions", ok=True, found=f"ecslab {metadata.version('ecslab')}")
    wrong, right = [], 0
    for line in pins.read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        with contextlib.suppress(metadata.PackageNotFoundError):
            if wanted and metadata.version(name) != wanted.split(";")[0].strip():
                wrong.append(f"{name} {metadata.version(name)}")
            right += bool(wanted)
    if wrong:
        return Finding("versions", ok=False, found=", ".join(wrong), fix=_reinstall())
    return Finding("versions", ok=True, found=f"{right} packages as pinned")


def writing(root: Path) -> Finding:
    """Whether the learner's folder can be written."""
    work = root / "work"
    try:
        work.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=work):
            pass
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        fix = (
            "Free some space on the disk."
            if full
            else f"Give yourself the right to write in {root}."
        )
        return Finding("writing", ok=False, found=f"{work}: {error.strerror}", fix=fix)
    return Finding("writing", ok=True, found=str(work))


def space(root: Path) -> Finding:
    """Whether the disk has room for the learner's notebooks."""
    free = shutil.disk_usage(root).free // 10**6
    fix = "" if free >= SPACE_NEEDED else f"Free {SPACE_NEEDED} MB on the disk of {root}."
    return Finding("space", not fix, f"{free} MB free", fix)


def port(_root: Path) -> Finding:
    """The port that JupyterLab will take."""
    for number in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return Finding("port", ok=True, found=f"{number} is free")
    fix = f"Choose another one: {program()} --port 9999"
    return Finding("port", ok=False, found=f"{PORTS[0]} to {PORTS[-1]} are taken", fix=fix)


def jupyterlab(_root: Path) -> Finding:
    """Whether JupyterLab can be imported."""
    import jupyterlab as package

    return Finding("jupyterlab", ok=True, found=str(package.__version__))


def simulation(_root: Path) -> Finding:
    """Whether a simulated account starts and answers."""
    import boto3

    from ecslab import Cloud

    with Cloud():
        boto3.client("ecs").create_cluster(clusterName="doctor")
        names = boto3.client("ecs").list_clusters()["clusterArns"]
    ok = [name.rpartition("/")[2] for name in names] == ["doctor"]
    return Finding(
        "simulation",
        ok,
        "a cluster was made and listed" if ok else f"clusters: {names}",
        "" if ok else _reinstall(),
    )
