"""The site of the course itself: whatever is ready builds, with the drawings that are kept."""

from __future__ import annotations

from pathlib import Path

from ecslab.course import catalogue

ROOT = Path(__file__).resolve().parents[2]


def test_every_ready_module_has_a_page(real_site: Path) -> None:
    for entry in catalogue.load().ready:
        for folder in ("lessons", "labs", "solutions"):
            assert (real_site / folder / f"{entry.name}.html").is_file()
            assert (real_site / folder / f"{entry.name}.ipynb").is_file()


def test_the_drawings_that_the_course_needs_are_kept_and_no_others(real_site: Path) -> None:
    """A build needs no drawing engine; mend it with `python3 site/build.py`."""
    needed = {path.name for path in (real_site.parent / "cache").glob("*.svg")}
    assert needed == {path.name for path in (ROOT / "site" / "_cache").glob("*.svg")}
