"""The permissions of S3 operations, whose actions are often called otherwise.

AWS: Service Authorization Reference, Amazon S3; using-with-s3-policy-actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from ecslab.aws.iam_check import Check

_CONFIGURATIONS: Final = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
_ACTIONS: Final[dict[str, str]] = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    **{
        f"{verb}BucketMetadataConfiguration": f"{verb}BucketMetadataTableConfiguration"
        for verb in ("Create", "Get", "Delete")
    },
    **{
        f"{verb}Bucket{name}Configuration{plural}": f"{permission}{name}Configuration"
        for name in _CONFIGURATIONS
        for verb, plural, permission in (
            ("Get", "", "Get"),
            ("List", "s", "Get"),
            ("Put", "", "Put"),
            ("Delete", "", "Put"),
        )
    },
}
# With a VersionId these ask for a permission of their own.
_OF_VERSIONS: Final = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}


def s3_action(operation: str, *, version: bool = False) -> str:
    """Return the action of an operation, without its prefix."""
    name = _ACTIONS.get(operation, operation)
    return _OF_VERSIONS.get(name, name) if version else name


def s3_checks(operation: str, params: Mapping[str, Any]) -> list[Check]:
    """Return the permissions that an S3 operation needs."""
    bucket = f"arn:aws:s3:::{params['Bucket']}" if params.get("Bucket") else "*"
    if operation == "DeleteObjects":
        return _deletions(bucket, params)
    key = params.get("Key")
    action = s3_action(operation, version=bool(params.get("VersionId")))
    checks = [Check.on(f"s3:{action}", f"{bucket}/{key}" if key else bucket)]
    source = _source(params.get("CopySource"))
    if source:
        checks.append(Check.on("s3:GetObject", f"arn:aws:s3:::{source}"))
    return checks


def _deletions(bucket: str, params: Mapping[str, Any]) -> list[Check]:
    objects = params.get("Delete", {}).get("Objects") or [{"Key": "*"}]
    return [
        Check.on(
            f"s3:{s3_action('DeleteObject', version=bool(item.get('VersionId')))}",
            f"{bucket}/{item.get('Key', '*')}",
        )
        for item in objects
    ]


def _source(source: Any) -> str:
    # "bucket/key?versionId=..." as it stands in the header, percent-encoded.
    if isinstance(source, dict):
        return f"{source.get('Bucket', '')}/{source.get('Key', '')}"
    return unquote(str(source or "").partition("?")[0]).lstrip("/")
