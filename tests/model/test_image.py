"""Images: what can be one, and when two are the same."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab import Image


@pytest.mark.parametrize(
    "wrong",
    [
        {"architecture": "RISC"},
        {"architecture": ()},
        {"architecture": ("X86_64", "PDP11")},
        {"port": 0},
        {"port": (80, 65536)},
        {"exit_code": 256},
        {"exit_code": -1},
        {"stop_exit_code": 300},
        {"every": 0},
        {"every": float("nan")},
        {"runs_for": -1},
        {"runs_for": float("inf")},
        {"stop_after": -0.1},
        {"ready_after": -1},
        {"latency": float("nan")},
        {"memory": -5},
        {"cpu": -5.0},
        {"size": -1},
        {"status": 42},
        {"logs": "one line"},
        {"command": "python app.py"},
        {"tools": "sh"},
    ],
)
def test_what_no_image_can_have(wrong: dict[str, Any]) -> None:
    """One sentence that names the value, when the image is made; not an error in simulated time."""
    with pytest.raises(ValueError, match=r"\.$") as refused:
        Image(**wrong)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "right",
    [
        {"port": (80, 8080)},
        {"architecture": ("X86_64", "ARM64")},
        {"runs_for": 0},
        {"stop_after": None},
        {"memory": lambda age: age},
        {"status": 503},
    ],
)
def test_what_an_image_can_have(right: dict[str, Any]) -> None:
    """The edges of what is allowed."""
    assert Image(**right)


def test_a_single_image_is_no_manifest_list() -> None:
    """OCI image index: a list of images, one for each platform, even when it is only one."""
    assert not Image(architecture="ARM64").is_manifest_list
    assert Image(architecture=("ARM64",)).is_manifest_list
    assert Image(architecture=("ARM64",)).digest() != Image(architecture="ARM64").digest()


def test_a_list_is_as_good_as_a_tuple() -> None:
    listed: Any = {"architecture": ["X86_64", "ARM64"], "logs": ["begins"], "port": [80]}
    tuples: Any = {name: tuple(value) for name, value in listed.items()}

    assert Image(**listed) == Image(**tuples)
    assert Image(**listed).digest() == Image(**tuples).digest()
    assert Image(**listed).is_manifest_list


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "port": st.integers(1, 65535),
        "body": st.text(max_size=5),
        "runs_for": st.none() | st.floats(0, 100),
        "exit_code": st.integers(0, 255),
        "logs": st.lists(st.text(max_size=3), max_size=2).map(tuple),
        "environment": st.dictionaries(st.sampled_from("ABC"), st.text(max_size=2)),
        "command": st.lists(st.text(max_size=3), max_size=2).map(tuple),
    },
)


@given(first=VALUES, second=VALUES)
def test_the_digest_tells_behaviours_apart(first: dict[str, Any], second: dict[str, Any]) -> None:
    """AWS: ECR, image digest: the content's own name, so equal content has an equal one."""
    one, two = Image(**first), Image(**second)
    assert len(one.digest()) == len("sha256:") + 64
    assert (one.digest() == two.digest()) is (one == two)
    assert one.digest() == Image(**dict(reversed(first.items()))).digest()


def printing(value: Any) -> Image:
    """Return an image whose program closes over a value."""
    return Image(work=lambda: print(value))


def by_default(value: Any) -> Image:
    """Return an image whose program has a value as a default."""

    def work(value: Any = value) -> None:
        print(value)

    return Image(work=work)


class Worker:
    """A program that is an object."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> None:
        print(self.value)

    def work(self) -> None:
        print(self.value)


def by_exec(value: Any) -> Image:
    """Return an image whose program has no source."""
    names: dict[str, Any] = {}
    exec(f"def work():\n    print({value!r})", names)
    return Image(work=names["work"])


@pytest.mark.parametrize(
    "make",
    [
        printing,
        by_default,
        lambda value: Image(work=Worker(value)),
        lambda value: Image(work=Worker(value).work),
        lambda value: Image(work=functools.partial(print, value)),
        by_exec,
    ],
    ids=["closure", "default", "object", "method", "partial", "exec"],
)
@pytest.mark.parametrize(
    ("one", "other"), [(1, 2), ("a", "b"), ([1], [2]), ({"a": 1}, {"a": 2}), ({1}, {2})]
)
def test_what_a_program_holds_on_to_counts(make: Any, one: Any, other: Any) -> None:
    """Else a second push would silently change what the first tag does."""
    assert make(one).digest() == make(one).digest()
    assert make(one).digest() != make(other).digest()


def test_programs_that_know_themselves() -> None:
    """A program that closes over itself, or over a name without a value, still has a digest."""

    def again() -> None:
        again()

    def late() -> None:
        later()

    first = Image(work=late).digest()
    later = again
    assert Image(work=again).digest() == Image(work=again).digest()
    assert first != Image(work=late).digest()


def test_a_program_may_note_what_it_did() -> None:
    """What a program does to the things that it holds does not make it another image."""
    seen: list[int] = []
    image = Image(work=lambda: seen.append(1))
    before = image.digest()
    seen.append(1)
    assert image.digest() == before
