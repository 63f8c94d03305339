"""What Fargate does before any container starts: roles, registry, secrets, files, logs, images.

Every step either succeeds or returns the documented reason why the task can't start.
Order and texts: resource-initialization-error, task_cannot_pull_image,
stopped-tasks-error-messages-updates (Amazon ECS Developer Guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import failures, host_failures
from ecslab.model.deployment import UNRESOLVED_LIMIT
from ecslab.sim.ports import FoundImage, MissingImage
from ecslab.sim.shared_files import mount_failure, share_files

if TYPE_CHECKING:
    from ecslab.model.failures import Failure
    from ecslab.sim.entities import Account, Container, Task
    from ecslab.sim.managed_daemon import DaemonRevision
    from ecslab.sim.service import Deployment

ECR_PULL_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
)
_SECRETS_MANAGER = ":secretsmanager:"
_UNPACKED = 3.0
"""How many times larger an image is once its layers are unpacked."""


class Preparation:
    """Prepares one task.

    Args:
        account: where it runs.
        task: the task.
    """

    def __init__(self, account: Account, task: Task) -> None:
        self._account = account
        self._ports = account.ports
        self._task = task
        self._role = str(task.definition.get("executionRoleArn") or "")

    def initialise(self) -> str | None:
        """Fetch registry authorisation, secrets and files, and check the logging configuration.

        Returns:
            None, or the reason why the task can't start.
        """
        for role in (self._role, str(self._task.definition.get("taskRoleArn") or "")):
            if role and not self._ports.roles.assumable(role):
                return failures.ASSUME_ROLE(role=role)
        for container in self._task.containers:
            container.found = None
        share_files(self._account, self._task)
        return (
            self._registry_auth()
            or self._all_secrets()
            or self._files()
            or self._logging()
            or mount_failure(self._account, self._task)
        )

    def pull(self, container: Container) -> str | None:
        """Find one container's image.

        Returns:
            None, or the reason why it can't be pulled.
        """
        reference = self._pinned(container)
        found = self._ports.registry.find(reference)
        unreachable = self._pull_route(reference, found)
        if unreachable:
            return unreachable
        if found.private:
            for action in ECR_PULL_ACTIONS:
                principal = self._denied(action, found.arn)
                if principal:
                    return failures.PULL_DENIED(
                        repository=f"{found.registry}/{found.repository}",
                        principal=principal,
                        action=action,
                        resource=found.arn,
                    )
        if isinstance(found, MissingImage):
            if found.tag_only:
                return failures.PULL_TAG_MISSING(image=reference)
            return failures.PULL_MISSING(repository=f"{found.registry}/{found.repository}")
        return self._usable(container, found)

    def _usable(self, container: Container, found: FoundImage) -> str | None:
        platform = self._task.definition.get("runtimePlatform") or {}
        architecture = platform.get("cpuArchitecture", "X86_64")
        # A manifest list is searched for the platform; a single image is taken for what it is.
        if found.image.is_manifest_list and architecture not in found.image.architectures:
            name = "linux/arm64" if architecture == "ARM64" else "linux/amd64"
            return failures.PULL_NO_PLATFORM(platform=name)
        storage = (self._task.definition.get("ephemeralStorage") or {}).get("sizeInGiB", 20)
        if found.image.size * _UNPACKED > storage * 1024:
            return failures.PULL_NO_SPACE()
        container.found = found
        if self._pins(container):
            self._digests().setdefault(container.name, found.digest)
        return None

    def _pinned(self, container: Container) -> str:
        """Return the image reference to pull: by the digest that the deployment began with.

        AWS: deployment-type-ecs (the first task of a deployment resolves tags to digests);
        botocore ecs ContainerDefinition.versionConsistency, enabled by default.
        """
        reference = str(container.spec["image"])
        digest = self._digests().get(container.name) if self._pins(container) else None
        if digest is None or "@" in reference:
            return reference
        folder, slash, name = reference.rpartition("/")
        return f"{folder}{slash}{name.partition(':')[0]}@{digest}"

    def _pins(self, container: Container) -> bool:
        """Say whether the deployment keeps the digest that the first of its tasks has found."""
        deployment = self._deployment()
        return (
            deployment is not None
            and container.spec.get("versionConsistency") != "disabled"
            and deployment.unresolved < UNRESOLVED_LIMIT
        )

    def _digests(self) -> dict[str, str]:
        deployment = self._deployment()
        return deployment.digests if deployment is not None else {}

    def _deployment(self) -> Deployment | DaemonRevision | None:
        if self._task.daemon is not None:
            return self._task.daemon
        service = self._task.service
        return service.deployment(self._task.deployment) if service is not None else None

    def _pull_route(self, reference: str, found: FoundImage | MissingImage) -> str | None:
        interface = self._task.agent_interface
        if interface is None:
            return None
        network = self._ports.network
        if found.private:
            routes = [network.to_service(interface, "ecr.dkr"), network.to_service(interface, "s3")]
        else:
            routes = [network.to_internet(interface, 443)]
        if all(route.reachable for route in routes):
            return None
        if self._task.instance is not None:
            return host_failures.PULL_UNREACHABLE(registry=found.registry)
        return failures.PULL_UNREACHABLE(
            image=reference, registry=found.registry, address=_address(found.registry)
        )

    def _registry_auth(self) -> str | None:
        private = [
            c for c in self._task.containers if ".dkr.ecr." in str(c.spec["image"]).split("/", 1)[0]
        ]
        if not private:
            return None
        region = self._account.region
        if not self._reaches("ecr.api"):
            return failures.REGISTRY_AUTH_UNREACHABLE(
                region=region, address=_address(f"api.ecr.{region}")
            )
        action = "ecr:GetAuthorizationToken"
        principal = self._denied(action, "*")
        if principal:
            return failures.REGISTRY_AUTH_DENIED(principal=principal, action=action, resource="*")
        return None

    def _all_secrets(self) -> str | None:
        for container in self._task.containers:
            for entry in container.spec.get("secrets") or []:
                reference = str(entry["valueFrom"])
                manager = _SECRETS_MANAGER in reference
                reason = self._secret(container, entry, reference) if manager else None
                if not manager:
                    reason = self._parameter(container, entry, reference)
                if reason:
                    return reason
        return None

    def _secret(self, container: Container, entry: dict[str, Any], reference: str) -> str | None:
        if not self._reaches("secretsmanager"):
            return failures.SECRETS_MANAGER_UNREACHABLE()
        arn = ":".join(reference.split(":")[:7])
        principal = self._denied("secretsmanager:GetSecretValue", arn)
        if principal:
            return failures.SECRET_DENIED(secret=arn, principal=principal)
        found = self._ports.secrets.secret(reference)
        if found.missing:
            return failures.SECRET_MISSING(secret=arn)
        if found.kms_key and self._denied("kms:Decrypt", found.kms_key):
            return failures.SECRET_KEY_DENIED(secret=arn)
        if found.key_missing is not None:
            return failures.SECRET_KEY_MISSING(key=found.key_missing)
        container.secrets[str(entry["name"])] = found.value
        return None

    def _parameter(self, container: Container, entry: dict[str, Any], reference: str) -> str | None:
        if not self._reaches("ssm"):
            return failures.SSM_UNREACHABLE()
        arn = reference
        if not reference.startswith("arn:"):
            account, region = self._account.id, self._account.region
            arn = f"arn:aws:ssm:{region}:{account}:parameter/{reference.lstrip('/')}"
        principal = self._denied("ssm:GetParameters", arn)
        if principal:
            return failures.PARAMETERS_DENIED(parameter=arn, principal=principal)
        found = self._ports.secrets.parameter(reference)
        if found.missing:
            return failures.PARAMETERS_INVALID(names=reference.rsplit(":parameter", 1)[-1])
        principal = self._denied("kms:Decrypt", found.kms_key) if found.kms_key else None
        if principal:
            return failures.PARAMETER_KEY_DENIED(principal=principal, key=found.kms_key)
        container.secrets[str(entry["name"])] = found.value
        return None

    def _files(self) -> str | None:
        for container in self._task.containers:
            for entry in container.spec.get("environmentFiles") or []:
                arn = str(entry["value"])
                if not self._reaches("s3"):
                    return failures.ENVIRONMENT_FILE_UNREACHABLE()
                principal = self._denied("s3:GetObject", arn)
                if principal:
                    return failures.ENVIRONMENT_FILE_DENIED(principal=principal, resource=arn)
                if self._ports.secrets.environment_file(arn) is None:
                    return failures.ENVIRONMENT_FILE_MISSING(resource=arn)
        return None

    def _logging(self) -> str | None:
        for container in self._task.containers:
            logging = container.spec.get("logConfiguration") or {}
            if logging.get("logDriver") == "awslogs":
                reason = self._log_stream(container, logging.get("options") or {})
                if reason:
                    return reason
        return None

    def _log_stream(self, container: Container, options: dict[str, str]) -> str | None:
        group, region = options["awslogs-group"], options["awslogs-region"]
        logs = self._ports.logs
        if not logs.knows(region) or not self._reaches("logs"):
            return failures.LOGS_UNREACHABLE()
        arn = f"arn:aws:logs:{region}:{self._account.id}:log-group:{group}"
        prefix = options.get("awslogs-stream-prefix")
        name = f"{prefix}/{container.name}/{self._task.id}" if prefix else self._task.id
        # As Docker's awslogs driver: the stream first, the group only when that finds none.
        reason = self._logs_denied("logs:CreateLogStream", f"{arn}:log-stream:{name}")
        if reason:
            return reason
        if not logs.group_exists(group, region):
            if options.get("awslogs-create-group") != "true":
                return failures.LOG_GROUP_MISSING()
            reason = self._logs_denied("logs:CreateLogGroup", arn)
            if reason:
                return reason
            logs.create_group(group, region)
        logs.create_stream(group, region, name)
        # Without this permission the driver starts all the same; what it can't put is lost.
        if not self._denied("logs:PutLogEvents", f"{arn}:log-stream:{name}"):
            container.log_stream = name
        return None

    def _logs_denied(self, action: str, arn: str) -> str | None:
        principal = self._denied(action, arn)
        if principal:
            text: Failure = failures.LOGS_DENIED
            return text(principal=principal, action=action, resource=arn)
        return None

    def _denied(self, action: str, resource: str) -> str | None:
        """Return the principal's ARN if the execution role may not do it.

        Without an execution role the agent on EC2 uses the instance's (task_cannot_pull_image).
        """
        instance = self._task.instance
        if not self._role and instance is not None and self._task.launch_type == "EC2":
            return self._ports.roles.denied(instance.role, action, resource, instance.machine.id)
        if not self._role:
            return f"arn:aws:sts::{self._account.id}:assumed-role/none/{self._task.id}"
        return self._ports.roles.denied(self._role, action, resource, self._task.arn)

    def _reaches(self, service: str) -> bool:
        interface = self._task.agent_interface
        return interface is None or self._ports.network.to_service(interface, service).reachable


def _address(host: str) -> str:
    """Return a stable public address for a host name, for messages."""
    total = sum((index + 1) * ord(letter) for index, letter in enumerate(host))
    return f"52.{total % 200 + 20}.{total // 7 % 250}.{total // 3 % 250}"
