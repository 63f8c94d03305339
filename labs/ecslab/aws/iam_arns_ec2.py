"""The resources of the EC2 operations that a course on ECS meets.

Other EC2 operations are judged for ``*``, as every Describe operation is on AWS.

AWS: Service Authorization Reference, Actions, resources, and condition keys for Amazon EC2.
"""

from __future__ import annotations

from typing import Final

from ecslab.aws.iam_arns import Arns, by_operation

_LAUNCH: Final = "RunInstances"

EC2: Final = Arns(
    "arn:aws:ec2:<region>:<account>:",
    by_operation(
        {
            "arn:aws:ec2:<region>::image/{ImageId}": _LAUNCH,
            "instance/*": _LAUNCH,
            "volume/*": _LAUNCH,
            "network-interface/*": f"{_LAUNCH} CreateNetworkInterface",
            "key-pair/{KeyName}": f"{_LAUNCH} CreateKeyPair ImportKeyPair DeleteKeyPair",
            "launch-template/{LaunchTemplate.LaunchTemplateId}": _LAUNCH,
            "subnet/{SubnetId || NetworkInterfaces[].SubnetId}": _LAUNCH,
            "security-group/{SecurityGroupIds || NetworkInterfaces[].Groups[]}": _LAUNCH,
            "instance/{InstanceIds}": "MonitorInstances RebootInstances StartInstances "
            "StopInstances TerminateInstances UnmonitorInstances",
            "instance/{InstanceId}": "AssociateIamInstanceProfile GetConsoleOutput "
            "ModifyInstanceAttribute ModifyInstanceMetadataOptions",
            "vpc/*": "CreateVpc",
            "vpc/{VpcId}": "AttachInternetGateway CreateRouteTable CreateSecurityGroup "
            "CreateSubnet CreateVpcEndpoint DeleteVpc DescribeVpcAttribute DetachInternetGateway "
            "ModifyVpcAttribute",
            "subnet/*": "CreateSubnet",
            "subnet/{SubnetId}": "AssociateRouteTable CreateNatGateway CreateNetworkInterface "
            "DeleteSubnet ModifySubnetAttribute",
            "subnet/{SubnetIds}": "CreateVpcEndpoint",
            "subnet/{[AddSubnetIds, RemoveSubnetIds][][]}": "ModifyVpcEndpoint",
            "security-group/*": "CreateSecurityGroup",
            "security-group/{GroupId}": "AuthorizeSecurityGroupEgress "
            "AuthorizeSecurityGroupIngress DeleteSecurityGroup ModifySecurityGroupRules "
            "RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            "security-group/{SecurityGroupIds}": "CreateVpcEndpoint",
            "security-group/{Groups}": "CreateNetworkInterface ModifyNetworkInterfaceAttribute",
            "security-group/{[AddSecurityGroupIds, RemoveSecurityGroupIds][][]}": (
                "ModifyVpcEndpoint"
            ),
            "internet-gateway/*": "CreateInternetGateway",
            "internet-gateway/{InternetGatewayId}": "AttachInternetGateway DeleteInternetGateway "
            "DetachInternetGateway",
            "natgateway/*": "CreateNatGateway",
            "natgateway/{NatGatewayId}": "DeleteNatGateway",
            "elastic-ip/*": "AllocateAddress",
            "elastic-ip/{AllocationId}": "AssociateAddress CreateNatGateway ReleaseAddress",
            "route-table/*": "CreateRouteTable",
            "route-table/{RouteTableId}": "AssociateRouteTable CreateRoute DeleteRoute "
            "DeleteRouteTable ReplaceRoute",
            "route-table/{RouteTableIds}": "CreateVpcEndpoint",
            "vpc-endpoint/*": "CreateVpcEndpoint",
            "vpc-endpoint/{VpcEndpointIds}": "DeleteVpcEndpoints",
            "vpc-endpoint/{VpcEndpointId}": "ModifyVpcEndpoint",
            "network-interface/{NetworkInterfaceId}": "AttachNetworkInterface "
            "DeleteNetworkInterface DetachNetworkInterface ModifyNetworkInterfaceAttribute",
            "launch-template/*": "CreateLaunchTemplate",
            "launch-template/{LaunchTemplateId}": "CreateLaunchTemplateVersion "
            "DeleteLaunchTemplate DeleteLaunchTemplateVersions ModifyLaunchTemplate",
            "volume/{VolumeId}": "AttachVolume DeleteVolume DetachVolume ModifyVolume",
            "vpc-flow-log/*": "CreateFlowLogs",
            "vpc-flow-log/{FlowLogIds}": "DeleteFlowLogs",
        }
    ),
)
