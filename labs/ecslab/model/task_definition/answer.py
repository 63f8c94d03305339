"""The words in which AWS refuses a request, each with the place that documents the rule."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.errors import AwsError

CLIENT = "ClientException"
INVALID_PARAMETER = "InvalidParameterException"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One refusal: its code, its words, and where the rule behind it is documented.

    Args:
        message: AWS's words; names in braces are filled in with the values at hand.
        source: the AWS page or botocore shape that states the rule.
        code: the error code as AWS spells it.
        verified: True when these words were seen coming from AWS; False when only the rule is
            documented and the words are ours, so that the table of differences can list them.
    """

    message: str
    source: str
    code: str = CLIENT
    verified: bool = True

    def error(self, **values: object) -> AwsError:
        """Return the error, with the values put into the words."""
        return AwsError(self.code, self.message.format(**values))
