"""Filters of the operations that list: each selects, and refuses what it can't be.

AWS: botocore ecs, the members of each List operation.
"""

from __future__ import annotations

from typing import Any

import pytest
from accounts import OWN, Full, Json, method
from botocore.exceptions import ClientError

SERVICES = 13
SELECTED: list[tuple[str, Json, int]] = [
    # operation, filters, how many are left
    ("ListAttributes", {"targetType": "container-instance", "attributeName": "none"}, 0),
    (
        "ListAttributes",
        {
            "targetType": "container-instance",
            "attributeName": "ecs.cpu-architecture",
            "attributeValue": "x86_64",
        },
        3,
    ),
    ("ListContainerInstances", {"status": "ACTIVE"}, 3),
    ("ListContainerInstances", {"status": "DRAINING"}, 0),
    ("ListContainerInstances", {"filter": "attribute:ecs.cpu-architecture == arm64"}, 0),
    ("ListGatewayClusterAssociations", {"gateway": "front"}, 1),
    ("ListGatewayClusterAssociations", {"gateway": f"{OWN}:gateway/front"}, 1),
    ("ListGatewayClusterAssociations", {"status": ["DISASSOCIATING"]}, 0),
    ("ListGateways", {"names": ["front", "back"]}, 2),
    ("ListGateways", {"status": ["UPDATE_FAILED"]}, 0),
    ("ListServiceDeployments", {"service": "s00", "status": ["ROLLBACK_FAILED"]}, 0),
    ("ListServices", {"launchType": "FARGATE", "maxResults": 100}, SERVICES - 1),
    ("ListServices", {"launchType": "EC2"}, 0),
    ("ListServices", {"schedulingStrategy": "DAEMON"}, 0),
    ("ListServices", {"schedulingStrategy": "REPLICA", "maxResults": 100}, SERVICES),
    ("ListServices", {"resourceManagementType": "CUSTOMER", "maxResults": 100}, SERVICES),
    ("ListServices", {"resourceManagementType": "ECS"}, 0),
    ("ListTaskDefinitionFamilies", {"familyPrefix": "family"}, 4),
    ("ListTaskDefinitionFamilies", {"status": "INACTIVE"}, 0),
    ("ListTaskDefinitions", {"familyPrefix": "family1"}, 1),
    ("ListTaskDefinitions", {"familyPrefix": "family"}, 0),
    ("ListTaskDefinitions", {"status": "DELETE_IN_PROGRESS"}, 0),
    ("ListTasks", {"family": "web"}, 4),
    ("ListTasks", {"family": "we"}, 0),
    ("ListTasks", {"launchType": "EC2"}, 0),
    ("ListTasks", {"serviceName": "web"}, 1),
    ("ListTasks", {"serviceName": f"{OWN}:service/shop/web"}, 1),
    ("ListTasks", {"serviceName": "web", "family": "other"}, 0),
    ("ListTasks", {"desiredStatus": "PENDING"}, 0),
    ("ListTasks", {"startedBy": "nobody"}, 0),
    ("ListAccountSettings", {"effectiveSettings": True, "name": "containerInsights"}, 1),
    ("ListAccountSettings", {"name": "containerInsights"}, 0),
]
OF_THE_CLUSTER = (
    "ListAttributes",
    "ListContainerInstances",
    "ListServiceDeployments",
    "ListServices",
    "ListTasks",
)


def listed(full: Full, name: str, filters: Json) -> list[Any]:
    """Return what an operation lists in the cluster `shop`."""
    where = {"cluster": "shop"} if name in OF_THE_CLUSTER else {}
    answer = method(full.ecs, name)(**where, **filters)
    return list(next(value for value in answer.values() if isinstance(value, list)))


@pytest.mark.parametrize(("name", "filters", "count"), SELECTED)
def test_filters_select(full: Full, name: str, filters: Json, count: int) -> None:
    assert len(listed(full, name, filters)) == count


REFUSED: list[tuple[str, Json, str]] = [
    ("ListAttributes", {"targetType": "task"}, "InvalidParameterException"),
    (
        "ListAttributes",
        {"targetType": "container-instance", "attributeValue": "x"},
        "InvalidParameterException",
    ),
    ("ListContainerInstances", {"status": "INACTIVE"}, "InvalidParameterException"),
    ("ListContainerInstances", {"filter": "attribute: =="}, "InvalidParameterException"),
    ("ListGatewayClusterAssociations", {"status": ["MAYBE"]}, "InvalidParameterException"),
    ("ListGatewayRoutes", {"status": ["MAYBE"]}, "InvalidParameterException"),
    ("ListGateways", {"status": ["MAYBE"]}, "InvalidParameterException"),
    ("ListServiceDeployments", {"service": "none"}, "ServiceNotFoundException"),
    ("ListServiceDeployments", {"service": "s00", "status": ["X"]}, "InvalidParameterException"),
    ("ListServices", {"launchType": "LUNAR"}, "InvalidParameterException"),
    ("ListServices", {"schedulingStrategy": "SOMETIMES"}, "InvalidParameterException"),
    ("ListServices", {"resourceManagementType": "NOBODY"}, "InvalidParameterException"),
    ("ListServicesByNamespace", {"namespace": "none"}, "NamespaceNotFoundException"),
    ("ListTaskDefinitionFamilies", {"status": "DELETED"}, "InvalidParameterException"),
    ("ListTaskDefinitions", {"status": "ALL"}, "InvalidParameterException"),
    ("ListTaskDefinitions", {"sort": "UP"}, "InvalidParameterException"),
    ("ListTasks", {"serviceName": "none"}, "ServiceNotFoundException"),
    ("ListTasks", {"desiredStatus": "IDLE"}, "InvalidParameterException"),
    ("ListTasks", {"launchType": "LUNAR"}, "InvalidParameterException"),
    ("ListTasks", {"startedBy": "me", "family": "web"}, "InvalidParameterException"),
    ("ListTasks", {"containerInstance": "0" * 32}, "InvalidParameterException"),
]


@pytest.mark.parametrize(("name", "filters", "code"), REFUSED)
def test_filters_that_are_refused(full: Full, name: str, filters: Json, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        listed(full, name, filters)
    assert refused.value.response["Error"]["Code"] == code


def test_the_order_of_task_definitions(full: Full) -> None:
    """ASC by family and revision, DESC the other way round; ASC without a wish."""
    rising = listed(full, "ListTaskDefinitions", {"sort": "ASC"})
    assert listed(full, "ListTaskDefinitions", {}) == rising
    assert listed(full, "ListTaskDefinitions", {"sort": "DESC"}) == rising[::-1]
