"""Put the course's notebooks into the wheel, where `ecslab init FOLDER` finds them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IncludeCourse(BuildHookInterface):  # type: ignore[type-arg]
    """Add each course file to the wheel under `ecslab/_course`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files for a `standard` wheel; an editable one reads them where they are."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "labs")))
        from ecslab.course.files import CourseFiles

        for name in CourseFiles(Path(self.root)).all():
            build_data["force_include"][str(name)] = f"ecslab/_course/{name.as_posix()}"
