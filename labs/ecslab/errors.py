"""The errors that ecslab raises on purpose."""

from __future__ import annotations

from http import HTTPStatus

__all__ = ["AwsError", "CourseError", "EcslabError"]


class EcslabError(Exception):
    """Anything that ecslab reports on purpose, rather than by accident."""

    def _render_traceback_(self) -> list[str]:
        """Show one line in a notebook: IPython asks an exception for its own traceback."""
        return [f"{type(self).__name__}: {self}"]


class CourseError(EcslabError):
    """A mistake a person can mend: one sentence says what is wrong and what to do."""


class AwsError(EcslabError):
    """What an AWS API call answers instead of a result.

    Args:
        code: the error code as AWS spells it, such as ``ClusterNotFoundException``.
        message: the text of the answer, in AWS's own words where they are documented.
        status: the HTTP status of the answer; AWS answers 400 to most mistakes of a caller.
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = int(status)

    def __str__(self) -> str:
        """Return the code and the message, as boto3 shows them."""
        return f"{self.code}: {self.message}"
