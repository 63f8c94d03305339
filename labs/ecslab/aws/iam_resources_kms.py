"""The permissions of KMS operations, in which a key goes by many names.

AWS: Service Authorization Reference, AWS Key Management Service; KMS alias-authorization.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from moto.backends import get_backend

from ecslab.aws.iam_check import Check

_ALIASES: Final = {"CreateAlias", "DeleteAlias", "UpdateAlias"}
_NO_KEY: Final = {"ListAliases", "ListKeys", "GenerateRandom"}


def kms_checks(operation: str, params: Mapping[str, Any], region: str, account: str) -> list[Check]:
    """Return the permissions of a KMS operation.

    A key may be given by id, ARN or alias; permissions are about the key behind an alias. Decrypt
    need not name the key at all, because the ciphertext tells it.
    """
    prefix = f"arn:aws:kms:{region}:{account}:"

    def key(name: Any) -> str:
        return _key_arn(str(name), prefix) if name else ""

    blob = params.get("CiphertextBlob")
    if operation == "ReEncrypt":
        return [
            Check.on("kms:ReEncryptFrom", key(params.get("SourceKeyId") or _key_of(blob)) or "*"),
            Check.on("kms:ReEncryptTo", key(params.get("DestinationKeyId")) or "*"),
        ]
    if operation in _ALIASES:
        alias = str(params.get("AliasName", "*"))
        keys = [key(params.get("TargetKeyId"))]
        if operation != "CreateAlias":
            keys.append(_aliased(alias))
        arns = dict.fromkeys([f"{prefix}{alias}", *(arn for arn in keys if arn)])
        return [Check.on(f"kms:{operation}", *arns)]
    name = "" if operation in _NO_KEY else params.get("KeyId") or _key_of(blob)
    return [Check.on(f"kms:{operation}", key(name) or "*")]


def customer_key(name: str | None, region: str, account: str) -> str:
    """Return the ARN of a customer managed key given by id, ARN or alias; empty for AWS's own.

    AWS: concepts of KMS, "AWS managed keys" (their aliases begin with aws/).
    """
    if not name or "alias/aws/" in name or name == "default":
        return ""
    return _key_arn(name, f"arn:aws:kms:{region}:{account}:")


def _key_arn(name: str, prefix: str) -> str:
    alias = name.rpartition(":")[2]
    if alias.startswith("alias/"):
        return _aliased(alias) or (name if name.startswith("arn:") else f"{prefix}{alias}")
    return name if name.startswith("arn:") else f"{prefix}key/{name}"


def _aliased(alias: str) -> str:
    keys = [
        key
        for account in get_backend("kms").values()
        for backend in account.values()
        for key in backend.keys.values()
    ]
    return next((str(key.arn) for key in keys if alias in key.aliases), "")


def _key_of(blob: Any) -> str:
    from moto.kms.utils import _deserialize_ciphertext_blob

    try:
        return str(_deserialize_ciphertext_blob(blob).key_id)
    except Exception:  # noqa: BLE001 - whatever is not a ciphertext of moto's
        return ""
