"""`cloud.path`: ways through the network, hop by hop, each with the call that shows it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from connects import NAMED, URL, connect, entry
from fleets import open_fleet
from shops import Shop

from ecslab import Image
from ecslab.cloud.route import Route
from ecslab.errors import CourseError
from ecslab.show.route_picture import html

Json = dict[str, Any]


def fronted(shop: Shop) -> str:
    """Put two tasks behind a load balancer; return its URL."""
    elb: Any = boto3.client("elbv2")
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elb.create_load_balancer(Name="web", Subnets=shop.subnets[:2])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="web", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    ec2: Any = boto3.client("ec2")
    default = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    open_to_all(default, 80)
    definition = shop.define(Image(port=8080), portMappings=[{"containerPort": 8080}])
    shop.serve(
        definition,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
    )
    return f"http://{balancer['DNSName']}/"


def open_to_all(group: str, port: int) -> None:
    """Let a port of a security group in from anywhere."""
    boto3.client("ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
    )


def run_evidence(route: Route) -> None:
    """Call every API call that a route gives as evidence; each must answer."""
    names = ("ec2", "ecs", "elbv2", "servicediscovery")
    clients = {name: boto3.client(name) for name in names}
    for hop in route.hops:
        call = hop.evidence.partition("  #")[0]
        assert eval(call, {"__builtins__": {}}, clients)


def running(shop: Shop, image: Image | None = None, **fields: Any) -> str:
    """Run a task; return its ARN once it runs."""
    arn = shop.run(shop.define(image or Image(port=8080), **fields))
    shop.cloud.run_until(lambda: shop.task(arn)["lastStatus"] == "RUNNING")
    return arn


def test_a_request_from_the_internet_through_a_load_balancer(shop: Shop) -> None:
    """Node, listener, rule, target group, target: the words name each, in this order."""
    url = fronted(shop)
    early = shop.cloud.path("internet", url)
    assert "has no target to choose" in str(early.obstacle)
    shop.cloud.advance(minutes=2)
    before, journal = shop.cloud.now, len(list(shop.cloud.journal))
    route = shop.cloud.path("internet", url)
    assert route.reachable
    words = " | ".join(hop.words for hop in route.hops)
    order = ["public IP", "internet gateway", "inbound tcp 80", "listener on port 80"]
    order += ["default rule", "target group web sends it to", "inbound tcp 8080", "listens on"]
    places = [words.index(each) for each in order]
    assert places == sorted(places)
    assert (shop.cloud.now, len(list(shop.cloud.journal))) == (before, journal)
    run_evidence(route)
    hops = shop.cloud.http(url).hops
    assert {hop.words for hop in hops} <= {hop.words for hop in route.hops} | {
        hop.words for hop in hops if "sends it to" in hop.words or "task" in hop.words
    }


def test_a_port_without_a_listener_is_refused(shop: Shop) -> None:
    """The packets arrive at the node, and nothing takes them."""
    url = fronted(shop)
    default = boto3.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    open_to_all(default, 81)
    route = shop.cloud.path("internet", url, 81)
    assert route.obstacle is not None
    assert (route.obstacle.failure, "no listener" in route.obstacle.words) == ("refused", True)
    assert str(route).endswith("It ends here: the sender is told at once.")


def test_an_image_pull_has_three_connections(shop: Shop) -> None:
    """Amazon ECR user guide, "VPC endpoints": ecr.api, ecr.dkr and Amazon S3."""
    task = running(shop)
    image = shop.task(task)["containers"][0]["image"]
    route = shop.cloud.path(task, image)
    assert [leg.title.split()[0] for leg in route.legs] == ["ask", "fetch", "fetch"]
    assert route.reachable
    assert any("internet gateway" in hop.words for hop in route.hops)
    run_evidence(route)


def test_a_pull_that_failed_is_explained_afterwards(shop: Shop) -> None:
    """A stopped task's interface is gone, and its way can still be asked for."""
    definition = shop.define(Image())
    answer = shop.ecs.run_task(
        cluster="shop",
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=shop.network(public="DISABLED"),
    )
    task = shop.stopped(answer["tasks"][0]["taskArn"])
    assert task["stoppedReason"].startswith("ResourceInitializationError")
    route = shop.cloud.path(task["taskArn"], task["containers"][0]["image"])
    assert len(route.legs) == 1
    assert route.obstacle is not None
    assert "no public IP address" in route.obstacle.words
    assert route.obstacle.failure == "timeout"


def test_endpoints_show_in_the_way(shop: Shop) -> None:
    """An interface endpoint takes the service's name; its security group must let the task in."""
    ec2: Any = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    closed = ec2.create_security_group(GroupName="closed", Description="x", VpcId=vpc)["GroupId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=shop.subnets[:1],
        SecurityGroupIds=[closed],
        PrivateDnsEnabled=True,
    )
    task = running(shop)
    for destination in ("logs", "logs.us-east-1.amazonaws.com"):
        route = shop.cloud.path(task, destination)
        assert route.obstacle is not None
        assert closed in route.obstacle.words
    open_to_all(closed, 443)
    assert shop.cloud.path(task, "logs").reachable


def test_to_tasks_addresses_names_and_the_internet(shop: Shop) -> None:
    """What else can be a destination."""
    one, two = running(shop), running(shop, Image(port=9090), family="other")
    address = shop.task(two)["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    for destination, port in ((two, 9090), (address, 9090), (f"http://{address}:9090/", None)):
        assert shop.cloud.path(one, destination, port).reachable
    refused = shop.cloud.path(one, two, 8080)
    assert refused.obstacle is not None
    assert refused.obstacle.failure == "refused"
    assert shop.cloud.path(one, "internet").reachable
    assert shop.cloud.path(one, "python:3.12").reachable
    assert shop.cloud.path(one, "public.ecr.aws/docker/library/nginx:1").reachable
    nowhere = shop.cloud.path(one, "http://nowhere.example/")
    assert nowhere.obstacle is not None
    assert nowhere.obstacle.failure == "dns"
    lost = shop.cloud.path(one, "172.31.250.250")
    assert "no task has the address" in str(lost)
    outside = shop.cloud.path("internet", two, 9090)
    assert "inbound rule" in str(outside.obstacle)


def test_through_service_connect(shop: Shop) -> None:
    """From the application to its own proxy, and to the server's."""
    connected = connect(shop)
    connected.catalog(count=0)
    client = connected.client()
    nobody = shop.cloud.path(client, URL)
    assert "answers 503" in str(nobody.obstacle)
    connected.ecs.update_service(cluster="shop", service="catalog", desiredCount=1)
    shop.cloud.advance(minutes=1)
    route = shop.cloud.path(client, URL)
    assert route.reachable
    assert "leads to the Service Connect proxy" in route.hops[0].words
    run_evidence(route)
    assert entry()["portName"] == NAMED[0]["name"]


def test_an_awsvpc_task_on_ec2_pulls_through_its_instance(shop: Shop) -> None:
    """task-networking-awsvpc: no public address for it, but its agent has the instance's."""
    fleet = open_fleet(shop)
    fleet.join(1)
    definition = fleet.define("own", networkMode="awsvpc")
    network = shop.network(public="DISABLED")
    network["awsvpcConfiguration"]["subnets"] = shop.subnets[:1]
    task = fleet.start(definition, networkConfiguration=network)
    fleet.running(task)
    image = shop.task(task)["containers"][0]["image"]
    assert shop.cloud.path(task, image).reachable
    blocked = shop.cloud.path(task, "s3")
    assert "no public IP address" in str(blocked.obstacle)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("nowhere", "internet"),
        ("internet", "internet"),
        ("internet", ""),
        ("internet", "a:b:c"),
        ("internet", "arn:aws:ecs:us-east-1:123456789012:task/shop/0"),
    ],
)
def test_what_makes_no_sense(shop: Shop, source: str, destination: str) -> None:
    """One sentence says what is wrong."""
    with pytest.raises(CourseError):
        shop.cloud.path(source, destination)


def test_the_picture_has_the_same_words(shop: Shop) -> None:
    """Each hop and its call; the obstacle in the description for those who can't see it."""
    task = running(shop)
    route = shop.cloud.path(task, "internet", 25)
    picture = html(route)
    for hop in route.hops:
        assert hop.words.replace("&", "&amp;") in picture
    assert route._repr_html_() == picture
    refused = shop.cloud.path("internet", task, 8080)
    assert "it ends at hop" in html(refused)
    assert "✘" in html(refused)
