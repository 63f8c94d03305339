"""The members of a container definition and their types: botocore ecs ContainerDefinition."""

from __future__ import annotations

from ecslab.model.task_definition.shape import Enum, MapOf, Structure

_REPOSITORY_CREDENTIALS = Structure(
    "RepositoryCredentials",
    {
        "credentialsParameter": str,
    },
    required=("credentialsParameter",),
)
_PORT_MAPPING = Structure(
    "PortMapping",
    {
        "containerPort": int,
        "hostPort": int,
        "protocol": Enum(("tcp", "udp"), strict=False),
        "name": str,
        "appProtocol": Enum(("http", "http2", "grpc")),
        "containerPortRange": str,
    },
)
_CONTAINER_RESTART_POLICY = Structure(
    "ContainerRestartPolicy",
    {
        "enabled": bool,
        "ignoredExitCodes": [int],
        "restartAttemptPeriod": int,
    },
    required=("enabled",),
)
KEY_VALUE_PAIR = Structure(
    "KeyValuePair",
    {
        "name": str,
        "value": str,
    },
)
ENVIRONMENT_FILE = Structure(
    "EnvironmentFile",
    {
        "value": str,
        "type": Enum(("s3",)),
    },
    required=("value", "type"),
)
_MOUNT_POINT = Structure(
    "MountPoint",
    {
        "sourceVolume": str,
        "containerPath": str,
        "readOnly": bool,
    },
)
_VOLUME_FROM = Structure(
    "VolumeFrom",
    {
        "sourceContainer": str,
        "readOnly": bool,
    },
)
_KERNEL_CAPABILITIES = Structure(
    "KernelCapabilities",
    {
        "add": [str],
        "drop": [str],
    },
)
_DEVICE = Structure(
    "Device",
    {
        "hostPath": str,
        "containerPath": str,
        "permissions": [Enum(("read", "write", "mknod"))],
    },
    required=("hostPath",),
)
_TMPFS = Structure(
    "Tmpfs",
    {
        "containerPath": str,
        "size": int,
        "mountOptions": [str],
    },
    required=("containerPath", "size"),
)
_LINUX_PARAMETERS = Structure(
    "LinuxParameters",
    {
        "capabilities": _KERNEL_CAPABILITIES,
        "devices": [_DEVICE],
        "initProcessEnabled": bool,
        "sharedMemorySize": int,
        "tmpfs": [_TMPFS],
        "maxSwap": int,
        "swappiness": int,
    },
)
_SECRET = Structure(
    "Secret",
    {
        "name": str,
        "valueFrom": str,
    },
    required=("name", "valueFrom"),
)
_CONTAINER_DEPENDENCY = Structure(
    "ContainerDependency",
    {
        "containerName": str,
        "condition": Enum(("START", "COMPLETE", "SUCCESS", "HEALTHY")),
    },
    required=("containerName", "condition"),
)
_HOST_ENTRY = Structure(
    "HostEntry",
    {
        "hostname": str,
        "ipAddress": str,
    },
    required=("hostname", "ipAddress"),
)
_ULIMIT = Structure(
    "Ulimit",
    {
        "name": Enum(
            (
                "core",
                "cpu",
                "data",
                "fsize",
                "locks",
                "memlock",
                "msgqueue",
                "nice",
                "nofile",
                "nproc",
                "rss",
                "rtprio",
                "rttime",
                "sigpending",
                "stack",
            )
        ),
        "softLimit": int,
        "hardLimit": int,
    },
    required=("name", "softLimit", "hardLimit"),
)
_LOG_CONFIGURATION = Structure(
    "LogConfiguration",
    {
        "logDriver": Enum(
            (
                "json-file",
                "syslog",
                "journald",
                "gelf",
                "fluentd",
                "awslogs",
                "splunk",
                "awsfirelens",
            ),
            strict=False,
        ),
        "options": MapOf(str),
        "secretOptions": [_SECRET],
    },
    required=("logDriver",),
)
_HEALTH_CHECK = Structure(
    "HealthCheck",
    {
        "command": [str],
        "interval": int,
        "timeout": int,
        "retries": int,
        "startPeriod": int,
    },
    required=("command",),
)
_SYSTEM_CONTROL = Structure(
    "SystemControl",
    {
        "namespace": str,
        "value": str,
    },
)
_NVIDIA_MPS_ALLOCATION = Structure(
    "NvidiaMpsAllocation",
    {
        "memory": int,
        "maxComputePercent": int,
    },
    required=("memory",),
)
_SHARING_STRATEGY = Structure(
    "SharingStrategy",
    {
        "nvidiaMps": _NVIDIA_MPS_ALLOCATION,
    },
)
RESOURCE_REQUIREMENT = Structure(
    "ResourceRequirement",
    {
        "value": str,
        "type": Enum(("GPU", "InferenceAccelerator", "NeuronDevice")),
        "sharingStrategy": _SHARING_STRATEGY,
    },
    required=("type",),
)
_FIRELENS_CONFIGURATION = Structure(
    "FirelensConfiguration",
    {
        "type": Enum(("fluentd", "fluentbit")),
        "options": MapOf(str),
    },
    required=("type",),
)
CONTAINER_DEFINITION = Structure(
    "ContainerDefinition",
    {
        "name": str,
        "image": str,
        "repositoryCredentials": _REPOSITORY_CREDENTIALS,
        "cpu": int,
        "memory": int,
        "memoryReservation": int,
        "links": [str],
        "portMappings": [_PORT_MAPPING],
        "essential": bool,
        "restartPolicy": _CONTAINER_RESTART_POLICY,
        "entryPoint": [str],
        "command": [str],
        "environment": [KEY_VALUE_PAIR],
        "environmentFiles": [ENVIRONMENT_FILE],
        "mountPoints": [_MOUNT_POINT],
        "volumesFrom": [_VOLUME_FROM],
        "linuxParameters": _LINUX_PARAMETERS,
        "secrets": [_SECRET],
        "dependsOn": [_CONTAINER_DEPENDENCY],
        "startTimeout": int,
        "stopTimeout": int,
        "versionConsistency": Enum(("enabled", "disabled")),
        "hostname": str,
        "user": str,
        "workingDirectory": str,
        "disableNetworking": bool,
        "privileged": bool,
        "readonlyRootFilesystem": bool,
        "dnsServers": [str],
        "dnsSearchDomains": [str],
        "extraHosts": [_HOST_ENTRY],
        "dockerSecurityOptions": [str],
        "interactive": bool,
        "pseudoTerminal": bool,
        "dockerLabels": MapOf(str),
        "ulimits": [_ULIMIT],
        "logConfiguration": _LOG_CONFIGURATION,
        "healthCheck": _HEALTH_CHECK,
        "systemControls": [_SYSTEM_CONTROL],
        "resourceRequirements": [RESOURCE_REQUIREMENT],
        "firelensConfiguration": _FIRELENS_CONFIGURATION,
        "credentialSpecs": [str],
    },
)
