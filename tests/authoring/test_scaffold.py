"""New sources build and pass the linter; no other test of the authoring tools starts kernels."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ecslab.authoring import build, lint, new
from ecslab.course import NotAttempted, NotYet
from ecslab.course.checks import Module
from ecslab.errors import CourseError


def declared(path: Path) -> Module:
    """Import the declaration of a module that is in no package."""
    spec = importlib.util.spec_from_file_location("declared_in_a_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.MODULE
    assert isinstance(found, Module)
    return found


def text_of(root: Path, notebook: str, cell: str) -> str:
    cells = json.loads((root / notebook).read_text(encoding="utf-8"))["cells"]
    outputs = next(each["outputs"] for each in cells if each["id"] == cell)
    return "".join(line for output in outputs for line in output.get("text", []))


def test_a_new_module_passes_the_linter_and_builds(course: Any) -> None:
    root = course.root
    for name in (course.lesson, course.lab, course.declaration, course.wrong):
        (root / name).unlink()
    assert new("lab", "kites", root=root) == root / course.lab
    assert [str(each) for each in course.lint()] == []

    reports: list[str] = []
    build([], root=root, report=reports.append)
    assert sorted(reports) == [f"executed {course.lesson}", f"executed {course.lab}"]
    assert [str(each) for each in course.lint(built=True)] == []
    check = text_of(root, "solutions/00-kites.ipynb", "check-practice-cluster")
    assert check.startswith("✔ practice-cluster: passed")

    # Nothing is executed when nothing has changed.
    reports.clear()
    assert build([], check=True, root=root, report=reports.append) == []
    assert reports == []

    # The same bytes when the lesson runs again, and one sentence about the lab that fails.
    course.replace(
        course.lab, "cluster = ecs.create_cluster", "raise ValueError('no\\nwind')\nx = f"
    )
    lesson = (root / "lessons/00-kites.ipynb").read_bytes()
    with pytest.raises(CourseError, match="raises ValueError: no wind") as caught:
        build([], root=root, cache=False)
    assert (root / "lessons/00-kites.ipynb").read_bytes() == lesson
    assert re.fullmatch(
        rf"{course.lab}:\d+: cell create-cluster raises ValueError: no wind; mend it and run "
        r"`python3 labs build 00-kites`\.",
        str(caught.value),
    )


def test_the_check_of_a_new_lab_tells_its_wrong_answers_apart(course: Any) -> None:
    (course.root / course.lab).unlink()
    (course.root / course.declaration).unlink()
    (course.root / course.wrong).unlink()
    new("lab", "kites", root=course.root)
    module = declared(course.root / course.declaration)
    assert (module.name, module.points) == ("00-kites", 3)
    judge = module.checks["practice-cluster"].judge
    wrong = tomllib.loads(course.read(course.wrong))["wrong"]
    messages = {each["name"]: each["message"] for each in wrong}

    class Lab:
        def __init__(self, *clusters: dict[str, Any]) -> None:
            self.clusters = clusters

        def client(self, service: str) -> Lab:
            assert service == "ecs"
            return self

        def list_clusters(self) -> dict[str, Any]:
            return {"clusterArns": [each["clusterName"] for each in self.clusters]}

        def describe_clusters(self, clusters: list[str], include: list[str]) -> dict[str, Any]:
            assert include == ["TAGS"]
            return {"clusters": [each for each in self.clusters if each["clusterName"] in clusters]}

    def block(*clusters: dict[str, Any]) -> str:
        result = module.checks["practice-cluster"].run(Lab(*clusters))  # type: ignore[arg-type]
        return result.block

    tags = [{"key": "course", "value": "ecs"}]
    with pytest.raises(NotAttempted):
        judge(Lab(), None)  # type: ignore[arg-type]
    with pytest.raises(NotYet):
        judge(Lab({"clusterName": "default"}), None)  # type: ignore[arg-type]
    assert "passed" in block({"clusterName": "practice", "tags": tags})
    name, tag = messages.values()
    assert name in block({"clusterName": "default", "tags": tags})
    assert tag in block({"clusterName": "practice", "tags": []})
    assert tag not in block({"clusterName": "default", "tags": tags})


def test_a_name_that_the_catalogue_lacks_is_added_as_the_last_module(course: Any) -> None:
    path = new("lesson", "hot-air", root=course.root)
    assert path == course.root / "lessons/src/02-hot-air.md"
    text = course.read("labs/ecslab/course/course.toml")
    modules = tomllib.loads(text)["module"]
    assert [each["slug"] for each in modules] == ["kites", "gliders", "hot-air"]
    assert modules[2]["ready"] is True
    assert modules[2]["points"] == 1
    assert modules[1]["ready"] is False
    assert text.index('slug = "hot-air"') < text.index("[concepts]")
    assert [
        str(each) for each in lint(["hot-air"], root=course.root) if "missing" not in str(each)
    ] == []


def test_only_the_missing_source_is_written(course: Any) -> None:
    (course.root / course.lesson).unlink()
    lab = course.read(course.lab)
    catalogue = course.read("labs/ecslab/course/course.toml")
    assert new("lesson", "0", root=course.root) == course.root / course.lesson
    assert course.read(course.lab) == lab
    assert course.read("labs/ecslab/course/course.toml") == catalogue


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("lesson", "kites", "exists already"),
        ("exercise", "kites", "a lesson and a lab"),
        ("lab", "09-balloons", "the next one is 02"),
        ("lab", "Hot Air", "cannot name a module"),
    ],
)
def test_what_cannot_be_made_is_said(kind: str, name: str, words: str, course: Any) -> None:
    catalogue = course.read("labs/ecslab/course/course.toml")
    with pytest.raises(CourseError, match=words):
        new(kind, name, root=course.root)
    assert course.read("labs/ecslab/course/course.toml") == catalogue
