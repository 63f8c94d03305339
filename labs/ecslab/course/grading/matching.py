"""Which cell of a submission stands for which cell of the reference notebook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from ecslab.course.grading.notebook import (
    Cell,
    cell_names,
    check_of,
    is_code,
    source_of,
    tags_of,
)

__all__ = ["match_cells"]

Matches = dict[int, int]


def match_cells(reference: Sequence[Cell], submission: Sequence[Cell]) -> Matches:
    """Find the learner's version of each code cell.

    A cell is known by its id, else by the id that its metadata keeps, else by the check that it
    runs or by its unchanged text. Answers that are still missing are taken by their position:
    among all of them when as many are left on both sides, else among those in front of the same
    check.

    Args:
        reference: the cells of the reference notebook.
        submission: the cells of the learner's notebook.

    Returns:
        Indexes into the reference, each with its index into the submission. No index occurs twice.
    """
    matches: Matches = {}
    _match_by(_own_id, reference, submission, matches)
    _match_by(_kept_id, reference, submission, matches)
    fixed = [cell if "answer" not in tags_of(cell) else {} for cell in reference]
    _match_by(check_of, fixed, submission, matches)
    _match_by(_text, fixed, submission, matches)
    _match_answers(reference, submission, matches)
    return matches


def _match_by(
    key_of: Callable[[Cell], str | None],
    reference: Sequence[Cell],
    submission: Sequence[Cell],
    matches: Matches,
) -> None:
    taken = set(matches.values())
    places: dict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(submission):
        key = key_of(cell) if is_code(cell) and place not in taken else None
        if key is not None:
            places[key].append(place)
    for place, cell in enumerate(reference):
        if place in matches or not is_code(cell):
            continue
        candidates = places.get(key_of(cell) or "", [])
        if candidates:
            matches[place] = candidates.pop(0)


def _own_id(cell: Cell) -> str | None:
    return cell_names(cell)[0]


def _kept_id(cell: Cell) -> str | None:
    own, kept = cell_names(cell)
    return kept or own


def _text(cell: Cell) -> str | None:
    return source_of(cell).strip() or None


def _match_answers(reference: Sequence[Cell], submission: Sequence[Cell], matches: Matches) -> None:
    missing = [
        place
        for place, cell in enumerate(reference)
        if is_code(cell) and "answer" in tags_of(cell) and place not in matches
    ]
    taken = set(matches.values())
    spare = [place for place, cell in enumerate(submission) if is_code(cell) and place not in taken]
    tagged = [place for place in spare if "answer" in tags_of(submission[place])]
    spare = tagged or spare
    if len(missing) == len(spare):
        matches.update(zip(missing, spare, strict=True))
        return
    checks = {place for place, cell in enumerate(reference) if check_of(cell)}
    ends = {matches[place]: place for place in checks if place in matches}
    before = _grouped(spare, sorted(ends))
    for end, places in _grouped(missing, sorted(checks)).items():
        found = before.get(matches.get(end, -1), []) if end is not None else before.get(None, [])
        matches.update(zip(places, found, strict=False))


def _grouped(places: Iterable[int], ends: Sequence[int]) -> dict[int | None, list[int]]:
    """Group places by the first end behind each of them."""
    groups: dict[int | None, list[int]] = defaultdict(list)
    for place in places:
        groups[next((end for end in ends if end > place), None)].append(place)
    return groups
