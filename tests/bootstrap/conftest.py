"""A small checkout with the real bootstrap, whose packages come from a folder and not a network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LABS = Path(__file__).resolve().parents[2] / "labs"

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["labs"]

[project]
name = "ecslab"
version = "0"
dependencies = ["tiny"]

[dependency-groups]
tests = ["small"]

[tool.hatch]
"""

#: Builds the editable project with the standard library alone.
BACKEND = """
import zipfile
from pathlib import Path


def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "ecslab-0-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        wheel.writestr("ecslab.pth", str(Path(__file__).parent))
        info = "ecslab-0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: ecslab\\nVersion: 0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""

PROGRAM = """
import json, os, sys
import tiny
print(json.dumps({"arguments": sys.argv[1:], "settings": dict(os.environ)}))
"""


@dataclass
class Checkout:
    """The small checkout, and what its bootstrap did."""

    root: Path
    packages: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Path:
        return self.root / ".venv"

    def state(self) -> dict[str, Any]:
        found = json.loads((self.environment / "ecslab-setup.json").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    def begin(
        self, *arguments: str, folder: str = "labs", **settings: str
    ) -> subprocess.Popen[str]:
        """Start `python3 labs`, without the pip settings of this machine."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.packages)}
        return subprocess.Popen(
            [sys.executable, folder, *arguments],
            cwd=self.root,
            env={**inherited, "PIP_CONFIG_FILE": os.devnull, **(settings or offline)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `python3 labs` to its end."""
        process = self.begin(*arguments, **settings)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @staticmethod
    def kill(process: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str]:
        """Send a signal to a start and everything it started, and give what they said."""
        os.killpg(process.pid, number)
        return process.communicate(timeout=60)


def make_wheel(folder: Path, name: str) -> None:
    """Put an empty package into the folder that stands for the package index."""
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        info = f"{name}-1.0.dist-info/"
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in which nothing is installed yet."""
    root = tmp_path / "checkout with a space"
    labs = root / "labs"
    shutil.copytree(LABS / "bootstrap", labs / "bootstrap", ignore=shutil.ignore_patterns("__py*"))
    shutil.copy(LABS / "__main__.py", labs)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (labs / "constraints.txt").write_text("tiny==1.0\nsmall==1.0\n", encoding="utf-8")
    (labs / "backend.py").write_text(BACKEND, encoding="utf-8")
    (labs / "ecslab" / "cli").mkdir(parents=True)
    (labs / "ecslab" / "cli" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    packages = tmp_path / "packages"
    packages.mkdir()
    make_wheel(packages, "tiny")
    make_wheel(packages, "small")
    return Checkout(root, packages)
