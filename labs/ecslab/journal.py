"""The append-only record of everything that happened in a simulated account."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ecslab.clock import Clock


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Args:
        seq: its number, from 0, without gaps.
        seconds: simulated seconds since the account began.
        at: the same moment as a timezone-aware datetime.
        kind: what happened, as `noun.verb` ("task.stopped").
        subject: the ARN or name of what it happened to.
        fields: the particulars; plain JSON values.
    """

    seq: int
    seconds: float
    at: datetime
    kind: str
    subject: str
    fields: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the entry as one line of JSON with sorted keys."""
        record = {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "subject": self.subject,
            **({"fields": self.fields} if self.fields else {}),
        }
        return json.dumps(record, sort_keys=True, default=str)


class Journal:
    """What every picture and explanation reads; nothing is ever changed or removed.

    Args:
        clock: where the moments come from.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._by_subject: dict[str, list[Entry]] = {}
        self._listeners: list[Callable[[Entry], None]] = []

    def record(self, kind: str, subject: str, **fields: Any) -> Entry:
        """Append what happened now.

        Args:
            kind: what happened, as `noun.verb`.
            subject: the ARN or name of what it happened to.
            fields: the particulars; plain JSON values.

        Returns:
            The new entry.
        """
        seq = len(self._entries)
        entry = Entry(seq, self._clock.seconds, self._clock.now, kind, subject, fields)
        self._entries.append(entry)
        self._by_subject.setdefault(subject, []).append(entry)
        for listener in self._listeners:
            listener(entry)
        return entry

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Have `listener` called with every entry from now on."""
        self._listeners.append(listener)

    def about(self, subject: str) -> list[Entry]:
        """Return all entries about one subject, oldest first."""
        return list(self._by_subject.get(subject, ()))

    def of_kind(self, kind: str) -> list[Entry]:
        """Return all entries of one kind (or of a family, as "task."), oldest first."""
        if kind.endswith("."):
            return [entry for entry in self._entries if entry.kind.startswith(kind)]
        return [entry for entry in self._entries if entry.kind == kind]

    def to_text(self) -> str:
        """Return the whole journal as JSON lines; equal programs and seeds give equal text."""
        return "".join(entry.to_json() + "\n" for entry in self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries, oldest first."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._entries)

    def __repr__(self) -> str:
        """Return the size and the last entry."""
        last = self._entries[-1].kind if self._entries else "nothing"
        return f"<Journal of {len(self)} entries, the last: {last}>"
