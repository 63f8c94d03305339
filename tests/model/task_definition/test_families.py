"""Families, revisions, their states, lists and tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ecslab.errors import AwsError
from ecslab.model.task_definition import TaskDefinitions

START = datetime(2026, 1, 15, 9, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/"
CONTAINERS = [{"name": "web", "image": "nginx", "memory": 128}]


def _register(store: TaskDefinitions, family: str, **members: Any) -> dict[str, Any]:
    request = {"family": family, "containerDefinitions": CONTAINERS, **members}
    return store.register(request, registered_at=START, registered_by="arn:aws:iam::1:root")


@pytest.fixture
def store() -> TaskDefinitions:
    """Three revisions of web, the first INACTIVE, and one of api."""
    store = TaskDefinitions("123456789012", "us-east-1")
    for family in ("web", "web", "web", "api"):
        _register(store, family)
    store.deregister("web:1", at=START)
    return store


@pytest.mark.parametrize(
    ("identifier", "revision"),
    [
        ("web", 3),
        ("web:1", 1),
        ("web:2", 2),
        (f"{ARN}web:2", 2),
        (f"{ARN}web", 3),
    ],
)
def test_identifier_names_a_revision(
    identifier: str, revision: int, store: TaskDefinitions
) -> None:
    """AWS: botocore ecs DescribeTaskDefinitionRequest.taskDefinition."""
    assert store.resolve(identifier)["revision"] == revision


@pytest.mark.parametrize(
    "identifier",
    [
        "nope",
        "web:4",
        "web:0",
        "web:x",
        "web:1:2",
        "",
        "we b",
        f"{ARN.replace('123456789012', '210987654321')}web:2",
        "arn:aws:ecs:us-east-1:123456789012:cluster/web",
    ],
)
def test_unknown_definition_cannot_be_described(identifier: str, store: TaskDefinitions) -> None:
    """AWS: botocore ecs DescribeTaskDefinition."""
    with pytest.raises(AwsError, match="ClientException: Unable to describe task definition"):
        store.resolve(identifier)
    with pytest.raises(AwsError, match="ClientException: TaskDefinition not found"):
        store.runnable(identifier)


def test_an_arn_of_another_region_is_told_apart(store: TaskDefinitions) -> None:
    """AWS: captured InvalidParameterException of DescribeTaskDefinition."""
    elsewhere = f"{ARN.replace('us-east-1', 'eu-west-1')}web:2"
    for find in (store.resolve, store.runnable):
        with pytest.raises(AwsError, match="InvalidParameterException: Invalid Region in ARN"):
            find(elsewhere)


def test_inactive_revision_is_described_but_starts_nothing(store: TaskDefinitions) -> None:
    """AWS: botocore ecs DeregisterTaskDefinition."""
    assert store.resolve("web:1")["status"] == "INACTIVE"
    with pytest.raises(AwsError, match="ClientException: TaskDefinition is inactive"):
        store.runnable("web:1")
    assert store.runnable("web")["revision"] == 3


def test_family_without_active_revision_has_no_latest(store: TaskDefinitions) -> None:
    """AWS: botocore ecs RunTaskRequest.taskDefinition: the latest ACTIVE revision."""
    store.deregister("api:1", at=START)
    with pytest.raises(AwsError, match="Unable to describe task definition"):
        store.resolve("api")


def test_deregistering_keeps_the_moment(store: TaskDefinitions) -> None:
    """AWS: botocore ecs TaskDefinition.deregisteredAt."""
    later = START + timedelta(hours=1)
    assert store.deregister("web:2", at=START)["deregisteredAt"] == START
    assert store.deregister("web:2", at=later)["deregisteredAt"] == START


@pytest.mark.parametrize(
    ("identifier", "answer"),
    [
        ("web", "ClientException: Revision is missing."),
        ("web:x", "InvalidParameterException: Invalid revision number. Number: x"),
        ("web:9", "ClientException: Unable to describe task definition."),
    ],
)
def test_deregistering_names_a_revision(
    identifier: str, answer: str, store: TaskDefinitions
) -> None:
    """AWS: botocore ecs DeregisterTaskDefinitionRequest.taskDefinition."""
    with pytest.raises(AwsError) as refused:
        store.deregister(identifier, at=START)
    assert str(refused.value) == answer


def test_what_was_handed_out_does_not_change(store: TaskDefinitions) -> None:
    before = store.resolve("web:2")
    store.deregister("web:2", at=START)
    assert before["status"] == "ACTIVE"


def test_delete_takes_inactive_revisions_and_lists_failures(store: TaskDefinitions) -> None:
    """AWS: botocore ecs DeleteTaskDefinitions."""
    deleted = store.delete(["web:1", "web:2", "web", f"{ARN}nope:7"], at=START)
    assert [one["taskDefinitionArn"] for one in deleted.definitions] == [f"{ARN}web:1"]
    assert deleted.definitions[0]["status"] == "DELETE_IN_PROGRESS"
    assert deleted.definitions[0]["deleteRequestedAt"] == START
    assert deleted.failures == [
        {
            "arn": f"{ARN}web:2",
            "reason": "The specified task definition is still in ACTIVE status."
            " Please deregister the target and try again.",
        },
        {
            "arn": "web",
            "reason": "The specified task definition identifier is invalid."
            " Specify a valid name or ARN and try again.",
        },
        {
            "arn": f"{ARN}nope:7",
            "reason": "The specified task definition does not exist."
            " Specify a valid account, family, revision and try again.",
        },
    ]


@pytest.mark.parametrize(
    ("identifiers", "answer"),
    [
        ([], "size of TaskDefinition references list must be greater than 0"),
        (["web:1"] * 11, "Size of TaskDefinition references list cannot exceed 10"),
    ],
)
def test_delete_takes_1_to_10(identifiers: list[str], answer: str, store: TaskDefinitions) -> None:
    """AWS: botocore ecs DeleteTaskDefinitionsRequest.taskDefinitions."""
    with pytest.raises(AwsError) as refused:
        store.delete(identifiers, at=START)
    assert str(refused.value) == f"InvalidParameterException: {answer}"


def test_deleted_revision_stays_while_it_is_used_and_its_number_is_gone(
    store: TaskDefinitions,
) -> None:
    """AWS: botocore ecs DeleteTaskDefinitions, TaskDefinition.revision."""
    for revision in (2, 3):
        store.deregister(f"web:{revision}", at=START)
    store.delete(["web:1", "web:2", "web:3"], at=START)
    assert store.purge({f"{ARN}web:1"}) == [f"{ARN}web:2", f"{ARN}web:3"]
    assert store.resolve("web:1")["status"] == "DELETE_IN_PROGRESS"
    assert store.purge(set()) == [f"{ARN}web:1"]
    assert "web" not in store.list_families().items
    assert _register(store, "web")["revision"] == 4


def test_refused_request_uses_no_number(store: TaskDefinitions) -> None:
    with pytest.raises(AwsError):
        _register(store, "web", cpu="abc")
    assert _register(store, "web")["revision"] == 4


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["api:1", "web:2", "web:3"]),
        ({"sort": "DESC"}, ["web:3", "web:2", "api:1"]),
        ({"family": "web"}, ["web:2", "web:3"]),
        ({"family": "we"}, []),
        ({"status": "INACTIVE"}, ["web:1"]),
        ({"status": "DELETE_IN_PROGRESS"}, []),
    ],
)
def test_list_of_revisions(
    options: dict[str, str], names: list[str], store: TaskDefinitions
) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest."""
    assert store.list_arns(**options).items == [f"{ARN}{name}" for name in names]


def test_revisions_are_sorted_by_number(store: TaskDefinitions) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest.sort: ascending numerical order."""
    for _ in range(9):
        _register(store, "api")
    revisions = [arn.rsplit(":", 1)[1] for arn in store.list_arns(family="api").items]
    assert revisions == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["api", "old", "web"]),
        ({"status": "ALL"}, ["api", "old", "web"]),
        ({"status": "ACTIVE"}, ["api", "web"]),
        ({"status": "INACTIVE"}, ["old"]),
        ({"prefix": "w"}, ["web"]),
    ],
)
def test_list_of_families(
    options: dict[str, str], names: list[str], store: TaskDefinitions
) -> None:
    """AWS: botocore ecs ListTaskDefinitionFamiliesRequest."""
    _register(store, "old")
    store.deregister("old:1", at=START)
    assert store.list_families(**options).items == names


def test_pages_make_up_the_list(store: TaskDefinitions) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest.maxResults, .nextToken."""
    for _ in range(120):
        _register(store, "api")
    first = store.list_arns(family="api")
    assert len(first.items) == 100
    second = store.list_arns(family="api", next_token=first.next_token)
    assert len(second.items) == 21
    assert second.next_token is None
    again = store.list_arns(family="api")
    assert again == first


def test_page_starts_where_the_last_one_ended_though_the_list_changed(
    store: TaskDefinitions,
) -> None:
    first = store.list_arns(max_results=2)
    assert first.items[-1] == f"{ARN}web:2"
    store.deregister("api:1", at=START)
    assert store.list_arns(max_results=2, next_token=first.next_token).items == [f"{ARN}web:3"]


@pytest.mark.parametrize("size", [0, -1, 101])
def test_page_has_1_to_100_items(size: int, store: TaskDefinitions) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest.maxResults."""
    with pytest.raises(AwsError, match="InvalidParameterException"):
        store.list_arns(max_results=size)


@pytest.mark.parametrize("token", ["", "nonsense", "WzFd", "é", "W1tbW1tbW1s=", "A" * 5000])
def test_invented_token_is_refused(token: str, store: TaskDefinitions) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest.nextToken is opaque."""
    with pytest.raises(AwsError, match="InvalidParameterException: Invalid token"):
        store.list_arns(next_token=token)


def test_token_is_good_for_its_own_question_only(store: TaskDefinitions) -> None:
    """AWS: botocore ecs ListTaskDefinitionsRequest.status: keep it constant between pages."""
    token = store.list_arns(max_results=1).next_token
    with pytest.raises(AwsError, match="Invalid token"):
        store.list_arns(status="INACTIVE", next_token=token)
    with pytest.raises(AwsError, match="Invalid token"):
        store.list_families(next_token=token)


def test_choice_of_another_program(store: TaskDefinitions) -> None:
    for call in (
        lambda: store.list_arns(status="ALL"),
        lambda: store.list_arns(sort="UP"),
        lambda: store.list_families(status="DELETE_IN_PROGRESS"),
    ):
        with pytest.raises(AwsError, match=r"InvalidParameterException: .* Must be one of"):
            call()


def test_tags_belong_to_a_revision(store: TaskDefinitions) -> None:
    """AWS: ecs-using-tags."""
    _register(store, "web", tags=[{"key": "team", "value": "shop"}, {"key": "empty"}])
    store.tag("web:4", [{"key": "team", "value": "blog"}, {"key": "stage", "value": "test"}])
    store.untag("web:4", ["empty", "unknown"])
    tags = [{"key": "team", "value": "blog"}, {"key": "stage", "value": "test"}]
    assert store.tags_of(f"{ARN}web:4") == tags
    assert store.tags_of("web:3") == []


FIFTY = [{"key": f"key{number}", "value": ""} for number in range(50)]


@pytest.mark.parametrize(
    "added",
    [
        [*FIFTY, {"key": "one more", "value": ""}],
        [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
        [{"key": "aws:cloudformation:stack-name", "value": "web"}],
        [{"key": "AWS:x", "value": ""}],
        [{"key": "a", "value": "aws:x"}],
        [{"key": "", "value": ""}],
        [{"key": "a" * 129, "value": ""}],
        [{"key": "a", "value": "a" * 257}],
        [{"key": "a", "value": "b*c"}],
    ],
)
def test_tags_that_break_a_rule(added: list[dict[str, str]], store: TaskDefinitions) -> None:
    """AWS: botocore ecs Tag; ecs-using-tags (restrictions)."""
    with pytest.raises(AwsError, match="InvalidParameterException"):
        store.tag("web:3", added)
    with pytest.raises(AwsError, match="InvalidParameterException"):
        _register(store, "web", tags=added)
    assert store.tags_of("web:3") == []


def test_fifty_tags_of_any_language_are_fine(store: TaskDefinitions) -> None:
    """AWS: botocore ecs Tag: letters, digits and spaces of any language, and + - = . _ : / @."""
    store.tag("web:3", [*FIFTY[:49], {"key": "équipe 東京", "value": "a+b=c/d@e.f_g:h-i"}])
    assert len(store.tags_of("web:3")) == 50


class Families(RuleBasedStateMachine):
    """Any order of registering, deregistering, deleting and purging."""

    def __init__(self) -> None:
        super().__init__()
        self.store = TaskDefinitions("123456789012", "us-east-1")
        self.highest: dict[str, int] = {}

    families = st.sampled_from(["a", "b"])
    revisions = st.integers(1, 6)

    @rule(family=families)
    def register(self, family: str) -> None:
        revision = _register(self.store, family)["revision"]
        assert revision == self.highest.get(family, 0) + 1
        self.highest[family] = revision

    @rule(family=families, revision=revisions)
    def deregister(self, family: str, revision: int) -> None:
        try:
            after = self.store.deregister(f"{family}:{revision}", at=START)
        except AwsError:
            return
        assert after["status"] in ("INACTIVE", "DELETE_IN_PROGRESS")

    @rule(family=families, revision=revisions)
    def delete(self, family: str, revision: int) -> None:
        deleted = self.store.delete([f"{family}:{revision}"], at=START)
        assert len(deleted.definitions) + len(deleted.failures) == 1

    @rule(used=st.sets(st.sampled_from([f"{ARN}a:1", f"{ARN}a:2", f"{ARN}b:1"])))
    def purge(self, used: set[str]) -> None:
        assert not set(self.store.purge(used)) & used

    @invariant()
    def every_revision_is_in_one_list(self) -> None:
        lists = [
            self.store.list_arns(status=status).items
            for status in ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
        ]
        together = [arn for one in lists for arn in one]
        assert len(together) == len(set(together))
        for status, arns in zip(("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"), lists, strict=True):
            assert all(self.store.resolve(arn)["status"] == status for arn in arns)

    @invariant()
    def family_name_means_its_latest_active_revision(self) -> None:
        for family in self.store.list_families(status="ACTIVE").items:
            active = self.store.list_arns(family=family, sort="DESC").items
            assert self.store.runnable(family)["taskDefinitionArn"] == active[0]


TestAnyOrder = Families.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
