"""What keeps a learner's code inside its own folder: the strongest that the machine offers."""

from __future__ import annotations
