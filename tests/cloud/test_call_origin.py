"""The way that a task's own AWS calls take, and what policies see of it.

AWS: vpc-endpoints (Amazon ECS); reference_policies_condition-keys; facts: security, sections 2, 7.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from runs import Json, Runs

from ecslab import Image

ROLE = "arn:aws:iam::123456789012:role/app"


def _asks_for_its_queue() -> None:
    from botocore.config import Config

    sqs = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
    try:
        sqs.get_queue_url(QueueName="orders")
        print("found")
    except ConnectTimeoutError:
        print("timed out")
    except ClientError as error:
        print(error.response["Error"]["Code"])


@pytest.fixture
def runs(shop: Any) -> Runs:
    boto3.client("sqs").create_queue(QueueName="orders")
    runs = Runs(shop)
    image = Image(work=_asks_for_its_queue, every=60)
    runs.start("app", runs.container("app", image), taskRoleArn=runs.role("app"))
    runs.until("app", "RUNNING")
    return runs


def place(runs: Runs) -> tuple[str, str]:
    """Return the task's subnet and VPC."""
    ec2: Any = boto3.client("ec2")
    subnet = str(runs.task("app")["attachments"][0]["details"][0]["value"])
    return subnet, str(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"])


def isolate(runs: Runs) -> None:
    ec2: Any = boto3.client("ec2")
    vpcs = [{"Name": "vpc-id", "Values": [place(runs)[1]]}]
    table = ec2.describe_route_tables(Filters=vpcs)["RouteTables"][0]["RouteTableId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


def endpoint(runs: Runs, service: str = "sqs") -> str:
    ec2: Any = boto3.client("ec2")
    subnet, vpc = place(runs)
    answer = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=f"com.amazonaws.us-east-1.{service}",
        SubnetIds=[subnet],
        PrivateDnsEnabled=True,
    )
    return str(answer["VpcEndpoint"]["VpcEndpointId"])


def permit(**condition: Json) -> None:
    statement: Json = {"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]}
    iam: Any = boto3.client("iam")
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=json.dumps(document))


def last_line(runs: Runs) -> str:
    runs.shop.cloud.advance(minutes=3)
    return str(boto3.client("logs") and runs.lines("app")[-1])


def test_without_a_way_out_a_call_times_out(runs: Runs) -> None:
    """AWS: vpc-endpoints: a subnet without NAT, gateway or endpoint reaches no service."""
    permit()
    assert last_line(runs) == "found"
    isolate(runs)
    endpoint(runs, "logs")  # or nothing would be heard of it
    assert last_line(runs) == "timed out"
    endpoint(runs)
    assert last_line(runs) == "found"


def test_over_the_internet_the_public_address_is_the_source(runs: Runs) -> None:
    """AWS: aws:SourceIp is the requester's public address."""
    ec2: Any = boto3.client("ec2")
    interface = runs.task("app")["attachments"][0]["details"][1]["value"]
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    permit(IpAddress={"aws:SourceIp": f"{found['Association']['PublicIp']}/32"})
    assert last_line(runs) == "found"
    permit(IpAddress={"aws:SourceIp": "198.51.100.0/24"})
    assert last_line(runs) == "AccessDenied"


def test_through_an_endpoint_the_vpc_is_the_source(runs: Runs) -> None:
    """AWS: aws:SourceVpc, aws:SourceVpce, aws:VpcSourceIp; without aws:SourceIp."""
    name, vpc = endpoint(runs), place(runs)[1]
    address = runs.task("app")["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    permit(
        StringEquals={"aws:SourceVpc": vpc, "aws:SourceVpce": name},
        IpAddress={"aws:VpcSourceIp": address},
    )
    assert last_line(runs) == "found"
    permit(StringEquals={"aws:SourceVpce": "vpce-other"})
    assert last_line(runs) == "AccessDenied"
    permit(IpAddress={"aws:SourceIp": "0.0.0.0/0"})
    assert last_line(runs) == "AccessDenied"


def test_the_policy_of_an_endpoint_limits_what_goes_through_it(runs: Runs) -> None:
    """AWS: privatelink vpc-endpoints-access; troubleshoot_access-denied (VPC endpoint policies)."""
    ec2: Any = boto3.client("ec2")
    name = endpoint(runs)
    permit()
    assert last_line(runs) == "found"

    def restrict(*statements: Json) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        ec2.modify_vpc_endpoint(VpcEndpointId=name, PolicyDocument=document)

    other = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    own = other | {"Action": "sqs:GetQueueUrl"}
    restrict(other)
    assert last_line(runs) == "AccessDenied"
    trail: Any = boto3.client("cloudtrail")
    attribute = {"AttributeKey": "EventName", "AttributeValue": "GetQueueUrl"}
    event = trail.lookup_events(LookupAttributes=[attribute])["Events"][0]
    words = "because no VPC endpoint policy allows the sqs:getqueueurl action"
    assert words in json.loads(event["CloudTrailEvent"])["errorMessage"]
    restrict(other, own)
    assert last_line(runs) == "found"
    restrict(other, own, own | {"Effect": "Deny", "Principal": {"AWS": ROLE}})
    assert last_line(runs) == "AccessDenied"
    # The policy permits nothing by itself.
    boto3.client("iam").delete_role_policy(RoleName="app", PolicyName="p")
    restrict(own)
    assert last_line(runs) == "AccessDenied"
