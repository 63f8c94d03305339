"""The course: its catalogue, the learner's folder, sessions, checks and progress."""

from __future__ import annotations

from ecslab.course.checks import Module
from ecslab.course.expectations import expect, expect_in, one
from ecslab.course.outcomes import NotAttempted, NotYet, Passed
from ecslab.course.session import Session, start

__all__ = [
    "Module",
    "NotAttempted",
    "NotYet",
    "Passed",
    "Session",
    "expect",
    "expect_in",
    "one",
    "start",
]
