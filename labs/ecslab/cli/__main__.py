"""`python -m ecslab.cli`."""

from __future__ import annotations

import sys

from ecslab.cli import main

if __name__ == "__main__":
    sys.exit(main())
