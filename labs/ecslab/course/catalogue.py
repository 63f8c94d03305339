"""The catalogue of the course: which modules there are, in which order, and how long they take."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import CourseError

__all__ = ["Catalogue", "Entry", "load"]

_FILE = Path(__file__).with_name("course.toml")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NUMBERED = re.compile(r"(\d{1,2})(?:-(.*))?")


@dataclass(frozen=True)
class Entry:
    """One module of the course.

    Attributes:
        number: its place in the course, from 0.
        slug: its name without the number, such as ``task-definitions``.
        title: for people.
        summary: what the learner can do afterwards, one sentence.
        lesson_minutes: the time to read and run the lesson.
        lab_minutes: the time to solve the lab.
        prerequisites: the names of the modules to take before.
        ready: False for a module that is planned and has no notebooks yet.
        points: the sum of the lab's checks; 0 while the module is planned.
    """

    number: int
    slug: str
    title: str
    summary: str
    lesson_minutes: int
    lab_minutes: int
    prerequisites: tuple[str, ...]
    ready: bool
    points: int = 0

    @property
    def name(self) -> str:
        """Number and slug, the stem of its notebooks: ``02-clusters``."""
        return f"{self.number:02d}-{self.slug}"

    @property
    def minutes(self) -> int:
        """The time for lesson and lab together."""
        return self.lesson_minutes + self.lab_minutes

    @property
    def heading(self) -> str:
        """Number and title, as notebooks and lists show them: ``02 · Clusters``."""
        return f"{self.number:02d} · {self.title}"


@dataclass(frozen=True)
class Catalogue:
    """All modules in order, and the concepts each introduces.

    Attributes:
        title: of the course.
        entries: its modules, in order.
        concepts: a word or phrase → the number of the module that introduces it.
    """

    title: str
    entries: tuple[Entry, ...]
    concepts: Mapping[str, int]

    def __iter__(self) -> Iterator[Entry]:
        """Go through the modules in order."""
        return iter(self.entries)

    @property
    def ready(self) -> tuple[Entry, ...]:
        """The modules that have notebooks, in order."""
        return tuple(entry for entry in self.entries if entry.ready)

    def find(self, wanted: str) -> Entry:
        """Give the module that a person means.

        Args:
            wanted: a number (``2``, ``02``), a slug, a name (``02-clusters``), or a path to one of
                its notebooks or sources.
        """
        stem = wanted.strip().replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        stem = re.sub(r"\.(ipynb|md)$", "", stem).lower()
        for entry in self.entries:
            if stem in (entry.name, entry.slug):
                return entry
        numbered = _NUMBERED.fullmatch(stem)
        if numbered and numbered[2] is None and int(numbered[1]) < len(self.entries):
            return self.entries[int(numbered[1])]
        raise CourseError(self._unknown(wanted, stem))

    def find_ready(self, wanted: str) -> Entry:
        """Give the module that a person means, if it has notebooks already.

        Args:
            wanted: as for `find`.
        """
        entry = self.find(wanted)
        if not entry.ready:
            ready = ", ".join(each.name for each in self.ready)
            raise CourseError(f"Module {entry.name} is still to come; ready are: {ready}.")
        return entry

    def _unknown(self, wanted: str, stem: str) -> str:
        names = [entry.name for entry in self.entries]
        close = difflib.get_close_matches(
            stem, names + [entry.slug for entry in self.entries], n=1, cutoff=0.6
        )
        if close:
            return f"There is no module {wanted!r}; did you mean {self.find(close[0]).name}?"
        return f"There is no module {wanted!r}; the modules are {', '.join(names)}."


def load(path: Path = _FILE) -> Catalogue:
    """Read and validate a catalogue.

    Args:
        path: the ``course.toml`` to read; the course's own by default.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{path.name} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} is not valid TOML: {error}.") from None
    try:
        return _catalogue(table)
    except CourseError as error:
        raise CourseError(f"{path.name}: {error}") from None


def _catalogue(table: dict[str, object]) -> Catalogue:
    _only(table, {"title", "module", "concepts"}, "the course")
    modules = table.get("module")
    if not isinstance(modules, list) or not modules:
        raise CourseError("there is no [[module]].")
    entries: list[Entry] = []
    for number, module in enumerate(modules):
        entries.append(_entry(number, module, {each.slug: each for each in entries}))
    return Catalogue(
        title=_text(table, "title", "the course"),
        entries=tuple(entries),
        concepts=_concepts(table.get("concepts", {}), {each.slug: each for each in entries}),
    )


def _entry(number: int, module: object, earlier: Mapping[str, Entry]) -> Entry:
    if not isinstance(module, dict):
        raise CourseError(f"module {number} is not a table.")
    where = f"module {number:02d}"
    slug = _text(module, "slug", where)
    if not _SLUG.fullmatch(slug):
        raise CourseError(f"{where}: slug {slug!r} must be lower-case words with hyphens.")
    if slug in earlier:
        raise CourseError(f"{where}: slug {slug!r} is already used.")
    where = f"module {number:02d}-{slug}"
    known = {"slug", "title", "summary", "minutes", "prerequisites", "ready", "points"}
    _only(module, known, where)
    minutes = module.get("minutes")
    if not isinstance(minutes, dict) or set(minutes) != {"lesson", "lab"}:
        raise CourseError(f"{where}: minutes must give lesson and lab.")
    ready = module.get("ready")
    if not isinstance(ready, bool):
        raise CourseError(f"{where}: ready must be true or false.")
    return Entry(
        number=number,
        slug=slug,
        title=_text(module, "title", where),
        summary=_text(module, "summary", where),
        lesson_minutes=_whole(minutes, "lesson", where),
        lab_minutes=_whole(minutes, "lab", where),
        prerequisites=_prerequisites(module.get("prerequisites"), earlier, where),
        ready=ready,
        points=_whole(module, "points", where) if ready or "points" in module else 0,
    )


def _prerequisites(value: object, earlier: Mapping[str, Entry], where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise CourseError(f"{where}: prerequisites must be a list of slugs.")
    for slug in value:
        if slug not in earlier:
            raise CourseError(f"{where}: prerequisite {slug!r} is not an earlier module.")
    return tuple(earlier[slug].name for slug in value)


def _concepts(value: object, entries: Mapping[str, Entry]) -> Mapping[str, int]:
    if not isinstance(value, dict):
        raise CourseError("concepts must be a table of word = slug.")
    for word, slug in value.items():
        if slug not in entries:
            raise CourseError(f"concept {word!r} names {slug!r}, which is not a module.")
    return {word: entries[slug].number for word, slug in value.items()}


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CourseError(f"{where}: {key} must be a text that is not empty.")
    return value


def _whole(table: Mapping[str, object], key: str, where: str) -> int:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CourseError(f"{where}: {key} must be a whole number from 1.")
    return value


def _only(table: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise CourseError(f"{where}: {unknown[0]!r} is not a known key.")
