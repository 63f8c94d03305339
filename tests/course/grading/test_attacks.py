"""A submission is hostile code: what it reaches, what it forges, and what it costs the others."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ecslab.course import modules
from ecslab.course.files import locate
from ecslab.course.forking.parent import Parent
from ecslab.course.forking.prepared import prepared_parent
from ecslab.course.grading import grade_files, in_words, protected, to_csv, to_json, to_junit
from ecslab.course.grading.kernel import CourseKernel
from ecslab.course.grading.place import Place
from ecslab.course.grading.report import Report
from ecslab.course.sandbox.cage import LAYERS
from ecslab.course.sandbox.limits import Limits

ATTACKS = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))
COMBINATIONS = sorted(
    {LAYERS, ()}
    | {tuple(each for each in LAYERS if each != missing) for missing in LAYERS}
    | {(alone,) for alone in LAYERS}
    | {("another user", "Landlock", "limits"), ("Landlock", "system call filter")}
)
THIRD = 'lab.account["third"] = first'
LAB = "02-clusters"
CHECK = "three-clusters"


def entries(kind: str) -> list[Any]:
    return [pytest.param(each, id=each["name"]) for each in ATTACKS[kind]]


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another learner's submission, that everybody on this machine may read."""
    path = tmp_path_factory.mktemp("submissions") / "other.ipynb"
    path.write_text("secret")
    for folder in path.parents[:3]:
        folder.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """Programs that listen on this machine: the folder of their sockets, and one without a file."""
    abstract = f"\0ecslab-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_ones:
        Path(folder).chmod(0o755)
        for kind, address in (
            (socket.SOCK_STREAM, f"{folder}/stream"),
            (socket.SOCK_DGRAM, f"{folder}/datagrams"),
            (socket.SOCK_STREAM, abstract),
        ):
            server = open_ones.enter_context(socket.socket(socket.AF_UNIX, kind))
            server.bind(address)
            if kind == socket.SOCK_STREAM:
                server.listen()
            if address != abstract:
                Path(address).chmod(0o777)
        yield folder, abstract


@pytest.fixture(scope="module")
def grader() -> Iterator[int]:
    """A process that stands for the one that grades: an attack that succeeds ends it."""
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        yield process.pid
        process.kill()


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda layers: ", ".join(layers) or "none")
def cell(
    request: Any, parent: Any, secret: Path, servers: tuple[str, str], grader: int
) -> Iterator[tuple[CourseKernel, dict[str, bool]]]:
    """A kernel in a sandbox of some layers, that knows where everything is."""
    root = locate().root
    hidden = [root / "solutions"]
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("A_TOKEN", "secret")
        place = Place.caged(parent.address, Limits(), request.param, hidden)
        kernel = CourseKernel(place, 20.0)
    known = {
        "SOLUTION": str(hidden[0] / f"{LAB}.ipynb"),
        "OTHER": str(secret),
        "GRADER": grader,
        "PARENT": parent.address,
        "PREPARED": prepared_parent(parent.address, [["answer = 42"]], {}),
        "ROOT": str(root),
        "SERVERS": servers[0],
        "ABSTRACT": servers[1],
        "WIRE": str(place.wire),
    }
    assert kernel.run("\n".join(f"{name} = {value!r}" for name, value in known.items()))
    yield kernel, place.protections
    kernel.stop()
    place.close()


@pytest.mark.parametrize("attack", entries("reach"))
def test_what_is_named_as_a_protection_holds(
    cell: tuple[CourseKernel, dict[str, bool]], attack: dict[str, str]
) -> None:
    kernel, protections = cell
    needed = attack["needs"]
    assert needed in protections, "no protection has this name"
    if not protections[needed]:
        # A machine that does not offer it: what counts there is that each report says so.
        told = protected([Report(Path("02-clusters.ipynb"), protections=protections)])
        assert needed in told.partition("Not on this machine: ")[2]
        return

    assert kernel.run(attack["code"]), "the process lives on"
    assert re.match(attack["error"], kernel.error), kernel.error or "it was reached"


# Attacks tell the trusted process with it whatever they like, once.
TELL = """
def TELL(**what):
    import json
    from ecslab.course.strict import learner
    told = {'asked': [], 'steps': [], 'programs': [], 'values': {}} | what
    class Told:
        def _repr_mimebundle_(self, **_):
            return {'text/plain': json.dumps(told)}
    def tell(*_, **__):
        learner.tell = original
        return Told()
    original, learner.tell = learner.tell, tell
"""


@pytest.mark.parametrize("attack", entries("forge"))
def test_a_forged_check_earns_nothing_in_strict_grading(
    attack: dict[str, Any], parent: Any, tmp_path: Path
) -> None:
    lab, check = attack.get("lab", LAB), attack.get("of", CHECK)
    points = modules.load(lab).find(check).points
    passed = f"✔ {check}: passed ({points} of {points} points)\n"
    notebook = json.loads(locate().lab(lab).read_text(encoding="utf-8"))
    ids = [each.get("id") for each in notebook["cells"]]
    answers = [
        each
        for each in notebook["cells"][: ids.index(f"check-{check}")]
        if "answer" in each["metadata"].get("tags", [])
    ]
    known = f"PASSED, CHECK = {passed!r}, {check!r}\n{TELL}"
    answers[-1]["source"] = f"{known}\n{attack['code']}"
    path = tmp_path / f"{lab}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")

    (strict,) = grade_files([path], parent=parent, strict=True, timeout=20)
    assert strict.problem is None
    assert strict.score == 0, in_words(strict)
    if "TELL(" in attack["code"]:
        return  # in ordinary grading there is nobody to be told

    (normal,) = grade_files([path], parent=parent, timeout=20)

    assert (normal.score > 0) == attack["fools"], in_words(normal)


@pytest.mark.parametrize("attack", entries("cost"))
def test_a_hostile_cell_costs_its_own_points_only(
    attack: dict[str, str], handed: Any, parent: Any
) -> None:
    path = handed.hand_in(handed.solved(first=attack["code"]))

    (report,) = grade_files([path], course=handed.files, parent=parent, timeout=3)

    outcomes = {check.id: check.outcome for check in report.checks}
    assert outcomes["first"] in {"error", "timeout", "not yet"}, outcomes
    assert (outcomes["second"], outcomes["third"]) == ("passed", "passed"), in_words(report)


@pytest.mark.parametrize("missing", LAYERS)
def test_a_notebook_is_graded_whatever_layer_is_missing(
    missing: str, handed: Any, parent: Any
) -> None:
    """As root in a container, for one, there are no namespaces but there are other users."""
    path = handed.hand_in(handed.solved())
    layers = [each for each in LAYERS if each != missing]

    (report,) = grade_files([path], course=handed.files, parent=parent, layers=layers)

    assert report.passed, in_words(report)


def test_a_process_that_starts_again_finds_its_folders_empty(handed: Any, parent: Any) -> None:
    """The cells in front of a crash run again, and must find what they found at first."""
    making = """
import os, pathlib
os.mkdir("made")
for number in range(3):
    os.makedirs("/".join("d" * 600))
    os.rename("d", f"deep-{number}")
    if number:
        os.rename(f"deep-{number - 1}", "/".join([f"deep-{number}"] + ["d" * 1] * 599) + "/d")
pathlib.Path("made/link").symlink_to("/usr")
os.chmod("made", 0)
first = 5"""
    notebook = handed.solved(first=making, second="import os\nos._exit(0)", third=THIRD)
    path = handed.hand_in(notebook)

    (report,) = grade_files([path], course=handed.files, parent=parent)

    outcomes = {check.id: check.outcome for check in report.checks}
    assert outcomes == {"first": "passed", "second": "error", "third": "passed"}, in_words(report)


def test_the_solutions_in_the_package_are_hidden_whatever_course_is_graded_by(
    handed: Any, tmp_path: Path
) -> None:
    class BesideThem(Parent):
        def _environment(self) -> dict[str, str]:
            settings = super()._environment()
            paths = (settings["PYTHONPATH"], str(locate().root))
            return {**settings, "PYTHONPATH": os.pathsep.join(paths)}

    code = f"import pathlib\nfirst = 5 if pathlib.Path({str(locate().lab(LAB))!r}).exists() else 0"
    reading = f"open({str(locate().solution(LAB))!r})\nsecond = 6"
    path = handed.hand_in(handed.solved(first=code, second=reading))

    with BesideThem() as parent:
        (report,) = grade_files([path], course=handed.files, parent=parent, timeout=20)

    first, second, _ = report.checks
    assert first.outcome == "passed", "the folder beside them is shown"
    assert re.match("FileNotFoundError|PermissionError", second.message), second.message


BAD_FILES = {
    "malformed JSON": b'{"cells": [',
    "no notebook": b"[1, 2, 3]",
    "cells that are none": b'{"cells": [5, null], "nbformat": 4}',
    "a million brackets": b"[" * 1_000_000,
    "no text": b"\xff\xfe\x00\x00",
    "larger than anything": b" " * (21 * 1024 * 1024),
    "an archive under a notebook's name": b"PK\x03\x04../../etc/passwd",
    "too many cells": json.dumps({"cells": [{}] * 3000, "nbformat": 4}).encode(),
    "a format of the future": b'{"cells": [], "nbformat": 99}',
    "a pickle": b"\x80\x04cos\nsystem\n(S'touch evil'\ntR.",
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_notebook_is_told_in_a_sentence(
    content: bytes, handed: Any, parent: Any
) -> None:
    path = handed.desk / "02-clusters.ipynb"
    path.write_bytes(content)

    (report,) = grade_files([path], course=handed.files, parent=parent)

    assert report.problem is not None
    assert report.problem.endswith((".", "Jupyter.")), report.problem
    assert not (handed.desk / "evil").exists()


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a folder", "a device"])
def test_what_is_no_ordinary_file_is_not_opened(
    kind: str, handed: Any, parent: Any, secret: Path
) -> None:
    path = handed.desk / "02-clusters.ipynb"
    makers: dict[str, Any] = {
        "a link": lambda: path.symlink_to(secret),
        "a pipe": lambda: os.mkfifo(path),
        "a folder": path.mkdir,
        "a device": lambda: path.symlink_to("/dev/zero"),
    }
    makers[kind]()

    (report,) = grade_files([path], course=handed.files, parent=parent)

    assert report.problem is not None
    assert "secret" not in report.problem


NAMES = ("..;touch evil;.ipynb", "$(touch evil).ipynb", "-rf.ipynb", "=cmd|'calc'!A1.ipynb")


def test_a_name_is_only_a_name_and_a_message_only_text(handed: Any, parent: Any) -> None:
    hostile = "\x1b]0;pwned\x07\x1b[2J<script>alert(1)</script>\n=1+1]]>&"
    hostile += "\ud800\u202e\u2028\x00\x85\x9b2J\ufffe" + "long" * 100_000
    code = f"first = {hostile!r}\nimport pickle\nraise ValueError({hostile!r})"
    paths = [handed.hand_in(handed.solved(first=code), name) for name in NAMES]

    reports = grade_files(paths, course=handed.files, parent=parent, jobs=2)

    assert [report.problem for report in reports] == [None] * len(NAMES)
    texts = [to_json(reports), to_csv(reports), to_junit(reports), protected(reports)]
    for text in (*texts, *map(in_words, reports)):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert not {unicodedata.category(letter) for letter in text} & {"Cf", "Cn", "Cs", "Zl"}
        assert len(text.encode()) < 100_000
    ET.fromstring(to_junit(reports).encode())
    assert "<script>" not in to_junit(reports)
    assert not any(line.startswith("=") for line in to_csv(reports).splitlines())
    assert not [path for path in handed.desk.iterdir() if path.name == "evil"]


def test_a_notebook_is_not_run_where_the_required_sandbox_is_missing(
    handed: Any, parent: Any
) -> None:
    path = handed.hand_in(handed.solved())

    (report,) = grade_files(
        [path], course=handed.files, parent=parent, require_sandbox=True, layers=["limits"]
    )

    assert report.problem is not None
    assert "network blocked, other files hidden" in report.problem
    assert report.checks == ()
