"""Pages of a list: a token that names the place where the next page starts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

LARGEST_PAGE = 100

_LONGEST_TOKEN = 1024

BAD_SIZE = Answer(
    message="maxResults must be between 1 and {largest}",
    source="botocore ecs ListTaskDefinitionsRequest.maxResults",
    code=INVALID_PARAMETER,
    verified=False,
)
BAD_TOKEN = Answer(
    message="Invalid token.",
    source="botocore ecs ListTaskDefinitionsRequest.nextToken",
    code=INVALID_PARAMETER,
    verified=False,
)
ANSWERS = (BAD_SIZE, BAD_TOKEN)


class Page(NamedTuple):
    """One page of a list, and the token of the next; None on the last page."""

    items: list[str]
    next_token: str | None


def page(
    items: Sequence[str],
    *,
    query: Sequence[object],
    max_results: int | None = None,
    next_token: str | None = None,
    default: int = LARGEST_PAGE,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Return one page of a list.

    A token says after which item its page starts, so a list that changes between two calls neither
    repeats nor loses what stays in it.

    Args:
        items: the whole list in its order.
        query: what was asked for; a token is only good for the same question.
        max_results: how many items at most, 1 to `largest`.
        next_token: the token of the page before, None for the first page.
        default: how many items without `max_results`.
        largest: how many items a page can hold.

    Raises:
        AwsError: another number of items, or a token that no page of this question gave.
    """
    size = min(default, largest) if max_results is None else max_results
    if not 0 < size <= largest:
        raise BAD_SIZE.error(largest=largest)
    start = 0 if next_token is None else _start(items, query, next_token)
    chosen = list(items[start : start + size])
    more = start + size < len(items)
    return Page(chosen, _token(query, start + size, chosen[-1]) if more else None)


def _token(query: Sequence[object], position: int, last: str) -> str:
    text = json.dumps([_digest(query), position, last])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _start(items: Sequence[str], query: Sequence[object], token: str) -> int:
    if len(token) > _LONGEST_TOKEN:
        raise BAD_TOKEN.error()
    try:
        text = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        digest, position, last = json.loads(text)
    except (binascii.Error, ValueError, TypeError):
        raise BAD_TOKEN.error() from None
    if digest != _digest(query) or type(position) is not int or position < 1:
        raise BAD_TOKEN.error()
    return items.index(last) + 1 if last in items else min(position, len(items))


def _digest(query: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(list(query)).encode()).hexdigest()[:12]
