"""Rules of Service Connect that need no account."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.errors import AwsError
from ecslab.model.service_connect import Endpoint, check, endpoints, first_wait

DEFINITION: dict[str, Any] = {
    "networkMode": "awsvpc",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "app",
            "portMappings": [{"name": "web", "containerPort": 8080, "appProtocol": "http"}],
        }
    ],
}


def configuration(**service: Any) -> dict[str, Any]:
    return {"namespace": "shop", "services": [{"portName": "web", **service}]}


def only(definition: dict[str, Any] = DEFINITION, **service: Any) -> Endpoint:
    (found,) = endpoints(configuration(**service), definition, "arn:ns", "shop")
    return found


def test_what_is_left_out_comes_from_the_port_mapping() -> None:
    """service-connect-concepts: port name and number of the task definition are reused."""
    found = only()
    assert (found.discovery_name, found.dns_name, found.port) == ("web", "web.shop", 8080)
    assert (found.ingress_port, found.request_timeout, found.idle_timeout) == (8080, 15.0, 300.0)


def test_defaults_of_tcp_and_bridge() -> None:
    """TimeoutConfiguration: an hour; ServiceConnectService.ingressPortOverride: dynamic."""
    container = {"name": "app", "portMappings": [{"name": "web", "containerPort": 8080}]}
    definition = {"memory": "512", "containerDefinitions": [container]}
    found = only(definition)
    assert (found.ingress_port, found.request_timeout, found.idle_timeout) == (0, 0.0, 3600.0)


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_only_the_controller_of_ecs(controller: str) -> None:
    """service-connect-concepts-deploy: neither CodeDeploy nor external deployments."""
    with pytest.raises(AwsError, match=f"the {controller} deployment controller"):
        check(configuration(), DEFINITION, controller)


def test_timeouts_are_not_negative() -> None:
    """TimeoutConfiguration: 0 disables; clients of AWS refuse less themselves."""
    check(configuration(timeout={"idleTimeoutSeconds": 0}), DEFINITION, "ECS")
    with pytest.raises(AwsError, match="can't be negative"):
        check(configuration(timeout={"idleTimeoutSeconds": -1}), DEFINITION, "ECS")


def test_the_log_level_of_the_proxy() -> None:
    """ServiceConnectContainerLogLevel: debug or info."""
    wrong = {**configuration(), "containerConfigurations": [{"logLevel": "trace"}]}
    with pytest.raises(AwsError, match="logLevel trace"):
        check(wrong, DEFINITION, "ECS")


def test_the_wait_for_a_first_check_ends_after_eight_minutes() -> None:
    """service-connect-concepts, "Initial Health Check configuration"."""
    slow = {"interval": 300, "timeout": 60, "retries": 10, "startPeriod": 300}
    assert first_wait({"containerDefinitions": [{"healthCheck": slow}]}) == 480
    assert first_wait({"containerDefinitions": [{"healthCheck": {}}, {}]}) == 0
    assert first_wait({"containerDefinitions": [{"healthCheck": {"retries": 2}}]}) == 70
