"""Runs the Python code of images as if it ran in its container.

Inside, `os.environ` holds the container's variables and nothing of the notebook's, and boto3's
default session finds the task role's credentials the way it does on AWS: at the address in
AWS_CONTAINER_CREDENTIALS_RELATIVE_URI.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import boto3

from ecslab.aws.sessions import new_session
from ecslab.aws.source import calling_from
from ecslab.sim.environment import FROM_OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

_BOUND = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextlib.contextmanager
def sealed(environment: Mapping[str, str], session: Any) -> Generator[None, None, None]:
    """Run code with an environment and a boto3 session of its own, and nothing of the notebook's.

    Args:
        environment: its variables.
        session: its default boto3 session.
    """
    kept = {key: os.environ[key] for key in FROM_OUTSIDE if key in os.environ}
    own = _encoded({**kept, **_BOUND, **environment})
    outside, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    # The variables are exchanged as a whole: to set each of them costs more than most requests.
    # Nothing but Python code runs here, so that the C library's copy need not follow.
    variables: Any = os.environ
    shared, variables._data = variables._data, dict(own)  # noqa: SLF001 - as the comment says
    try:
        yield
    finally:
        inside, variables._data = variables._data, shared  # noqa: SLF001 - likewise
        boto3.DEFAULT_SESSION = outside
        for key in [key for key in {*inside, *own} if inside.get(key) != own.get(key)]:
            _restore(key, shared)


def _encoded(environment: Mapping[str, str]) -> dict[Any, Any]:
    """Return variables as `os.environ` keeps them."""
    variables: Any = os.environ
    key, value = variables.encodekey, variables.encodevalue
    return {key(name): value(text) for name, text in environment.items()}


def _restore(key: Any, shared: Mapping[Any, Any]) -> None:
    """Give the C library's copy of a variable, which code inside has set, its value back."""
    if key in shared:
        os.putenv(key, shared[key])
    else:
        os.unsetenv(key)


class Programs:
    """The sessions of all containers."""

    def __init__(self) -> None:
        self._sessions: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    @contextlib.contextmanager
    def inside(self, environment: Mapping[str, str], owner: Any) -> Generator[None, None, None]:
        """Enter a container.

        Args:
            environment: its variables.
            owner: its process; code of one process shares a boto3 session.
        """
        with sealed(environment, self._session(owner)), calling_from(owner.task):
            yield

    def _session(self, owner: Any) -> Any:
        if owner not in self._sessions:
            self._sessions[owner] = new_session()
        return self._sessions[owner]
