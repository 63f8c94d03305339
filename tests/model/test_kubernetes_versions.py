"""Kubernetes versions of EKS and their support."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.model import kubernetes_versions as versions

DAYS = st.dates(date(2025, 11, 27), date(2027, 8, 2))
"""As long as the calendar has a version in standard support."""


@pytest.mark.parametrize("version", versions.VERSIONS, ids=lambda version: version.name)
def test_fourteen_months_then_twelve(version: versions.KubernetesVersion) -> None:
    """EKS:kubernetes-versions: 14 months of standard support and 12 of extended support."""
    standard = version.standard_until - version.released
    assert timedelta(days=14 * 30) <= standard <= timedelta(days=14 * 31)
    assert version.extended_until.replace(year=version.standard_until.year) == (
        version.standard_until
    )
    day = timedelta(days=1)
    assert version.status(version.standard_until) == versions.STANDARD
    assert version.status(version.standard_until + day) == versions.EXTENDED
    assert version.status(version.extended_until + day) == versions.UNSUPPORTED


@given(day=DAYS, extended=st.booleans(), version=st.sampled_from(versions.VERSIONS))
def test_nobody_is_left_without_support(
    day: date, *, extended: bool, version: versions.KubernetesVersion
) -> None:
    """AWS upgrades by itself, never back, and no further than it must."""
    name = versions.current(version.name, day, extended=extended)
    found = versions.find(name)
    assert found is not None
    assert found.minor >= version.minor
    status = found.status(day)
    assert status == versions.STANDARD or (extended and status == versions.EXTENDED)
    if version.status(day) == versions.STANDARD:
        assert name == version.name


def test_an_unknown_version_is_left_alone() -> None:
    assert versions.current("1.19", date(2026, 1, 15), extended=True) == "1.19"
