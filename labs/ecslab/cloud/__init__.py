"""One simulated AWS account."""

from __future__ import annotations

from ecslab.cloud.cloud import Cloud

__all__ = ["Cloud"]
