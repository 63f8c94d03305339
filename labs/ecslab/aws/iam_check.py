"""One permission that a call needs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """An action on resources, all of which have to be allowed.

    Args:
        action: the IAM action, such as ``ecs:RunTask``.
        resources: the ARNs, or ``*`` alone. A tuple holds the forms in which one and the same
            resource may be written; a policy that fits one of them is enough, and the first is
            the one that messages show.
        keys: condition keys that belong to this action alone, such as ``iam:PassedToService``.
    """

    action: str
    resources: tuple[tuple[str, ...], ...] = (("*",),)
    keys: dict[str, object] = field(default_factory=dict)

    @classmethod
    def on(cls, action: str, *arns: str, **keys: object) -> Check:
        """Make a check of ARNs that have one form each; none stands for ``*``."""
        return cls(action, tuple((arn,) for arn in arns or ("*",)), keys)
