"""Who is calling: from the access key of a request to a principal."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, Literal
from urllib.parse import unquote

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from ecslab.aws.iam_directory import account_of, find_role
from ecslab.model.policy import Principal

ACCOUNT: Final = "123456789012"
CallerKind = Literal["administrator", "user", "role", "anonymous"]
CallerState = Literal["active", "expired", "invalid"]

_CREDENTIAL: Final = re.compile(r"Credential=([^/,\s]+)/")
_OLD_SIGNATURE: Final = re.compile(r"AWS ([^:\s]+):")
_IN_URL: Final = re.compile(r"[?&](?:X-Amz-Credential|AWSAccessKeyId)=([^&/%]+)")
# What IAM and STS hand out: 20 characters. Any other key is one the learner's program made up.
_ISSUED: Final = re.compile(r"A[KS]IA[A-Z0-9]{16}")
# The key of AWS's documentation, which moto answers to GetSessionToken; nobody's own.
_EXAMPLE: Final = "AKIAIOSFODNN7EXAMPLE"

_KEY_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_BYTES: Final = 30
_TOKEN_BYTES: Final = 256
_ROLE_SESSION_SECONDS: Final = 6 * 3600


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever signed a request.

    Args:
        kind: ``administrator`` may do everything; ``user`` and ``role`` are judged by their
            policies; ``anonymous`` signed nothing.
        arn: the ARN as GetCallerIdentity and denial messages show it.
        account: the 12 digits of the caller's account.
        user_id: the unique id that GetCallerIdentity answers.
        name: the user's or the role's name.
        role_arn: the role behind a session.
        session_policies: the documents passed to AssumeRole.
        source_arn: the ECS task that holds the credentials, for those of a task role.
        state: whether the credentials are still good.
    """

    kind: CallerKind
    arn: str = ""
    account: str = ACCOUNT
    user_id: str = ""
    name: str = ""
    role_arn: str = ""
    session_policies: tuple[str, ...] = ()
    source_arn: str = ""
    state: CallerState = "active"

    @property
    def principal(self) -> Principal:
        """The caller as resource-based policies name it."""
        return Principal("AWS", self.arn, role_arn=self.role_arn, account=self.account)


@dataclass(frozen=True, slots=True)
class MintedCredentials:
    """Temporary credentials that the simulated ECS gave to a task."""

    caller: Caller
    expiration: datetime


class CredentialStore:
    """The temporary credentials that ECS hands to tasks.

    Args:
        random: where keys come from, so that the same seed gives the same keys.
        now: the simulated time.
    """

    def __init__(self, random: Random, now: Callable[[], datetime]) -> None:
        self._random = random
        self._now = now
        self._minted: dict[str, MintedCredentials] = {}

    def mint(
        self,
        role_arn: str,
        session_name: str,
        source_arn: str = "",
        *,
        seconds: int = _ROLE_SESSION_SECONDS,
    ) -> dict[str, str]:
        """Make credentials for a role.

        Args:
            role_arn: the task role.
            session_name: the last part of the session's ARN; ECS takes the task's id.
            source_arn: the ARN of the task.
            seconds: how long they are good.

        Returns:
            The JSON that ``169.254.170.2`` answers: RoleArn, AccessKeyId, SecretAccessKey, Token
            and Expiration.

        AWS: task-iam-roles; the keys are those of the ECS agent's credentials manager.
        """
        key = "ASIA" + "".join(self._random.choices(_KEY_LETTERS, k=16))
        expiration = self._now() + timedelta(seconds=seconds)
        caller = session_caller(role_arn, session_name, source_arn=source_arn)
        self._minted[key] = MintedCredentials(caller, expiration)
        return {
            "RoleArn": role_arn,
            "AccessKeyId": key,
            "SecretAccessKey": self._secret(_SECRET_BYTES),
            "Token": self._secret(_TOKEN_BYTES),
            "Expiration": expiration.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def find(self, access_key_id: str) -> MintedCredentials | None:
        """Return the credentials with this key, expired ones included."""
        return self._minted.get(access_key_id)

    def forget(self, access_key_id: str) -> None:
        """Make a key worthless, as ECS does some time after its task stopped."""
        self._minted.pop(access_key_id, None)

    def _secret(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()


class Identities:
    """Finds the caller behind an access key.

    Args:
        credentials: the keys of tasks.
        now: the simulated time, timezone-aware.
        account: the account that made-up keys belong to.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        now: Callable[[], datetime],
        account: str = ACCOUNT,
    ) -> None:
        self._credentials = credentials
        self._now = now
        self._account = account
        self.administrator: Final = Caller(
            "administrator",
            f"arn:aws:iam::{account}:user/administrator",
            account=account,
            user_id="AIDAADMINISTRATOR000A",
            name="administrator",
        )

    def caller(self, headers: Mapping[str, Any], url: str = "") -> Caller:
        """Return who signed a request.

        Args:
            headers: the request's headers; values may be bytes, as botocore leaves them.
            url: the request's URL, for presigned ones.
        """
        key = access_key_id(headers, url)
        return self.by_key(key) if key else Caller("anonymous", account=self._account)

    def by_key(self, key: str) -> Caller:
        """Return who owns an access key.

        A key that neither IAM nor STS could have issued is the learner's own session and counts
        as the account's administrator. One that looks issued but is not known (any more), or is
        inactive, has the state ``invalid``.
        """
        if not _ISSUED.fullmatch(key) or key == _EXAMPLE:
            return self.administrator
        minted = self._credentials.find(key)
        if minted:
            return self._checked(minted.caller, minted.expiration)
        for account_id, account in list(iam_backends.items()):
            access_key = account["aws"].access_keys.get(key)
            if access_key is not None:
                return self._of_account(account_id, access_key)
        return Caller("user", account=self._account, state="invalid")

    def _of_account(self, account_id: str, access_key: Any) -> Caller:
        if access_key.role_arn is not None:
            return self._assumed(account_id, access_key.access_key_id)
        backend = iam_backends[account_id]["aws"]
        user = backend.users.get(access_key.user_name)
        if user is None or access_key not in user.access_keys or access_key.status != "Active":
            return Caller("user", account=account_id, state="invalid")
        return Caller("user", user.arn, account=account_id, user_id=user.id, name=user.name)

    def _assumed(self, account_id: str, key: str) -> Caller:
        session = sts_backends[account_id]["aws"].get_assumed_role_from_access_key(key)
        if session is None:
            return Caller("role", account=account_id, state="invalid")
        caller = session_caller(
            session.role_arn,
            session.session_name,
            session_policies=(session.policy,) if session.policy else (),
        )
        return self._checked(caller, session.expiration.replace(tzinfo=UTC))

    def _checked(self, caller: Caller, expiration: datetime) -> Caller:
        if self._now() < expiration:
            return caller
        return Caller(caller.kind, caller.arn, account=caller.account, state="expired")


def access_key_id(headers: Mapping[str, Any], url: str = "") -> str:
    """Return the access key that signed a request, or nothing for an unsigned one."""
    found = headers.get("Authorization")
    if found:
        text = found.decode() if isinstance(found, bytes) else str(found)
        match = _CREDENTIAL.search(text) or _OLD_SIGNATURE.match(text)
        return match.group(1) if match else ""
    match = _IN_URL.search(url)
    return unquote(match.group(1)) if match else ""


def caller_identity(caller: Caller) -> dict[str, str]:
    """Return what STS GetCallerIdentity answers: UserId, Account and Arn."""
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def session_caller(
    role_arn: str,
    session_name: str,
    *,
    session_policies: tuple[str, ...] = (),
    source_arn: str = "",
) -> Caller:
    """Return the caller that a session of a role is.

    Args:
        role_arn: the role, which need not exist.
        session_name: the last part of the session's ARN.
        session_policies: the documents passed to AssumeRole.
        source_arn: the ECS task that holds the credentials.
    """
    account = account_of(role_arn) or ACCOUNT
    name = role_arn.rsplit("/", 1)[-1]
    role = find_role(role_arn)
    return Caller(
        "role",
        f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        account=account,
        user_id=f"{role.id if role else 'AROA' + name.upper()}:{session_name}",
        name=name,
        role_arn=role_arn,
        session_policies=session_policies,
        source_arn=source_arn,
    )
