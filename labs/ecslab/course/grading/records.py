"""What the grader asks of a judge, and what the judge tells it: files of JSON between the two."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ecslab.course.grading.verdict import Verdict
from ecslab.course.sandbox.limits import Limits

__all__ = ["Records", "Request", "write_record"]


@dataclass(frozen=True)
class Request:
    """What is to be judged, and how.

    Attributes:
        module: the name of its lab.
        notebook: the merged notebook; the file is deleted when it has been read.
        records: the file for what happens, one JSON object a line.
        timeout: wall-clock seconds of a cell.
        limits: what may be used of the machine.
        parent: the address of a warmed parent, or None.
        layers: of the sandbox, those that are to be tried.
        strict: whether the checks run in a process that never runs the learner's code.
        needed: protections without which it is not to be run.
        hidden: folders that the notebook may not see.
    """

    module: str
    notebook: str
    records: str
    timeout: float
    limits: Limits
    parent: str | None = None
    layers: tuple[str, ...] = ()
    strict: bool = False
    needed: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Give what JSON can say."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Request:
        """Read what `to_plain` gave.

        Args:
            plain: read from JSON.
        """
        return cls(**{**plain, "limits": Limits(**plain["limits"])})


@dataclass
class Records:
    """What a judge has told so far.

    Attributes:
        verdicts: the last one on each cell.
        protections: what protects the machine from the notebook.
        titles: of the checks, by their ids.
        refusal: why the notebook was not run, or nothing.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    protections: dict[str, bool] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    refusal: str = ""

    @classmethod
    def read(cls, path: Path) -> Records:
        """Read the records; a line that was cut off is left out.

        Args:
            path: of the file.
        """
        latest: dict[str, Verdict] = {}
        others: dict[str, Any] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for line in lines:
            try:
                found = json.loads(line)
                if "cell" in found:
                    verdict = Verdict(**found)
                    latest[verdict.cell] = verdict
                else:
                    others |= found
            except (ValueError, TypeError):
                continue
        return cls(list(latest.values()), **others)


def write_record(path: Path, message: dict[str, Any]) -> None:
    """Add one line to the records.

    Args:
        path: of the file.
        message: a verdict's fields, or fields of `Records`.
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(message) + "\n")
