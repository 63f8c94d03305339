"""Until JupyterLab answers: `python3 labs`, the first and a later time, against `jupyter lab`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from measure import Ratio, interleaved

ROOT = Path(__file__).resolve().parents[2]

#: Longest wait for an answer, in seconds; a first installation is part of it.
PATIENCE = 1200

#: Not part of a fresh checkout.
MADE_HERE = shutil.ignore_patterns(
    ".git", ".venv", "work", "_stage", "_html", "__pycache__", ".*_cache", ".hypothesis"
)


def run() -> Iterator[Ratio]:
    """Measure in a copy of the checkout that has nothing installed yet."""
    with tempfile.TemporaryDirectory(prefix="ecslab-bench-") as folder:
        checkout = Path(folder, "checkout")
        shutil.copytree(ROOT, checkout, ignore=MADE_HERE)
        base = Path(sys.base_prefix, "bin", "python3")
        ours = [str(base if base.exists() else Path(sys._base_executable)), "labs", "--no-browser"]
        plain = [str(checkout / ".venv" / "bin" / "jupyter"), "lab", "--no-browser"]
        plain += ["--ServerApp.allow_root=True", "--ServerApp.port_retries=100"]

        first = until_answer(ours, checkout)
        until_answer(plain, checkout)  # warm: the pairs below measure a later start of both
        later = interleaved(
            "a later start",
            lambda: until_answer(ours, checkout),
            lambda: until_answer(plain, checkout),
            against="jupyter lab",
        )
        yield Ratio("the first start", first, later.theirs, 1, "a later jupyter lab")
        yield later


def until_answer(command: Sequence[str], folder: Path) -> float:
    """Start a JupyterLab, and give the seconds until its page answers; then stop it."""
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "1000"},
        )
        try:
            while time.perf_counter() - begin < PATIENCE and process.poll() is None:
                output.seek(0)
                said = output.read().decode(errors="replace")
                for url in re.findall(r"http://(?:localhost|127\.0\.0\.1):\S+token=\w+", said):
                    if answers(url):
                        return time.perf_counter() - begin
                time.sleep(0.02)
            raise RuntimeError(f"{command} did not answer:\n{said}")
        finally:
            process.terminate()
            process.wait()


def answers(url: str) -> bool:
    """Whether the page of this address is there."""
    try:
        with urllib.request.urlopen(url, timeout=30) as page:
            return bool(page.status == 200)
    except urllib.error.URLError:
        return False
