"""One simulated AWS account."""

from __future__ import annotations

from ecslab.cloud.cloud import Cloud
from ecslab.cloud.exec_session import Session, open_session

__all__ = ["Cloud", "Session", "open_session"]
