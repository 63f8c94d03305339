"""A JupyterLab of the course's own: started, waited for until it answers, and stopped."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecslab.cli.environment import fake_account
from ecslab.course.forking.standby import standby
from ecslab.errors import CourseError

__all__ = ["LabServer", "can_open_browser", "running"]

#: How long JupyterLab may take until it answers, in seconds: slow disks, first start.
START_WITHIN = 120.0

#: Settings of ours that stand below the person's own: no question about news on the first page.
_CONFIG = str(Path(__file__).with_name("jupyter_config"))


@dataclass(frozen=True)
class LabServer:
    """A JupyterLab that answers.

    Attributes:
        process: its process.
        url: the page to open, with the token that lets one in.
    """

    process: subprocess.Popen[bytes]
    url: str


def can_open_browser() -> bool:
    """Whether there is a browser with a window; one for the terminal would only be in the way."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return "BROWSER" in os.environ or type(browser) is not webbrowser.GenericBrowser


@contextlib.contextmanager
def running(folder: Path, page: str, *, port: int, browser: bool) -> Iterator[LabServer]:
    """Run JupyterLab, from its first answer to the end of the block.

    Args:
        folder: what the learner sees in it.
        page: the notebook to begin with, as a path under that folder.
        port: the first port to try; when it is taken, the next free one is used.
        browser: whether to open a browser.
    """
    private = folder / ".jupyter"
    private.mkdir(exist_ok=True)
    log = private / "jupyterlab.log"
    with tempfile.TemporaryDirectory(prefix="ecslab-") as runtime, log.open("wb") as output:
        process = subprocess.Popen(
            _command(folder, page, port=port, browser=browser),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_settings(private, runtime),
        )
        try:
            server = LabServer(process, _wait_for_answer(process, Path(runtime), page, log))
            _warm_up()
            yield server
        finally:
            with contextlib.suppress(KeyboardInterrupt):  # pressed again while it is stopping
                process.terminate()
                process.wait()


def _warm_up() -> None:
    """Make the processes ready in which labs are judged, so that the command check is quick."""
    parent = standby()
    if parent is not None:
        parent.start()


def _command(folder: Path, page: str, *, port: int, browser: bool) -> list[str]:
    options = {
        "ServerApp.root_dir": str(folder),
        "ServerApp.port": port,
        "ServerApp.port_retries": 100,
        "ServerApp.open_browser": browser,
        "ServerApp.answer_yes": True,  # Ctrl-C stops it, without a question
        "LabApp.default_url": f"/lab/tree/{page}",
        # Nothing is asked of the network: no news, no updates, no list of extensions.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    if sys.platform != "win32" and os.geteuid() == 0:
        options["ServerApp.allow_root"] = True  # the usual user of a container
    return [sys.executable, "-m", "jupyterlab", *(f"--{key}={options[key]}" for key in options)]


def _settings(private: Path, runtime: str) -> dict[str, str]:
    inherited = os.environ.get("JUPYTER_CONFIG_PATH")
    return {
        **fake_account(os.environ),
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [_CONFIG, inherited])),
        "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),  # open tabs, apart from others
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the same name
    }


def _wait_for_answer(process: subprocess.Popen[bytes], runtime: Path, page: str, log: Path) -> str:
    deadline = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # still being written
                server = json.loads(file.read_text(encoding="utf-8"))
                if _answers(f"{server['url']}api?token={server['token']}"):
                    return f"{server['url']}lab/tree/{page}?token={server['token']}"
        time.sleep(0.05)
    raise CourseError(
        f"JupyterLab did not start; {log} says why, and the command doctor looks for the cause."
    )


def _answers(url: str) -> bool:
    # A proxy of the person must not be asked for an address on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except urllib.error.URLError:
        return False
