from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ecslab.authoring import build
from ecslab.authoring.cache import Cache
from ecslab.authoring.cells import derive
from ecslab.authoring.source import read
from ecslab.authoring.tree import locate
from ecslab.errors import CourseError

NOTEBOOKS = ("labs/00-kites.ipynb", "lessons/00-kites.ipynb", "solutions/00-kites.ipynb")
PAGES = ("labs/README.md", "lessons/README.md", "solutions/README.md")


def remember(course: Any, **outputs: list[dict[str, Any]]) -> None:
    """Put outputs into the cache, so that no kernel has to run."""
    tree = locate(course.root)
    for part in ("lesson", "lab"):
        path = tree.source(part, "00-kites")
        text = path.read_text(encoding="utf-8")
        source = read(text, path=tree.shown(path), name="00-kites", part=part)
        derived = derive([source])[0]
        found = {cell.id: outputs.get(cell.id, []) for cell in derived.executed if cell.is_code}
        Cache(tree).save(derived, found)


def printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def bytes_of(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in (*NOTEBOOKS, *PAGES)}


def test_only_what_changed_is_written(course: Any) -> None:
    remember(course)
    assert sorted(each.path for each in build([], root=course.root)) == sorted(NOTEBOOKS + PAGES)
    before = bytes_of(course.root)
    assert build([], root=course.root) == []
    assert build([], check=True, root=course.root) == []
    assert bytes_of(course.root) == before


def test_check_reports_a_stale_file_and_leaves_it(course: Any) -> None:
    remember(course)
    build([], root=course.root)
    course.write("labs/00-kites.ipynb", "{}")
    course.write("lessons/README.md", "# Old\n")
    found = build(["kites"], check=True, root=course.root)
    assert [(each.path, each.written, each.fix) for each in found] == [
        ("labs/00-kites.ipynb", False, "python3 labs build 00-kites"),
        ("lessons/README.md", False, "python3 labs build"),
    ]
    assert str(found[0]).endswith("run `python3 labs build 00-kites`.")
    assert course.read("labs/00-kites.ipynb") == "{}"


def test_a_missing_notebook_is_stale(course: Any) -> None:
    remember(course)
    build([], root=course.root)
    (course.root / "solutions/00-kites.ipynb").unlink()
    found = build([], check=True, root=course.root)
    assert [each.path for each in found] == ["solutions/00-kites.ipynb"]


def test_notebooks_have_the_form_of_the_conventions(course: Any) -> None:
    remember(course, **{"check-knot": printed("✔ knot: passed\nMore.\n")})
    build([], root=course.root)
    for name in NOTEBOOKS:
        text = course.read(name)
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert text == nbformat.writes(notebook) + "\n"
        assert notebook.metadata == {
            "kernelspec": {"display_name": "Python 3", "name": "python3"},
            "language_info": {"name": "python"},
        }
        assert {cell.get("execution_count") for cell in notebook.cells} == {None}
    cells = {
        cell["id"]: cell for cell in json.loads(course.read("solutions/00-kites.ipynb"))["cells"]
    }
    assert cells["check-knot"]["outputs"][0]["text"] == ["✔ knot: passed\n", "More.\n"]
    assert cells["check-knot"]["metadata"] == {"tags": ["check", "nbval-check-output"]}
    assert cells["knot"]["source"] == ['knot = "a bowline, tied twice"']
    lab = {cell["id"]: cell for cell in json.loads(course.read("labs/00-kites.ipynb"))["cells"]}
    assert lab["knot"]["source"] == ["knot = ..."]
    assert all(cell.get("outputs", []) == [] for cell in lab.values())
    assert list(lab) == list(cells)


def test_the_contents_name_every_module(course: Any) -> None:
    remember(course)
    build([], root=course.root)
    page = course.read("lessons/README.md")
    assert "| [00 · Kites](00-kites.ipynb) | Fly one. | 5 | – |" in page
    gliders = "| 01 · Gliders (to come) | Build one. | 5 | [00](00-kites.ipynb) |"
    assert gliders in page


@pytest.mark.parametrize(
    ("names", "words"),
    [(["kitse"], "did you mean 00-kites"), (["gliders"], "python3 labs new lesson 01-gliders")],
)
def test_a_module_that_cannot_be_built_is_said(names: list[str], words: str, course: Any) -> None:
    with pytest.raises(CourseError, match=words):
        build(names, root=course.root)


@pytest.mark.parametrize(
    ("file", "is_known"),
    [
        ("labs/ecslab/course/modules/kites.py", False),
        ("labs/ecslab/cloud/core.py", False),
        ("labs/ecslab/course/modules/gliders.py", True),
        ("labs/ecslab/cli/app.py", True),
        ("labs/ecslab/authoring/words.py", True),
    ],
)
def test_outputs_are_remembered_while_nothing_they_depend_on_changes(
    file: str, *, is_known: bool, course: Any
) -> None:
    remember(course)
    course.write(file, "x = 1\n")
    assert known(course) == is_known


def test_a_declaration_that_imports_another_depends_on_it(course: Any) -> None:
    course.write(course.declaration, "from ecslab.course.modules import gliders\n")
    remember(course)
    course.write("labs/ecslab/course/modules/gliders.py", "x = 1\n")
    assert not known(course)


def test_a_damaged_entry_is_executed_again(course: Any) -> None:
    remember(course)
    for entry in (course.root / ".cache" / "build").glob("*.json"):
        entry.write_text("{", encoding="utf-8")
    assert not known(course)


def known(course: Any) -> bool:
    tree = locate(course.root)
    path = tree.source("lab", "00-kites")
    text = path.read_text(encoding="utf-8")
    source = read(text, path=tree.shown(path), name="00-kites", part="lab")
    return Cache(tree).load(derive([source])[0]) is not None
