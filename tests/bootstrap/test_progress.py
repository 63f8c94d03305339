"""The line that counts packages must not fall over what pip does at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import progress


def test_packages_are_counted_once_wherever_they_are(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("boto3-1.dist-info", "boto3", "~cslab-0.1.0.dist-info"):
        (packages / name).mkdir(parents=True)
    assert progress.installed(tmp_path) == 2


def test_a_folder_that_vanishes_meanwhile_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pip renames what it replaces: an update stopped here once, seen in a fresh clone."""
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)

    def gone(path: Path) -> list[Path]:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr(Path, "iterdir", gone)
    assert progress.installed(tmp_path) == 0
