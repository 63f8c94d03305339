"""Container instances for the tests of placement."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.model.placement import Candidate, Occupant


class Fleet:
    """Makes container instances with names that tell them apart."""

    def one(self, name: str = "i", /, *groups: str, **fields: Any) -> Candidate:
        """Return an instance of 2048 CPU units and 3768 MiB that hosts tasks of some groups."""
        zone = fields.pop("zone", "us-east-1a")
        kind = fields.pop("kind", "t3.medium")
        attributes = {
            "ecs.availability-zone": zone,
            "ecs.instance-type": kind,
            **fields.pop("attributes", {}),
        }
        settings = {"cpu": 2048, "memory": 3768, "interfaces": 2, "agent_version": "1.105.1"}
        return Candidate(
            name,
            f"arn:aws:ecs:us-east-1:123456789012:container-instance/shop/{name}",
            attributes=attributes,
            occupants=tuple(Occupant(group) for group in groups),
            ec2_instance=f"i-{name}",
            **{**settings, **fields},
        )


@pytest.fixture
def fleet() -> Fleet:
    """Return a maker of container instances."""
    return Fleet()
