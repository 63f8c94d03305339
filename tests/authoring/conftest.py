"""A tiny course in a temporary folder, with an `ecslab` of a few lines for its kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from ecslab.authoring import Problem, lint
from ecslab.authoring.cells import Derived, derive
from ecslab.authoring.source import Source, read

CATALOGUE = """\
title = "A tiny course"

[[module]]
slug = "kites"
title = "Kites"
summary = "Fly one."
minutes = { lesson = 5, lab = 5 }
prerequisites = []
ready = true
points = 3

[[module]]
slug = "gliders"
title = "Gliders"
summary = "Build one."
minutes = { lesson = 5, lab = 5 }
prerequisites = ["kites"]
ready = false

[concepts]
"lift coefficient" = "gliders"
"""

PACKAGE = '''\
"""What the notebooks of the tiny course import."""

import boto3


class Account:
    """Answers the few calls of ECS that the notebooks make."""

    clusters = []

    def create_cluster(self, clusterName="default", tags=()):
        self.clusters.append(clusterName)
        return {"cluster": {"clusterName": clusterName, "tags": list(tags)}}

    def delete_cluster(self, cluster):
        self.clusters.remove(cluster)

    def list_clusters(self):
        return {"clusterArns": list(self.clusters)}


class Session:
    """Prints what a real session prints."""

    def check(self, check, answer=None):
        print(f"✔ {check}: passed (3 of 3 points)")

    def predict(self, name, value):
        print(f"○ {name}: no prediction yet.")

    def reveal(self, name, observed, why):
        print(f"○ {name}: it is {observed}.")
        print(why)

    def cleanup(self):
        print("✔ Nothing left.")


def start(name, part="lab"):
    boto3.client = lambda service: Account()
    return Session()
'''

LESSON = """\
# 00 · Kites

You learn to fly.

## You will be able to

- fly

## Before you start

- Nothing but time: about 5 minutes, then 5 for the lab.

```{code-cell} python
:label: start

from ecslab import start

lesson = start("00-kites", part="lesson")
```

## Wind

Wind lifts a kite.

## Check yourself

- What lifts a kite?

## What you now know

- Wind does.

## Next

The [lab](../labs/00-kites.ipynb#steps).
"""

LAB = """\
# 00 · Kites · lab

## Goal

Fly, in about 5 minutes.

## Given

A [kite](../lessons/00-kites.ipynb#wind).

```{code-cell} python
:label: start

from ecslab import start

lab = start("00-kites")
```

## Steps

Tie a knot.

```{code-cell} python
:label: knot
:tags: [answer]

### BEGIN SOLUTION
knot = "a bowline, tied twice"
### END SOLUTION
```

```{code-cell} python
:label: check-knot
:tags: [check]

lab.check("knot", knot)
```

## Clean up

```{code-cell} python
:label: clean-up

lab.cleanup()
```

## If you are stuck

Ask for a hint.
"""

DECLARATION = '''\
"""The checks of the tiny module."""

from ecslab.course import Module

MODULE = Module("00-kites")


@MODULE.check("knot", points=3, title="A knot", hints=("Sailors know it.",))
def knot(lab, answer):
    """Accept any knot."""
'''

WRONG = """\
[[wrong]]
check = "knot"
name = "a noose"
answer = "knot = 1"
message = "a noose"

[[wrong]]
check = "knot"
name = "none"
answer = "knot = 2"
message = "none"
"""


@dataclass(frozen=True)
class Course:
    """The tiny course on disk."""

    root: Path

    lesson = "lessons/src/00-kites.md"
    lab = "solutions/src/00-kites.md"
    declaration = "labs/ecslab/course/modules/kites.py"
    wrong = "tests/course/wrong/00-kites.toml"

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def lint(self, *, built: bool = False) -> list[Problem]:
        """Give the problems; those of notebooks that no test has built are left out."""
        found = lint([], root=self.root)
        return [each for each in found if built or "missing or unreadable" not in each.message]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    made = Course(tmp_path)
    made.write("labs/ecslab/__init__.py", PACKAGE)
    made.write("labs/ecslab/course/course.toml", CATALOGUE)
    made.write(made.lesson, LESSON)
    made.write(made.lab, LAB)
    made.write(made.declaration, DECLARATION)
    made.write(made.wrong, WRONG)
    return made


@pytest.fixture
def source() -> Callable[..., Source]:
    def parse(text: str, part: str = "lab") -> Source:
        return read(dedent(text), path="src/00-kites.md", name="00-kites", part=part)

    return parse


@pytest.fixture
def stub(source: Callable[..., Source]) -> Callable[..., list[str]]:
    """Give what a lab shows of answer cells, each followed by a check."""

    def make(*answers: str) -> list[str]:
        cells = [
            f"```{{code-cell}} python\n:label: a{number}\n:tags: [answer]\n\n"
            f"{dedent(answer).strip()}\n```\n\n"
            f"```{{code-cell}} python\n:label: check-c{number}\n:tags: [check]\n\n"
            f'lab.check("c{number}")\n```\n'
            for number, answer in enumerate(answers)
        ]
        derived: Derived = derive([source("\n".join(cells))])[0]
        assert derived.starter is not None
        return [cell.text for cell in derived.starter if "answer" in cell.tags]

    return make
