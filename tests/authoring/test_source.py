from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.authoring.cells import derive
from ecslab.authoring.source import Source, slug
from ecslab.errors import CourseError

Read = Callable[..., Source]

GOOD = """\
---
kernelspec:
  name: python3
  display_name: Python 3
---

# 00 · Kites

Text.

```{code-cell} python
:label: first
:tags: [setup, raises-exception]

a = 1
```

## Wind and weather

```bash
# no heading
aws ecs list-clusters
```

+++

More.

+++ {"tags": ["solution"]}

Only in the solution.

```{code-cell} python
:label: wind-and-weather-4
b = 2
```

Last.
"""


def test_labels_become_ids_and_prose_gets_its_section_and_a_number(source: Read) -> None:
    cells = source(GOOD).cells
    assert [(cell.id, cell.kind, cell.line) for cell in cells] == [
        ("00-kites-1", "markdown", 7),
        ("first", "code", 11),
        ("wind-and-weather-1", "markdown", 18),
        ("wind-and-weather-2", "markdown", 27),
        ("wind-and-weather-3", "markdown", 31),
        ("wind-and-weather-4", "code", 33),
        ("wind-and-weather-5", "markdown", 38),
    ]
    assert cells[1].tags == ("setup", "raises-exception")
    assert cells[1].text == "a = 1"
    assert cells[1].text_line == 15
    assert cells[5].text_line == 35
    assert cells[4].tags == ("solution",)


def cell(code: str = "a = 1", label: str = "first", tags: str = "") -> str:
    options = f":label: {label}\n" + (f":tags: [{tags}]\n" if tags else "")
    return f"```{{code-cell}} python\n{options}\n{code}\n```\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"Text.\n\n{cell()}\n{cell()}", 9, "the label first is already used on line 3"),
        ("```{code-cell} python\na = 1\n```\n", 1, "has no label"),
        (cell(label="First_Cell"), 1, "cannot be the id of a cell"),
        (cell(label="a" * 49), 1, "cannot be the id of a cell"),
        (cell(label="12"), 1, "cannot be the id of a cell"),
        (cell(tags="hide-input"), 1, "'hide-input' is not a tag"),
        (cell(tags="setup, setup"), 3, "a tag stands twice"),
        (cell(tags="answer, solution"), 1, "cannot be answer and solution"),
        ("```{code-cell} python\n:label: a\n:tags: setup\nb = 1\n```\n", 3, "not a list"),
        ("```{code-cell} python\n:label: a\n:name: b\nb = 1\n```\n", 1, "'name' is not an option"),
        ("```{code-cell} python\n:label: [a\nb = 1\n```\n", 1, "not valid YAML"),
        ("```{code-cell} python\n---\nlabel: a\n---\nb = 1\n```\n", 2, "a YAML block"),
        ("```{code-cell} ruby\n:label: a\nb = 1\n```\n", 1, "not a Python cell"),
        ("```{raw-cell}\nb = 1\n```\n", 1, "not a Python cell"),
        ("Text.\n\n```{code-cell} python\n:label: a\nb = 1\n", 3, "not closed"),
        (f"```{{code-cell}} python\n:label: a\nb = 1\n\n{cell()}", 1, "not closed"),
        ("- item\n\n  ```{code-cell} python\n  :label: a\n  b = 1\n  ```\n", 3, "never runs"),
        ("---\nkernelspec:\n  name: python3\n---\n", 1, "'display_name' is a required"),
        ("---\ntitle: Kites\n---\n\nText.\n", 1, "unknown key 'title'"),
        ('+++ {"tags": ["setup"]}\nText.\n', 2, "'setup' is not a tag of a markdown cell"),
        (cell(tags="check"), 1, "disagree on a check"),
        (cell(label="check-a"), 1, "disagree on a check"),
    ],
)
def test_a_source_is_read_strictly(text: str, line: int, words: str, source: Read) -> None:
    with pytest.raises(CourseError, match=re.escape(words)) as caught:
        source(text)
    assert str(caught.value).startswith(f"src/00-kites.md:{line}: ")
    assert "\n" not in str(caught.value)


def step(check: str, answer: str = "### BEGIN SOLUTION\na = 1\n### END SOLUTION") -> str:
    return cell(answer, "answer-a", "answer") + "\n" + cell(check, "check-a", "check")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (cell("a = (1"), 4, "not valid Python"),
        (cell("%pip install moto"), 4, "not valid Python"),
        (cell("# nothing"), 1, "does nothing"),
        (cell("a = 1\n" * 16), 1, "has 16 lines when formatted"),
        (cell(f"# {'long ' * 16}\na = 1"), 1, "a line of 81 columns"),
        (cell("a = 1\n### BEGIN SOLUTION"), 5, "outside of an answer cell"),
        (cell('lab.check("a")'), 1, "calls lab.check but is no check cell"),
        (cell('lab.check("a")', "check-a", "check"), 1, "has no answer cell"),
        (step('lab.check("b")'), 14, "runs the check 'b'"),
        (step('lab.check("a", answer=a)'), 14, "something else than one check"),
        (step('lab.check("a", a, a)'), 14, "something else than one check"),
        (step('x = lab.check("a")'), 14, "something else than one check"),
        (step('lab.check("a")\nprint(a)'), 14, "something else than one check"),
        (step("lab.hint('a')"), 14, "something else than one check"),
    ],
)
def test_code_is_judged_strictly(text: str, line: int, words: str, source: Read) -> None:
    with pytest.raises(CourseError, match=re.escape(words)) as caught:
        derive([source(text)])
    assert str(caught.value).startswith(f"src/00-kites.md:{line}: ")


@pytest.mark.parametrize("tag", ["answer", "check", "solution"])
def test_a_lesson_has_none_of_a_labs_cells(tag: str, source: Read) -> None:
    with pytest.raises(CourseError, match=f"a lesson has no {tag} cells"):
        source(cell(label="check-a" if tag == "check" else "a", tags=tag), part="lesson")


def test_solution_and_lab_come_from_one_source(source: Read) -> None:
    text = step('lab.check("a",a)') + "\n" + cell("print( a )", "extra", "solution")
    derived = derive([source(text)])[0]
    assert [each.text for each in derived.executed] == ["a = 1", 'lab.check("a", a)', "print(a)"]
    assert derived.starter is not None
    assert [each.text for each in derived.starter] == ["a = ...", 'lab.check("a", a)']
    assert derived.starter[1].tags == ("check", "nbval-check-output")


def test_all_sources_are_formatted_in_their_own_cells(source: Read) -> None:
    texts = [cell("a={'x':1}"), cell("b = [1,2]") + "\n" + cell("c  =  3", "second")]
    derived = derive([source(text, part="lesson") for text in texts])
    assert [[each.text for each in one.executed] for one in derived] == [
        ['a = {"x": 1}'],
        ["b = [1, 2]", "c = 3"],
    ]


@given(st.text(max_size=80))
def test_a_heading_always_gives_an_id(heading: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,44}", slug(heading))
