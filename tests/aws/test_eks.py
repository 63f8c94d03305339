"""Amazon EKS: the control plane's API, as far as the course compares it with ECS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.base_backend import BackendDict
from moto.eks.models import EKSBackend

from ecslab import Cloud
from ecslab.aws.eks import EksBackend

Json = dict[str, Any]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Yield a running account."""
    with Cloud(seed=7) as running:
        yield running


def role(name: str, service: str = "eks.amazonaws.com") -> str:
    """Make a role that a service may assume; return its ARN."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam: Any = boto3.client("iam")
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def subnets(count: int = 2) -> list[str]:
    """Return subnets of the default VPC, each in another zone."""
    found = boto3.client("ec2").describe_subnets()["Subnets"]
    return [each["SubnetId"] for each in found][:count]


def make(name: str = "bookshop", **settings: Any) -> Json:
    """Create a cluster."""
    eks: Any = boto3.client("eks")
    request = {
        "name": name,
        "roleArn": "arn:aws:iam::123456789012:role/eks",
        "resourcesVpcConfig": {"subnetIds": subnets()},
        **settings,
    }
    return dict(eks.create_cluster(**request)["cluster"])


def refused(call: Any, code: str) -> str:
    """Return the words with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == code
    return str(error.value)


def test_contract_moto_still_is_of_2021(cloud: Cloud) -> None:
    """What is mended here; when moto has it, the mend can go."""
    plain = EKSBackend("us-east-1", "123456789012")
    made = plain.create_cluster("x", "arn:aws:iam::123456789012:role/eks", {"subnetIds": []})
    assert made.version == "1.19"
    assert not hasattr(plain, "associations")


def test_a_new_cluster_has_todays_version_and_goes_on_in_extended_support(cloud: Cloud) -> None:
    """EKS:kubernetes-versions; botocore eks UpgradePolicyRequest (EXTENDED is the default)."""
    made = make()
    assert made["version"] == "1.34"
    assert made["upgradePolicy"] == {"supportType": "EXTENDED"}
    assert made["accessConfig"] == {"authenticationMode": "CONFIG_MAP"}
    other = make("other", version="1.33", upgradePolicy={"supportType": "STANDARD"})
    assert (other["version"], other["upgradePolicy"]) == ("1.33", {"supportType": "STANDARD"})


def test_the_same_seed_gives_the_same_names() -> None:
    """The contract of a simulated account; moto names its endpoints once in a process."""
    found = []
    for _ in range(2):
        with Cloud(seed=7):
            made = make()
            made.pop("clientRequestToken")  # botocore's own, drawn anew for each request
            found.append(made)
    assert found[0] == found[1]
    assert found[0]["endpoint"].endswith(".gr7.us-east-1.eks.amazonaws.com")


def test_versions_by_their_support(cloud: Cloud) -> None:
    """EKS:kubernetes-versions: 14 months of standard support, then 12 of extended support."""
    eks: Any = boto3.client("eks")
    found = eks.describe_cluster_versions()["clusterVersions"]
    assert [(each["clusterVersion"], each["versionStatus"]) for each in found] == [
        ("1.34", "STANDARD_SUPPORT"),
        ("1.33", "STANDARD_SUPPORT"),
        ("1.32", "STANDARD_SUPPORT"),
        ("1.31", "EXTENDED_SUPPORT"),
    ]
    assert [each["clusterVersion"] for each in found if each["defaultVersion"]] == ["1.34"]
    assert f"{found[0]['endOfStandardSupportDate']:%Y-%m-%d}" == "2026-12-02"
    extended = eks.describe_cluster_versions(versionStatus="EXTENDED_SUPPORT")["clusterVersions"]
    assert [each["clusterVersion"] for each in extended] == ["1.31"]
    cloud.advance(days=320)
    now = eks.describe_cluster_versions()["clusterVersions"]
    assert [each["clusterVersion"] for each in now] == ["1.36", "1.35", "1.34", "1.33", "1.32"]


def test_the_end_of_standard_support(cloud: Cloud) -> None:
    """Botocore eks UpgradePolicyRequest.supportType: upgraded by AWS, or in extended support."""
    eks: Any = boto3.client("eks")
    make("strict", upgradePolicy={"supportType": "STANDARD"})
    make("patient")
    versions = []
    for days in (300, 30, 400):
        cloud.advance(days=days)
        versions.append(
            [
                eks.describe_cluster(name=name)["cluster"]["version"]
                for name in ("strict", "patient")
            ]
        )
    assert versions == [["1.34", "1.34"], ["1.35", "1.34"], ["1.36", "1.35"]]


def test_upgrades_go_one_minor_version_at_a_time_and_nodes_come_first(cloud: Cloud) -> None:
    """EKS:update-cluster; botocore eks UpdateClusterVersion (node groups must match)."""
    eks: Any = boto3.client("eks")
    make(version="1.32")
    eks.create_nodegroup(
        clusterName="bookshop", nodegroupName="web", subnets=subnets(), nodeRole=role("node")
    )
    refused(
        lambda: eks.update_cluster_version(name="bookshop", version="1.34"),
        "InvalidParameterException",
    )
    update = eks.update_cluster_version(name="bookshop", version="1.33")["update"]
    assert (update["type"], update["status"]) == ("VersionUpdate", "Successful")
    assert eks.list_updates(name="bookshop")["updateIds"] == [update["id"]]
    shown = eks.describe_update(name="bookshop", updateId=update["id"])["update"]
    assert shown["params"] == [{"type": "Version", "value": "1.33"}]
    words = refused(
        lambda: eks.update_cluster_version(name="bookshop", version="1.34"),
        "InvalidRequestException",
    )
    assert "Nodegroups web must be updated" in words
    eks.update_nodegroup_version(clusterName="bookshop", nodegroupName="web")
    eks.update_cluster_version(name="bookshop", version="1.34")
    assert eks.describe_cluster(name="bookshop")["cluster"]["version"] == "1.34"


def test_what_a_cluster_needs(cloud: Cloud) -> None:
    """EKS:network-reqs: subnets in two zones at least; a version that EKS has."""
    zones = {"resourcesVpcConfig": {"subnetIds": subnets(1)}}
    assert "two different AZs" in refused(lambda: make(**zones), "InvalidParameterException")
    unknown = {"resourcesVpcConfig": {"subnetIds": ["subnet-0", *subnets(1)]}}
    refused(lambda: make(**unknown), "InvalidParameterException")
    refused(lambda: make(version="1.19"), "InvalidParameterException")
    make()
    refused(make, "ResourceInUseException")


def test_node_groups_have_the_clusters_version_and_an_image_for_their_processor(
    cloud: Cloud,
) -> None:
    """Botocore eks Nodegroup.version, .amiType."""
    eks: Any = boto3.client("eks")
    make()
    node = role("node", "ec2.amazonaws.com")
    for name, kind in (("arm", "m7g.large"), ("intel", "m7i.large")):
        eks.create_nodegroup(
            clusterName="bookshop",
            nodegroupName=name,
            subnets=subnets(),
            nodeRole=node,
            instanceTypes=[kind],
        )
    groups = [
        eks.describe_nodegroup(clusterName="bookshop", nodegroupName=name)["nodegroup"]
        for name in ("arm", "intel")
    ]
    assert [group["amiType"] for group in groups] == [
        "AL2023_ARM_64_STANDARD",
        "AL2023_x86_64_STANDARD",
    ]
    assert {group["version"] for group in groups} == {"1.34"}
    assert all("ec2SshKey" not in group["remoteAccess"] for group in groups)


def test_fargate_takes_private_subnets_only(cloud: Cloud) -> None:
    """Botocore eks CreateFargateProfileRequest.subnets (no direct route to an internet gateway)."""
    eks, ec2 = boto3.client("eks"), boto3.client("ec2")
    make()
    request: Json = {
        "clusterName": "bookshop",
        "fargateProfileName": "web",
        "podExecutionRoleArn": role("pods", "eks-fargate-pods.amazonaws.com"),
        "selectors": [{"namespace": "bookshop", "labels": {"app": "storefront"}}],
    }
    words = refused(
        lambda: eks.create_fargate_profile(**request, subnets=subnets()),
        "InvalidParameterException",
    )
    assert "is not a private subnet" in words
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    private = ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.220.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=private)
    made = eks.create_fargate_profile(**request, subnets=[private])["fargateProfile"]
    assert made["status"] == "ACTIVE"
    refused(lambda: eks.delete_cluster(name="bookshop"), "ResourceInUseException")
    eks.delete_fargate_profile(clusterName="bookshop", fargateProfileName="web")
    eks.delete_cluster(name="bookshop")
    assert eks.list_clusters()["clusters"] == []


def test_pod_identity_associations(cloud: Cloud) -> None:
    """EKS:pod-identities: a service account has one role at most; botocore eks shapes."""
    eks: Any = boto3.client("eks")
    make()
    pods = role("catalog", "pods.eks.amazonaws.com")
    request = {"clusterName": "bookshop", "namespace": "bookshop", "serviceAccount": "catalog"}
    made = eks.create_pod_identity_association(**request, roleArn=pods)["association"]
    refused(
        lambda: eks.create_pod_identity_association(**request, roleArn=pods),
        "ResourceInUseException",
    )
    listed = eks.list_pod_identity_associations(clusterName="bookshop", namespace="bookshop")
    assert [each["associationId"] for each in listed["associations"]] == [made["associationId"]]
    assert "roleArn" not in listed["associations"][0]
    assert (
        eks.list_pod_identity_associations(clusterName="bookshop", namespace="x")["associations"]
        == []
    )
    named = {"clusterName": "bookshop", "associationId": made["associationId"]}
    other = role("other", "pods.eks.amazonaws.com")
    eks.update_pod_identity_association(**named, roleArn=other)
    assert eks.describe_pod_identity_association(**named)["association"]["roleArn"] == other
    eks.delete_pod_identity_association(**named)
    refused(lambda: eks.describe_pod_identity_association(**named), "ResourceNotFoundException")


def test_the_upgrade_policy_can_be_changed(cloud: Cloud) -> None:
    """Botocore eks UpdateClusterConfig.upgradePolicy."""
    eks: Any = boto3.client("eks")
    make()
    policy = {"supportType": "STANDARD"}
    update = eks.update_cluster_config(name="bookshop", upgradePolicy=policy)["update"]
    assert update["type"] == "UpgradePolicyUpdate"
    assert eks.describe_cluster(name="bookshop")["cluster"]["upgradePolicy"] == policy


def test_a_stopped_account_gives_moto_its_own_back() -> None:
    from moto.eks.models import eks_backends

    with Cloud(seed=7):
        assert eks_backends.backend is EksBackend
    assert eks_backends.backend is EKSBackend
    BackendDict.reset()
