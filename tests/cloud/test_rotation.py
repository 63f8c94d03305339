"""Rotation of a secret by a Lambda function.

AWS: Secrets Manager rotate-secrets_lambda-functions (the four steps); specifying-sensitive-data.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from shops import TRUST

from ecslab import Cloud

CODE = """
import boto3

def handler(event, context):
    secrets = boto3.client("secretsmanager")
    name, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    seen = secrets.describe_secret(SecretId=name).get("Description") or ""
    secrets.update_secret(SecretId=name, Description=f"{seen} {step}".strip())
    if step == "createSecret":
        secrets.put_secret_value(
            SecretId=name, ClientRequestToken=token, SecretString="second",
            VersionStages=["AWSPENDING"],
        )
    if step == "finishSecret":
        stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        (old,) = [version for version, names in stages.items() if "AWSCURRENT" in names]
        secrets.update_secret_version_stage(
            SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=old,
        )
"""


def make_function(*actions: str) -> str:
    """Make the rotation function, with a role that may do what is given."""
    iam: Any = boto3.client("iam")
    trust = TRUST.replace("ecs-tasks.amazonaws.com", "lambda.amazonaws.com")
    role = iam.create_role(RoleName="rotation", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(
        RoleName="rotation",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", CODE)
    answer = boto3.client("lambda").create_function(
        FunctionName="rotation",
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    return str(answer["FunctionArn"])


@pytest.fixture
def secrets() -> Any:
    """Yield a client of an account in which nobody has used ECS."""
    with Cloud():
        client: Any = boto3.client("secretsmanager")
        client.create_secret(Name="db", SecretString="first")
        yield client


def test_the_function_is_called_for_each_of_the_four_steps(secrets: Any) -> None:
    """AWS: rotate-secrets_lambda-functions: createSecret, setSecret, testSecret, finishSecret."""
    function = make_function("secretsmanager:*")
    secrets.rotate_secret(
        SecretId="db", RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30}
    )
    found = secrets.describe_secret(SecretId="db")
    assert found["Description"].split() == [
        "createSecret",
        "setSecret",
        "testSecret",
        "finishSecret",
    ]
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "second"
    old = secrets.get_secret_value(SecretId="db", VersionStage="AWSPREVIOUS")
    assert old["SecretString"] == "first"


def test_the_function_works_with_its_own_role(secrets: Any) -> None:
    """AWS: the rotation function's execution role needs the permissions on the secret."""
    function = make_function("logs:*")
    secrets.rotate_secret(SecretId="db", RotationLambdaARN=function)
    assert "Description" not in secrets.describe_secret(SecretId="db")


def test_a_function_that_is_not_there_is_refused(secrets: Any) -> None:
    """AWS: botocore secretsmanager RotateSecret, ResourceNotFoundException."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:none"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.rotate_secret(SecretId="db", RotationLambdaARN=arn)
