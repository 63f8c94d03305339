"""The table of known differences: complete, unique, and each row pinned by a test that exists."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from functools import cache
from pathlib import Path

import pytest

import ecslab.model
from ecslab.model.differences import DIFFERENCES, WORDS, Area, Difference
from ecslab.model.failures import Failure
from ecslab.model.task_definition import RULES

ROOT = Path(__file__).resolve().parents[3]
ROWS = (*DIFFERENCES, *WORDS)


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_the_test_of_every_row_exists(row: Difference) -> None:
    path, _, name = row.test.partition("::")
    assert (ROOT / path).is_file(), row.test
    assert name in names_in(path), row.test


def test_ids_are_unique_and_fit_an_address() -> None:
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert all(identifier.replace("-", "").isalnum() for identifier in ids)


@pytest.mark.parametrize("row", DIFFERENCES, ids=[row.id for row in DIFFERENCES])
def test_every_row_is_written_in_sentences(row: Difference) -> None:
    assert isinstance(row.area, Area)
    for text in (row.aws, row.here, row.why):
        assert text.endswith((".", "`"))
    assert not any(text[0].islower() for text in (row.aws, row.here))


def test_every_text_that_is_not_verified_has_a_row() -> None:
    """Whoever adds a module of texts adds it to `words.SOURCES`."""
    missing = []
    listed = {row.here for row in WORDS}
    values = {rule.name: rule.answer for rule in RULES}
    for found in pkgutil.walk_packages(ecslab.model.__path__, "ecslab.model."):
        module = importlib.import_module(found.name)
        values |= {f"{found.name}.{name}": value for name, value in vars(module).items()}
    for name, value in values.items():
        if isinstance(value, Failure) and not value.verified:
            text = value.message
            if text.replace("{{", "{").replace("}}", "}") not in listed:
                missing.append(name)
    assert missing == []
