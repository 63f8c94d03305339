"""What AWS answers to requests about clusters that break a rule."""

from __future__ import annotations

from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

_STRATEGY = "botocore ecs CapacityProviderStrategyItem"
_DELETE = "botocore ecs DeleteCluster, errors"
_EXECUTE = "botocore ecs ExecuteCommandConfiguration.logging"


def _invalid(message: str, source: str, *, verified: bool = True) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=verified)


BAD_NAME = _invalid(
    r"ClusterName must match ^[a-zA-Z0-9\-_]{{1,255}}$",
    "botocore ecs CreateClusterRequest.clusterName",
)
NOT_IDEMPOTENT = _invalid(
    "Arguments on this idempotent request are inconsistent with arguments used in previous"
    " request(s).",
    "AWS: captured InvalidParameterException of CreateCluster",
)
BAD_SETTING_NAME = _invalid(
    "Invalid setting 'name'", "botocore ecs ClusterSetting.name", verified=False
)
BAD_SETTING_VALUE = _invalid("Invalid setting 'value'", "botocore ecs ClusterSetting.value")
BAD_LOGGING = _invalid(
    "{logging} is not a valid logging. Must be one of [NONE,DEFAULT,OVERRIDE]",
    _EXECUTE,
    verified=False,
)
OVERRIDE_WITHOUT_LOG = _invalid(
    "A CloudWatch log group name or S3 bucket name must be specified when overriding the default"
    " log configuration.",
    _EXECUTE,
)
LOG_WITHOUT_OVERRIDE = _invalid(
    "You must set logging to 'OVERRIDE' when you supply a log configuration.", _EXECUTE
)
TOO_MANY_PROVIDERS = _invalid(
    "The maximum number of capacity providers per cluster has been exceeded.",
    "AWS: Amazon ECS endpoints and quotas",
)
UNKNOWN_PROVIDER = _invalid(
    "The specified capacity provider was not found. Specify a valid capacity provider and try"
    " again.",
    "botocore ecs PutClusterCapacityProvidersRequest.capacityProviders",
)
MANAGED_INSTANCES_PROVIDER = _invalid(
    "Cannot associate Managed Instances capacity provider to clusters using this API.",
    "botocore ecs PutClusterCapacityProviders",
    verified=False,
)
REPEATED_PROVIDER = _invalid(
    "The specified capacity providers cannot contain duplicates. Specify each capacity provider"
    " once and try again.",
    _STRATEGY,
    verified=False,
)
TOO_MANY_ITEMS = _invalid(
    "The specified capacity provider strategy cannot contain more than 20 capacity providers.",
    "botocore ecs RunTaskRequest.capacityProviderStrategy",
    verified=False,
)
NOT_ASSOCIATED = _invalid(
    "The specified capacity provider strategy cannot contain a capacity provider that is not"
    " associated with the cluster. Associate the capacity provider with the cluster or specify a"
    " valid capacity provider and try again.",
    "botocore ecs CreateClusterRequest.capacityProviders",
)
BAD_WEIGHT = _invalid(
    "The weight value of a capacity provider must be between 0 and 1000.",
    f"{_STRATEGY}.weight",
    verified=False,
)
BAD_BASE = _invalid(
    "The base value of a capacity provider must be between 0 and 100000.",
    f"{_STRATEGY}.base",
    verified=False,
)
SEVERAL_BASES = _invalid(
    "The specified capacity provider strategy contains multiple capacity providers with a base"
    " value defined. Only one capacity provider per strategy can have a base value defined.",
    f"{_STRATEGY}.base",
)
MIXED = _invalid(
    "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling"
    " groups and Fargate providers. Specify one or the other and try again.",
    "AWS: fargate-capacity-providers",
)
MIXED_MANAGED = _invalid(
    "A capacity provider strategy cannot contain a mix of Managed Instances and other capacity"
    " providers. Specify one or the other and try again.",
    "AWS: ManagedInstances",
    verified=False,
)
NO_WEIGHT = _invalid(
    "There are no capacity providers in the capacity provider strategy with a weight value greater"
    " than zero. Specify a weight value greater than zero for at least one capacity provider and"
    " try again.",
    f"{_STRATEGY}.weight",
)
NO_DEFAULT_WEIGHT = _invalid(
    "There are no capacity providers with a weight value greater than zero defined in the default"
    " capacity provider strategy. At least one capacity provider must have a weight value greater"
    " than zero specified. Update the cluster's default capacity provider strategy or specify a"
    " valid capacity provider strategy and try again.",
    f"{_STRATEGY}.weight",
)
BAD_INCLUDE = _invalid(
    "include should be one of [{values}]",
    "AWS: captured InvalidParameterException of DescribeClusters",
)
CONTAINS_INSTANCES = Answer(
    message="The Cluster cannot be deleted while Container Instances are active.",
    source=_DELETE,
    code="ClusterContainsContainerInstancesException",
)
CONTAINS_SERVICES = Answer(
    message="The Cluster cannot be deleted while Services are active.",
    source=_DELETE,
    code="ClusterContainsServicesException",
)
CONTAINS_TASKS = Answer(
    message="The Cluster cannot be deleted while Tasks are active.",
    source=_DELETE,
    code="ClusterContainsTasksException",
)
CONTAINS_PROVIDER = Answer(
    message="The Cluster cannot be deleted while Capacity Providers are active.",
    source=_DELETE,
    code="ClusterContainsCapacityProviderException",
    verified=False,
)
UPDATE_IN_PROGRESS = Answer(
    message="The specified cluster is in a busy state. Cluster attachments must be in"
    " UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated. Wait and try again.",
    source=_DELETE,
    code="UpdateInProgressException",
    verified=False,
)
TOO_MANY_CLUSTERS = Answer(
    message="The maximum number of clusters has been exceeded.",
    source="AWS: Amazon ECS endpoints and quotas",
    verified=False,
)
ANSWERS = tuple(value for value in list(globals().values()) if isinstance(value, Answer))
"""Every refusal of this module."""
