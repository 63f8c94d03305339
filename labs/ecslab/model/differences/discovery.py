"""Differences in Service Connect and in AWS Cloud Map."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

_CONNECT: Final = "tests/cloud/test_service_connect.py"
_DISCOVERY: Final = "tests/cloud/test_service_discovery.py"
_MAP: Final = "tests/aws/test_cloud_map.py"

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="connect-retries",
        area=Area.NETWORK,
        aws="The proxy tries a failed connection two more times; what counts as one, and how long"
        " it tries to connect, is not published.",
        here="A connection that times out after 5 s, is refused, or finds no application behind"
        " the server's proxy. A request that an application has taken is not sent again.",
        why="service-connect-concepts-deploy, Retries; 5 s is Envoy's default.",
        test=f"{_CONNECT}::test_a_failed_connection_is_tried_again_with_another_task",
    ),
    Difference(
        id="connect-outliers",
        area=Area.NETWORK,
        aws="A task with five failed connections within 30 s is avoided for 30 to 300 s.",
        here="For 30 s more each time, at most 300 s; when all tasks are to be avoided, all are"
        " used.",
        why="service-connect-concepts-deploy, Outlier detection; the rest is Envoy's way.",
        test="tests/sim/test_connect_proxy.py"
        "::test_five_failures_in_thirty_seconds_make_a_proxy_avoid_a_task",
    ),
    Difference(
        id="connect-first-wait",
        area=Area.NETWORK,
        aws="A task of unknown health gets traffic after a time that follows from its health"
        " checks, at most 8 minutes.",
        here="Its startPeriod, and for each of the retries the interval and the timeout.",
        why="service-connect-concepts, Initial Health Check configuration.",
        test="tests/model/test_service_connect.py"
        "::test_the_wait_for_a_first_check_ends_after_eight_minutes",
    ),
    Difference(
        id="connect-proxy-start",
        area=Area.NETWORK,
        aws="Does not say how long the proxy takes to start, what it uses of the task's CPU and"
        " memory, or how soon it knows of new and of stopped tasks.",
        here="About three seconds; nothing; at once.",
        why="No publication.",
        test=f"{_CONNECT}::test_a_task_shows_its_proxy",
    ),
    Difference(
        id="connect-pages",
        area=Area.NETWORK,
        aws="A client gets Envoy's own answer when no server has given one; its texts are not part"
        " of AWS's documentation.",
        here="Statuses 503 and 504 in Envoy's words; with TCP the connection is closed.",
        why="create-service-connect shows that the proxy is Envoy.",
        test=f"{_CONNECT}::test_nobody_left_is_503",
    ),
    Difference(
        id="connect-cloud-map",
        area=Area.NETWORK,
        aws="Keeps a Cloud Map service for each endpoint; the attributes of its instances, and"
        " whether it goes with the ECS service, are not published.",
        here="AWS_INSTANCE_IPV4, AWS_INSTANCE_PORT, AvailabilityZone and DeploymentId; it goes.",
        why="service-connect-concepts.",
        test=f"{_CONNECT}::test_the_endpoint_goes_with_its_service_the_namespace_stays",
    ),
    Difference(
        id="connect-alias-optional",
        area=Area.NETWORK,
        aws="The API reference asks for a clientAlias for each service; the guide says that port"
        " name and port number are reused without one.",
        here="Without one the name is discoveryName.namespace and the port the container port.",
        why="botocore ecs ServiceConnectService.clientAliases; service-connect-concepts.",
        test="tests/model/test_service_connect.py"
        "::test_what_is_left_out_comes_from_the_port_mapping",
    ),
    Difference(
        id="connect-tls-and-logs",
        area=Area.NETWORK,
        aws="The proxy encrypts with TLS and writes access logs when told to.",
        here="The settings are kept and shown, and change nothing.",
        why="Certificates and the proxy's log lines are not part of the simulation.",
        test=f"{_CONNECT}::test_settings_without_effect_are_kept",
    ),
    Difference(
        id="resolver-cache",
        area=Area.NETWORK,
        aws="Resolvers keep an answer for the record's TTL; how many of them a VPC has is not"
        " published.",
        here="One for each VPC. A name that does not exist is asked for anew each time.",
        why="botocore servicediscovery DnsRecord.TTL.",
        test=f"{_DISCOVERY}::test_a_resolver_keeps_an_answer_too_long",
    ),
    Difference(
        id="cloud-map-operations",
        area=Area.NETWORK,
        aws="Namespaces and instances are made in the background: SUBMITTED, PENDING, SUCCESS.",
        here="At once: SUCCESS.",
        why="So that a lesson need not wait; code that asks for the operation works unchanged.",
        test=f"{_MAP}::test_a_private_namespace_and_its_hosted_zone",
    ),
    Difference(
        id="cloud-map-texts",
        area=Area.NETWORK,
        aws="Does not publish the words of Cloud Map's refusals.",
        here="Its error codes, with words of ours.",
        why="botocore servicediscovery has the codes.",
        test=f"{_MAP}::test_what_is_in_use_stays",
    ),
    Difference(
        id="client-keep-alive",
        area=Area.NETWORK,
        aws="An application that closes an idle connection just when a load balancer sends a"
        " request on it causes a 502.",
        here="Load balancers open a connection to the target for each request, so this cannot"
        " happen; clients may keep theirs.",
        why="elasticloadbalancing, HTTP 502.",
        test="tests/sim/test_traffic_balancers.py"
        "::test_an_application_balancer_chooses_for_each_request",
    ),
)
