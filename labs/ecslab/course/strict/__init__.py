"""Strict grading: a trusted process repeats what a learner's code asked of its account.

The learner's process is believed in nothing but this: which requests it sent, how much time it let
pass, what its container programs answered, and which values it gave as answers. All of that is
data. The checks run in a process that never runs a line of the learner's, on an account that those
requests have produced there once more; the same seed gives it the same ids and times.
"""

from __future__ import annotations
