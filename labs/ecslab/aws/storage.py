"""Amazon S3 as Systems Manager writes session logs to it, on moto's backend."""

from __future__ import annotations

from typing import Any

from moto.s3.models import s3_backends


class Storage:
    """The buckets of an account.

    Args:
        account: the account id.
    """

    def __init__(self, account: str) -> None:
        self._account = account

    def put(self, bucket: str, key: str, text: str) -> bool:
        """Write an object; return whether the bucket is there."""
        backend: Any = s3_backends[self._account]["aws"]
        if bucket not in backend.buckets:
            return False
        backend.put_object(bucket, key, text.encode())
        return True
