"""Make the virtual environment and put the pinned packages into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from bootstrap.failures import AGAIN, SetupError, explain, explain_output
from bootstrap.handover import ROOT, own_environment
from bootstrap.lock import LOCK_FILE, only_one
from bootstrap.progress import show_until_done
from bootstrap.state import (
    STATE_FILE,
    constraints,
    environment_python,
    interpreter_behind,
    is_complete,
    is_usable,
    read_state,
    requirements,
    wanted,
    write_state,
)

LOG_FILE = "ecslab-setup.log"

#: Free space that the course needs, in bytes (430 MB measured, and pip's own copies on the way).
#: The packages for the tests need as much again.
SPACE_NEEDED = 600_000_000


def ensure(groups: Sequence[str] = (), root: Path = ROOT) -> Path:
    """Install what is missing and return the environment's interpreter.

    Args:
        groups: dependency groups of `pyproject.toml` that are wanted beside the course itself.
        root: the checkout.

    Raises:
        SetupError: with one sentence that says what to do.
    """
    environment = root / ".venv"
    try:
        if not is_complete(environment, read_state(environment), root, groups):
            with only_one(environment) as lock:
                _install(environment, root, groups, lock)
    except OSError as error:
        raise SetupError(explain(error, root)) from error
    return environment_python(environment)


def _install(environment: Path, root: Path, groups: Sequence[str], lock: int) -> None:
    state = read_state(environment)
    if is_complete(environment, state, root, groups):
        return  # another start did it while this one waited
    # An environment that a person made by hand is used, but never deleted.
    ours = state.get("ours", not (environment / "pyvenv.cfg").exists())
    groups = sorted({*groups, *state.get("groups", ())})
    begun = {"complete": False, "ours": ours, "groups": groups}
    if not is_usable(environment, state, root):
        if not ours or (not state and _leftovers(environment)):
            raise SetupError(
                f"The folder {environment} holds something other than a working environment of"
                f" this course: move it away, {AGAIN}"
            )
        _make_environment(environment, root, begun)
    write_state(environment, begun)
    _install_packages(environment, root, groups, lock)
    done = {"complete": True, "interpreter": interpreter_behind(environment), **wanted(root)}
    write_state(environment, {**begun, **done})
    print("Everything is installed.", flush=True)


def _leftovers(environment: Path) -> list[Path]:
    """What is there beside the lock; the state file last, so that it outlives a killed clean-up."""
    found = [path for path in environment.iterdir() if path.name != LOCK_FILE]
    return sorted(found, key=lambda path: path.name == STATE_FILE)


def _make_environment(environment: Path, root: Path, state: dict[str, object]) -> None:
    """Make an empty environment, in place of what an interrupted start may have left there."""
    check_tools(("venv", "ensurepip"))
    print("Making the course's own Python environment in .venv …", flush=True)
    for path in _leftovers(environment):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    check_space(root, SPACE_NEEDED * (2 if state["groups"] else 1))
    write_state(environment, state)
    import venv

    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(environment)
    except subprocess.CalledProcessError as error:
        output = error.output.decode(errors="replace") if error.output else str(error)
        raise SetupError(explain_output(output, environment / LOG_FILE, root)) from error


def check_tools(modules: Sequence[str]) -> None:
    """Refuse a Python that came without the parts that make environments (Debian splits them)."""
    if any(find_spec(module) is None for module in modules):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            "This Python cannot make virtual environments: install its venv package"
            f" (on Debian and Ubuntu: sudo apt install python{version}-venv), {AGAIN}"
        )


def check_space(root: Path, needed: int) -> None:
    """Refuse to begin on a disk that would be full before the end."""
    free = shutil.disk_usage(root).free
    if free < needed:
        raise SetupError(
            f"The disk is too full: {root} has {free // 10**6} MB left and the course needs"
            f" {needed // 10**6} MB: free some space, {AGAIN}"
        )


def _install_packages(environment: Path, root: Path, groups: Sequence[str], lock: int) -> None:
    print("Installing the pinned packages; the first time takes a minute or two …", flush=True)
    packages = ["--constraint", str(constraints(root)), *requirements(root, groups)]
    _pip(environment, root, packages, lock)
    # Built by the packages just installed: no second download into an isolated environment.
    project = ["--no-deps", "--no-build-isolation", "--editable", str(root)]
    _pip(environment, root, project, lock)


def _pip(environment: Path, root: Path, arguments: Sequence[str], lock: int) -> None:
    """Run `pip install`, show how far it is, and turn a failure into a sentence."""
    command = [str(environment_python(environment)), "-I", "-m", "pip", "install"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    # Python compiles a module when it is first imported: a small part of what is installed.
    command += ["--no-compile", *arguments]
    log = environment / LOG_FILE
    with log.open("w", encoding="utf-8") as output:
        # The child holds the lock too: when this process is killed, the next start waits for it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**own_environment(), "PIP_USER": "0", "LC_ALL": "C", "PYTHONUTF8": "1"},
            pass_fds=() if sys.platform == "win32" else (lock,),
        )
        try:
            show_until_done(process, log, environment)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        text = log.read_text(encoding="utf-8", errors="replace")
        raise SetupError(explain_output(text, log, root))
