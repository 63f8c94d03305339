"""Load balancers in a running account, seen through boto3 and `requests`.

Sources: Elastic Load Balancing user guide and API (botocore elbv2); Amazon ECS, ecs_services,
service-event-messages-list, load-balancer-connection-draining.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parent))

from front import Front

HEALTHY = {"State": "healthy"}
NOT_IN_USE = "Target group is not configured to receive traffic from the load balancer"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as running:
        yield running


def shop(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Answer at once, but take 8 seconds for /work."""
    if environ["PATH_INFO"] == "/work":
        time.sleep(8)
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"welcome"]


def only_root(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("200 OK" if environ["PATH_INFO"] == "/" else "404 Not Found", [])
    return [b""]


WEB = Image(port=8080, app=shop)
NEXT = Image(port=8080, app=shop, logs=("the next version",))


# --- A service behind a load balancer ---------------------------------------------------------


def test_a_request_reaches_the_application(cloud: Cloud) -> None:
    """From VPC to WSGI callable: the whole way."""
    front = Front(cloud)
    assert requests.get(front.url).status_code == 503
    front.serve(WEB)
    front.ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"])
    answer = requests.get(front.url)
    assert (answer.status_code, answer.text) == (200, "welcome")
    assert front.health() == [HEALTHY, HEALTHY]
    front.elb.get_waiter("target_in_service").wait(TargetGroupArn=front.target_group)
    assert front.messages()[-1] == "(service web) has reached a steady state."


def test_a_wrong_health_path_is_reported_and_the_task_replaced(cloud: Cloud) -> None:
    """service-event-messages-list and DescribeTasks stoppedReason."""
    front = Front(cloud, path="/healthz")
    front.serve(Image(port=8080, app=only_root), 1)
    cloud.advance(minutes=3)
    unhealthy = [text for text in front.messages() if "is unhealthy in" in text]
    reason = "(reason Health checks failed with these codes: [404])"
    first = unhealthy[0]
    assert first.endswith(
        f"(port 8080) is unhealthy in (target-group {front.target_group}) due to {reason}"
    )
    stopped = front.tasks("STOPPED")
    assert stopped
    for task in stopped:
        assert task["stopCode"] == "ServiceSchedulerInitiated"
        group = f"(target-group {front.target_group})"
        assert task["stoppedReason"] == f"Task failed ELB health checks in {group}"


def test_a_closed_security_group_times_out(cloud: Cloud) -> None:
    """TargetHealth.Reason Target.Timeout; the grace period keeps the task alive."""
    front = Front(cloud, opened=False)
    front.serve(WEB, 1, healthCheckGracePeriodSeconds=3600)
    timed_out = {"Description": "Request timed out", "Reason": "Target.Timeout"}
    assert front.health() == [{"State": "unhealthy", **timed_out}]
    assert requests.get(front.url).status_code == 504
    front.ec2.authorize_security_group_ingress(
        GroupId=front.task_group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 8080,
                "ToPort": 8080,
                "UserIdGroupPairs": [{"GroupId": front.balancer_group}],
            }
        ],
    )
    cloud.advance(minutes=3)
    assert front.health() == [HEALTHY]
    assert requests.get(front.url).status_code == 200
    assert front.tasks("STOPPED") == []


def test_a_grace_period_gives_a_slow_start_its_time(cloud: Cloud) -> None:
    """Botocore ecs CreateServiceRequest.healthCheckGracePeriodSeconds."""
    front = Front(cloud)
    slow = Image(port=8080, ready_after=100)
    front.serve(slow, 1, healthCheckGracePeriodSeconds=300)
    cloud.advance(minutes=5)
    assert front.health() == [HEALTHY]
    assert len(front.tasks()) == 1
    assert front.tasks("STOPPED") == []


# --- Rolling updates under load ---------------------------------------------------------------


def load_during_a_rollout(front: Front, image: Image, **load: Any) -> Any:
    traffic = front.cloud._runtime.traffic()
    settings = {"per_second": 5, "seconds": 240} | load
    made = traffic.load(f"{front.url}/work", **settings)
    front.update(image)
    front.cloud.advance(minutes=6)
    assert made.finished
    assert front.service()["deployments"][0]["rolloutState"] == "COMPLETED"
    assert len(front.service()["deployments"]) == 1
    return made


def test_a_rolling_update_loses_no_request(cloud: Cloud) -> None:
    """load-balancer-connection-draining: ECS waits for the drain before it sends SIGTERM."""
    front = Front(cloud)
    front.serve(WEB)
    load = load_during_a_rollout(front, NEXT)
    assert load.counts == {200: 1200}


def test_an_application_that_ends_at_once_loses_nothing_after_the_drain(cloud: Cloud) -> None:
    """SIGTERM comes when nothing is in flight any more."""
    front = Front(cloud)
    front.serve(Image(port=8080, app=shop, stop_after=0))
    assert load_during_a_rollout(front, NEXT).counts == {200: 1200}


def test_a_delay_shorter_than_the_requests_loses_those_in_flight(cloud: Cloud) -> None:
    """Elastic Load Balancing, HTTP 502: the deregistration delay elapsed."""
    front = Front(cloud)
    front.delay(2)
    front.serve(WEB)
    load = load_during_a_rollout(front, NEXT)
    assert set(load.counts) == {200, 502}
    # 2.5 requests a second of 8 seconds each keep 20 in flight at either target; in the 2 seconds
    # of the delay about 5 of them end.
    assert 25 <= load.counts[502] <= 32


def test_a_crash_loses_exactly_what_was_in_flight(cloud: Cloud) -> None:
    """Elastic Load Balancing, HTTP 502: the target closed the connection."""
    front = Front(cloud)
    front.serve(WEB)
    load = cloud._runtime.traffic().load(f"{front.url}/work", per_second=5, seconds=120)
    cloud.advance(seconds=60)
    victim = front.tasks()[0]["taskArn"]
    task = next(t for t in cloud._runtime.engine().all_tasks() if t.arn == victim)
    task.containers[0].process.end(1)
    cloud.advance(minutes=5)
    assert load.finished
    assert load.counts == {200: 580, 502: 20}
    assert len(front.health()) >= 2


# --- Targets registered by hand ---------------------------------------------------------------


def test_targets_that_a_person_registers_are_checked(cloud: Cloud) -> None:
    """Botocore elbv2 RegisterTargets with a target group of type ip."""
    front = Front(cloud)
    answer = front.ecs.run_task(
        cluster="shop",
        taskDefinition=front.define(WEB),
        launchType="FARGATE",
        networkConfiguration=front.network,
    )
    front.ecs.get_waiter("tasks_running").wait(
        cluster="shop", tasks=[answer["tasks"][0]["taskArn"]]
    )
    address = front.address(front.tasks()[0])
    target = {"TargetGroupArn": front.target_group, "Targets": [{"Id": address}]}
    front.elb.register_targets(**target)
    assert front.health()[0]["Reason"] == "Elb.RegistrationInProgress"
    cloud.advance(seconds=10)
    described = front.elb.describe_target_health(**target)["TargetHealthDescriptions"]
    zone = described[0]["Target"].pop("AvailabilityZone")
    assert zone.startswith("us-east-1")
    assert described == [
        {
            "Target": {"Id": address, "Port": 8080},
            "HealthCheckPort": "8080",
            "TargetHealth": HEALTHY,
        }
    ]
    assert requests.get(front.url).status_code == 200
    front.elb.deregister_targets(**target)
    assert front.health()[0]["State"] == "draining"
    assert requests.get(front.url).status_code == 503
    cloud.advance(seconds=301)
    front.elb.get_waiter("target_deregistered").wait(**target)
    assert front.health() == []
    assert front.health(Targets=[{"Id": address}])[0]["Reason"] == "Target.NotRegistered"
    front.elb.deregister_targets(**target)


def test_one_address_with_two_ports_is_two_targets(cloud: Cloud) -> None:
    """Botocore elbv2 RegisterTargets: the same address with different ports."""
    front = Front(cloud)
    ids = [{"Id": "172.31.0.9", "Port": port} for port in (8080, 9090)]
    front.elb.register_targets(TargetGroupArn=front.target_group, Targets=ids)
    assert len(front.health()) == 2


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"Id": "i-0123456789abcdef0"}, "ValidationError"),
        ({"Id": "10.9.9.9"}, "InvalidTarget"),
        ({"Id": "8.8.8.8", "AvailabilityZone": "all"}, "InvalidTarget"),
        ({"Id": "10.9.9.9", "AvailabilityZone": "all"}, None),
    ],
)
def test_what_can_be_a_target(cloud: Cloud, target: dict[str, str], code: str | None) -> None:
    """Botocore elbv2 TargetDescription and CreateTargetGroupInput.TargetType."""
    front = Front(cloud)
    request = {"TargetGroupArn": front.target_group, "Targets": [target]}
    if code is None:
        front.elb.register_targets(**request)
        assert len(front.health()) == 1
        return
    with pytest.raises(ClientError) as error:
        front.elb.register_targets(**request)
    assert error.value.response["Error"]["Code"] == code


def test_a_listener_brings_a_target_group_into_use(cloud: Cloud) -> None:
    """Botocore elbv2 TargetHealth.Reason Target.NotInUse."""
    front = Front(cloud)
    other = front.targets("other")
    front.elb.register_targets(TargetGroupArn=other, Targets=[{"Id": "172.31.0.9"}])
    unused = {"State": "unused", "Reason": "Target.NotInUse", "Description": NOT_IN_USE}
    assert front.health(other) == [unused]
    listener = front.listen(other, 8080)
    assert front.health(other)[0]["State"] == "initial"
    front.elb.delete_listener(ListenerArn=listener)
    assert front.health(other) == [unused]


def test_deleting_a_target_group(cloud: Cloud) -> None:
    """Botocore elbv2 DeleteTargetGroup; then there is nothing to describe."""
    front = Front(cloud)
    other = front.targets("other")
    front.elb.register_targets(TargetGroupArn=other, Targets=[{"Id": "172.31.0.9"}])
    front.elb.delete_target_group(TargetGroupArn=other)
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        front.health(other)


# --- Load balancers and listeners -------------------------------------------------------------


def test_names_and_arns(cloud: Cloud) -> None:
    """Botocore elbv2 LoadBalancer: app and net, internal, the DNS names of each."""
    front = Front(cloud)
    network = front.balance("tcp", Type="network")
    internal = front.balance("inside", Scheme="internal")
    identifier = network["LoadBalancerArn"].rsplit("/", 1)[-1]
    assert ":loadbalancer/net/tcp/" in network["LoadBalancerArn"]
    assert network["DNSName"] == f"tcp-{identifier}.elb.us-east-1.amazonaws.com"
    assert ":loadbalancer/app/inside/" in internal["LoadBalancerArn"]
    assert internal["DNSName"].startswith("internal-inside-")
    assert internal["DNSName"].endswith(".us-east-1.elb.amazonaws.com")
    found = front.elb.describe_load_balancers(LoadBalancerArns=[network["LoadBalancerArn"]])
    assert found["LoadBalancers"][0]["Type"] == "network"


def test_the_same_seed_gives_the_same_names() -> None:
    """Same program and seed, same bytes."""

    def names() -> list[str]:
        with Cloud(seed=3) as cloud:
            front = Front(cloud)
            rules = front.elb.describe_rules(
                ListenerArn=front.elb.describe_listeners(
                    LoadBalancerArn=front.balancer["LoadBalancerArn"]
                )["Listeners"][0]["ListenerArn"]
            )["Rules"]
            return [front.url, front.target_group, *(rule["RuleArn"] for rule in rules)]

    assert names() == names()


def test_creating_a_load_balancer_twice(cloud: Cloud) -> None:
    """Botocore elbv2 CreateLoadBalancer: idempotent with the same settings."""
    front = Front(cloud)
    again = front.balance("web", SecurityGroups=[front.balancer_group])
    assert again["LoadBalancerArn"] == front.balancer["LoadBalancerArn"]
    with pytest.raises(ClientError, match="exists, but with different settings"):
        front.balance("web", Scheme="internal")


def test_the_subnets_of_a_load_balancer(cloud: Cloud) -> None:
    """application-load-balancers, "Availability Zones"; VPC needs an internet gateway."""
    front = Front(cloud)
    with pytest.raises(ClientError, match="At least two subnets in two different"):
        front.balance("one", Subnets=front.subnets[:1])
    vpc = front.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    made = [
        front.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=zone)
        for n, zone in enumerate(("us-east-1a", "us-east-1a", "us-east-1b"))
    ]
    subnets = [each["Subnet"]["SubnetId"] for each in made]
    with pytest.raises(ClientError, match="multiple subnets in the same Availability Zone"):
        front.balance("two", Subnets=subnets[:2])
    with pytest.raises(ClientError, match=f"VPC {vpc} has no internet gateway"):
        front.balance("three", Subnets=subnets[1:])
    front.balance("four", Subnets=subnets[1:], Scheme="internal")


def test_one_listener_a_port(cloud: Cloud) -> None:
    """Botocore elbv2 DuplicateListenerException."""
    front = Front(cloud)
    with pytest.raises(ClientError, match="DuplicateListener"):
        front.listen(front.target_group)


def test_rules_are_followed_as_soon_as_they_are_made(cloud: Cloud) -> None:
    """Botocore elbv2 CreateRule, SetRulePriorities, DeleteRule."""
    front = Front(cloud)
    arn = front.balancer["LoadBalancerArn"]
    listener = front.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["ListenerArn"]

    def rule(priority: int, status: str) -> str:
        made = front.elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": ["/old/*"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}],
        )
        return str(made["Rules"][0]["RuleArn"])

    second, first = rule(20, "410"), rule(10, "404")
    assert requests.get(f"{front.url}/old/x").status_code == 404
    front.elb.set_rule_priorities(RulePriorities=[{"RuleArn": first, "Priority": 30}])
    assert requests.get(f"{front.url}/old/x").status_code == 410
    front.elb.delete_rule(RuleArn=second)
    assert requests.get(f"{front.url}/old/x").status_code == 404
    assert requests.get(front.url).status_code == 503


def test_a_deleted_load_balancer_has_no_name(cloud: Cloud) -> None:
    """Its DNS record is gone."""
    front = Front(cloud)
    front.elb.delete_load_balancer(LoadBalancerArn=front.balancer["LoadBalancerArn"])
    with pytest.raises(requests.exceptions.ConnectionError, match="There is no host"):
        requests.get(front.url)


def test_a_network_load_balancer(cloud: Cloud) -> None:
    """A TCP listener; without security groups it lets everything through."""
    front = Front(cloud)
    made = front.balance("tcp", Type="network")
    group = front.targets("tcp", Protocol="TCP")
    front.elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    cidr = front.ec2.describe_vpcs()["Vpcs"][0]["CidrBlock"]
    front.task_group = front.group("vpc", 8080, CidrIp=cidr)
    front.target_group = group
    front.serve(WEB, 1)
    assert front.health() == [HEALTHY]
    assert requests.get(f"http://{made['DNSName']}").text == "welcome"


# --- Between tasks ----------------------------------------------------------------------------


def test_an_application_calls_another_from_its_own_task(cloud: Cloud) -> None:
    """The caller's security group and address count, not the notebook's."""
    front = Front(cloud)
    address: list[str] = []

    def storefront(_environ: dict[str, Any], start: Any) -> list[bytes]:
        try:
            text = requests.get(f"http://{address[0]}:8080", timeout=2).text
        except requests.exceptions.ConnectTimeout as error:
            text = f"too late: {error}"
        start("200 OK", [])
        return [text.encode()]

    front.serve(Image(port=8080, app=storefront), 1)
    catalog = front.group("catalog", 22)
    answer = boto3.client("ecs").run_task(
        cluster="shop",
        taskDefinition=front.define(Image(port=8080, body="books"), "catalog"),
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                **front.network["awsvpcConfiguration"],
                "securityGroups": [catalog],
            }
        },
    )
    arn = answer["tasks"][0]["taskArn"]
    front.ecs.get_waiter("tasks_running").wait(cluster="shop", tasks=[arn])
    cloud.advance(seconds=5)
    task = front.ecs.describe_tasks(cluster="shop", tasks=[arn])["tasks"][0]
    address.append(front.address(task))
    closed = requests.get(front.url)
    assert (
        closed.text
        == f"too late: Connecting to {address[0]} on port 8080 timed out after 2 seconds."
    )
    assert closed.elapsed.total_seconds() == pytest.approx(2.026)
    front.ec2.authorize_security_group_ingress(
        GroupId=catalog,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 8080,
                "ToPort": 8080,
                "UserIdGroupPairs": [{"GroupId": front.task_group}],
            }
        ],
    )
    assert requests.get(front.url).text == "books"


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_health_check_port_is_a_port(cloud: Cloud, port: str) -> None:
    """Botocore elbv2 HealthCheckPort."""
    front = Front(cloud)
    with pytest.raises(ClientError, match="Health check port"):
        front.targets("other", HealthCheckPort=port)
    with pytest.raises(ClientError, match="Health check port"):
        front.elb.modify_target_group(TargetGroupArn=front.target_group, HealthCheckPort=port)
    front.elb.modify_target_group(TargetGroupArn=front.target_group, HealthCheckPort="9090")


def test_a_deleted_load_balancer_lets_go_of_its_security_group(cloud: Cloud) -> None:
    """EC2 DeleteSecurityGroup: DependencyViolation while interfaces use it, and no longer."""
    front = Front(cloud)
    front.serve(WEB)
    group = front.group("other", 80, CidrIp="0.0.0.0/0")
    made = front.balance("other", SecurityGroups=[group])
    front.elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    assert cloud.http(f"http://{made['DNSName']}").status == 200
    with pytest.raises(ClientError, match="DependencyViolation"):
        front.ec2.delete_security_group(GroupId=group)
    front.elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    front.ec2.delete_security_group(GroupId=group)
