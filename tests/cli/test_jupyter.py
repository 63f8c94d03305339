from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ecslab.cli import lab_server
from ecslab.cli.environment import fake_account
from ecslab.course import catalogue
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]

FIRST = catalogue.load().ready[0]


def test_no_real_account_reaches_a_notebook() -> None:
    real = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_ENDPOINT_URL": "http://elsewhere",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "HOME": "/home/ana",
    }
    settings = fake_account(real)
    assert settings["HOME"] == "/home/ana"
    assert settings["AWS_ACCESS_KEY_ID"] == settings["AWS_SECRET_ACCESS_KEY"] == "testing"
    assert settings["AWS_SHARED_CREDENTIALS_FILE"] == settings["AWS_CONFIG_FILE"] == os.devnull
    assert settings["AWS_EC2_METADATA_DISABLED"] == "true"
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"}.isdisjoint(settings)
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in settings


def test_it_answers_on_another_port_when_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "page.ipynb").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with lab_server.running(tmp_path, "page.ipynb", port=port, browser=False) as server:
            url = urlsplit(server.url)
            assert url.port != port
            assert url.path == "/lab/tree/page.ipynb"
            with urllib.request.urlopen(server.url) as page:
                text = page.read().decode()
            settings = "lab/api/settings/@jupyterlab/apputils-extension:notification"
            with urllib.request.urlopen(
                f"{url.scheme}://{url.netloc}/{settings}?{url.query}"
            ) as page:
                notification = json.load(page)["schema"]["properties"]
    assert server.process.poll() is not None, "it was stopped"
    assert '"news": {"disabled": true}' in text, "it asks no one for news"
    assert notification["fetchNews"]["default"] == "false", "nor the learner for permission"
    assert notification["checkForUpdates"]["default"] is False


def test_a_server_that_does_not_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_server, "_command", lambda *_, **__: [sys.executable, "-c", ""])
    with (
        pytest.raises(CourseError, match=r"jupyterlab\.log says why"),
        lab_server.running(tmp_path, "page.ipynb", port=8888, browser=False),
    ):
        pass


def test_a_browser_for_the_terminal_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("w3m"))
    assert not lab_server.can_open_browser()
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.BackgroundBrowser("firefox"))
    assert lab_server.can_open_browser()

    def none() -> webbrowser.BaseBrowser:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    assert not lab_server.can_open_browser()


def test_without_a_command_the_course_opens_and_ctrl_c_stops_it(course: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", "ecslab.cli", "--no-browser", "--port", "8890"],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "AWS_PROFILE": "production"},
        process_group=0,
    )
    assert process.stdout is not None
    assert FIRST.title in process.stdout.readline()
    address = process.stdout.readline()
    assert f"/lab/tree/lessons/{FIRST.name}.ipynb?token=" in address
    url = address.split()[-1]
    with urllib.request.urlopen(url) as page:
        assert page.status == 200
    assert (course / "work" / f"{FIRST.name}.ipynb").is_file()

    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Go on whenever you like" in out
    assert "Traceback" not in err
    with pytest.raises(OSError):
        urllib.request.urlopen(url)
