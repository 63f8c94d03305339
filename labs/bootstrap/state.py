"""What is installed in an environment, what is wanted there, and whether the two agree."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

STATE_FILE = "ecslab-setup.json"


def constraints(root: Path) -> Path:
    """The file that pins every package."""
    return root / "labs" / "constraints.txt"


def project(root: Path) -> dict[str, Any]:
    """The parts of `pyproject.toml` that decide what is installed."""
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "build": table["build-system"],
        "project": table["project"],
        "groups": table["dependency-groups"],
        "hatch": table["tool"]["hatch"],
    }


def requirements(root: Path, groups: Sequence[str]) -> list[str]:
    """Every requirement of the project, of its build and of these dependency groups."""
    table = project(root)
    found = [*table["build"]["requires"], *table["project"]["dependencies"]]
    for group in groups:
        found += table["groups"][group]
    return found


def wanted(root: Path) -> dict[str, str]:
    """What a complete installation in this place looks like: its packages and its place."""
    parts = {**project(root), "constraints": constraints(root).read_text(encoding="utf-8")}
    packages = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return {"packages": packages, "place": str(root)}


def environment_python(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def interpreter_behind(environment: Path) -> str | None:
    """The real file behind the environment's interpreter; None when it is gone."""
    python = environment_python(environment)
    return os.path.realpath(python) if python.exists() else None


def read_state(environment: Path) -> dict[str, Any]:
    """What an earlier start wrote down about this environment; empty when it wrote nothing."""
    try:
        state = json.loads((environment / STATE_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(environment: Path, state: Mapping[str, Any]) -> None:
    """Write it in one step, so that a kill leaves the old or the new text, never half of one."""
    part = environment / f"{STATE_FILE}.part"
    part.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    part.replace(environment / STATE_FILE)


def is_complete(
    environment: Path, state: Mapping[str, Any], root: Path, groups: Iterable[str]
) -> bool:
    """Whether nothing needs to be installed for these groups."""
    return (
        state.get("complete") is True
        and set(groups) <= set(state["groups"])
        and state["interpreter"] == interpreter_behind(environment)
        and all(state.get(key) == value for key, value in wanted(root).items())
    )


def is_usable(environment: Path, state: Mapping[str, Any], root: Path) -> bool:
    """Whether packages can be added to what is there, instead of making it anew.

    An environment of ours must have been complete, in this place, under this interpreter. One
    that a person made by hand needs a living interpreter.
    """
    interpreter = interpreter_behind(environment)
    if not state.get("ours", not (environment / "pyvenv.cfg").exists()):
        return interpreter is not None
    return (
        interpreter is not None
        and state.get("complete") is True
        and state["interpreter"] == interpreter
        and state["place"] == str(root)
    )
