"""The permissions of DynamoDB's compound operations and of Secrets Manager's names.

AWS: Service Authorization Reference, Amazon DynamoDB and AWS Secrets Manager; DynamoDB
transaction-apis-iam and ql-iam.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.backends import get_backend

from ecslab.aws.iam_check import Check
from ecslab.aws.iam_resources_kms import customer_key

_STATEMENT: Final = re.compile(
    r"\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b.*?"
    r"(?:(?<=UPDATE)|\bFROM|\bINTO)\s+\"?(?P<table>[\w.-]+)\"?(?:\.\"?(?P<index>[\w.-]+)\"?)?",
    re.IGNORECASE | re.DOTALL,
)
_ITEM_ACTIONS: Final = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_SECRET_ARN: Final = re.compile(r"arn:aws:secretsmanager:[^:]*:\d{12}:secret:.+")


def dynamodb_checks(
    operation: str, params: Mapping[str, Any], region: str, account: str
) -> list[Check] | None:
    """Return the permissions of a transaction, a PartiQL statement or a query of an index.

    Returns None for an operation that needs none but the permission of its own name on its table.
    """
    prefix = f"arn:aws:dynamodb:{region}:{account}:table/"
    if operation in {"TransactGetItems", "TransactWriteItems"}:
        return [
            Check.on(f"dynamodb:{_ITEM_ACTIONS[kind]}", _table(prefix, item.get("TableName", "*")))
            for entry in params.get("TransactItems") or []
            for kind, item in entry.items()
            if kind in _ITEM_ACTIONS
        ]
    if operation in {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}:
        return [_statement(text, prefix) for text in _statements(params)]
    index = params.get("IndexName")
    if operation in {"Query", "Scan"} and index:
        table = _table(prefix, params.get("TableName", "*"))
        return [Check.on(f"dynamodb:{operation}", f"{table}/index/{index}")]
    return None


def secrets_checks(
    operation: str, params: Mapping[str, Any], region: str, account: str
) -> list[Check]:
    """Return the permissions of a Secrets Manager operation."""
    prefix = f"arn:aws:secretsmanager:{region}:{account}:secret:"
    if operation == "BatchGetSecretValue":
        own = Check.on("secretsmanager:BatchGetSecretValue")
        names = params.get("SecretIdList") or []
        secrets = tuple(secret_forms(name, region, account) for name in names)
        return [own, Check("secretsmanager:GetSecretValue", secrets)] if secrets else [own]
    action = f"secretsmanager:{operation}"
    if operation == "CreateSecret":
        # The six characters that Secrets Manager adds are not known yet.
        return [Check.on(action, f"{prefix}{params.get('Name', '*')}-??????")]
    name = params.get("SecretId")
    own = Check(action, (secret_forms(name, region, account),)) if name else Check.on(action)
    key = _key_of_secret(name, region, account) if operation == "GetSecretValue" and name else ""
    return [own, Check.on("kms:Decrypt", key)] if key else [own]


def _key_of_secret(name: str, region: str, account: str) -> str:
    """Return the customer managed key that a secret is encrypted with, if it is.

    AWS: Secrets Manager security-encryption (the caller needs kms:Decrypt).
    """
    secrets = get_backend("secretsmanager")[account][region].secrets
    secret = secrets.get(name) if name in secrets else None
    key = getattr(secret, "kms_key_id", None)  # a replica in another Region has none of its own
    return customer_key(key, region, account)


def parameter_keys(
    operation: str, params: Mapping[str, Any], region: str, account: str
) -> list[Check]:
    """Return the permissions for the customer managed keys of parameters that are decrypted.

    AWS: Systems Manager services-parameter-store (SecureString parameters, WithDecryption).
    """
    if operation not in {"GetParameter", "GetParameters"} or not params.get("WithDecryption"):
        return []
    names = [str(name) for name in params.get("Names") or [params.get("Name")] if name]
    found = get_backend("ssm")[account][region].get_parameters(names)
    keys = [
        customer_key(parameter.keyid, region, account)
        for parameter in found.values()
        if parameter.parameter_type == "SecureString"
    ]
    return [Check.on("kms:Decrypt", key) for key in dict.fromkeys(keys) if key]


def secret_forms(name: str, region: str, account: str) -> tuple[str, ...]:
    """Return how a secret given by name, partial ARN or ARN may be written in a policy.

    A secret that exists is judged by its whole ARN, with the six characters that Secrets Manager
    added to the name. One that does not is judged by the name the caller gave.
    """
    secrets = get_backend("secretsmanager")[account][region].secrets
    secret = secrets.get(name) if name in secrets else None
    if secret is not None:
        return (str(secret.arn),)
    if _SECRET_ARN.fullmatch(name):
        return (name,)
    return (name, f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????")


def _table(prefix: str, name: str) -> str:
    return name if name.startswith("arn:") else f"{prefix}{name}"


def _statements(params: Mapping[str, Any]) -> list[str]:
    if params.get("Statement"):
        return [str(params["Statement"])]
    entries = params.get("Statements") or params.get("TransactStatements") or []
    return [str(entry.get("Statement", "")) for entry in entries]


def _statement(text: str, prefix: str) -> Check:
    found = _STATEMENT.match(text)
    if not found:
        return Check.on("dynamodb:PartiQLSelect", f"{prefix}*")
    arn = f"{prefix}{found['table']}"
    if found["index"]:
        arn += f"/index/{found['index']}"
    return Check.on(f"dynamodb:PartiQL{found['verb'].capitalize()}", arn)
