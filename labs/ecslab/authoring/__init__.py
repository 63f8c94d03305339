"""Making the course: sources become notebooks, and a linter holds them to the conventions."""

from __future__ import annotations

from ecslab.authoring.builder import Change, build
from ecslab.authoring.linting import lint
from ecslab.authoring.problem import Problem
from ecslab.authoring.scaffold import new

__all__ = ["Change", "Problem", "build", "lint", "new"]
