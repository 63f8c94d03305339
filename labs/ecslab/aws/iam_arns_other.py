"""The resources of the other services' operations.

AWS: Service Authorization Reference, one page for each service.
"""

from __future__ import annotations

from typing import Final

from ecslab.aws.iam_arns import Arns, by_operation


def _arns(service: str) -> str:
    return f"arn:aws:{service}:<region>:<account>:"


def _parameter(name: str) -> str:
    # A parameter's ARN holds no slash in front and no version or label behind the name.
    if name.startswith("arn:"):
        return name
    return name.partition(":")[0].lstrip("/")


def _queue(url: str) -> str:
    return url if url.startswith("arn:") else url.rsplit("/", 1)[-1]


def _function(name: str) -> str:
    # A function may be given by name, name:alias, partial ARN or ARN.
    return name if name.startswith("arn:") else name.rpartition("function:")[2]


def _log_group(name: str) -> str:
    # In an identifier the trailing :* of a log group's ARN may stand or not.
    return name.removesuffix(":*")


def _nothing(*operations: str) -> dict[str, str]:
    return {"*": " ".join(operations)}


_ASG: Final = "autoScalingGroup:*:autoScalingGroupName/"
OTHERS: Final[dict[str, Arns]] = {
    "acm": Arns(
        _arns("acm"),
        by_operation({"certificate/*": "RequestCertificate"}),
        ("{CertificateArn}",),
    ),
    "application-autoscaling": Arns(
        _arns("application-autoscaling"),
        by_operation(
            {
                "scalable-target/*": "DeleteScalingPolicy DeleteScheduledAction "
                "DeregisterScalableTarget PutScalingPolicy PutScheduledAction "
                "RegisterScalableTarget",
            }
        ),
        ("{ResourceARN}",),
    ),
    "autoscaling": Arns(
        _arns("autoscaling"),
        by_operation(
            {
                "launchConfiguration:*:launchConfigurationName/{LaunchConfigurationName}": (
                    "CreateLaunchConfiguration DeleteLaunchConfiguration"
                ),
                _ASG + "{Tags[].ResourceId}": "CreateOrUpdateTags DeleteTags",
                # The group's name is not a parameter of this one.
                _ASG + "*": "TerminateInstanceInAutoScalingGroup",
                **_nothing(
                    "DescribeInstanceRefreshes",
                    "DescribeLifecycleHooks",
                    "DescribeLoadBalancers",
                    "DescribeLoadBalancerTargetGroups",
                    "DescribePolicies",
                    "DescribeScalingActivities",
                    "DescribeScheduledActions",
                    "DescribeTrafficSources",
                    "DescribeWarmPool",
                    "GetPredictiveScalingForecast",
                ),
            }
        ),
        (_ASG + "{AutoScalingGroupName}",),
    ),
    "cloudwatch": Arns(
        _arns("cloudwatch"),
        by_operation(
            {
                "alarm:{AlarmName || '*'}": "DescribeAlarmHistory PutCompositeAlarm "
                "PutMetricAlarm SetAlarmState",
                "alarm:{AlarmNames || '*'}": "DeleteAlarms DescribeAlarms DisableAlarmActions "
                "EnableAlarmActions",
                "arn:aws:cloudwatch::<account>:dashboard/{DashboardName}": "GetDashboard "
                "PutDashboard",
                "arn:aws:cloudwatch::<account>:dashboard/{DashboardNames}": "DeleteDashboards",
                "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
            }
        ),
    ),
    "dynamodb": Arns(
        _arns("dynamodb"),
        by_operation(
            {
                "table/{keys(RequestItems)}": "BatchGetItem BatchWriteItem",
                "{BackupArn}": "DeleteBackup DescribeBackup RestoreTableFromBackup",
                "table/{TargetTableName}": "RestoreTableFromBackup RestoreTableToPointInTime",
                "{SourceTableArn || SourceTableName}": "RestoreTableToPointInTime",
                **_nothing("ListBackups", "ListContributorInsights"),
            }
        ),
        ("table/{TableName || TableArn}", "{ResourceArn}"),
    ),
    "ecr": Arns(
        _arns("ecr"),
        by_operation(
            {
                "repository/{repositoryNames || '*'}": "BatchGetRepositoryScanningConfiguration "
                "DescribeRepositories",
                "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            }
        ),
        ("repository/{repositoryName}",),
    ),
    "eks": Arns(
        _arns("eks"),
        by_operation(
            {
                "nodegroup/{clusterName}/{nodegroupName}/*": "DeleteNodegroup DescribeNodegroup "
                "UpdateNodegroupConfig UpdateNodegroupVersion",
                "addon/{clusterName}/{addonName}/*": "DeleteAddon DescribeAddon UpdateAddon",
                "fargateprofile/{clusterName}/{fargateProfileName}/*": "DeleteFargateProfile "
                "DescribeFargateProfile",
                "podidentityassociation/{clusterName}/{associationId}": (
                    "DeletePodIdentityAssociation DescribePodIdentityAssociation "
                    "UpdatePodIdentityAssociation"
                ),
                "access-entry/{clusterName}/*": "AssociateAccessPolicy DeleteAccessEntry "
                "DescribeAccessEntry DisassociateAccessPolicy ListAssociatedAccessPolicies "
                "UpdateAccessEntry",
                "capability/{clusterName}/*/{capabilityName}/*": "DeleteCapability "
                "DescribeCapability UpdateCapability",
                "identityproviderconfig/{clusterName}/*": "DescribeIdentityProviderConfig "
                "DisassociateIdentityProviderConfig",
                **_nothing("CreateCluster", "CreateEksAnywhereSubscription", "RegisterCluster"),
                "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            }
        ),
        ("cluster/{clusterName || name}",),
    ),
    "elbv2": Arns(
        _arns("elasticloadbalancing"),
        by_operation(
            {
                "loadbalancer/app/{Name}/*": "CreateLoadBalancer",
                "targetgroup/{Name}/*": "CreateTargetGroup",
                "{ListenerArn}": "AddListenerCertificates CreateRule DeleteListener "
                "ModifyListener ModifyListenerAttributes RemoveListenerCertificates",
                "{LoadBalancerArn}": "CreateListener DeleteLoadBalancer ModifyIpPools "
                "ModifyCapacityReservation ModifyLoadBalancerAttributes SetIpAddressType "
                "SetSecurityGroups SetSubnets",
                "{RuleArn}": "DeleteRule ModifyRule",
                "{RulePriorities[].RuleArn}": "SetRulePriorities",
                "{TargetGroupArn}": "DeleteTargetGroup DeregisterTargets ModifyTargetGroup "
                "ModifyTargetGroupAttributes RegisterTargets",
                "{ResourceArns}": "AddTags RemoveTags",
                "{TrustStoreArn}": "AddTrustStoreRevocations DeleteTrustStore ModifyTrustStore "
                "RemoveTrustStoreRevocations",
            }
        ),
    ),
    "events": Arns(
        _arns("events"),
        by_operation(
            {
                "event-bus/{Entries[].EventBusName || 'default'}": "PutEvents",
                "event-bus/{Name || 'default'}": "CreateEventBus DeleteEventBus DescribeEventBus "
                "UpdateEventBus",
                "rule/{join('/', [EventBusName, Name][?@])}": "DeleteRule "
                "DescribeRule DisableRule EnableRule PutRule",
                "rule/{join('/', [EventBusName, Rule][?@])}": "ListTargetsByRule "
                "PutTargets RemoveTargets",
                "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
            }
        ),
    ),
    "lambda": Arns(
        _arns("lambda"),
        by_operation(
            {
                "{Resource}": "ListTags TagResource UntagResource",
                "event-source-mapping:{UUID}": "DeleteEventSourceMapping GetEventSourceMapping "
                "UpdateEventSourceMapping",
                **_nothing("CreateEventSourceMapping", "ListEventSourceMappings"),
            }
        ),
        ("function:{FunctionName}",),
        _function,
    ),
    "logs": Arns(
        _arns("logs"),
        by_operation(
            {
                "log-group:{logGroupName || logGroupIdentifier}:log-stream:{logStreamName}": (
                    "CreateLogStream DeleteLogStream GetLogEvents PutLogEvents"
                ),
                "log-group:{logGroupIdentifiers}": "StartLiveTail",
                "log-group:{[logGroupName, logGroupNames, logGroupIdentifiers][] | []}": (
                    "StartQuery"
                ),
                "{resourceArn}": "ListTagsForResource TagResource UntagResource",
                **_nothing("DescribeQueries", "DescribeIndexPolicies", "DescribeFieldIndexes"),
            }
        ),
        ("log-group:{logGroupName || logGroupIdentifier}",),
        _log_group,
    ),
    "servicediscovery": Arns(
        _arns("servicediscovery"),
        by_operation(
            {
                "namespace/{Id}": "DeleteNamespace GetNamespace UpdateHttpNamespace "
                "UpdatePrivateDnsNamespace UpdatePublicDnsNamespace",
                "namespace/{NamespaceId || DnsConfig.NamespaceId}": "CreateService",
                "service/*": "CreateService",
                "service/{Id}": "DeleteService GetService UpdateService",
            }
        ),
        ("service/{ServiceId}",),
    ),
    "sns": Arns(
        _arns("sns"),
        by_operation(
            {
                "{Name}": "CreateTopic",
                "{TopicArn || TargetArn}": "Publish",
            }
        ),
        ("{TopicArn}", "{ResourceArn}"),
    ),
    "sqs": Arns(
        _arns("sqs"),
        by_operation({"{QueueName}": "CreateQueue GetQueueUrl"}),
        ("{QueueUrl}", "{SourceArn}"),
        _queue,
    ),
    "ssm": Arns(
        _arns("ssm"),
        by_operation(
            {
                "parameter/{Name}": "DeleteParameter GetParameter GetParameterHistory "
                "LabelParameterVersion PutParameter UnlabelParameterVersion",
                "parameter/{Names}": "DeleteParameters GetParameters",
                "parameter/{Path}": "GetParametersByPath",
                "document/{DocumentName || 'SSM-SessionManagerRunShell'}": "StartSession",
                "session/{SessionId}": "ResumeSession TerminateSession",
            }
        ),
        clean=_parameter,
    ),
}
