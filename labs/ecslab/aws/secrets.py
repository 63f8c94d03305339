"""Secrets Manager, Parameter Store and environment files, as ECS reads them for a task."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends
from werkzeug.exceptions import HTTPException

from ecslab.aws.iam_resources_kms import customer_key
from ecslab.sim.ports import SecretValue

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARN_PARTS = 7


class Secrets:
    """Reads what task definitions refer to.

    Args:
        account: the account id.
        region: the Region.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def secret(self, reference: str) -> SecretValue:
        """Return the value of a secret.

        Args:
            reference: its ARN, with `:json-key:version-stage:version-id` behind it or not
                (secrets-envvar-secrets-manager).
        """
        parts = reference.split(":")
        if len(parts) < _ARN_PARTS or parts[4] != self._account:
            return SecretValue(missing=True)
        arn = ":".join(parts[:_ARN_PARTS])
        key, stage, version = [*parts[_ARN_PARTS:], "", "", ""][:3]
        try:
            backend: Any = secretsmanager_backends[self._account][parts[3]]
            found = backend.get_secret_value(arn, version or None, stage or "AWSCURRENT")
        except (ServiceException, HTTPException, KeyError):
            return SecretValue(missing=True)
        text = str(found.get("SecretString") or "")
        encryption = customer_key(backend.secrets[arn].kms_key_id, parts[3], self._account)
        if not key:
            return SecretValue(text, kms_key=encryption)
        try:
            fields = json.loads(text)
        except json.JSONDecodeError:
            fields = {}
        if not isinstance(fields, dict) or key not in fields:
            return SecretValue(key_missing=key)
        value = fields[key]
        return SecretValue(
            value if isinstance(value, str) else json.dumps(value), kms_key=encryption
        )

    def parameter(self, reference: str) -> SecretValue:
        """Return the value of a Parameter Store parameter, decrypted.

        Args:
            reference: its ARN, or its name in the same Region (botocore ecs Secret.valueFrom).
        """
        names, region, account = [reference], self._region, self._account
        if reference.startswith("arn:"):
            region, account = [*reference.split(":"), ""][3:5]
            name = reference.partition(":parameter/")[2]
            # The ARN of `/db` is the same as that of `db`.
            names = [f"/{name}", name]
        try:
            backend: Any = ssm_backends[self._account][region]
        except KeyError:
            return SecretValue(missing=True)
        if account != self._account:
            return SecretValue(missing=True)
        for candidate in names:
            for parameter in backend.get_parameters([candidate]).values():
                secure = parameter.parameter_type == "SecureString"
                encryption = customer_key(parameter.keyid, region, account) if secure else ""
                return SecretValue(str(parameter.decrypt(parameter.value)), kms_key=encryption)
        return SecretValue(missing=True)

    def environment_file(self, arn: str) -> Mapping[str, str] | None:
        """Return the variables of an environment file in S3, None when it does not exist.

        AWS: use-environment-file (NAME=VALUE lines; lines that begin with # are comments).
        """
        bucket, _, key = arn.split(":::", 1)[-1].partition("/")
        backend: Any = s3_backends[self._account]["aws"]
        stored = backend.buckets.get(bucket)
        found = stored.keys.get(key) if stored is not None else None
        if found is None:
            return None
        result = {}
        for line in found.value.decode(errors="replace").splitlines():
            name, mark, value = line.partition("=")
            if mark and not line.startswith("#"):
                result[name.strip()] = value.strip()
        return result
