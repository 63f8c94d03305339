"""IAM policies: reading them, and deciding what they allow."""

from __future__ import annotations

from ecslab.model.policy.context import Context, context
from ecslab.model.policy.decision import Decision, Request, decide
from ecslab.model.policy.document import Malformed, Policy, Statement, parse
from ecslab.model.policy.principal import Principal
from ecslab.model.policy.trust import may_assume

__all__ = [
    "Context",
    "Decision",
    "Malformed",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "context",
    "decide",
    "may_assume",
    "parse",
]
