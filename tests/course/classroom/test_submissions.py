from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from ecslab.course.classroom import archive
from ecslab.course.classroom.names import learner_of, safe_file_name
from ecslab.course.classroom.submissions import find
from ecslab.errors import CourseError


def zipped(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("parts", "learner"),
    [
        (("Ada Lovelace_8123_assignsubmission_file", "a.ipynb"), "Ada Lovelace"),
        (("Ada Lovelace_8123_assignsubmission_file_", "sub", "a.ipynb"), "Ada Lovelace"),
        (("lovelaceada_4711_8888_02-clusters.ipynb",), "lovelaceada"),
        (("lovelaceada_LATE_4711_8888_02-clusters.ipynb",), "lovelaceada"),
        (("Lab 2_s123_attempt_2026-11-20-10-00-00_02-clusters.ipynb",), "s123"),
        (("ada", "02-clusters.ipynb"), "ada"),
        (("ada.ipynb",), "ada"),
        (("\x1b[31m\u202e", "a.ipynb"), "(no name)"),
    ],
)
def test_a_learner_is_known_from_what_the_platform_wrote(
    parts: tuple[str, ...], learner: str
) -> None:
    """Moodle, Canvas and Blackboard name what they export so; else folders and files do."""
    assert learner_of(parts) == learner


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\nul", "", "..", "a" * 500, "\x00"])
def test_a_file_name_leads_nowhere(name: str) -> None:
    safe = safe_file_name(name)
    assert safe
    assert len(safe) <= 100
    assert not {"/", "\\", "\x00"} & set(safe)
    assert not safe.startswith(".")


def test_folders_and_zip_files_are_looked_through(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "lab.ipynb").write_text("ada")
    (tmp_path / "ada" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "ada" / ".ipynb_checkpoints" / "lab.ipynb").write_text("old")
    inner = zipped({"lab.ipynb": "inner"})
    whole = {"Grace/lab.ipynb": "grace", "Alan/work.zip": inner, "__MACOSX/Grace/lab.ipynb": ""}
    (tmp_path / "class.zip").write_bytes(zipped(whole))
    (tmp_path / "eve.zip").write_bytes(zipped({"lab.ipynb": "eve"}))
    found = find([tmp_path])
    assert {each.learner: each.content().decode() for each in found} == {
        "ada": "ada",
        "Alan": "inner",
        "Grace": "grace",
        "eve": "eve",
    }


def test_names_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "lab.ipynb").write_text(folder)
    found = find([tmp_path / "one", tmp_path / "two"])
    assert [each.name for each in found] == ["lab.ipynb", "lab.ipynb (2)"]
    assert len({each.key("rules") for each in found}) == 2


def test_a_key_changes_with_the_content_and_with_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "lab.ipynb"
    file.write_text("one")
    (submission,) = find([file])
    first = submission.key("rules")
    assert submission.key("rules") == first
    assert submission.key("other rules") != first
    file.write_text("two")
    assert submission.key("rules") != first


def broken(kind: str) -> bytes:
    """A zip file that is not what it seems."""
    if kind == "no zip file":
        return b"PK\x03\x04 nothing"
    good = zipped({"a/lab.ipynb": b"x" * 5000})
    if kind == "cut off":
        return good[: len(good) // 2]
    if kind == "wrong bytes":
        place = good.index(b"a/lab.ipynb") + len("a/lab.ipynb") + 2
        return good[:place] + b"\xff\xff\xff\xff" + good[place + 4 :]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        link = zipfile.ZipInfo("a/lab.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["no zip file", "cut off", "wrong bytes", "a link"])
def test_a_broken_zip_file_is_one_that_cannot_be_graded(kind: str, tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(broken(kind))
    (submission,) = find([tmp_path])
    with pytest.raises(CourseError, match=r"zip file|link"):
        submission.content()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 1024**2)
    bomb = zipped({"ada/lab.ipynb": b"0" * (4 * 1024**2)})
    assert len(bomb) < 10_000
    (tmp_path / "class.zip").write_bytes(bomb)
    (submission,) = find([tmp_path])
    with pytest.raises(CourseError, match="larger than 1 MiB"):
        submission.content()


def test_a_member_leads_nowhere_else(tmp_path: Path) -> None:
    names = {"../../up/lab.ipynb": "1", "/abs/lab.ipynb": "2", "..\\..\\win\\lab.ipynb": "3"}
    (tmp_path / "class.zip").write_bytes(zipped(names))
    found = find([tmp_path])
    assert sorted(each.learner for each in found) == ["abs", "up", "win"]
    assert not any(".." in each.name for each in found)


def test_a_link_and_a_folder_are_no_submissions(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "lab.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "class" / "odd.ipynb").mkdir()
    (submission,) = find([tmp_path / "class"])
    with pytest.raises(CourseError, match="is a link"):
        submission.content()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no file"):
        find([tmp_path / "missing"])
    with pytest.raises(CourseError, match="There is no notebook in"):
        find([tmp_path])
