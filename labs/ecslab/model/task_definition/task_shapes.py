"""The members of a task definition and their types: botocore ecs RegisterTaskDefinitionRequest."""

from __future__ import annotations

from ecslab.model.task_definition.container_shapes import (
    CONTAINER_DEFINITION,
    ENVIRONMENT_FILE,
    KEY_VALUE_PAIR,
    RESOURCE_REQUIREMENT,
)
from ecslab.model.task_definition.shape import Enum, MapOf, Structure

_HOST_VOLUME_PROPERTIES = Structure(
    "HostVolumeProperties",
    {
        "sourcePath": str,
    },
)
_DOCKER_VOLUME_CONFIGURATION = Structure(
    "DockerVolumeConfiguration",
    {
        "scope": Enum(("task", "shared")),
        "autoprovision": bool,
        "driver": str,
        "driverOpts": MapOf(str),
        "labels": MapOf(str),
    },
)
_EFS_AUTHORIZATION_CONFIG = Structure(
    "EFSAuthorizationConfig",
    {
        "accessPointId": str,
        "iam": Enum(("ENABLED", "DISABLED")),
    },
)
_EFS_VOLUME_CONFIGURATION = Structure(
    "EFSVolumeConfiguration",
    {
        "fileSystemId": str,
        "rootDirectory": str,
        "transitEncryption": Enum(("ENABLED", "DISABLED")),
        "transitEncryptionPort": int,
        "authorizationConfig": _EFS_AUTHORIZATION_CONFIG,
    },
    required=("fileSystemId",),
)
_S3_FILES_VOLUME_CONFIGURATION = Structure(
    "S3FilesVolumeConfiguration",
    {
        "fileSystemArn": str,
        "rootDirectory": str,
        "transitEncryptionPort": int,
        "accessPointArn": str,
    },
    required=("fileSystemArn",),
)
_FSX_WINDOWS_FILE_SERVER_AUTHORIZATION_CONFIG = Structure(
    "FSxWindowsFileServerAuthorizationConfig",
    {
        "credentialsParameter": str,
        "domain": str,
    },
    required=("credentialsParameter", "domain"),
)
_FSX_WINDOWS_FILE_SERVER_VOLUME_CONFIGURATION = Structure(
    "FSxWindowsFileServerVolumeConfiguration",
    {
        "fileSystemId": str,
        "rootDirectory": str,
        "authorizationConfig": _FSX_WINDOWS_FILE_SERVER_AUTHORIZATION_CONFIG,
    },
    required=("fileSystemId", "rootDirectory", "authorizationConfig"),
)
_VOLUME = Structure(
    "Volume",
    {
        "name": str,
        "host": _HOST_VOLUME_PROPERTIES,
        "dockerVolumeConfiguration": _DOCKER_VOLUME_CONFIGURATION,
        "efsVolumeConfiguration": _EFS_VOLUME_CONFIGURATION,
        "s3filesVolumeConfiguration": _S3_FILES_VOLUME_CONFIGURATION,
        "fsxWindowsFileServerVolumeConfiguration": _FSX_WINDOWS_FILE_SERVER_VOLUME_CONFIGURATION,
        "configuredAtLaunch": bool,
    },
)
_TASK_DEFINITION_PLACEMENT_CONSTRAINT = Structure(
    "TaskDefinitionPlacementConstraint",
    {
        "type": Enum(("memberOf",)),
        "expression": str,
    },
)
TAG = Structure(
    "Tag",
    {
        "key": str,
        "value": str,
    },
)
_PROXY_CONFIGURATION = Structure(
    "ProxyConfiguration",
    {
        "type": Enum(("APPMESH",)),
        "containerName": str,
        "properties": [KEY_VALUE_PAIR],
    },
    required=("containerName",),
)
_INFERENCE_ACCELERATOR = Structure(
    "InferenceAccelerator",
    {
        "deviceName": str,
        "deviceType": str,
    },
    required=("deviceName", "deviceType"),
)
EPHEMERAL_STORAGE = Structure(
    "EphemeralStorage",
    {
        "sizeInGiB": int,
    },
    required=("sizeInGiB",),
)
_RUNTIME_PLATFORM = Structure(
    "RuntimePlatform",
    {
        "cpuArchitecture": Enum(("X86_64", "ARM64")),
        "operatingSystemFamily": Enum(
            (
                "WINDOWS_SERVER_2019_FULL",
                "WINDOWS_SERVER_2019_CORE",
                "WINDOWS_SERVER_2016_FULL",
                "WINDOWS_SERVER_2004_CORE",
                "WINDOWS_SERVER_2022_CORE",
                "WINDOWS_SERVER_2022_FULL",
                "WINDOWS_SERVER_2025_CORE",
                "WINDOWS_SERVER_2025_FULL",
                "WINDOWS_SERVER_20H2_CORE",
                "LINUX",
            )
        ),
    },
)
_TRUSTED_EXECUTION_CONFIGURATION = Structure(
    "TrustedExecutionConfiguration",
    {
        "isolationMode": Enum(("SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX")),
        "attestationPolicy": str,
    },
    required=("isolationMode",),
)
REGISTER_TASK_DEFINITION = Structure(
    "RegisterTaskDefinitionRequest",
    {
        "family": str,
        "taskRoleArn": str,
        "executionRoleArn": str,
        "networkMode": Enum(("bridge", "host", "awsvpc", "none")),
        "containerDefinitions": [CONTAINER_DEFINITION],
        "volumes": [_VOLUME],
        "placementConstraints": [_TASK_DEFINITION_PLACEMENT_CONSTRAINT],
        "requiresCompatibilities": [Enum(("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))],
        "cpu": str,
        "memory": str,
        "tags": [TAG],
        "pidMode": Enum(("host", "task")),
        "ipcMode": Enum(("host", "task", "none")),
        "proxyConfiguration": _PROXY_CONFIGURATION,
        "inferenceAccelerators": [_INFERENCE_ACCELERATOR],
        "ephemeralStorage": EPHEMERAL_STORAGE,
        "runtimePlatform": _RUNTIME_PLATFORM,
        "enableFaultInjection": bool,
        "trustedExecutionConfiguration": _TRUSTED_EXECUTION_CONFIGURATION,
    },
)
_CONTAINER_OVERRIDE = Structure(
    "ContainerOverride",
    {
        "name": str,
        "command": [str],
        "environment": [KEY_VALUE_PAIR],
        "environmentFiles": [ENVIRONMENT_FILE],
        "cpu": int,
        "memory": int,
        "memoryReservation": int,
        "resourceRequirements": [RESOURCE_REQUIREMENT],
    },
)
_INFERENCE_ACCELERATOR_OVERRIDE = Structure(
    "InferenceAcceleratorOverride",
    {
        "deviceName": str,
        "deviceType": str,
    },
)
TASK_OVERRIDE = Structure(
    "TaskOverride",
    {
        "containerOverrides": [_CONTAINER_OVERRIDE],
        "cpu": str,
        "inferenceAcceleratorOverrides": [_INFERENCE_ACCELERATOR_OVERRIDE],
        "executionRoleArn": str,
        "memory": str,
        "taskRoleArn": str,
        "ephemeralStorage": EPHEMERAL_STORAGE,
    },
)
