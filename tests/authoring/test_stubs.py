from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.authoring.stubs import Stub, parse_region
from ecslab.errors import CourseError

Make = Callable[..., list[str]]


def solution(code: str) -> str:
    return f"### BEGIN SOLUTION\n{code}\n### END SOLUTION"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("service = ecs.create_service(cluster='web')", "service = ..."),
        ("task = ecs.run_task(\n    cluster='web',\n    count=2,\n)['tasks'][0]", "task = ..."),
        ("cluster, service = make()", "cluster, service = ..., ..."),
        ("(a, b), c = make()", "(a, b), c = (..., ...), ..."),
        ("first = second = 3", "first = second = ..."),
        ("count: int = 3", "count: int = ..."),
        ("d = {}\nd['cpu'] = '256'\nd['a']['b'] = 1", "d = ..."),
        ("given['cpu'] = '256'", 'given["cpu"] = ...'),
        ("total = 0\ntotal += 1\ntotal = total + 1", "total = ..."),
        (
            "arns = []\nfor page in pages:\n    last = page\n    arns += page",
            "arns = ...\nlast = ...",
        ),
        ("if a:\n    x = 1\nelse:\n    y = 2", "x = ...\ny = ..."),
        ("with open(f) as g:\n    text = g.read()", "text = ..."),
        ("def double(x):\n    y = 2 * x\n    return y", "double = ..."),
        ("import json\nprint(json)", "# your code here"),
        ("ecs.delete_cluster(cluster='web')", "# your code here"),
    ],
)
def test_the_left_hand_sides_stay(code: str, expected: str, stub: Make) -> None:
    assert stub(solution(code)) == [expected]


def test_the_stub_stands_where_the_solution_stood(stub: Make) -> None:
    answer = """
    for name in names:
        with open(name) as file:
            ### BEGIN SOLUTION
            text = file.read()
            ### END SOLUTION
        print(text)
    """
    assert stub(answer) == [
        "for name in names:\n    with open(name) as file:\n        text = ...\n    print(text)"
    ]


def test_a_block_keeps_a_body(stub: Make) -> None:
    answer = """
    def stop(task):
        ### BEGIN SOLUTION
        ecs.stop_task(task=task)
        ### END SOLUTION

    def age(task):
        ### BEGIN SOLUTION
        return now - task["startedAt"]
        ### END SOLUTION
    """
    assert stub(answer) == [
        "def stop(task):\n    pass  # your code here\n\n\ndef age(task):\n    return ..."
    ]


def test_two_empty_stubs_in_one_block_leave_a_body(stub: Make) -> None:
    answer = """
    with cloud:
        ### BEGIN SOLUTION
        first()
        ### END SOLUTION
        ### BEGIN SOLUTION
        second()
        ### END SOLUTION
    """
    ast.parse(stub(answer)[0])


def test_several_solutions_in_one_cell(stub: Make) -> None:
    answer = f"given = 1\n{solution('a = given')}\nprint(a)\n{solution('b = a')}"
    assert stub(answer) == ["given = 1\na = ...\nprint(a)\nb = ..."]


def test_a_part_of_a_name_from_an_earlier_cell_is_not_assigned(stub: Make) -> None:
    """`definition["cpu"] = ...` would raise when `definition` itself is still `...`."""
    first, second = stub(solution("definition = {}"), solution("definition['cpu'] = '256'"))
    assert (first, second) == ("definition = ...", "# your code here")


def test_a_text_with_less_indentation_stays_whole(stub: Make) -> None:
    answer = "if True:\n    ### BEGIN SOLUTION\n    body = '''\nless\n'''\n    ### END SOLUTION\n"
    assert stub(answer) == ["if True:\n    body = ..."]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("### BEGIN SOLUTION\nx = 1", "begins and never ends"),
        ("x = 1\n### END SOLUTION", "ends that never began"),
        (solution(solution("x = 1")), "inside a solution"),
        ("x = f(\n### BEGIN SOLUTION\n1,\n### END SOLUTION\n)", "cut a statement in two"),
        ("if a:\n    ### BEGIN SOLUTION\n    x = 1\ny = 2\n### END SOLUTION", "cut a statement"),
        (solution("# nothing"), "a solution is empty"),
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "looks like the mark"),
        ("x = 1", "would give its code away"),
    ],
)
def test_marks_are_strict(answer: str, words: str, stub: Make) -> None:
    with pytest.raises(CourseError, match=words) as caught:
        stub(answer)
    assert str(caught.value).startswith("src/00-kites.md:")
    assert "\n" not in str(caught.value)


NAMES = st.sampled_from(["a", "b", "c", "d"])
TARGETS = st.recursive(
    NAMES, lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda t: f"({', '.join(t)},)")
)


@given(st.lists(st.lists(TARGETS, min_size=1, max_size=2), min_size=1, max_size=4))
def test_every_stub_of_names_can_be_run(statements: list[list[str]]) -> None:
    code = [" = ".join([*targets, "None"]) for targets in statements]
    assigned: dict[str, object] = {}
    exec("\n".join(Stub().of(parse_region(code, ""))), {}, assigned)
    names = {name for line in code for name in line.split(" = None")[0] if name in "abcd"}
    assert set(assigned) == names
    assert all(value is Ellipsis for value in assigned.values())
