from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.course.classroom import archive
from ecslab.course.classroom.names import origin_of, safe_file_name
from ecslab.course.classroom.submissions import look_through
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
    assert origin_of(parts).learner == learner


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
    found = look_through([tmp_path]).submissions
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
    found = look_through([tmp_path / "one", tmp_path / "two"]).submissions
    assert [each.name for each in found] == ["lab.ipynb", "lab.ipynb (2)"]
    assert len({each.key("rules") for each in found}) == 2


def test_a_key_changes_with_the_content_and_with_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "lab.ipynb"
    file.write_text("one")
    (submission,) = look_through([file]).submissions
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
    (submission,) = look_through([tmp_path]).submissions
    with pytest.raises(CourseError, match=r"zip file|link"):
        submission.content()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 1024**2)
    bomb = zipped({"ada/lab.ipynb": b"0" * (4 * 1024**2)})
    assert len(bomb) < 10_000
    (tmp_path / "class.zip").write_bytes(bomb)
    (submission,) = look_through([tmp_path]).submissions
    with pytest.raises(CourseError, match="larger than 1 MiB"):
        submission.content()


def test_a_member_leads_nowhere_else(tmp_path: Path) -> None:
    names = {"../../up/lab.ipynb": "1", "/abs/lab.ipynb": "2", "..\\..\\win\\lab.ipynb": "3"}
    (tmp_path / "class.zip").write_bytes(zipped(names))
    found = look_through([tmp_path]).submissions
    assert sorted(each.learner for each in found) == ["abs", "up", "win"]
    assert not any(".." in each.name for each in found)


def test_a_link_and_a_folder_are_no_submissions(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "lab.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "class" / "odd.ipynb").mkdir()
    (submission,) = look_through([tmp_path / "class"]).submissions
    with pytest.raises(CourseError, match="is a link"):
        submission.content()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no file"):
        look_through([tmp_path / "missing"])
    with pytest.raises(CourseError, match="There is no notebook in"):
        look_through([tmp_path])


FILE = "02-clusters.ipynb"


@pytest.mark.parametrize(
    ("export", "learner"),
    [
        ("Ada Lovelace_81_assignsubmission_file/{}", "Ada Lovelace"),
        ("Ada Lovelace_81_assignsubmission_file_{}", "Ada Lovelace"),
        ("Group 1-Ada Lovelace_81_assignsubmission_file_/src/{}", "Group 1-Ada Lovelace"),
        ("lovelaceada_4711_8888_{}", "lovelaceada"),
        ("lovelaceada_LATE_4711_8888_{}", "lovelaceada"),
        ("anon_aB3dE_8888_{}", "aB3dE"),
        ("LATE_anon_aB3dE_8888_{}", "aB3dE"),
        ("Lab 2_s123_attempt_2026-11-20-10-00-00_{}", "s123"),
        ("gradebook_ECS_Lab-2_s123_attempt_2026-11-20-10-00-00_{}", "s123"),
        ("7-9 - Ada Lovelace - Nov 20, 2026 1000 AM - {}", "Ada Lovelace"),
        ("7-9 - Ada Lovelace - Nov 20, 2026 10:00 AM/{}", "Ada Lovelace"),
        ("Lab 2/Lovelace_Ada_alovelace_4711/{}", "Ada Lovelace"),
        ("Ada Lovelace - {}", "Ada Lovelace"),
        ("lab-2-submissions/lab-2-ada/{}", "ada"),
        ("submitted/ada/02-clusters/{}", "ada"),
        ("ada/{}", "ada"),
        ("class/ada/{}", "ada"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "zip file"])
def test_each_learner_of_an_export_is_named(
    export: str, learner: str, kind: str, tmp_path: Path
) -> None:
    """As mod/assign of Moodle, Canvas's content_zipper.rb, Blackboard, Brightspace, ILIAS write."""
    # A class has more than one learner.
    other = export.replace("Ada", "Alan").replace("ada", "alan").replace("Lovelace", "Turing")
    other = other.replace("lovelace", "turing").replace("s123", "s456").replace("aB3dE", "xY4zQ")
    files = {export.format(FILE): "1", other.replace("4711", "4712").format(FILE): "2"}
    place = tmp_path / "hand-ins"
    if kind == "zip file":
        place = tmp_path / "hand-ins.zip"
        place.write_bytes(zipped(dict(files)))
    else:
        lay_out(place, files)
    found = look_through([place]).submissions
    assert len({each.learner for each in found}) == 2
    assert learner in {each.learner for each in found}
    assert {each.content() for each in found} == {b"1", b"2"}


def lay_out(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    "names",
    [
        ("Anna Müller_1_assignsubmission_file", "Anna Müller_2_assignsubmission_file"),
        ("Teilnehmer in_1_assignsubmission_file", "Teilnehmer in_2_assignsubmission_file"),
    ],
)
def test_two_learners_of_one_name_stay_two(names: tuple[str, str], tmp_path: Path) -> None:
    """Also where the platform hides the names and writes the same word for everybody."""
    lay_out(tmp_path, {f"{name}/{FILE}": name for name in names})
    first = names[0].split("_", maxsplit=1)[0]
    assert {each.learner for each in look_through([tmp_path]).submissions} == {
        f"{first} (1)",
        f"{first} (2)",
    }


def test_names_that_only_look_like_a_platforms_are_the_learners_own(tmp_path: Path) -> None:
    lay_out(tmp_path, {"Ada/lab_1_2_final.ipynb": "1", "lab_2_eve_123/a.ipynb": "2"})
    assert [each.learner for each in look_through([tmp_path]).submissions] == [
        "Ada",
        "lab_2_eve_123",
    ]


def test_one_learner_of_two_assignments_stays_one(tmp_path: Path) -> None:
    """Moodle numbers people anew for each assignment."""
    for number, lab in ((1, "lab-1"), (2, "lab-2")):
        member = f"Ada_{number}_assignsubmission_file/{FILE}"
        (tmp_path / f"{lab}.zip").write_bytes(zipped({member: lab}))
    assert [each.learner for each in look_through([tmp_path]).submissions] == ["Ada", "Ada"]


def test_user_names_with_underscores_are_not_taken_for_one(tmp_path: Path) -> None:
    name = "Lab 2_{}_smith_attempt_2026-11-20-10-00-00_lab.ipynb"
    lay_out(tmp_path, {name.format("a"): "1", name.format("b"): "2"})
    assert len({each.learner for each in look_through([tmp_path]).submissions}) == 2


def test_a_learners_own_zip_file_of_several_labs_is_one_learners(tmp_path: Path) -> None:
    own = {FILE: "1", "04-tasks.ipynb": "2", "notes/x.txt": "3"}
    (tmp_path / "ada.zip").write_bytes(zipped(dict(own)))
    (tmp_path / "eve.zip").write_bytes(zipped({f"eve/{name}": text for name, text in own.items()}))
    assert [each.learner for each in look_through([tmp_path]).submissions] == [
        "ada",
        "ada",
        "eve",
        "eve",
    ]


@pytest.mark.parametrize("folder", ["Ada", "Ada_1_assignsubmission_file", "."])
def test_folders_in_a_learners_zip_file_are_no_learners(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    name = "Ada_1_assignsubmission_file_w.zip" if folder == "." else "w.zip"
    (tmp_path / folder / name).write_bytes(zipped({"one/a.ipynb": "1", "two/b.ipynb": "2"}))
    lay_out(tmp_path, {f"Eve/{FILE}": "3"})
    assert [each.learner for each in look_through([tmp_path]).submissions] == ["Ada", "Ada", "Eve"]


def test_files_named_like_labs_are_those_of_the_folders_owner(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"ada/{FILE}": "1", f"eve/{FILE}": "2", "ada/04-tasks.ipynb": "3"})
    assert [each.learner for each in look_through([tmp_path / "ada"]).submissions] == ["ada", "ada"]
    both = look_through([tmp_path / "ada" / FILE, tmp_path / "eve" / FILE]).submissions
    assert [each.learner for each in both] == ["ada", "eve"]


def test_a_learner_without_a_notebook_is_told(tmp_path: Path) -> None:
    deep = zipped({"a.zip": zipped({"b.zip": zipped({FILE: "too deep"})})})
    (tmp_path / "Zoe").mkdir()
    (tmp_path / "Zoe" / "work.zip").write_bytes(deep)
    lay_out(
        tmp_path,
        {
            f"Ada/{FILE}": "1",
            "Ada/notes.txt": "",
            "Walt_26_assignsubmission_file/answers.docx": "",
            "Tina_27_assignsubmission_onlinetext/onlinetext.html": "",
            "Lab_s1_attempt_2026-11-20-10-00-00.txt": "",
            "grades.csv": "",
            "Ada/.DS_Store": "",
            "Ada/._02-clusters.ipynb": "",
            "__MACOSX/Ada/._02-clusters.ipynb": "",
        },
    )
    found = look_through([tmp_path])
    problems = {each.learner: each.problem for each in found.submissions}
    assert sorted(problems) == ["Ada", "Tina", "Walt", "Zoe", "s1"]
    assert problems["Ada"] == ""
    assert problems["Walt"] == "There is no notebook, only answers.docx; ask for the .ipynb file."
    assert "only b.zip" in problems["Zoe"]
    assert {"Ada/notes.txt", "grades.csv"} <= set(found.left_out)
    assert not [name for name in found.left_out if "DS_Store" in name or "._" in name]


@pytest.mark.parametrize("kind", ["folder", "zip file"])
def test_of_a_copy_of_the_whole_course_only_the_learners_labs_count(
    kind: str, tmp_path: Path
) -> None:
    """Else the course's own solutions would earn all points."""
    course = [f"{folder}/{FILE}" for folder in ("labs", "lessons", "solutions")]
    files = {f"{learner}/{name}": "1" for learner in ("ecs-ada", "ecs-eve") for name in course}
    own = "ecs-ada/work"
    files |= {f"{own}/{FILE}": "2", f"{own}/progress.json": "", "bob/a.ipynb": "3"}
    place = tmp_path / "class.zip"
    if kind == "zip file":
        place.write_bytes(zipped(dict(files)))
    else:
        lay_out(place, files)
    found = look_through([place])
    counting = {(each.learner, each.name) for each in found.submissions}
    assert counting == {
        ("bob", "bob/a.ipynb"),
        ("ecs-ada", f"{own}/{FILE}"),
        ("ecs-eve", f"ecs-eve/labs/{FILE}"),
    }
    assert f"ecs-eve/solutions/{FILE}" in found.left_out


def test_results_that_lie_in_the_class_are_not_handed_in(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"Ada/{FILE}": "1", "out/reports.jsonl": "", "out/learners/Ada.html": ""})
    found = look_through([tmp_path])
    assert [each.learner for each in found.submissions] == ["Ada"]
    assert found.left_out == ()


def test_names_of_zip_files_that_forget_to_say_utf_8_are_read(tmp_path: Path) -> None:
    """The Finder of macOS writes such zip files, and writes ü as u and two dots."""
    content = zipped({f"Ju\u0308rgen/{FILE}": "1", f"Zoë/{FILE}": "2"})
    flagged = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := flagged.find(mark, start + 1)) >= 0:
            flagged[start + place + 1] &= ~0x08
    (tmp_path / "class.zip").write_bytes(flagged)
    found = look_through([tmp_path / "class.zip"]).submissions
    assert [each.learner for each in found] == ["Jürgen", "Zoë"]
    assert [each.content() for each in found] == [b"1", b"2"]


def test_a_zip_file_of_thousands_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the list of members for each member takes a MOOC hours."""
    inner = zipped({f"b{number}/{FILE}": str(number) for number in range(50)})
    whole: dict[str, bytes | str] = {f"a{number}/{FILE}": str(number) for number in range(50)}
    (tmp_path / "class.zip").write_bytes(zipped(whole | {"more/rest.zip": inner}))
    opened: list[object] = []
    real = zipfile.ZipFile.__init__

    def counting(self: zipfile.ZipFile, file: Path, *rest: str) -> None:
        opened.append(file)
        real(self, file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counting)
    found = look_through([tmp_path / "class.zip"]).submissions
    assert len({each.key("rules") for each in found}) == 100
    assert len(opened) == 2


LEARNERS = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1)


@settings(max_examples=60)
@given(names=st.lists(LEARNERS, min_size=1, max_size=5), files=st.lists(LEARNERS, max_size=3))
def test_no_name_in_a_zip_file_loses_a_learner(
    names: list[str], files: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    members: dict[str, bytes | str] = {
        f"{number}{name}/{file}.ipynb": f"{number} {file}"
        for number, name in enumerate(names)
        for file in (*files, "lab")
    }
    place = tmp_path_factory.mktemp("class") / "class.zip"
    place.write_bytes(zipped(members))
    found = look_through([place]).submissions
    hidden = sum(file.startswith(".") for file in {*files, "lab"}) * len(names)
    assert len(found) == len(members) - hidden
    assert len({each.name for each in found}) == len(found)
    assert all(each.learner for each in found)
