"""What AWS answers to requests about capacity providers that break a rule."""

from __future__ import annotations

from ecslab.model.task_definition.answer import CLIENT, INVALID_PARAMETER, Answer

_CREATE = "botocore ecs CreateCapacityProvider"
_NAME = "botocore ecs CreateCapacityProviderRequest.name"
_SCALING = "botocore ecs ManagedScaling"
_TEMPLATE = "botocore ecs InstanceLaunchTemplate"
_CAPTURED = "captured ClientException of CreateCapacityProvider"


def _invalid(message: str, source: str, *, verified: bool = False) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=verified)


def _client(message: str, source: str, *, verified: bool = False) -> Answer:
    return Answer(message=message, source=source, code=CLIENT, verified=verified)


BAD_NAME = _invalid(
    "The specified capacity provider name is invalid. Up to 255 characters are allowed, including"
    " letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed"
    ' with "aws", "ecs", or "fargate". Specify a valid name and try again.',
    _NAME,
)
EXISTS = _client(
    "The specified capacity provider already exists. To change the configuration of an existing"
    " capacity provider, update the capacity provider.",
    _CAPTURED,
    verified=True,
)
ONE_KIND = _invalid(
    "Specify either autoScalingGroupProvider or managedInstancesProvider, and only one of them.",
    _CREATE,
)
GROUP_IN_USE = _client(
    "The specified Auto Scaling group ARN is already being used by another capacity provider."
    " Specify a unique Auto Scaling group ARN and try again.",
    _CAPTURED,
    verified=True,
)
GROUP_MISSING = _client(
    "The specified Auto Scaling group was not found. Specify a valid Auto Scaling group and try"
    " again.",
    "botocore ecs AutoScalingGroupProvider.autoScalingGroupArn",
)
NOT_PROTECTED = _client(
    "The managed termination protection setting for the capacity provider is invalid. To enable"
    " managed termination protection for a capacity provider, the Auto Scaling group must have"
    " instance protection from scale in enabled.",
    _CAPTURED,
    verified=True,
)
WEIGHTED = _client(
    "Instance weighting is not supported for the Auto Scaling group of a capacity provider. Remove"
    " the weights and try again.",
    "AWS: cluster-auto-scaling",
)
BAD_VALUE = _invalid("{value} is not a valid {name}. Must be one of [{values}]", _CREATE)
OUT_OF_RANGE = _invalid("The {name} must be between {least} and {most}.", f"{_SCALING}, ranges")
STEPS = _invalid(
    "The minimumScalingStepSize must not be greater than the maximumScalingStepSize.", _SCALING
)
NOT_FOUND = _client(
    "The specified capacity provider does not exist. Specify a valid name or ARN and try again.",
    "botocore ecs DeleteCapacityProviderRequest.capacityProvider",
)
RESERVED = _client(
    "The specified capacity provider is reserved and cannot be changed or deleted.",
    "botocore ecs DeleteCapacityProvider (FARGATE and FARGATE_SPOT are reserved)",
)
OTHER_KIND = _invalid(
    "The capacity provider {name} is of another type than the settings of the request.",
    "botocore ecs UpdateCapacityProviderRequest",
)
STILL_UPDATING = _client(
    "There's already a current update in progress on the capacity provider.",
    "botocore ecs UpdateCapacityProvider, errors",
)
UPDATING = Answer(
    message="There's already a current update in progress on the capacity provider.",
    source="botocore ecs DeleteCapacityProvider, errors",
    code="UpdateInProgressException",
    verified=False,
)
STILL_ASSOCIATED = (
    "The capacity provider cannot be deleted because it is associated with cluster: {cluster}."
    " Remove the capacity provider from the cluster and try again."
)
"""The updateStatusReason of a deletion that failed (captured; botocore ecs
CapacityProvider.updateStatus, DELETE_FAILED)."""
STILL_USED = (
    "The capacity provider cannot be deleted because it is in use by tasks, services, or daemons."
)
"""As above, for Managed Instances, whose provider never leaves its cluster (not verified)."""
ONE_CLUSTER = _invalid(
    "The specified capacity provider with managed scaling is already associated with another"
    " cluster. Turn managed scaling off or specify another capacity provider and try again.",
    "AWS: cluster-auto-scaling (managed scaling: one cluster only)",
)
NEEDS_CLUSTER = _invalid(
    "A cluster is required for a capacity provider of Amazon ECS Managed Instances.",
    "botocore ecs CreateCapacityProviderRequest.cluster",
)
NO_CLUSTER = _invalid(
    "A cluster can be specified for capacity providers of Amazon ECS Managed Instances only.",
    "botocore ecs CreateCapacityProviderRequest.cluster",
)
BAD_ROLE = _client(
    "ECS was unable to assume the infrastructure role '{role}' that was provided for this capacity"
    " provider. Please verify that the role being passed has the proper trust relationship and"
    " permissions.",
    "AWS: infrastructure_IAM_role (trust for ecs.amazonaws.com)",
)
BAD_PROFILE = _client(
    "The specified instance profile {profile} was not found or has no role.",
    f"{_TEMPLATE}.ec2InstanceProfileArn",
)
NO_SUBNETS = _invalid(
    "At least one subnet is required in the network configuration.",
    "botocore ecs ManagedInstancesNetworkConfiguration.subnets",
)
SEVERAL_VPCS = _invalid(
    "All subnets must be in the same VPC.",
    "botocore ecs ManagedInstancesNetworkConfiguration.subnets",
)
BAD_RANGE = _invalid(
    "The minimum of {name} must not be greater than the maximum.",
    "botocore ecs InstanceRequirementsRequest",
)
NO_TYPE = _client(
    "No instance types satisfy the specified instance requirements.",
    "botocore ecs InstanceRequirementsRequest",
)
SANDBOX_STORAGE = _invalid(
    "nitroEnclavesEnabled cannot be used together with local storage.",
    f"{_TEMPLATE}.nitroEnclavesEnabled",
)
TWO_TYPE_LISTS = _invalid(
    "Specify either allowedInstanceTypes or excludedInstanceTypes, but not both.",
    "botocore ecs InstanceRequirementsRequest.allowedInstanceTypes",
)
ANSWERS = tuple(value for value in list(globals().values()) if isinstance(value, Answer))
"""Every refusal of this module."""
