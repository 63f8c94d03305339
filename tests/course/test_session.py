from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ecslab.course.progress import CheckProgress, Progress, Store
from ecslab.course.session import Session, start
from ecslab.errors import CourseError

Open = Callable[..., Session]
Said = Callable[[], str]

NAME = "00-shelf"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Give what was printed since the last call."""
    return lambda: capsys.readouterr().out


def solve(lab: Any) -> None:
    lab.client("ecs").create_cluster(clusterName="books")


def test_start_shows_what_is_there(tiny: Open, said: Said) -> None:
    lab = tiny()
    assert said() == (
        "00 · The shelf · lab\n"
        "  goal: Add a cluster.\n"
        "  given: A cluster named given.\n"
        "  checks: 2 checks, 3 points\n"
    )
    assert len(lab.client("ecs").list_clusters()["clusterArns"]) == 1


def test_part_without_a_scenario_starts_empty(tiny: Open, said: Said) -> None:
    lesson = tiny("lesson")
    assert said() == (
        "00 · The shelf · lesson\n"
        "  goal: Put a cluster on the shelf.\n"
        "  given: An empty AWS account.\n"
    )
    assert lesson.client("ecs").list_clusters()["clusterArns"] == []


def test_opening_again_ends_the_one_before(tiny: Open, running: Callable[[], int]) -> None:
    first = tiny()
    solve(first)
    second = tiny()
    assert running() == 1
    assert len(second.client("ecs").list_clusters()["clusterArns"]) == 1
    with pytest.raises(CourseError, match=r"closed: run lab\.reset\(\) or the first cell"):
        _ = first.cloud
    with pytest.raises(CourseError, match="closed"):
        first.check("one-cluster")


def test_unknown_names_leave_the_open_lab_alone(tiny: Open, running: Callable[[], int]) -> None:
    lab = tiny()
    for name, part in (("no-such", "lab"), ("attic", "lab"), ("shelf", "exam")):
        with pytest.raises(CourseError):
            start(name, part, setting=lab._setting)
    assert running() == 1
    lab.check("one-cluster")


@pytest.mark.parametrize("method", ["check", "hint", "solution"])
def test_unknown_check_says_which_there_are(tiny: Open, method: str) -> None:
    with pytest.raises(CourseError, match=r"no check 'two'.*: one-cluster, how-many"):
        getattr(tiny(), method)("two")


def test_clients_are_made_once(tiny: Open) -> None:
    lab = tiny()
    assert lab.client("ecs") is lab.client("ecs")


def test_check_prints_and_records(tiny: Open, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    lab = tiny(progress=path)
    said()
    lab.check("one-cluster")
    assert said() == "○ one-cluster: not attempted (0 of 2 points)\n"
    assert not path.exists()
    lab.client("ecs").create_cluster(clusterName="book")
    lab.check("one-cluster")
    assert said() == (
        "✘ one-cluster: not yet (0 of 2 points)\n"
        "  expected: 'books'\n"
        "  found: 'book'\n"
        "  look at: describe_clusters → clusters[0].clusterName\n"
        '  next: lab.hint("one-cluster")\n'
    )
    lab.reset()
    solve(lab)
    said()
    lab.check("one-cluster")
    lab.check("one-cluster")
    assert said() == "✔ one-cluster: passed (2 of 2 points)\n" * 2
    assert Store(path).load().check(NAME, "one-cluster") == CheckProgress(passed=True, tries=2)


def test_hints_come_one_by_one(tiny: Open, said: Said) -> None:
    lab = tiny()
    said()
    for _ in range(3):
        lab.hint("one-cluster")
    assert said().splitlines() == [
        "one-cluster, hint 1 of 2: Which operation makes a cluster?",
        "one-cluster, hint 2 of 2: Look for the name under clusterName.",
        "one-cluster, hint 2 of 2: Look for the name under clusterName.",
    ]


def test_long_hint_breaks_between_words(tiny: Open, said: Said) -> None:
    lab = tiny()
    hint = "Which of the many operations of this client " * 3
    declare = lab._module.check("long", points=1, title="Long", hints=(hint,))
    declare(lambda _lab, _answer: None)
    said()
    lab.hint("long")
    first, *others = said().splitlines()
    assert max(map(len, [first, *others])) <= 79
    assert all(line.startswith("  ") for line in others)
    assert " ".join([first, *others]).split() == f"long, hint 1 of 1: {hint}".split()


def test_solution_opens_after_three_tries(tiny: Open, said: Said) -> None:
    lab = tiny()
    lab.check("how-many", ...)
    said()
    for missing in ("3 more tries", "2 more tries", "1 more try"):
        lab.solution("how-many")
        assert said() == (
            f"○ how-many: the solution opens when the check passes, or after {missing}.\n"
        )
        lab.check("how-many", 7)
        said()
    lab.solution("how-many")
    assert said() == (
        "# how-many: one way to do it\n"
        'arns = ecs.list_clusters()["clusterArns"]\n'
        "count = len(arns)\n"
    )


def test_solution_opens_after_a_pass(tiny: Open, said: Said) -> None:
    lab = tiny()
    solve(lab)
    lab.check("one-cluster")
    said()
    lab.solution("one-cluster")
    assert said().splitlines()[1:] == ['made = ecs.create_cluster(clusterName="books")']


def test_tries_are_remembered_in_a_new_kernel(tiny: Open, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    for _ in range(3):
        tiny(progress=path).check("how-many", 7)
    said()
    tiny(progress=path).solution("how-many")
    assert "one way to do it" in said()


def test_score_is_a_table(tiny: Open, said: Said) -> None:
    lab = tiny()
    solve(lab)
    lab.check("one-cluster")
    lab.check("how-many", 1)
    said()
    lab.score()
    assert said() == (
        "00 · The shelf · score\n"
        "✔ one-cluster  2 of 2  A cluster named books\n"
        "✘ how-many     0 of 1  Count them\n"
        "  total        2 of 3 points\n"
    )


def test_best_result_counts(tiny: Open, said: Said) -> None:
    lab = tiny()
    lab.check("how-many", 1)
    solve(lab)
    lab.check("how-many", 1)
    said()
    lab.score()
    assert "✔ how-many     1 of 1" in said()


def test_reset_gives_a_fresh_account_and_keeps_progress(
    tiny: Open, said: Said, running: Callable[[], int]
) -> None:
    lab = tiny()
    solve(lab)
    lab.check("one-cluster")
    said()
    lab.reset()
    assert said() == "00 · The shelf · lab: a fresh account. A cluster named given.\n"
    assert len(lab.client("ecs").list_clusters()["clusterArns"]) == 1
    assert lab.results == {}
    assert running() == 1
    lab.check("one-cluster")
    lab.score()
    assert "✔ one-cluster  2 of 2" in said()


def test_cleanup_names_what_is_left(tiny: Open, said: Said, running: Callable[[], int]) -> None:
    lab = tiny()
    solve(lab)
    said()
    lab.cleanup()
    assert said() == (
        "✘ 1 thing is left. In this order:\n"
        "  cluster books\n"
        '    ecs.delete_cluster(cluster="books")\n'
        "  then: lab.cleanup()\n"
    )
    assert running() == 1
    lab.client("ecs").delete_cluster(cluster="books")
    for _ in range(2):
        lab.cleanup()
        assert said().startswith("✔ Nothing left")
        assert running() == 0


def test_reset_after_cleanup_opens_a_new_account(tiny: Open, running: Callable[[], int]) -> None:
    lab = tiny()
    lab.cleanup()
    lab.reset()
    assert running() == 1
    assert len(lab.client("ecs").list_clusters()["clusterArns"]) == 1


def test_lesson_is_done_when_nothing_is_left(tiny: Open, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    lesson = tiny("lesson", progress=path)
    solve(lesson)
    lesson.cleanup()
    assert "then: lesson.cleanup()" in said()
    assert not Store(path).load().module(NAME).lesson
    lesson.client("ecs").delete_cluster(cluster="books")
    lesson.cleanup()
    assert Store(path).load().module(NAME).lesson


def test_predictions_print(tiny: Open, said: Said) -> None:
    lesson = tiny("lesson")
    said()
    lesson.predict("tasks", 2)
    lesson.reveal("tasks", 2, "Two were asked for.")
    assert said().splitlines() == [
        "● tasks: you predict 2.",
        "✔ tasks: it is 2, as you predicted.",
        "  Two were asked for.",
    ]


def test_damaged_progress_is_said_once_and_learning_goes_on(
    tiny: Open, said: Said, tmp_path: Path
) -> None:
    path = tmp_path / "progress.json"
    path.write_text("{")
    lab = tiny(progress=path)
    assert said().splitlines()[-1] == (
        "The progress file could not be read; it is kept as progress.damaged-1.json and a new one "
        "begins."
    )
    lab.check("how-many", 1)
    lab.check("how-many", 1)
    assert "progress" not in said()
    assert Store(path).load().module(NAME).passed == 1


def test_progress_that_cannot_be_written_never_stops_a_lab(
    tiny: Open, said: Said, tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    folder.write_text("a file where the folder should be")
    lab = tiny(progress=folder / "progress.json")
    said()
    lab.check("how-many", 1)
    printed = said()
    assert printed.startswith("✔ how-many: passed")
    assert printed.count("Your progress is not being recorded.") == 1
    lab.check("how-many", 1)
    lab.score()
    assert "recorded" not in said()


def test_newer_progress_is_not_touched(tiny: Open, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text('{"schema": 9, "modules": {}}')
    lab = tiny(progress=path)
    assert "newer ecslab" in said()
    lab.check("how-many", 1)
    assert path.read_text() == '{"schema": 9, "modules": {}}'


def test_session_shows_itself_calmly(tiny: Open) -> None:
    lab = tiny()
    lab.check("how-many", 1)
    assert repr(lab) == "<Session 00-shelf lab: 1 of 2 checks passed, 1 of 3 points>"
    html = lab._repr_html_()
    assert "<code>how-many</code>" in html
    assert "0x" not in html
    lesson = tiny("lesson")
    assert repr(lesson) == "<Session 00-shelf lesson>"
    assert lesson._repr_html_() == "00 · The shelf · lesson"


def test_mistake_shows_one_line_in_a_notebook(tiny: Open, said: Said) -> None:
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.user_ns["lab"] = tiny()
    said()
    shell.run_cell('lab.check("two")')
    assert said().splitlines() == [
        "CourseError: There is no check 'two' in 00-shelf; its checks are: one-cluster, how-many."
    ]


def test_merging_while_open_keeps_both(tiny: Open, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    lab = tiny(progress=path)
    Store(path).add(Progress().with_check("02-clusters", "x", CheckProgress(passed=True, tries=1)))
    lab.check("how-many", 1)
    progress = Store(path).load()
    assert progress.check("02-clusters", "x").passed
    assert progress.check(NAME, "how-many").passed
