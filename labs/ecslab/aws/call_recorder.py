"""Writes down every AWS call: in the journal as it comes, for CloudTrail once it is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ecslab.aws.trail_event import RequestCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest

    from ecslab.aws.identity import Identities
    from ecslab.aws.trail import Trail
    from ecslab.journal import Journal

__all__ = ["CallRecorder"]

_ACTION: Final = re.compile(r"(?:^|&)Action=(\w+)")


class CallRecorder:
    """Records the calls of one account.

    Args:
        journal: the account's journal.
        trail: CloudTrail's record.
        identities: who is behind an access key.
        quiet: whether calls leave no trace now.
    """

    def __init__(
        self, journal: Journal, trail: Trail, identities: Identities, quiet: Callable[[], bool]
    ) -> None:
        self._quiet = quiet
        self._journal = journal
        self._trail = trail
        self._identities = identities

    def begins(self, request: AWSPreparedRequest, verdict: str) -> None:
        """Note who calls what, and whether it is allowed."""
        if self._quiet():
            return
        host = str(request.url).split("//", 1)[-1].split("/", 1)[0]
        target = _text(request.headers.get("X-Amz-Target", ""))
        found = _ACTION.search(_text(request.body))
        operation = found.group(1) if found else str(request.method)
        self._journal.record(
            "api.call",
            self._identities.caller(request.headers).arn,
            service=host.split(".")[0],
            operation=target.rsplit(".", 1)[-1] or operation,
            verdict=verdict,
        )

    def answered(self, request: AWSPreparedRequest, status: int, body: Any) -> None:
        """Note a call and what came of it, for CloudTrail."""
        if self._quiet():
            return
        caller = self._identities.caller(request.headers, str(request.url))
        self._trail.note(RequestCall(request, caller, status, body))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else ""
