"""Pages: every operation with a token shows everything once, and refuses what is no page.

AWS: botocore ecs, the maxResults and nextToken of each operation.
"""

from __future__ import annotations

from typing import Any

import pytest
from accounts import Full, Json, method, operations
from botocore.exceptions import ClientError

LISTS: dict[str, tuple[str, Json, int, int, int]] = {
    # operation: member, arguments, how many at least, the largest page, the page without a size
    "DescribeCapacityProviders": ("capacityProviders", {}, 4, 10, 10),
    "DescribeGatewayResources": ("gatewayResources", {"gateway": "front"}, 0, 20, 10),
    "ListAccountSettings": ("settings", {"effectiveSettings": True}, 11, 10, 10),
    "ListAttributes": (
        "attributes",
        {
            "cluster": "shop",
            "targetType": "container-instance",
            "attributeName": "ecs.cpu-architecture",
        },
        3,
        100,
        100,
    ),
    "ListClusters": ("clusterArns", {}, 5, 100, 100),
    "ListContainerInstances": ("containerInstanceArns", {"cluster": "shop"}, 3, 100, 100),
    "ListGatewayClusterAssociations": ("gatewayClusterAssociations", {}, 3, 100, 100),
    "ListGatewayRoutes": ("gatewayRoutes", {}, 0, 100, 100),
    "ListGateways": ("gateways", {}, 3, 100, 100),
    "ListServiceDeployments": (
        "serviceDeployments",
        {"cluster": "shop", "service": "s00"},
        4,
        100,
        20,
    ),
    "ListServices": ("serviceArns", {"cluster": "shop"}, 13, 100, 10),
    "ListServicesByNamespace": ("serviceArns", {"namespace": "inside"}, 11, 100, 10),
    "ListTaskDefinitionFamilies": ("families", {}, 5, 100, 100),
    "ListTaskDefinitions": ("taskDefinitionArns", {}, 5, 100, 100),
    "ListTasks": ("taskArns", {"cluster": "shop"}, 4, 100, 100),
}
PAGED = [name for name, row in LISTS.items() if row[2]]


def call(full: Full, name: str, **arguments: Any) -> Json:
    """Call an operation that lists, with arguments of its own."""
    return dict(method(full.ecs, name)(**{**LISTS[name][1], **arguments}))


def rows(answer: Json, name: str) -> list[str]:
    """Return what a page holds, as texts that can be compared."""
    found = answer[LISTS[name][0]]
    return [str(each) for each in found] if isinstance(found, list) else []


def test_every_operation_with_pages_is_here() -> None:
    assert operations("maxResults", "nextToken") == sorted(LISTS)


@pytest.mark.parametrize("name", PAGED)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_show_everything_once(full: Full, name: str, size: int) -> None:
    whole: list[str] = []
    token: Json = {}
    while True:
        answer = call(full, name, maxResults=size, **token)
        page = rows(answer, name)
        whole += page
        if "nextToken" not in answer:
            break
        assert len(page) == size
        token = {"nextToken": answer["nextToken"]}
    assert len(whole) == len(set(whole)) >= LISTS[name][2]


@pytest.mark.parametrize("name", LISTS)
def test_the_size_of_a_page(full: Full, name: str) -> None:
    """Each has its largest size; without one, some show fewer than they could."""
    _, _, _, largest, _ = LISTS[name]
    assert call(full, name, maxResults=largest)
    for size in (0, -1, largest + 1):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            call(full, name, maxResults=size)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_without_a_size(full: Full, name: str) -> None:
    """The default is what botocore's text says; more than that needs another page."""
    answer = call(full, name)
    _, _, count, _, default = LISTS[name]
    assert min(count, default) <= len(rows(answer, name)) <= default
    assert ("nextToken" in answer) is (count > default)


@pytest.mark.parametrize("name", PAGED)
def test_tokens_that_no_page_gave(full: Full, name: str) -> None:
    good = call(full, name, maxResults=1)["nextToken"]
    other = next(each for each in PAGED if each != name)
    strange = call(full, other, maxResults=1)["nextToken"]
    for token in ("x", "", "é", good[:-3], good + "AA", strange, "A" * 5000):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            call(full, name, maxResults=1, nextToken=token)
    assert rows(call(full, name, maxResults=1, nextToken=good), name)


@pytest.mark.parametrize("name", [each for each in LISTS if not LISTS[each][2]])
def test_a_token_for_a_list_of_nothing(full: Full, name: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        call(full, name, nextToken="x")


@pytest.mark.parametrize("name", [each for each in PAGED if "cluster" in LISTS[each][1]])
def test_a_token_is_good_for_the_same_question_only(full: Full, name: str) -> None:
    """A token of one cluster says nothing about another."""
    token = call(full, name, maxResults=1)["nextToken"]
    with pytest.raises(ClientError, match=r"InvalidParameterException|ServiceNotFoundException"):
        call(full, name, maxResults=1, nextToken=token, cluster="c0")
