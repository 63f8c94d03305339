"""The policies that are attached to resources: buckets, queues, secrets, repositories and keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.backends import get_backend

from ecslab.aws.iam_directory import find_role


def resource_policies(arn: str) -> list[str]:
    """Return the policy attached to the resource with an ARN, if there is one.

    Args:
        arn: the resource, as an authorization check names it.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:  # noqa: PLR2004 - an ARN has six parts
        return []
    service, region, account, resource = parts[2:]
    find = _FIND.get(service)
    try:
        found = find(region, account, resource) if find else None
    except KeyError:  # a Region that is none holds nothing
        return []
    if not found:
        return []
    return [found.decode() if isinstance(found, bytes) else str(found)]


def trust_policy(role_arn: str) -> str | None:
    """Return a role's trust policy, or None when the role does not exist."""
    role = find_role(role_arn)
    return None if role is None else str(role.assume_role_policy_document)


def _bucket(_region: str, _account: str, resource: str) -> Any:
    name = resource.partition("/")[0]
    for backends in get_backend("s3").values():
        bucket = backends["aws"].buckets.get(name)
        if bucket is not None:
            return bucket.policy
    return None


def _queue(region: str, account: str, resource: str) -> Any:
    queue = get_backend("sqs")[account][region].queues.get(resource)
    return queue.policy if queue is not None else None


def _topic(region: str, account: str, resource: str) -> Any:
    topic = get_backend("sns")[account][region].topics.get(
        f"arn:aws:sns:{region}:{account}:{resource}"
    )
    return topic.policy if topic is not None else None


def _secret(region: str, account: str, resource: str) -> Any:
    secrets = get_backend("secretsmanager")[account][region].secrets
    arn = f"arn:aws:secretsmanager:{region}:{account}:{resource}"
    return next(
        (getattr(secret, "policy", None) for secret in dict.values(secrets) if secret.arn == arn),
        None,
    )


def _repository(region: str, account: str, resource: str) -> Any:
    name = resource.removeprefix("repository/")
    repository = get_backend("ecr")[account][region].repositories.get(name)
    return repository.policy if repository is not None else None


def _key(region: str, account: str, resource: str) -> Any:
    key = get_backend("kms")[account][region].keys.get(resource.removeprefix("key/"))
    return key.policy if key is not None else None


def _function(region: str, account: str, resource: str) -> Any:
    arn = f"arn:aws:lambda:{region}:{account}:{resource}"
    function = get_backend("lambda")[account][region].get_function_by_arn(arn)
    if function is None or not function.policy.statements:
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": function.policy.statements})


_FIND: Final[dict[str, Callable[[str, str, str], Any]]] = {
    "ecr": _repository,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
}
