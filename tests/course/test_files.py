from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecslab.course import files
from ecslab.course.files import CourseFiles
from ecslab.errors import CourseError

FAKE = Path(__file__).parent / "fake"
NAMES = ["labs/00-shelf.ipynb", "lessons/00-shelf.ipynb", "solutions/00-shelf.ipynb"]


def test_this_checkout_is_found() -> None:
    root = files.locate().root
    assert (root / "labs" / "ecslab" / "errors.py").is_file()


def test_wheel_carries_the_course(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "ecslab"
    shutil.copytree(FAKE, package / "_course")
    found = files.locate(package)
    assert found.lesson("00-shelf").is_file()
    assert found.lab("00-shelf").is_file()
    assert found.solution("00-shelf").is_file()
    assert found.notebook("00-shelf", "solution") == found.solution("00-shelf")


def test_the_wheel_is_built_where_nothing_is_installed() -> None:
    """Pip builds it in an environment that has the build backend and no dependency of ours."""
    labs = files.locate().root / "labs"
    code = (
        f"import sys; sys.path.insert(0, {str(labs)!r})\n"
        "from ecslab.course.files import locate\n"
        "print(len(locate().all()))"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(files.locate().all())


def test_package_without_the_course_is_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="install ecslab again"):
        files.locate(tmp_path / "site-packages" / "ecslab")


def test_write_out_copies_what_learners_need(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "course"
    written = files.write_out(folder, CourseFiles(FAKE))
    assert [path.relative_to(folder).as_posix() for path in written] == NAMES
    assert (folder / NAMES[0]).read_bytes() == (FAKE / NAMES[0]).read_bytes()
    assert (
        sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["00-shelf.ipynb"] * 3
    )


def test_write_out_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "labs").mkdir()
    (tmp_path / NAMES[0]).write_text("mine")
    written = files.write_out(tmp_path, CourseFiles(FAKE))
    assert [path.relative_to(tmp_path).as_posix() for path in written] == NAMES[1:]
    assert (tmp_path / NAMES[0]).read_text() == "mine"
    assert files.write_out(tmp_path, CourseFiles(FAKE)) == []


def test_write_out_says_when_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "labs").write_text("a file")
    with pytest.raises(CourseError, match="in each other's way"):
        files.write_out(tmp_path, CourseFiles(FAKE))
