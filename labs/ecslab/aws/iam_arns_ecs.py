"""The resources of ECS operations.

AWS: Service Authorization Reference, Actions, resources, and condition keys for Amazon ECS.
"""

from __future__ import annotations

from typing import Final

from ecslab.aws.iam_arns import Arns, by_operation

_C: Final = "{cluster || 'default'}"

ECS: Final = Arns(
    "arn:aws:ecs:<region>:<account>:",
    by_operation(
        {
            f"cluster/{_C}": "DeleteCluster DeregisterContainerInstance ExecuteCommand "
            "ListAttributes ListContainerInstances PutClusterCapacityProviders "
            "RegisterContainerInstance SubmitAttachmentStateChanges SubmitContainerStateChange "
            "SubmitTaskStateChange UpdateCluster UpdateClusterSettings",
            "cluster/{clusterName || 'default'}": "CreateCluster",
            'cluster/{clusters || `["default"]`}': "DescribeClusters",
            "capacity-provider/{name}": "CreateCapacityProvider UpdateCapacityProvider",
            "capacity-provider/{capacityProvider}": "DeleteCapacityProvider",
            "capacity-provider/{capacityProviders || '*'}": "DescribeCapacityProviders",
            f"service/{_C}/{{serviceName || '*'}}": "CreateService CreateExpressGatewayService",
            f"service/{_C}/{{service}}": "DeleteService UpdateService UpdateServicePrimaryTaskSet "
            "ListServiceDeployments",
            f"service/{_C}/{{services}}": "DescribeServices",
            "service/{serviceArn}": "DeleteExpressGatewayService DescribeExpressGatewayService "
            "UpdateExpressGatewayService",
            "service-deployment/{serviceDeploymentArn}": "ContinueServiceDeployment "
            "StopServiceDeployment",
            "service-deployment/{serviceDeploymentArns}": "DescribeServiceDeployments",
            "service-revision/{serviceRevisionArns}": "DescribeServiceRevisions",
            f"task/{_C}/{{task}}": "ExecuteCommand StopTask",
            f"task/{_C}/{{tasks || '*'}}": "DescribeTasks GetTaskProtection UpdateTaskProtection",
            "task-definition/{taskDefinition}": "RunTask StartTask",
            "task-definition/{taskDefinitions}": "DeleteTaskDefinitions",
            "task-definition/{family}:*": "RegisterTaskDefinition",
            f"task-set/{_C}/{{service}}/*": "CreateTaskSet",
            f"task-set/{_C}/{{service}}/{{taskSet}}": "DeleteTaskSet UpdateTaskSet",
            f"task-set/{_C}/{{service}}/{{taskSets || '*'}}": "DescribeTaskSets",
            f"container-instance/{_C}/{{containerInstance || '*'}}": "ListTasks "
            "UpdateContainerAgent",
            f"container-instance/{_C}/{{containerInstances}}": "DescribeContainerInstances "
            "UpdateContainerInstancesState",
            f"container-instance/{_C}/{{attributes[].targetId}}": "DeleteAttributes PutAttributes",
            "{resourceArn}": "ListTagsForResource TagResource UntagResource",
            "daemon/{clusterArn || 'default'}/{daemonName}": "CreateDaemon",
            "daemon/{daemonArn}": "DeleteDaemon DescribeDaemon ListDaemonDeployments UpdateDaemon",
            "daemon-deployment/{daemonDeploymentArns}": "DescribeDaemonDeployments",
            "daemon-revision/{daemonRevisionArns}": "DescribeDaemonRevisions",
            "daemon-task-definition/{daemonTaskDefinition}": "DeleteDaemonTaskDefinition "
            "DescribeDaemonTaskDefinition",
            "daemon-task-definition/{family}:*": "RegisterDaemonTaskDefinition",
            "gateway/{name}": "CreateGateway",
            "gateway/{names || '*'}": "ListGateways",
            "gateway/{gateway || '*'}": "AssociateGatewayWithCluster DeleteGateway "
            "DescribeGateway DescribeGatewayResources DisassociateGatewayFromCluster "
            "ListGatewayClusterAssociations ListGatewayRoutes UpdateGateway",
            "gateway-route/{gatewayRouteArn}": "DescribeGatewayRoute",
        }
    ),
)

_OWNERS: Final = {
    "service-deployment": "service",
    "service-revision": "service",
    "daemon-deployment": "daemon",
    "daemon-revision": "daemon",
}


def with_owners(arns: list[str]) -> list[str]:
    """Add the service of each deployment or revision: the permission is needed for both.

    ``…:service-deployment/cluster/web/abc`` also asks for ``…:service/cluster/web``.
    """
    owners = []
    for arn in arns:
        head, _, resource = arn.rpartition(":")
        kind, *names = resource.split("/")
        if kind in _OWNERS and len(names) > 1:
            owners.append(f"{head}:{_OWNERS[kind]}/{'/'.join(names[:-1])}")
    return list(dict.fromkeys([*owners, *arns]))
