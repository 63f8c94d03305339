"""The words in which AWS refuses a request, each with the place that documents the rule."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.errors import AwsError
from ecslab.model.failures import Failure

CLIENT = "ClientException"
INVALID_PARAMETER = "InvalidParameterException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Failure):
    """A documented text that is the answer to a request: a refusal, with its code.

    Args:
        message: as of every documented text; so are `source` and `verified`.
        code: the error code as AWS spells it.
    """

    code: str = CLIENT

    def error(self, **values: object) -> AwsError:
        """Return the error, with the values put into the words."""
        return AwsError(self.code, self(**values))
