from __future__ import annotations

from pathlib import Path

import pytest
from stager.drawings import Drawings

from ecslab.errors import CourseError

SOURCE = "flowchart LR\n  accTitle: From here to there\n  accDescr: Two boxes\n  A --> B\n"


def fence(source: str) -> str:
    return f"Before.\n\n```mermaid\n{source}```\n\nAfter."


def test_a_diagram_is_drawn_once_and_named(tmp_path: Path) -> None:
    text = Drawings(tmp_path).replace_fences(fence(SOURCE), "d1-")
    assert "```" not in text
    assert "<style" not in text
    assert 'aria-label="From here to there. Two boxes"' in text
    (kept,) = tmp_path.glob("*.svg")
    kept.write_text("<svg>kept</svg>", encoding="utf-8")
    assert "<svg>kept</svg>" in Drawings(tmp_path).replace_fences(fence(SOURCE), "d1-")


def test_drawing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        Drawings(tmp_path / folder).replace_fences(fence(SOURCE), "d1-")
    (first,), (second,) = ((tmp_path / name).glob("*.svg") for name in ("a", "b"))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_same_diagram_twice_has_different_ids(tmp_path: Path) -> None:
    text = Drawings(tmp_path).replace_fences(fence(SOURCE) + fence(SOURCE), "d1-")
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert all(name.startswith(("d1-1-", "d1-2-")) for name in ids)


def test_every_reference_inside_a_drawing_has_its_target(tmp_path: Path) -> None:
    text = Drawings(tmp_path).replace_fences(fence(SOURCE), "d1-")
    for part in text.split("url(#")[1:]:
        assert f'id="{part.split(")")[0]}"' in text


def test_a_diagram_that_is_not_valid_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"begins with 'flowchart LR' is not valid mermaid"):
        Drawings(tmp_path).replace_fences(fence("flowchart LR\n  A --> --> B[\n"), "d1-")


def test_prune_keeps_what_was_used(tmp_path: Path) -> None:
    (tmp_path / "old.svg").write_text("<svg/>", encoding="utf-8")
    drawings = Drawings(tmp_path)
    drawings.replace_fences(fence(SOURCE), "d1-")
    drawings.prune()
    assert {path.name for path in tmp_path.glob("*.svg")} == drawings.used
