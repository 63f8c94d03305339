"""AWS Certificate Manager: for which names a certificate is good, and who proves them.

AWS: ACM, "DNS validation"; a certificate that is not ISSUED secures nothing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["certified_names", "issue"]


def certified_names(arn: str) -> tuple[str, ...]:
    """Return the names of an issued certificate of ACM; none for any other."""
    found = _certificate(arn)
    if found is None or found.status != "ISSUED":
        return ()
    names = [found.common_name, *found.sans]
    return tuple(dict.fromkeys(str(name) for name in names))


def issue(arn: str) -> None:
    """Issue a certificate for a name whose DNS zone AWS keeps itself, so that it is validated."""
    found = _certificate(arn)
    if found is not None:
        found.status = "ISSUED"


def _certificate(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "acm":  # noqa: PLR2004 - an ARN has six parts
        return None
    from moto.acm.models import acm_backends  # brings cryptography along

    backend: Any = acm_backends[parts[4]][parts[3]]
    return backend._certificates.get(arn)  # noqa: SLF001 - its getter counts as a use
