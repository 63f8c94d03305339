"""A service whose deployments shift traffic between two target groups, for tests of that."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import requests

from ecslab import Cloud, Image

sys.path.insert(0, str(Path(__file__).parents[1] / "aws"))

from front import Front

Json = dict[str, Any]

INFRASTRUCTURE = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"


def image(text: str, **settings: Any) -> Image:
    """Return an image that answers with a text."""
    return Image(port=8080, body=text, **settings)


def trusted_by(service: str) -> str:
    """Return a trust policy."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Stage(Front):
    """A shop with a second target group, a test listener and an infrastructure role.

    Args:
        cloud: a running account.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.iam: Any = boto3.client("iam")
        self.alternate = self.targets("green", HealthCheckPath="/")
        self.blue = self.target_group
        arn = self.balancer["LoadBalancerArn"]
        listener = self.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["ListenerArn"]
        self.rule = self.rule_of(listener)
        self.test_rule = self.rule_of(self.listen(self.alternate, 9000))
        for port in (9000, 8080):
            self.ec2.authorize_security_group_ingress(
                GroupId=self.balancer_group,
                IpPermissions=[
                    {
                        "IpProtocol": "tcp",
                        "FromPort": port,
                        "ToPort": port,
                        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                    }
                ],
            )
        self.infrastructure = self.role_for("infrastructure", "ecs.amazonaws.com")
        self.iam.attach_role_policy(RoleName="infrastructure", PolicyArn=INFRASTRUCTURE)

    def role_for(self, name: str, service: str) -> str:
        """Make a role that a service may assume; return its ARN."""
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted_by(service))
        return str(made["Role"]["Arn"])

    def rule_of(self, listener: str) -> str:
        """Return the ARN of a listener's default rule."""
        rules = self.elb.describe_rules(ListenerArn=listener)["Rules"]
        return next(str(rule["RuleArn"]) for rule in rules if rule["IsDefault"])

    def link(self, **changes: Any) -> Json:
        """Return the load balancer of the service, with changes of its advanced configuration."""
        advanced = {
            "alternateTargetGroupArn": self.alternate,
            "productionListenerRule": self.rule,
            "testListenerRule": self.test_rule,
            "roleArn": self.infrastructure,
            **changes,
        }
        return {
            "targetGroupArn": self.blue,
            "containerName": "app",
            "containerPort": 8080,
            "advancedConfiguration": {key: each for key, each in advanced.items() if each},
        }

    def create(self, made: Image, link: Json | None = None, **configuration: Any) -> None:
        """Create the service with two tasks."""
        self.ecs.create_service(
            cluster="shop",
            serviceName="web",
            taskDefinition=self.define(made),
            desiredCount=2,
            launchType="FARGATE",
            networkConfiguration=self.network,
            loadBalancers=[link or self.link()],
            deploymentConfiguration={"strategy": "BLUE_GREEN", **configuration},
        )

    def open(self, link: Json | None = None, **configuration: Any) -> None:
        """Create the service, and wait until its first deployment is done."""
        self.create(image("blue"), link, **configuration)
        self.until_status("SUCCESSFUL", 3 * 3600)

    def release(self, made: Image | str) -> str:
        """Begin to deploy an image; return the ARN of the service deployment."""
        made = image(made) if isinstance(made, str) else made
        definition = self.define(made, "2")
        self.ecs.update_service(cluster="shop", service="web", taskDefinition=definition)
        return str(self.deployments()[0]["serviceDeploymentArn"])

    def deployments(self, **filters: Any) -> list[Json]:
        """List the service deployments, newest first."""
        answer = self.ecs.list_service_deployments(cluster="shop", service="web", **filters)
        return list(answer["serviceDeployments"])

    def deployment(self) -> Json:
        """Describe the newest service deployment."""
        arn = self.deployments()[0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        return dict(found["serviceDeployments"][0])

    def until_status(self, status: str, timeout: float = 3600) -> Json:
        """Let time pass until the newest service deployment has a status; describe it."""
        for _ in range(int(timeout // 5)):
            if self.deployments()[0]["status"] == status:
                return self.deployment()
            self.cloud.advance(seconds=5)
        raise TimeoutError(self.deployment())

    def until_stage(self, stage: str, timeout: float = 3600) -> Json:
        """Let time pass until the newest service deployment is at a stage; describe it."""
        self.cloud.run_until(lambda: self.visited()[-1:] == [stage], timeout)
        found = self.deployment()
        assert found["lifecycleStage"] == stage
        return found

    def visited(self) -> list[str]:
        """Return the lifecycle stages that the service has gone through."""
        return [entry.fields["stage"] for entry in self.cloud.journal.of_kind("deployment.stage")]

    def answers(self, port: int = 80, count: int = 20) -> Counter[str]:
        """Send requests and count what answers."""
        url = f"{self.url}:{port}"
        return Counter(requests.get(url, timeout=30).text for _ in range(count))

    def weights(self, rule: str) -> Json:
        """Return the weights of a rule's target groups."""
        action = self.elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
        return {
            each["TargetGroupArn"]: each["Weight"]
            for each in action["ForwardConfig"]["TargetGroups"]
        }

    def function(self, source: str, name: str = "check", **settings: Any) -> str:
        """Make a Lambda function from Python source; return its ARN."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("hook.py", source)
        role = self.role_for(f"{name}-role", "lambda.amazonaws.com")
        made = boto3.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="hook.handler",
            Code={"ZipFile": content.getvalue()},
            **settings,
        )
        return str(made["FunctionArn"])

    def hook(self, function: str, *stages: str, allowed: bool = True) -> Json:
        """Return a lifecycle hook that calls a function, with a role of its own."""
        name = f"hook-{function.rsplit(':', 1)[-1]}"
        role = self.role_for(name, "ecs.amazonaws.com")
        if allowed:
            statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            self.iam.put_role_policy(
                RoleName=name, PolicyName="invoke", PolicyDocument=json.dumps(document)
            )
        return {"hookTargetArn": function, "roleArn": role, "lifecycleStages": list(stages)}
