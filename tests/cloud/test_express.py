"""Express Mode: one call, and everything around a service is there; one call, and it is gone.

AWS: express-service-work; botocore ecs CreateExpressGatewayService, UpdateExpressGatewayService,
DescribeExpressGatewayService, DeleteExpressGatewayService; names as in captured output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import allow
from shops import EXECUTION_POLICY, TRUST

from ecslab import Cloud, Image
from ecslab.sim.request import NameNotResolvedError

Json = dict[str, Any]

BUILDS = (
    *("elasticloadbalancing:*", "ec2:*", "acm:*", "logs:*", "application-autoscaling:*"),
    "cloudwatch:*",
)


class Express:
    """An empty account with the two roles of Express Mode."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ecs: Any = boto3.client("ecs")
        self.elb: Any = boto3.client("elbv2")
        self.ec2: Any = boto3.client("ec2")
        self.iam: Any = boto3.client("iam")
        self.execution = self.role("execution", TRUST)
        self.iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION_POLICY)
        self.infrastructure = self.role("infrastructure", TRUST.replace("ecs-tasks.", "ecs."))
        self.permit(*BUILDS)

    def role(self, name: str, trust: str) -> str:
        """Make a role; return its ARN."""
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        return str(made["Role"]["Arn"])

    def permit(self, *actions: str) -> None:
        """Let the infrastructure role do something."""
        self.iam.put_role_policy(
            RoleName="infrastructure", PolicyName="build", PolicyDocument=allow(*actions)
        )

    def create(self, image: Image | None = None, **arguments: Any) -> Json:
        """Create an Express service named web."""
        uri = self.cloud.push(image or Image(port=80, body="one"), "web:1")
        request = {
            "serviceName": "web",
            "infrastructureRoleArn": self.infrastructure,
            "executionRoleArn": self.execution,
            "primaryContainer": {"image": uri},
            **arguments,
        }
        given = {name: value for name, value in request.items() if value is not None}
        return dict(self.ecs.create_express_gateway_service(**given)["service"])

    def describe(self, arn: str, **arguments: Any) -> Json:
        """Describe an Express service."""
        answer = self.ecs.describe_express_gateway_service(serviceArn=arn, **arguments)
        return dict(answer["service"])

    def service(self, cluster: str = "default") -> Json:
        """Describe the service as an ECS service."""
        found = self.ecs.describe_services(cluster=cluster, services=["web"])["services"][0]
        return dict(found)

    def rollout(self) -> Json:
        """Describe the newest service deployment."""
        listed = self.ecs.list_service_deployments(cluster="default", service="web")
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        return dict(found["serviceDeployments"][0])

    def release(self, made: Json, image: Image) -> None:
        """Wait until the service is there, and begin to deploy another image."""
        self.cloud.advance(minutes=12)
        uri = self.cloud.push(image, "web:2")
        self.ecs.update_express_gateway_service(
            serviceArn=made["serviceArn"], primaryContainer={"image": uri}
        )

    def target(self) -> Json:
        """Return the scalable target."""
        scaling: Any = boto3.client("application-autoscaling")
        return dict(scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0])


@pytest.fixture
def express() -> Iterator[Express]:
    with Cloud(seed=7) as cloud:
        yield Express(cloud)


def endpoint(service: Json) -> str:
    """Return the URL of an Express service."""
    return str(service["activeConfigurations"][0]["ingressPaths"][0]["endpoint"])


def test_one_call_builds_everything(express: Express) -> None:
    """AWS: express-service-work, the list of resources and their defaults."""
    made = express.create(tags=[{"key": "team", "value": "web"}])
    (configuration,) = made["activeConfigurations"]
    assert configuration["healthCheckPath"] == "/ping"
    assert configuration["primaryContainer"]["containerPort"] == 80
    assert configuration["scalingTarget"] == {
        "minTaskCount": 1,
        "maxTaskCount": 20,
        "autoScalingMetric": "AVERAGE_CPU",
        "autoScalingTargetValue": 60,
    }
    assert made["status"] == {"statusCode": "ACTIVE"}
    express.cloud.advance(minutes=3)
    assert express.cloud.http(endpoint(made)).text == "one"
    (cluster,) = express.ecs.describe_clusters()["clusters"]
    assert (cluster["clusterName"], cluster["capacityProviders"]) == ("default", ["FARGATE"])
    service = express.service()
    assert service["resourceManagementType"] == "ECS"
    assert (service["runningCount"], service["healthCheckGracePeriodSeconds"]) == (1, 300)
    definition = express.ecs.describe_task_definition(taskDefinition="default-web")
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    assert (container["name"], definition["taskDefinition"]["networkMode"]) == ("Main", "awsvpc")
    logs = container["logConfiguration"]["options"]["awslogs-group"]
    assert logs.startswith("/aws/ecs/default/web-")
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == [logs]
    (balancer,) = express.elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["LoadBalancerName"].startswith("ecs-express-gateway-alb-")
    assert balancer["Scheme"] == "internet-facing"
    (listener,) = express.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
        "Listeners"
    ]
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert len(express.elb.describe_target_groups()["TargetGroups"]) == 2
    assert (express.target()["MinCapacity"], express.target()["MaxCapacity"]) == (1, 20)
    shown = express.describe(made["serviceArn"], include=["TAGS"])
    assert shown["tags"] == [{"key": "team", "value": "web"}]
    assert shown["currentDeployment"] == made["currentDeployment"]


def test_other_hosts_and_plain_http_find_nothing(express: Express) -> None:
    """The listener's default action is 404; there is no listener on port 80."""
    made = express.create()
    express.cloud.advance(minutes=3)
    (balancer,) = express.elb.describe_load_balancers()["LoadBalancers"]
    url = endpoint(made)
    with pytest.raises(Exception, match="certificate"):
        express.cloud.http(f"https://{balancer['DNSName']}")
    with pytest.raises(Exception, match="refused the connection on port 80"):
        express.cloud.http(url.replace("https", "http"))
    with pytest.raises(NameNotResolvedError):
        express.cloud.http("https://xx-0.ecs.us-east-1.on.aws")


def test_a_second_service_shares_the_load_balancer(express: Express) -> None:
    """AWS: express-service-work: services share load balancers, each with its own host name."""
    first = express.create()
    second = express.create(Image(port=80, body="two"), serviceName="shop")
    express.cloud.advance(minutes=3)
    assert len(express.elb.describe_load_balancers()["LoadBalancers"]) == 1
    assert express.cloud.http(endpoint(second)).text == "two"
    express.ecs.delete_express_gateway_service(serviceArn=first["serviceArn"])
    express.cloud.advance(minutes=10)
    assert len(express.elb.describe_target_groups()["TargetGroups"]) == 2
    assert express.cloud.http(endpoint(second)).status == 200


def test_an_update_rolls_out_what_it_names(express: Express) -> None:
    """Botocore ecs UpdateExpressGatewayService: a new revision; the rest stays as it is."""
    made = express.create()
    express.cloud.advance(minutes=3)
    uri = express.cloud.push(Image(port=8080, body="new"), "web:2")
    answer = express.ecs.update_express_gateway_service(
        serviceArn=made["serviceArn"],
        primaryContainer={"image": uri, "containerPort": 8080},
        healthCheckPath="/health",
        scalingTarget={"minTaskCount": 2, "maxTaskCount": 4},
    )["service"]
    wanted = answer["targetConfiguration"]
    assert (wanted["cpu"], wanted["healthCheckPath"]) == ("256", "/health")
    assert wanted["taskDefinitionArn"].endswith("default-web:2")
    assert wanted["scalingTarget"]["autoScalingTargetValue"] == 60
    express.cloud.advance(minutes=20)
    shown = express.describe(made["serviceArn"])
    assert len(shown["activeConfigurations"]) == 1
    assert endpoint(shown) == endpoint(made)
    assert express.cloud.http(endpoint(made)).text == "new"
    assert express.service()["runningCount"] == 2
    assert (express.target()["MinCapacity"], express.target()["MaxCapacity"]) == (2, 4)
    paths = {g["HealthCheckPath"] for g in express.elb.describe_target_groups()["TargetGroups"]}
    assert paths == {"/health"}


def test_an_update_is_a_canary(express: Express) -> None:
    """express-service-update-full: 5 percent for 3 minutes, then 3 more minutes before clean-up."""
    made = express.create()
    express.release(made, Image(port=80, body="two"))
    configuration = express.rollout()["deploymentConfiguration"]
    canary = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 3}
    assert (configuration["strategy"], configuration["bakeTimeInMinutes"]) == ("CANARY", 3)
    assert configuration["canaryConfiguration"] == canary
    stages = express.cloud.journal.of_kind
    express.cloud.run_until(
        lambda: stages("deployment.stage")[-1].fields["stage"] == "PRODUCTION_TRAFFIC_SHIFT", 600
    )
    texts = [express.cloud.http(endpoint(made)).text for _ in range(100)]
    assert (texts.count("one"), texts.count("two")) == (95, 5)
    express.cloud.advance(minutes=15)
    assert express.rollout()["status"] == "SUCCESSFUL"
    assert express.cloud.http(endpoint(made)).text == "two"


def test_errors_of_the_canary_roll_it_back(express: Express) -> None:
    """express-service-update-full: more than 1 percent of 4xx and 5xx in 2 of 3 minutes."""
    made = express.create()

    def answer(environ: Any, start: Any) -> list[bytes]:
        healthy = environ["PATH_INFO"] == "/ping"
        start("200 OK" if healthy else "500 Internal Server Error", [])
        return [b"bad"]

    express.release(made, Image(port=80, app=answer))
    for _ in range(15):
        for _ in range(40):
            express.cloud.http(endpoint(made))
        express.cloud.advance(seconds=30)
    found = express.rollout()
    assert found["status"] == "ROLLBACK_SUCCESSFUL"
    assert found["alarms"]["triggeredAlarmNames"] == found["alarms"]["alarmNames"]
    reason = "Service deployment rolled back because of one or more active alarms."
    assert found["statusReason"] == reason
    assert express.cloud.http(endpoint(made)).text == "one"


def test_deleting_takes_everything_away(express: Express) -> None:
    """Botocore ecs DeleteExpressGatewayService: DRAINING, then the infrastructure is removed."""
    before = len(express.ec2.describe_security_groups()["SecurityGroups"])
    made = express.create()
    express.cloud.advance(minutes=3)
    gone = express.ecs.delete_express_gateway_service(serviceArn=made["serviceArn"])["service"]
    assert gone["status"]["statusCode"] == "DRAINING"
    assert express.elb.describe_load_balancers()["LoadBalancers"]
    express.cloud.advance(minutes=10)
    assert express.describe(made["serviceArn"])["status"]["statusCode"] == "INACTIVE"
    assert express.elb.describe_load_balancers()["LoadBalancers"] == []
    assert express.elb.describe_target_groups()["TargetGroups"] == []
    assert len(express.ec2.describe_security_groups()["SecurityGroups"]) == before
    scaling: Any = boto3.client("application-autoscaling")
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert found == []
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    with pytest.raises(NameNotResolvedError):
        express.cloud.http(endpoint(made))
    with pytest.raises(ClientError, match="ServiceNotActiveException"):
        express.ecs.delete_express_gateway_service(serviceArn=made["serviceArn"])


def test_private_subnets_make_a_private_service(express: Express) -> None:
    """AWS: express-service-work: the load balancer is public or private by its subnets."""
    vpc = express.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    table = express.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnets = []
    for number, zone in enumerate("ab"):
        made = express.ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"172.31.{200 + number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        subnets.append(made["Subnet"]["SubnetId"])
        express.ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[-1])
    service = express.create(networkConfiguration={"subnets": subnets})
    (configuration,) = service["activeConfigurations"]
    assert configuration["ingressPaths"][0]["accessType"] == "PRIVATE"
    (balancer,) = express.elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"


def test_what_the_role_may_not_do_fails(express: Express) -> None:
    """The calls are made, and judged, as those of the infrastructure role."""
    express.permit("ec2:*")
    with pytest.raises(ClientError, match=r"AccessDenied.*infrastructure/ECSGateway.*CreateLoad"):
        express.create()
    assert "default" not in str(express.ecs.list_services(cluster="default")["serviceArns"])
    with pytest.raises(ClientError, match="InvalidParameterException"):
        express.create(infrastructureRoleArn=express.execution)


def test_the_policy_that_aws_manages_is_enough_to_build(express: Express) -> None:
    """AmazonECSInfrastructureRoleforExpressGatewayServices: by the tag AmazonECSManaged."""
    express.iam.delete_role_policy(RoleName="infrastructure", PolicyName="build")
    policy = "AmazonECSInfrastructureRoleforExpressGatewayServices"
    express.iam.attach_role_policy(
        RoleName="infrastructure", PolicyArn=f"arn:aws:iam::aws:policy/service-role/{policy}"
    )
    made = express.create()
    express.release(made, Image(port=80, body="two"))
    express.cloud.advance(minutes=20)
    assert express.rollout()["status"] == "SUCCESSFUL"
    assert express.cloud.http(endpoint(made)).text == "two"


def test_a_task_definition_of_ones_own(express: Express) -> None:
    """Botocore ecs CreateExpressGatewayServiceRequest.taskDefinitionArn: a container Main."""
    mapping = {"containerPort": 8080, "name": "http"}
    uri = express.cloud.push(Image(port=8080, body="own"), "own:1")
    request = {
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": express.execution,
    }
    arns = [
        express.ecs.register_task_definition(
            family="own",
            containerDefinitions=[{"name": name, "image": uri, "portMappings": [mapping]}],
            **request,
        )["taskDefinition"]["taskDefinitionArn"]
        for name in ("Main", "other")
    ]
    own = {"primaryContainer": None, "executionRoleArn": None}
    with pytest.raises(ClientError, match="container named Main"):
        express.create(taskDefinitionArn=arns[1], **own)
    with pytest.raises(ClientError, match="primaryContainer can't be specified together"):
        express.create(taskDefinitionArn=arns[0], executionRoleArn=None)
    made = express.create(taskDefinitionArn=arns[0], **own)
    express.cloud.advance(minutes=3)
    assert express.cloud.http(endpoint(made)).text == "own"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"executionRoleArn": None}, "InvalidParameterException"),
        ({"primaryContainer": None}, "InvalidParameterException"),
        ({"healthCheckPath": "ping"}, "InvalidParameterException"),
        ({"primaryContainer": {"image": "x", "containerPort": 0}}, "InvalidParameterException"),
        ({"scalingTarget": {"minTaskCount": 5, "maxTaskCount": 4}}, "InvalidParameterException"),
        ({"scalingTarget": {"autoScalingTargetValue": 0}}, "InvalidParameterException"),
        ({"scalingTarget": {"autoScalingMetric": "LUCK"}}, "InvalidParameterException"),
        ({"cpu": "256", "memory": "1"}, "ClientException"),
        ({"cluster": "none"}, "ClusterNotFoundException"),
    ],
)
def test_wrong_requests_build_nothing(express: Express, arguments: Json, code: str) -> None:
    """Botocore ecs CreateExpressGatewayService."""
    with pytest.raises(ClientError, match=code):
        express.create(**arguments)
    assert express.elb.describe_load_balancers()["LoadBalancers"] == []


def test_what_is_no_express_service(express: Express) -> None:
    """Botocore ecs DescribeExpressGatewayService (ResourceNotFoundException)."""
    arn = "arn:aws:ecs:us-east-1:123456789012:service/default/web"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        express.describe(arn)
    for name in ("update", "delete"):
        with pytest.raises(ClientError, match="ServiceNotFoundException"):
            getattr(express.ecs, f"{name}_express_gateway_service")(serviceArn=arn)
    express.ecs.create_cluster()
    external = {"type": "EXTERNAL"}
    express.ecs.create_service(serviceName="web", deploymentController=external)
    with pytest.raises(ClientError, match="not an Express service"):
        express.describe(arn)
    assert json.dumps(express.service(), default=str)
