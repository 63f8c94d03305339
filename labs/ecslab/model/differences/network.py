"""Differences in the network and in load balancers."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="loopback-of-programs",
        area=Area.NETWORK,
        aws="On Docker's bridge each container has a network of its own: localhost leads to itself"
        " only, and a link to another container by its name.",
        here="Commands of a shell and health checks keep to that. Requests of a program's own code"
        " to localhost reach the fixed ports of all containers of its task, and know no links.",
        why="A request of code tells its task, not its container.",
        test="tests/cloud/test_bridge_network.py"
        "::test_a_programs_own_requests_do_not_tell_containers_apart",
    ),
    Difference(
        id="target-registration",
        area=Area.NETWORK,
        aws="Does not say how long a target takes from its registration to its first check.",
        here="Four seconds.",
        why="No publication.",
        test="tests/sim/test_traffic_targets.py::test_a_new_target_needs_one_passing_check",
    ),
    Difference(
        id="deregistration-delay",
        area=Area.NETWORK,
        aws="ECS waits for the deregistration delay before it sends the stop signal; one capture"
        " shows a deployment that ended 51 s after draining began, with a delay that is not known.",
        here="It waits for the whole delay, which is 300 s unless the target group says otherwise.",
        why="load-balancer-connection-draining.",
        test="tests/aws/test_balancers.py"
        "::test_an_application_that_ends_at_once_loses_nothing_after_the_drain",
    ),
    Difference(
        id="interface-errors",
        area=Area.NETWORK,
        aws="Publishes the text for a subnet without free addresses and public addresses enabled.",
        here="The same text with `disabled`, and with EC2's code behind a colon for a subnet or"
        " group that is gone.",
        why="failed-to-start-error has the one text.",
        test="tests/aws/test_network.py::test_a_full_subnet_gives_the_documented_reason",
    ),
    Difference(
        id="awsvpc-configuration-texts",
        area=Area.NETWORK,
        aws="Does not publish what it answers to too many subnets or groups, to several unknown"
        " ids, or to subnets of two VPCs.",
        here="Words of ours; those for one unknown id and for a group of another VPC are quoted.",
        why="botocore ecs AwsVpcConfiguration has the limits; public reports have two texts.",
        test="tests/aws/test_network.py::test_wrong_configurations_are_refused",
    ),
    Difference(
        id="no-real-internet",
        area=Area.NETWORK,
        aws="The internet is behind the internet gateway.",
        here="Only what the account holds, and the addresses of AWS's own services, exist; every"
        " other name does not resolve or is refused.",
        why="So that nothing can reach real AWS resources.",
        test="tests/cloud/test_process.py::test_other_hosts_are_refused",
    ),
    Difference(
        id="target-group-stickiness",
        area=Area.NETWORK,
        aws="With target group stickiness, an Application Load Balancer keeps a client at the"
        " target group that it was sent to first, whatever the weights become.",
        here="The setting is kept and shown, also when traffic shifts; each request goes by the"
        " weights.",
        why="elasticloadbalancing, sticky sessions (the cookie AWSALBTG).",
        test="tests/cloud/test_shift_failures.py::test_the_rest_of_a_rule_stays_as_it_is",
    ),
)
