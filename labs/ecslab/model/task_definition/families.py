"""All task definitions of an account in a Region: their families, revisions, states and tags."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ecslab.model.task_definition import paging, tags
from ecslab.model.task_definition.answer import Answer
from ecslab.model.task_definition.draft import Definition
from ecslab.model.task_definition.family_answers import (
    BAD_CHOICE,
    BAD_IDENTIFIER,
    BAD_REVISION,
    DOES_NOT_EXIST,
    IS_INACTIVE,
    NO_REVISION,
    NOT_FOUND,
    NOTHING_TO_DELETE,
    OTHER_REGION,
    STILL_ACTIVE,
    TOO_MANY_TO_DELETE,
    UNKNOWN,
)
from ecslab.model.task_definition.registration import arn, given_tags, partition, register

ACTIVE = "ACTIVE"
INACTIVE = "INACTIVE"
DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
ALL = "ALL"

MAXIMUM_DELETED = 10


class Deleted(NamedTuple):
    """What DeleteTaskDefinitions did: the definitions on their way out, and the failures."""

    definitions: list[Definition]
    failures: list[dict[str, str]]


class Reference(NamedTuple):
    """What `family`, `family:revision` or an ARN points at; the revision is None when left out."""

    family: str
    revision: int | None


class TaskDefinitions:
    """The task definitions of one account in one Region.

    A definition that was handed out is never changed afterwards: a new state makes a new dict, so
    what a caller holds is what was true when it asked.

    Args:
        account: the AWS account id.
        region: the Region.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._families: dict[str, dict[int, Definition]] = {}
        self._last: dict[str, int] = {}
        self._tags: dict[str, tags.Tags] = {}

    def register(
        self, request: Mapping[str, Any], *, registered_at: datetime, registered_by: str
    ) -> Definition:
        """Add the next revision of a family and return it.

        A revision's number is one more than any that the family ever had, deleted ones included.

        Args:
            request: the members of botocore's RegisterTaskDefinitionRequest.
            registered_at: when it is registered.
            registered_by: the ARN of the principal that registers it.

        Raises:
            AwsError: the first rule that the request breaks.
        """
        family = request.get("family")
        revision = self._last.get(family, 0) + 1 if isinstance(family, str) else 1
        definition = register(
            request,
            revision=revision,
            account=self._account,
            region=self._region,
            registered_at=registered_at,
            registered_by=registered_by,
        )
        self._last[definition["family"]] = revision
        self._families.setdefault(definition["family"], {})[revision] = definition
        self._tags[definition["taskDefinitionArn"]] = given_tags(request)
        return definition

    def resolve(self, identifier: str) -> Definition:
        """Return a task definition as DescribeTaskDefinition does.

        Args:
            identifier: a family, for its latest ACTIVE revision; `family:revision`; or an ARN.

        Raises:
            AwsError: there is none.
        """
        return self._find(identifier, UNKNOWN)

    def runnable(self, identifier: str) -> Definition:
        """Return a task definition of which RunTask or a service may start new tasks.

        Args:
            identifier: as for `resolve`.

        Raises:
            AwsError: there is none, or it is not ACTIVE.
        """
        definition = self._find(identifier, NOT_FOUND)
        if definition["status"] != ACTIVE:
            raise IS_INACTIVE.error()
        return definition

    def deregister(self, identifier: str, *, at: datetime) -> Definition:
        """Make a revision INACTIVE and return it; one that is not ACTIVE stays as it is.

        Args:
            identifier: `family:revision` or an ARN with a revision.
            at: when that happens.

        Raises:
            AwsError: no revision is named, or there is no such revision.
        """
        name = identifier.rsplit("/", 1)[-1]
        if ":" not in name:
            raise NO_REVISION.error()
        revision = name.rsplit(":", 1)[-1]
        if not re.fullmatch(r"[0-9]{1,9}", revision):
            raise BAD_REVISION.error(revision=revision)
        definition = self._find(identifier, UNKNOWN)
        if definition["status"] == ACTIVE:
            definition = self._change(definition, status=INACTIVE, deregisteredAt=at)
        return definition

    def delete(self, identifiers: Sequence[str], *, at: datetime) -> Deleted:
        """Start to delete INACTIVE revisions.

        They stay DELETE_IN_PROGRESS until `purge` finds that no task or service uses them.

        Args:
            identifiers: up to 10 times `family:revision` or an ARN with a revision.
            at: when that happens.

        Raises:
            AwsError: no identifier, or more than 10.
        """
        if not identifiers:
            raise NOTHING_TO_DELETE.error()
        if len(identifiers) > MAXIMUM_DELETED:
            raise TOO_MANY_TO_DELETE.error()
        deleted = Deleted([], [])
        for identifier in identifiers:
            found = self._deletable(identifier)
            if isinstance(found, Answer):
                failure = {"arn": self._as_arn(identifier), "reason": found.message}
                deleted.failures.append(failure)
            else:
                deleted.definitions.append(self._start_deleting(found, at))
        return deleted

    def purge(self, in_use: Collection[str]) -> list[str]:
        """Forget the revisions that are being deleted and that nothing uses any more.

        Args:
            in_use: the ARNs of the definitions that tasks and services still use.

        Returns:
            The ARNs of those that are gone.
        """
        gone = [
            definition
            for definition in self._all()
            if definition["status"] == DELETE_IN_PROGRESS
            and definition["taskDefinitionArn"] not in in_use
        ]
        for definition in gone:
            del self._families[definition["family"]][definition["revision"]]
            self._tags.pop(definition["taskDefinitionArn"], None)
        return [definition["taskDefinitionArn"] for definition in gone]

    def list_families(
        self,
        *,
        prefix: str | None = None,
        status: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> paging.Page:
        """Return one page of the names of families, as ListTaskDefinitionFamilies does.

        Args:
            prefix: how the names start.
            status: ACTIVE for families with an ACTIVE revision, INACTIVE for those without; both
                without it, or with ALL.
            max_results: see `paging.page`.
            next_token: see `paging.page`.

        Raises:
            AwsError: another status, a page size out of range, or a token of another list.
        """
        wanted = _choice("status", status or ALL, (ACTIVE, INACTIVE, ALL))
        names = [
            family
            for family, revisions in sorted(self._families.items())
            if family.startswith(prefix or "")
            and (state := _family_status(revisions)) is not None
            and wanted in (ALL, state)
        ]
        query = ("families", prefix, wanted)
        return paging.page(names, query=query, max_results=max_results, next_token=next_token)

    def list_arns(
        self,
        *,
        family: str | None = None,
        status: str | None = None,
        sort: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> paging.Page:
        """Return one page of the ARNs of revisions, as ListTaskDefinitions does.

        Args:
            family: the whole name of a family; all families without it.
            status: the state of the revisions, ACTIVE without it.
            sort: ASC, by family and then by number, or DESC for the reverse; ASC without it.
            max_results: see `paging.page`.
            next_token: see `paging.page`.

        Raises:
            AwsError: another status or order, a page size out of range, or a token of another list.
        """
        wanted = _choice("status", status or ACTIVE, (ACTIVE, INACTIVE, DELETE_IN_PROGRESS))
        order = _choice("sort", sort or "ASC", ("ASC", "DESC"))
        found = [
            definition
            for definition in self._all()
            if definition["status"] == wanted and family in (None, definition["family"])
        ]
        found.sort(key=lambda one: (one["family"], one["revision"]), reverse=order == "DESC")
        arns = [definition["taskDefinitionArn"] for definition in found]
        query = ("definitions", family, wanted, order)
        return paging.page(arns, query=query, max_results=max_results, next_token=next_token)

    def tags_of(self, identifier: str) -> tags.Tags:
        """Return the tags of a revision.

        Raises:
            AwsError: there is no such revision.
        """
        return list(self._tags[self.resolve(identifier)["taskDefinitionArn"]])

    def tag(self, identifier: str, added: Sequence[dict[str, str]]) -> None:
        """Add or change tags of a revision.

        Raises:
            AwsError: there is no such revision, or the tags break a rule.
        """
        key = self.resolve(identifier)["taskDefinitionArn"]
        self._tags[key] = tags.merged(self._tags[key], added)

    def untag(self, identifier: str, keys: Sequence[str]) -> None:
        """Remove tags of a revision.

        Raises:
            AwsError: there is no such revision.
        """
        key = self.resolve(identifier)["taskDefinitionArn"]
        self._tags[key] = tags.without(self._tags[key], keys)

    def reference(self, identifier: str) -> Reference | None:
        """Return what an identifier points at, None when it is none of this account and Region."""
        prefix = (
            f"arn:{partition(self._region)}:ecs:{self._region}:{self._account}:task-definition/"
        )
        if identifier.startswith("arn:") and not identifier.startswith(prefix):
            return None
        match = re.fullmatch(
            r"([A-Za-z0-9_-]{1,255})(?::([0-9]{1,9}))?", identifier.removeprefix(prefix)
        )
        return Reference(match[1], int(match[2]) if match[2] else None) if match else None

    def _find(self, identifier: str, missing: Answer) -> Definition:
        reference = self.reference(identifier)
        if reference is None:
            region = identifier.split(":")[3:4]
            elsewhere = identifier.startswith("arn:") and region != [self._region]
            raise (OTHER_REGION if elsewhere else missing).error()
        revisions = self._families.get(reference.family, {})
        revision = reference.revision
        if revision is None:
            active = (number for number, one in revisions.items() if one["status"] == ACTIVE)
            revision = max(active, default=0)
        if revision not in revisions:
            raise missing.error()
        return revisions[revision]

    def _deletable(self, identifier: str) -> Definition | Answer:
        reference = self.reference(identifier)
        if reference is None or reference.revision is None:
            return BAD_IDENTIFIER
        definition = self._families.get(reference.family, {}).get(reference.revision)
        if definition is None:
            return DOES_NOT_EXIST
        return STILL_ACTIVE if definition["status"] == ACTIVE else definition

    def _start_deleting(self, definition: Definition, at: datetime) -> Definition:
        if definition["status"] == DELETE_IN_PROGRESS:
            return definition
        return self._change(definition, status=DELETE_IN_PROGRESS, deleteRequestedAt=at)

    def _as_arn(self, identifier: str) -> str:
        reference = self.reference(identifier)
        if identifier.startswith("arn:") or reference is None or reference.revision is None:
            return identifier
        return arn(reference.family, reference.revision, account=self._account, region=self._region)

    def _change(self, definition: Definition, **members: object) -> Definition:
        changed = definition | members
        self._families[definition["family"]][definition["revision"]] = changed
        return changed

    def _all(self) -> Iterator[Definition]:
        for revisions in self._families.values():
            yield from revisions.values()


def _choice(member: str, value: str, values: Sequence[str]) -> str:
    if value not in values:
        raise BAD_CHOICE.error(value=value, member=member, values=",".join(values))
    return value


def _family_status(revisions: Mapping[int, Definition]) -> str | None:
    states = {definition["status"] for definition in revisions.values()}
    if ACTIVE in states:
        return ACTIVE
    return INACTIVE if states else None
