"""Strict grading: a trusted process repeats what a learner's code asked of its account.

The learner's process is believed in nothing but this: which requests it sent, how much time it let
pass, what its container programs answered, and which values it gave as answers. All of that is
data. The checks run in a process that never runs a line of the learner's, on an account that those
requests have produced there once more; the same seed gives it the same ids and times.

The other way would be to keep the account in a process of its own and to let the learner's code ask
it from outside. Then code would go over a wire that works in one process otherwise: programs of
images would have to be called back in the learner's process while the account's time stands still,
each call of boto3 would cost a message, and strict grading would judge another simulation than the
one that the learner used. Repeating needs nothing of that: the learner's code runs as it always
does, and what the trusted process gets is text, after each cell.

So the trusted process must never run code that a record brings along. Programs of images and
functions of AWS Lambda are imitated by what they were seen to do (`programs`); values are plain
data (`values`); what can be asked is listed (`trusted`, and `replay` and `recording` of
`ecslab.cloud`); services of AWS whose implementation would run code of a request are none of the
simulation's. What strict grading cannot tell is whether a right answer was found or copied.

Both processes run in sandboxes of their own. Where a machine offers none, a learner's process could
reach the trusted one through the operating system: `--require-sandbox` refuses to grade there.
"""

from __future__ import annotations
