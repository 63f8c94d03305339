"""From where an AWS call comes: the way that a task's own calls take, and what AWS sees of it.

AWS: vpc-endpoints (Amazon ECS); reference_policies_condition-keys (aws:SourceIp, aws:SourceVpc,
aws:SourceVpce, aws:VpcSourceIp); task-networking-awsvpc.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from botocore.exceptions import ConnectTimeoutError
from moto.ec2.models import ec2_backends

from ecslab.aws.source import current_task
from ecslab.model.network import Path, to_service

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from ecslab.aws.network import Network
    from ecslab.sim.entities import Task

__all__ = ["CallOrigin", "endpoint_of", "endpoint_policy"]

_CONNECT_TIMEOUT: Final = 60.0
_S3: Final = re.compile(r"(?:^|\.)s3[.-]")
_DYNAMODB: Final = re.compile(r"(?:^|\.)(?:ddb|dynamodb)\.")
_REGION: Final = re.compile(r"\.[a-z]{2}(?:-[a-z]+)+-\d$")


def endpoint_of(host: str) -> str:
    """Return the short name of the VPC endpoint that serves a host name of the AWS API.

    AWS: privatelink aws-services-privatelink-support.
    """
    if _S3.search(host):
        return "s3"
    if _DYNAMODB.search(host):
        return "dynamodb"
    name = _REGION.sub("", host.removesuffix(".amazonaws.com").removesuffix(".api.aws"))
    first, _, rest = name.partition(".")
    return f"{rest}.{first}" if rest else first


def endpoint_policy(region: str, endpoint: str) -> str | None:
    """Return the policy document of a VPC endpoint; None when it is gone."""
    for account in ec2_backends.values():
        found = account[region].vpc_end_points.get(endpoint)
        if found is not None:
            return str(found.policy_document)
    return None


class CallOrigin:
    """The ways of one Region's tasks to the AWS API.

    Args:
        network: the VPCs.
        region: the Region.
    """

    def __init__(self, network: Network, region: str) -> None:
        self._network = network
        self._region = region

    def leave(self, request: AWSPreparedRequest) -> None:
        """Let a request out of the task whose code makes it, as far as its network does.

        Raises:
            ConnectTimeoutError: no way leads to the service's endpoint.
        """
        task = current_task()
        path = self._path(task, urlsplit(request.url).hostname or "") if task else None
        if path is not None and not path.reachable:
            time.sleep(_CONNECT_TIMEOUT)
            raise ConnectTimeoutError(endpoint_url=request.url)

    def keys(self, request: AWSPreparedRequest) -> dict[str, object]:
        """Return the condition keys that tell where a request comes from."""
        task = current_task()
        path = self._path(task, urlsplit(request.url).hostname or "") if task else None
        if task is None or path is None or path.arrival is None:
            return {}
        interface = task.interface or task.agent_interface
        if interface is None or not path.via.endswith("-endpoint"):
            return {"aws:SourceIp": path.source_ip}
        endpoint = self._endpoint(interface.vpc, urlsplit(request.url).hostname or "")
        return {
            "aws:SourceIp": None,
            "aws:SourceVpc": interface.vpc,
            "aws:SourceVpce": endpoint,
            "aws:VpcSourceIp": interface.private_ip,
        }

    def _path(self, task: Task, host: str) -> Path | None:
        interface = task.interface or task.agent_interface
        found = self._network.interface(interface.id) if interface is not None else None
        if found is None:
            return None
        return to_service(self._network.topology(), found, endpoint_of(host), self._region)

    def _endpoint(self, vpc: str, host: str) -> str | None:
        name = f"com.amazonaws.{self._region}.{endpoint_of(host)}"
        for kind in ("gateway", "interface"):
            for endpoint in self._network.topology().endpoints_for(vpc, name, kind):
                return endpoint.id
        return None
