"""The build itself: the same bytes twice, and one sentence for each fault."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import build as site_build
import pytest

from ecslab.course import catalogue
from ecslab.course.files import CourseFiles
from ecslab.errors import CourseError

SAMPLE = Path(__file__).parent / "sample"
LESSON = "lessons/00-first-flight.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Give a copy of the sample course that a test may damage."""
    return shutil.copytree(SAMPLE, tmp_path / "course")


@pytest.fixture
def build(course: Path, tmp_path: Path, drawings: Path) -> Callable[[], Path]:
    """Give the build of the copy."""

    def run() -> Path:
        site_build.build(
            catalogue.load(course / "course.toml"),
            CourseFiles(course),
            work=tmp_path / "stage",
            output=tmp_path / "html",
            cache=drawings,
        )
        return tmp_path / "html"

    return run


def add_prose(notebook: Path, text: str) -> None:
    content: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"].append(
        {"cell_type": "markdown", "id": "added", "metadata": {}, "source": text}
    )
    notebook.write_text(json.dumps(content), encoding="utf-8")


def test_two_builds_are_the_same_bytes(site: Path, build: Callable[[], Path]) -> None:
    second = build()
    names = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert names == {path.relative_to(second) for path in second.rglob("*") if path.is_file()}
    # The site map carries the day.
    compared = [str(name) for name in names if not name.name.startswith("sitemap.xml")]
    assert filecmp.cmpfiles(site, second, compared, shallow=False)[1:] == ([], [])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[gone](02-nowhere.ipynb)", "lessons/02-nowhere.ipynb"),
        ("![gone](img/gone.svg)", "img/gone.svg"),
        ("[gone](../labs/01-tasks.ipynb#no-such-heading)", "no-such-heading"),
        ("[absolute](/lessons/01-tasks.html)", "/lessons/01-tasks.html"),
    ],
)
def test_a_link_that_leads_nowhere_stops_the_build_with_one_sentence(
    course: Path, build: Callable[[], Path], text: str, named: str
) -> None:
    add_prose(course / LESSON, text)
    with pytest.raises(CourseError) as caught:
        build()
    (sentence,) = str(caught.value).splitlines()
    assert sentence.startswith("The site is not built: ")
    assert LESSON in sentence
    assert named in sentence


def test_a_file_beside_a_notebook_comes_along(course: Path, build: Callable[[], Path]) -> None:
    (course / "lessons" / "img").mkdir()
    (course / "lessons" / "img" / "here.svg").write_text("<svg/>", encoding="utf-8")
    add_prose(course / LESSON, "![here](img/here.svg)")
    assert (build() / "lessons" / "img" / "here.svg").is_file()


def test_a_ready_module_without_its_notebook_is_named(
    course: Path, build: Callable[[], Path]
) -> None:
    (course / LESSON).unlink()
    with pytest.raises(CourseError, match=f"has no {LESSON}: run `python3 labs build`"):
        build()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"nbformat": 4}', "{"])
def test_a_file_that_is_no_notebook_is_named(
    course: Path, build: Callable[[], Path], content: str
) -> None:
    (course / LESSON).write_text(content, encoding="utf-8")
    with pytest.raises(CourseError, match=f"{LESSON} is not a notebook that can be read"):
        build()


def test_a_faulty_diagram_names_its_notebook(course: Path, build: Callable[[], Path]) -> None:
    add_prose(course / LESSON, "```mermaid\nflowchart LR\n  A --> --> B[\n```")
    with pytest.raises(CourseError, match=f"^{LESSON}: The diagram that begins with"):
        build()


def test_what_a_module_no_longer_has_leaves_the_site(
    course: Path, build: Callable[[], Path]
) -> None:
    assert (build() / "lessons" / "01-tasks.html").is_file()
    toml = course / "course.toml"
    text = toml.read_text(encoding="utf-8").replace("ready = true", "ready = false")
    toml.write_text(text, encoding="utf-8")
    output = build()
    assert (output / "index.html").is_file()
    assert not (output / "lessons").exists()


def test_the_command_says_a_fault_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(_: Path) -> None:
        raise CourseError("The site is not built: a reason.")

    monkeypatch.setattr(site_build, "_build_course", fail)
    assert site_build.main(["--output", str(tmp_path)]) == 1
    assert capsys.readouterr() == ("", "The site is not built: a reason.\n")


def test_the_command_installs_what_is_missing_and_asks_only_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(site_build, "find_spec", lambda _: None)
    handed: list[list[str]] = []
    monkeypatch.setattr(
        site_build, "_install_and_hand_over", lambda given: handed.append(given) or 0
    )
    monkeypatch.delenv("ECSLAB_COMMAND", raising=False)
    assert site_build.main(["--serve"]) == 0
    assert handed == [["--serve"]]
    monkeypatch.setenv("ECSLAB_COMMAND", site_build.COMMAND)
    assert site_build.main(["--serve"]) == 1
    assert len(handed) == 1
    assert "delete .venv" in capsys.readouterr().err
