from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTS = [ROOT / "labs" / "__main__.py", ROOT / "tests" / "__main__.py"]

too_old = runpy.run_path(str(STARTS[0]), run_name="labs")["too_old"]

#: Words of the language that Python 2.7 does not know.
NEWER_WORDS = (
    ast.AnnAssign,
    ast.AsyncFunctionDef,
    ast.JoinedStr,
    ast.Match,
    ast.NamedExpr,
    ast.Nonlocal,
    ast.Starred,
    ast.YieldFrom,
)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_an_old_python_is_told_what_to_install(version: tuple[int, ...]) -> None:
    message = too_old(version, "", "labs")
    assert message == (
        "This course needs Python 3.11 or newer and this is Python "
        f"{version[0]}.{version[1]}: install a newer one, then run: python3 labs"
    )


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_a_new_python_is_not(version: tuple[int, ...]) -> None:
    assert too_old(version, "", "labs") is None


def test_a_newer_python_on_the_machine_is_named(tmp_path: Path) -> None:
    command = tmp_path / "python3.12"
    command.touch(mode=0o755)
    message = too_old((3, 9, 2), os.pathsep.join(["", str(tmp_path)]), "tests")
    assert message.endswith("run: python3.12 tests")


@pytest.mark.parametrize("path", STARTS, ids=lambda path: path.parent.name)
def test_old_pythons_can_read_the_start(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.isascii(), "Python 2.7 wants a coding line for anything else"
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, NEWER_WORDS), ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module != "__future__"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert not node.args.kwonlyargs
            assert not any(argument.annotation for argument in node.args.args)


@pytest.mark.parametrize("folder", ["labs", "tests"])
def test_the_sentence_is_all_that_is_said(folder: str) -> None:
    """The whole start under a Python that says it is 3.10, as a person sees it."""
    pretend = (
        "import runpy, sys; sys.version_info = (3, 10, 0);"
        f"runpy.run_path({str(ROOT / folder / '__main__.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", pretend], text=True, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "needs Python 3.11" in done.stderr
