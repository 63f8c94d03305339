"""What Express Mode builds around a service, and how it is changed and removed again.

AWS: express-service-work; names as in captured output. Everything outside of ECS is asked for
through the infrastructure role, and fails as AWS fails it when the role may not do it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ecslab.aws.ecs import services
from ecslab.aws.ecs.managed_ingress import (
    ECS,
    SESSION,
    ManagedIngress,
    Place,
    ServiceIngress,
    SharedBalancer,
    as_ecs_answers,
)
from ecslab.model import express as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from ecslab.aws.ecs.operation import Call, Params
    from ecslab.sim.entities import Cluster
    from ecslab.sim.service import Service

_PREFIX: Final = "ecs-express-gateway-alb"
_MOST_SERVICES: Final = 25
"""Services that share one load balancer (express-service-work)."""

_FARGATE: Final = {"capacityProvider": "FARGATE", "base": 1, "weight": 1}
_LOOK_AGAIN: Final = 5.0
_A_STEP: Final = 10.0
"""Seconds that each step of the removal takes; AWS publishes none."""


@dataclass(slots=True)
class ExpressService:
    """What is known of an Express service beyond the service itself.

    Args:
        role: its infrastructure role.
        ingress: its way in.
        log_group: the name of the log group that was made for it.
        alarm: the name of the alarm that watches its deployments.
        newest: the newest configuration.
        updated_at: when that was asked for.
    """

    role: str
    ingress: ServiceIngress
    log_group: str
    alarm: str
    newest: dict[str, Any]
    updated_at: datetime
    configurations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Deployment id → the configuration that it rolls out."""


def express_of(service: Service) -> ExpressService:
    """Return what is known of an Express service."""
    found: ExpressService = service.record["express"]
    return found


class ExpressParts:
    """Builds the parts of Express services through one infrastructure role.

    Args:
        call: the API call.
        role: the infrastructure role.

    Raises:
        AwsError: ECS can't assume the role.
    """

    def __init__(self, call: Call, role: str) -> None:
        account = call.account
        self._call = call
        self._role = role
        self._clients = account.ports.extra["role_clients"]
        if not self._clients.assumable(role, ECS):
            raise rules.ROLE.error(role=role)
        self._ingress = ManagedIngress(self._clients, account.identifiers, account.region, role)
        self._balancers: list[SharedBalancer] = account.ports.extra.setdefault(_PREFIX, [])

    def build(self, cluster: Cluster, name: str, wanted: dict[str, Any], params: Params) -> Service:
        """Build a service and everything around it.

        Raises:
            AwsError: what is wrong with the request, or what the role may not do.
        """
        account = self._call.account
        log_group = f"/aws/ecs/{cluster.name}/{name}-{account.identifiers.task()[:4]}"
        self._name_logs(wanted, log_group)
        definition = self._definition(cluster, name, wanted)
        port = rules.port_of(definition)
        network = params.get("networkConfiguration") or {}
        with as_ecs_answers():
            place = self._ingress.place(network.get("subnets"))
            balancer = self._shared(place)
            ingress = self._ingress.attach(
                balancer, name, port, wanted["healthCheckPath"], cluster.name
            )
            self._client("logs").create_log_group(
                logGroupName=log_group, tags={"AmazonECSManaged": "true"}
            )
            alarm = self._watch(f"{cluster.name}/{name}", ingress)
        account.ports.extra["target_groups"].alias(ingress.host, balancer.dns_name)
        groups = [*(network.get("securityGroups") or []), ingress.group]
        on_provider = "FARGATE" in cluster.record["capacityProviders"]
        services.create(
            self._call,
            {
                "cluster": cluster.name,
                "serviceName": name,
                "taskDefinition": definition["taskDefinitionArn"],
                "desiredCount": wanted["scalingTarget"]["minTaskCount"],
                "networkConfiguration": _network(place, groups),
                "loadBalancers": [_balanced(ingress, port, self._role)],
                "deploymentConfiguration": rules.deployment_configuration(alarm),
                "healthCheckGracePeriodSeconds": rules.GRACE_SECONDS,
                "enableECSManagedTags": True,
                "propagateTags": "SERVICE",
                "tags": params.get("tags") or [],
                **(
                    {"capacityProviderStrategy": [_FARGATE]}
                    if on_provider
                    else {"launchType": "FARGATE"}
                ),
            },
        )
        service = cluster.services[name]
        express = ExpressService(self._role, ingress, log_group, alarm, wanted, account.clock.now)
        service.record["express"] = express
        service.record["resourceManagementType"] = "ECS"
        express.configurations[service.primary.id] = wanted
        balancer.users.add(service.arn)
        with as_ecs_answers():
            self._scale(service)
        return service

    def change(self, service: Service, wanted: dict[str, Any], params: Params) -> None:
        """Bring a service to another configuration.

        Raises:
            AwsError: what is wrong with the request, or what the role may not do.
        """
        express = express_of(service)
        before = express.newest
        self._name_logs(wanted, express.log_group)
        request: Params = {"cluster": service.cluster.name, "service": service.name}
        definition = service.primary.definition
        unchanged = {"healthCheckPath", "scalingTarget"}
        if {k: v for k, v in wanted.items() if k not in unchanged} != {
            k: v for k, v in before.items() if k not in unchanged
        }:
            definition = self._definition(service.cluster, service.name, wanted)
            request["taskDefinition"] = definition["taskDefinitionArn"]
        port = rules.port_of(definition)
        with as_ecs_answers():
            if port != rules.port_of(service.primary.definition):
                self._ingress.let_in(express.ingress.balancer, express.ingress.group, port)
                request["loadBalancers"] = [_balanced(express.ingress, port, self._role)]
            network = params.get("networkConfiguration")
            if network:
                place = self._ingress.place(network.get("subnets"))
                groups = [*(network.get("securityGroups") or []), express.ingress.group]
                request["networkConfiguration"] = _network(place, groups)
            if wanted["healthCheckPath"] != before["healthCheckPath"]:
                self._ingress.check_health_at(express.ingress, wanted["healthCheckPath"])
        if wanted["scalingTarget"] != before["scalingTarget"]:
            lowest = wanted["scalingTarget"]["minTaskCount"]
            highest = wanted["scalingTarget"]["maxTaskCount"]
            request["desiredCount"] = min(max(service.desired, lowest), highest)
        services.update(self._call, request)
        express.newest = wanted
        express.updated_at = self._call.account.clock.now
        express.configurations[service.primary.id] = wanted
        with as_ecs_answers():
            self._scale(service)

    def remove_after(self, service: Service) -> None:
        """Remove what was built for a service once its last task has stopped."""
        self._call.account.clock.env.process(self._remove(service))

    def _remove(self, service: Service) -> Generator[Any, Any, None]:
        account = self._call.account
        while service.status != "INACTIVE":
            yield account.clock.env.timeout(_LOOK_AGAIN)
        express = express_of(service)
        balancer = express.ingress.balancer
        balancer.users.discard(service.arn)
        account.ports.extra["target_groups"].alias(express.ingress.host, None)
        scaling = self._client("application-autoscaling")
        steps: list[Callable[[], Any]] = [
            lambda: scaling.deregister_scalable_target(**_target(service)),
            lambda: self._client("cloudwatch").delete_alarms(AlarmNames=[express.alarm]),
            lambda: self._ingress.detach(express.ingress),
        ]
        if not balancer.users:
            self._balancers.remove(balancer)
            steps.append(lambda: self._ingress.remove(balancer))
            steps.append(lambda: self._ingress.remove_group(balancer))
        for step in steps:
            yield account.clock.env.timeout(_A_STEP)
            try:
                step()
            except ClientError as error:  # what the role may not remove stays
                text = str(error.response["Error"]["Message"])
                account.journal.record("express.left", service.arn, reason=text)
        account.journal.record("express.removed", service.arn)

    def _client(self, service: str) -> Any:
        return self._clients.client(self._role, SESSION, service)

    def _watch(self, name: str, ingress: ServiceIngress) -> str:
        """Make the alarm that rolls faulty deployments back; return its name."""
        alarm = f"{name}/RollbackAlarm"
        self._client("cloudwatch").put_metric_alarm(
            AlarmName=alarm,
            Tags=[{"Key": "AmazonECSManaged", "Value": "true"}],
            **rules.rollback_alarm(
                ingress.balancer.arn.split(":loadbalancer/")[-1],
                [group.split(":")[-1] for group in ingress.target_groups],
            ),
        )
        return alarm

    def _shared(self, place: Place) -> SharedBalancer:
        """Return a load balancer with room in a VPC; a new one when there is none."""
        for each in self._balancers:
            fits = (each.vpc, each.internal) == (place.vpc, not place.public)
            if fits and len(each.users) < _MOST_SERVICES:
                return each
        made = self._ingress.share(place, _PREFIX)
        self._balancers.append(made)
        return made

    def _name_logs(self, wanted: dict[str, Any], log_group: str) -> None:
        container = wanted.get("primaryContainer")
        if container is not None:
            logs = container.get("awsLogsConfiguration")
            default = {"logGroup": log_group, "logStreamPrefix": "ecs"}
            wanted["primaryContainer"] = {**container, "awsLogsConfiguration": logs or default}

    def _definition(self, cluster: Cluster, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
        account = self._call.account
        own = wanted.get("taskDefinitionArn")
        if own:
            return account.definitions.runnable(own)
        request = rules.task_definition(f"{cluster.name}-{name}", wanted, account.region)
        return account.definitions.register(
            request, registered_at=account.clock.now, registered_by=self._call.caller
        )

    def _scale(self, service: Service) -> None:
        """Register the service for scaling by target tracking."""
        wanted = express_of(service).newest["scalingTarget"]
        scaling = self._client("application-autoscaling")
        target = _target(service)
        scaling.register_scalable_target(
            **target,
            MinCapacity=wanted["minTaskCount"],
            MaxCapacity=wanted["maxTaskCount"],
            Tags={"AmazonECSManaged": "true"},
        )
        metric = {"PredefinedMetricType": rules.predefined_metric(wanted)}
        if wanted["autoScalingMetric"] == "REQUEST_COUNT_PER_TARGET":
            ingress = express_of(service).ingress
            balancer = ingress.balancer.arn.split(":loadbalancer/")[-1]
            metric["ResourceLabel"] = f"{balancer}/{ingress.target_groups[0].split(':')[-1]}"
        scaling.put_scaling_policy(
            **target,
            PolicyName=f"{service.cluster.name}-{service.name}",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": float(wanted["autoScalingTargetValue"]),
                "PredefinedMetricSpecification": metric,
            },
        )


def _network(place: Place, groups: list[str]) -> dict[str, Any]:
    return {
        "awsvpcConfiguration": {
            "subnets": place.subnets,
            "securityGroups": groups,
            "assignPublicIp": "ENABLED" if place.public else "DISABLED",
        }
    }


def _balanced(ingress: ServiceIngress, port: int, role: str) -> dict[str, Any]:
    return {
        "targetGroupArn": ingress.target_groups[0],
        "containerName": rules.CONTAINER,
        "containerPort": port,
        "advancedConfiguration": {
            "alternateTargetGroupArn": ingress.target_groups[1],
            "productionListenerRule": ingress.rule,
            "roleArn": role,
        },
    }


def _target(service: Service) -> dict[str, str]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{service.cluster.name}/{service.name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
