from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from ecslab.authoring import lint
from ecslab.authoring.linting.links import anchor


def lines(course: Any) -> list[str]:
    return [str(each) for each in course.lint()]


def test_a_course_that_keeps_the_conventions_has_no_problems(course: Any) -> None:
    assert lines(course) == []


def line_of(course: Any, file: str, text: str) -> int:
    return next(n for n, line in enumerate(course.read(file).splitlines(), 1) if text in line)


LESSON_MISTAKES = [
    ("# 00 · Kites", "# Kites", "Kites", "the title is 'Kites'"),
    ("# 00 · Kites", "Hello.\n\n# 00 · Kites", "Hello", None),
    ("You learn to fly.", "You learn. You fly.", "You learn", "has 2 sentences"),
    ("You learn to fly.", "- You learn to fly.", "# 00", "no promise follows the title"),
    ("- fly\n", "- a\n- b\n- c\n- d\n- e\n", "## You will", "lists 5 things"),
    ("## Check yourself\n", "", None, "the section 'Check yourself' is missing"),
    ("## Next", "## Next\n\nX.\n\n## Next", None, "stands twice"),
    ("## Wind\n", "### Wind\n", "## Before you start", "nothing is taught between"),
    ("Wind lifts", "# Rain\n\nWind lifts", "# Rain", "a second title"),
    ("Wind lifts", "Wind simply lifts", "Wind simply", "'simply' tells a reader"),
    ("Wind lifts a kite.", "Wind lifts.\nIt is Just air.", "Just", "'Just' tells a reader"),
    ("Wind lifts", "Use AWS Copilot. It is retired. Wind lifts", "Copilot", "Copilot is a retired"),
    ("Wind lifts", "Use `ecs-cli`; wind lifts", "ecs-cli", "ecs-cli is a retired"),
    ("Wind lifts", "The lift-coefficient lifts", "lift-coeff", "a concept of 01-gliders"),
    ("Wind lifts", "!!! note\n\nWind lifts", "!!!", "!!! is raw text"),
    ("Wind lifts", "???+ note\n\nWind lifts", "???+", "???+ is raw text"),
    ("Wind lifts", ":::{tip}\nX\n:::\n\nWind lifts", ":::{tip}", "::: is raw text"),
    ("Wind lifts", "```{note}\nX\n```\n\nWind lifts", "```{note}", "{note} is a directive"),
    ("Wind lifts", "> [!HINT]\n> X\n\nWind lifts", "[!HINT]", "no call-out that GitHub knows"),
    ("Wind lifts", "> [!TIP]-\n> X\n\nWind lifts", "[!TIP]-", "anything follows [!TIP]"),
    ("Wind lifts", "<details>\n<summary>A</summary>\n\nWind lifts", "<details>", "is not closed"),
    ("Wind lifts", "<details>\n\nX\n\n</details>\n\nWind lifts", "<details>", "has no summary"),
    ("Wind lifts", "[x](05-x.ipynb)\nWind lifts", "05-x", "the link 05-x.ipynb leads nowhere"),
    ("Wind lifts", "X\n[x](#no)\nWind lifts", "#no", "the link #no names a section"),
    ("Wind lifts", "[x](../labs/00-kites.ipynb#no)\nWind lifts", "#no", "names a section"),
    ("Wind lifts", "[x](/etc/hosts)\nWind lifts", "/etc/", "is an absolute path"),
    ("Wind lifts", "[x](../../other/x.md)\nWind lifts", "other", "leads out of the repository"),
    ("Wind lifts", "[x](ftp://x.org)\nWind lifts", "ftp:", "is no web address"),
    ("Wind lifts", "<a href='x.md'>x</a>\nWind lifts", "x.md", "leads nowhere"),
    ("Wind lifts", "![](src/00-kites.md)\nWind lifts", "![]", "this picture has no alt text"),
    ("Wind lifts", '<img src="src/00-kites.md">\nWind lifts', "<img", "has no alt text"),
    ('start("00-kites", part="lesson")', 'start("00-kites")', ":label", "started by `lesson ="),
    ("about 5 minutes", "a while", None, "does not say how long it takes"),
    ("Wind lifts", "Wind " * 2200 + "lifts", None, "its words and exercises take 11"),
    ("lesson = start", "x = 1\nlesson = begin", ":label", "does not start the session"),
]


@pytest.mark.parametrize(("old", "new", "at", "words"), LESSON_MISTAKES)
def test_a_mistake_in_a_lesson_is_named_with_its_line(
    old: str, new: str, at: str | None, words: str | None, course: Any
) -> None:
    course.replace(course.lesson, old, new)
    found = course.lint()
    assert len(found) == (1 if words else 0), lines(course)
    if words:
        assert words in found[0].message
        assert found[0].path == course.lesson
        if at == ":label":
            assert found[0].line == line_of(course, course.lesson, at) - 1
        elif at:
            assert found[0].line == line_of(course, course.lesson, at)


GOOD_LESSONS = [
    ("Wind lifts", "AWS Copilot was retired in 2026. Wind lifts"),
    ("Wind lifts", "The lift coefficient (module 01) lifts"),
    ("Wind lifts", "```bash\njust build !!!\n```\n\nWind lifts"),
    ("Wind lifts", "`just` adjusts. Wind lifts"),
    ("Wind lifts", "> [!NOTE]\n> Wind.\n\nWind lifts"),
    ("Wind lifts", "<details>\n<summary>A</summary>\n\nX\n\n</details>\n\nWind lifts"),
    ("Wind lifts", "[x](#Check-yourself) [y](https://aws.amazon.com/ecs/) Wind lifts"),
    ("Wind lifts", "![a kite](../labs/README.md) [z](../solutions/00-kites.ipynb) Wind lifts"),
]


@pytest.mark.parametrize(("old", "new"), GOOD_LESSONS)
def test_what_the_conventions_allow_is_no_problem(old: str, new: str, course: Any) -> None:
    course.write("labs/README.md", "# Labs\n")
    course.replace(course.lesson, old, new)
    assert lines(course) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"),
    [
        ("lab", "## Goal", "## Aim", "lab", "the section 'Goal' is missing"),
        ("lab", "Tie a knot.\n", "", "lab", "nothing says what to do in answer cell knot"),
        ("lab", "lab.cleanup()", "print(lab)", "lab", "never calls lab.cleanup()"),
        ("lab", "wind)", "gust)", "lab", "names a section that its target does not have"),
        ("lab", "check-knot", "check-bow", "lab", "runs the check 'knot'"),
        ("declaration", '"knot", points', '"bow", points', "lab", "knot is not declared in labs/"),
        ("declaration", "points=3", "points=4", "lab", "worth 4 points, course.toml says 3"),
        ("declaration", '("Sailors know it.",)', "()", "declaration", "no one to 3 hints"),
        ("wrong", 'check = "knot"', 'check = "bow"', "wrong", "knot has 1 of 2 wrong answers"),
    ],
)
def test_a_mistake_in_a_lab_is_named(
    *, file: str, old: str, new: str, place: str, words: str, course: Any
) -> None:
    course.replace(getattr(course, file), old, new)
    found = {each.path for each in course.lint() if words in each.message}
    assert found == {getattr(course, place)}, lines(course)


def test_both_sides_of_a_missing_check_are_named(course: Any) -> None:
    course.replace(course.declaration, '"knot", points', '"bow", points')
    found = {each.path: each for each in course.lint() if "bow" in each.message}
    assert found[course.declaration].line == line_of(course, course.declaration, "@MODULE")
    assert "add a cell labelled `check-bow`" in found[course.declaration].fix


def test_a_hint_may_not_give_the_answer_away(course: Any) -> None:
    hint = "'knot = \"a bowline, tied twice\"'"
    course.replace(course.declaration, '"Sailors know it."', hint)
    assert [each.message for each in course.lint()] == [
        'a hint of the check knot gives the solution away: knot = "a bowline, tied twice"'
    ]


def test_an_answer_without_a_check_is_named(course: Any) -> None:
    answer = (
        "```{code-cell} python\n:label: more\n:tags: [answer]\n\n"
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n```\n\n## Clean up"
    )
    course.replace(course.lab, "## Clean up", f"One more.\n\n{answer}")
    assert [each.message for each in course.lint()] == ["no check judges answer cell more"]


def test_files_and_catalogue_must_agree(course: Any) -> None:
    course.write("lessons/src/notes.txt", "x")
    course.write("lessons/src/Kites.md", "x")
    course.write("lessons/src/07-boats.md", "x")
    course.write("solutions/src/01-gliders.md", "x")
    course.write("solutions/05-old.ipynb", "{}")
    course.write("labs/notes.md", "x")
    course.write("labs/.ipynb_checkpoints/x.ipynb", "x")
    (course.root / course.lesson).unlink()
    found = {each.path: each.message for each in course.lint() if each.line == 0}
    assert found == {
        "lessons/src/notes.txt": "nothing of this name belongs here",
        "lessons/src/Kites.md": "a source is named like 02-clusters.md",
        "lessons/src/07-boats.md": "course.toml has no module of this name",
        "solutions/src/01-gliders.md": "course.toml says that this module is still to come",
        "solutions/05-old.ipynb": "this notebook has no source",
        "labs/notes.md": "nothing of this name belongs here",
        "lessons/src/00-kites.md": (
            "course.toml says that this module is ready, but this source is missing"
        ),
    }


def test_a_named_module_is_judged_alone(course: Any) -> None:
    course.write("labs/notes.md", "x")
    course.write("solutions/src/01-gliders.md", "x")
    paths = {each.path for each in lint(["gliders"], root=course.root)}
    assert paths == {"solutions/src/01-gliders.md"}


def test_a_source_that_cannot_be_read_hides_no_other_problem(course: Any) -> None:
    course.replace(course.lab, ":tags: [answer]", ":tags: [question]")
    course.replace(course.lesson, "Wind lifts", "Wind just lifts")
    assert [each.path for each in course.lint()] == [course.lesson, course.lab]


def test_every_message_names_a_place_and_a_mend(course: Any) -> None:
    course.replace(course.lesson, "Wind lifts", "Wind just lifts")
    course.write("labs/notes.md", "x")
    for line in lines(course):
        assert re.fullmatch(r"[\w./-]+(:\d+)?: [^;]+; .+\.", line)


def notebook(course: Any, output: dict[str, Any]) -> None:
    import json

    cell = {"id": "start", "cell_type": "code", "outputs": [output]}
    course.write("lessons/00-kites.ipynb", json.dumps({"cells": [cell]}))


def shown(mime: str, value: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {mime: value}}


PIXELS = base64.b64encode(bytes(60 * 1024)).decode()


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (shown("image/png", PIXELS), "is a picture of 60 KB, more than 50"),
        (shown("application/pdf", "x"), "has the type application/pdf"),
        (shown("text/html", "<a href='/home/me/x'>"), "names /home/me"),
        (shown("text/plain", "<Session at 0x7f0011223344>"), "shows a memory address"),
        (shown("image/svg+xml", "<dc:date>2026-11-23T10:11:12"), "the time of a real clock"),
        ({"output_type": "stream", "name": "stderr", "text": ["Warning"]}, "a warning on stderr"),
    ],
)
def test_stored_outputs_are_the_same_everywhere(
    output: dict[str, Any], words: str, course: Any
) -> None:
    notebook(course, output)
    found = course.lint()
    assert len(found) == 1
    assert words in found[0].message
    assert "cell start in lessons/00-kites.ipynb" in found[0].message
    assert found[0].line == line_of(course, course.lesson, ":label: start") - 1
    assert found[0].fix.endswith("run `python3 labs build 00-kites`")


@pytest.mark.parametrize(
    "output",
    [
        shown("text/plain", "2026-01-15T09:00:40 RUNNING, policy version 2012-10-17"),
        shown("image/svg+xml", "<svg/>"),
        shown("image/png", PIXELS[:1000]),
    ],
)
def test_other_outputs_are_no_problem(output: dict[str, Any], course: Any) -> None:
    notebook(course, output)
    assert lines(course) == []


def test_a_notebook_that_is_not_built_is_named(course: Any) -> None:
    found = {each.message for each in course.lint(built=True)}
    assert "lessons/00-kites.ipynb is missing or unreadable" in found


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("What you now know", "what-you-now-know"), ("02 · Clusters", "02--clusters"), ("A/B!", "ab")],
)
def test_anchors_are_those_of_github(heading: str, expected: str) -> None:
    assert anchor(heading) == expected
