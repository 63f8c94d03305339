from __future__ import annotations

import errno
import json
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bootstrap import SetupError, ensure, install
from bootstrap.handover import own_environment
from bootstrap.lock import only_one
from bootstrap.progress import describe
from bootstrap.state import is_usable, write_state

if TYPE_CHECKING:
    from tests.bootstrap.conftest import Checkout

UNREACHABLE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}


def told(text: str) -> str:
    """What a failed start said: one line, and no traceback."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def started(text: str) -> dict[str, Any]:
    """What the program printed that the start handed over to."""
    found = json.loads(text.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.fixture
def silent_index() -> Iterator[tuple[dict[str, str], threading.Event]]:
    """A package index that takes a question and never answers; the event says it was asked."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def listen() -> None:
            held.append(server.accept())
            asked.set()

        threading.Thread(target=listen, daemon=True).start()
        port = server.getsockname()[1]
        yield {"PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple", "PIP_RETRIES": "0"}, asked
        for connection, _ in held:
            connection.close()


def test_the_first_start_installs_and_the_second_installs_nothing(checkout: Checkout) -> None:
    first = checkout.run("list", "--json")
    assert first.returncode == 0, first.stderr
    assert "Making the course's own Python environment" in first.stdout
    assert "Everything is installed." in first.stdout
    assert started(first.stdout)["arguments"] == ["list", "--json"]
    assert checkout.state()["complete"] is True

    shutil.rmtree(checkout.packages)
    second = checkout.run("next", **UNREACHABLE)
    assert second.returncode == 0, second.stderr
    assert len(second.stdout.splitlines()) == 1, "a second start says nothing of its own"
    assert started(second.stdout)["arguments"] == ["next"]


def test_the_course_gets_the_place_and_the_name_of_the_command(checkout: Checkout) -> None:
    settings = started(checkout.run().stdout)["settings"]
    assert settings["ECSLAB_ROOT"] == str(checkout.root)
    assert settings["ECSLAB_COMMAND"] == "python3 labs"


def test_settings_that_lead_elsewhere_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("KEPT", "yes")
    assert {"PYTHONPATH", "PIP_TARGET"}.isdisjoint(own_environment())
    assert own_environment()["KEPT"] == "yes"


def test_without_a_network_one_sentence_and_then_recovery(checkout: Checkout) -> None:
    failed = checkout.run(**UNREACHABLE)
    assert failed.returncode == 1
    assert told(failed.stderr) == (
        "The packages cannot be downloaded: connect to the network, then run the same command"
        " again."
    )
    assert checkout.run().returncode == 0


def test_a_package_that_is_not_to_be_had_is_named(checkout: Checkout) -> None:
    (checkout.packages / "tiny-1.0-py3-none-any.whl").unlink()
    failed = checkout.run()
    assert failed.returncode == 1
    assert "Cannot install tiny" in told(failed.stderr)


def test_a_stopped_installation_is_made_again(
    checkout: Checkout, silent_index: tuple[dict[str, str], threading.Event]
) -> None:
    settings, asked = silent_index
    process = checkout.begin(**settings)
    assert asked.wait(60)
    out, err = checkout.kill(process, signal.SIGINT)
    assert process.returncode == 130, out + err
    assert told(err) == "Stopped: run the same command again to go on."
    half = checkout.environment / "half-written"
    half.touch()

    again = checkout.run()
    assert again.returncode == 0, again.stderr
    assert not half.exists()


def test_a_killed_installation_is_made_again(
    checkout: Checkout, silent_index: tuple[dict[str, str], threading.Event]
) -> None:
    settings, asked = silent_index
    process = checkout.begin(**settings)
    assert asked.wait(60)
    checkout.kill(process, signal.SIGKILL)
    assert checkout.state()["complete"] is False
    assert checkout.run().returncode == 0
    assert checkout.state()["complete"] is True


def test_two_starts_at_once_install_once(checkout: Checkout) -> None:
    processes = [checkout.begin("one"), checkout.begin("two")]
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    out = "".join(text for text, _ in said)
    assert out.count("Making the course's own Python environment") == 1
    assert {started(text)["arguments"][0] for text, _ in said} == {"one", "two"}


def test_what_changed_is_installed_on_the_next_start(checkout: Checkout) -> None:
    assert checkout.run().returncode == 0
    before = (checkout.environment / "pyvenv.cfg").stat().st_mtime_ns
    project = checkout.root / "pyproject.toml"
    project.write_text(
        project.read_text(encoding="utf-8").replace('["tiny"]', '["tiny", "small"]'),
        encoding="utf-8",
    )
    after = checkout.run()
    assert after.returncode == 0, after.stderr
    assert "Everything is installed." in after.stdout
    assert list(checkout.environment.glob("lib/*/site-packages/small.py"))
    assert (checkout.environment / "pyvenv.cfg").stat().st_mtime_ns == before, "not made anew"


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Checkout) -> None:
    assert checkout.run().returncode == 0
    moved = checkout.root.rename(checkout.root.with_name("moved"))
    checkout.root = moved
    done = checkout.run()
    assert done.returncode == 0, done.stderr
    assert started(done.stdout)["settings"]["ECSLAB_ROOT"] == str(moved)
    assert checkout.state()["place"] == str(moved)


def test_a_folder_of_somebody_else_is_not_touched(checkout: Checkout) -> None:
    checkout.environment.mkdir()
    theirs = checkout.environment / "notes.txt"
    theirs.write_text("mine", encoding="utf-8")
    done = checkout.run()
    assert done.returncode == 1
    assert "move it away" in told(done.stderr)
    assert theirs.read_text(encoding="utf-8") == "mine"


def test_an_environment_made_by_hand_is_used_and_never_deleted(tmp_path: Path) -> None:
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    assert not is_usable(environment, {}, tmp_path), "it has no interpreter"
    (environment / "bin" / "python").touch()
    assert is_usable(environment, {}, tmp_path)
    unfinished = {"complete": False, "ours": False}
    assert is_usable(environment, unfinished, tmp_path), "interrupted: filled, not made again"
    assert not is_usable(environment, unfinished | {"ours": True}, tmp_path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full: free some space"),
        (errno.EACCES, "cannot be written: give yourself the right"),
        (errno.EROFS, "cannot be written: give yourself the right"),
        (errno.EIO, "The set-up stopped"),
    ],
)
def test_an_error_of_the_system_becomes_a_sentence(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "as the system says it", "some/file")

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(SetupError, match=words) as caught:
        ensure(root=checkout.root)
    assert "run the same command again" in str(caught.value)


def test_a_disk_too_small_is_refused_at_the_beginning(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(SetupError, match=r"has 5 MB left and the course needs \d+ MB"):
        ensure(root=checkout.root)
    monkeypatch.undo()
    assert checkout.run().returncode == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: Could not install: [Errno 13] Permission denied: 'x'", "cannot be written"),
        ("WARNING: Retrying: NameResolutionError('x')\nERROR: No matching", "to the network"),
        ("ERROR: the reason.\nERROR: see elsewhere", "(the reason): check that the network"),
        ("", "no reason given"),
    ],
)
def test_what_pip_says_becomes_a_sentence(line: str, words: str) -> None:
    assert words in install.explain_output(line, Path("log"), Path("root"))


def test_a_python_without_its_venv_package_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"sudo apt install python3\.\d+-venv"):
        install.check_tools(("venv", "no_such_module_of_python"))


def test_the_lock_lets_one_in_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = []

    def second() -> None:
        with only_one(tmp_path / ".venv"):
            inside.append("second")

    with only_one(tmp_path / ".venv"):
        thread = threading.Thread(target=second)
        thread.start()
        inside.append("first")
    thread.join(60)
    assert inside == ["first", "second"]


def test_a_half_written_state_counts_as_none(tmp_path: Path) -> None:
    write_state(tmp_path, {"complete": True})
    file = tmp_path / "ecslab-setup.json"
    file.write_text(file.read_text(encoding="utf-8")[:5], encoding="utf-8")
    assert install.read_state(tmp_path) == {}


def test_progress_counts_what_pip_finds_and_installs() -> None:
    log = "Collecting tiny\n  Downloading tiny\nCollecting small==1 (from tiny)\n"
    assert describe(log, 0) == "  2 packages found"
    log += "Installing collected packages: tiny, small\n"
    assert describe(log, 1) == "  1 of 2 packages installed"
