"""ECS Exec: what it takes, how it fails, what a session shows, and what stays of it.

AWS: ecs-exec (considerations, logging and auditing, troubleshooting); botocore ecs ExecuteCommand,
ManagedAgent, ExecuteCommandConfiguration; facts: security, section 8.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from runs import EVERYTHING_TO_START, Json, Runs, allow

from ecslab import Image, open_session
from ecslab.errors import CourseError

SSM = "ssmmessages:*"
LOGS = ("logs:DescribeLogGroups", "logs:CreateLogStream", "logs:DescribeLogStreams")
NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or"
    " the execute command agent isn\u2019t running. Wait and try again or run a new task with"
    " execute command enabled and try again."
)
NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
WEB = Image(port=8080, body="hello", command=("python", "web.py"), user="app")


@pytest.fixture
def runs(shop: Any) -> Runs:
    return Runs(shop)


def start(
    runs: Runs,
    name: str = "web",
    image: Image = WEB,
    *,
    actions: tuple[str, ...] = (SSM, *LOGS, "logs:PutLogEvents"),
    request: Json | None = None,
    network: Json | None = None,
    definition: Json | None = None,
    **container: Any,
) -> str:
    """Start a task that wants ECS Exec, and wait until its agent has had its time."""
    role = runs.role(f"{name}-app", *actions)
    arn = runs.start(
        name,
        runs.container(name, image, **container),
        taskRoleArn=role,
        network=network,
        request={"enableExecuteCommand": True, **(request or {})},
        **(definition or {}),
    )
    runs.until(name, "RUNNING")
    runs.shop.cloud.advance(seconds=10)
    return arn


def execute(runs: Runs, task: str, command: str = "/bin/sh", **given: Any) -> Json:
    answer: Json = runs.ecs.execute_command(
        cluster="shop", task=task, command=command, interactive=True, **given
    )
    return answer


def output(runs: Runs, task: str, command: str, **given: Any) -> str:
    return str(open_session(execute(runs, task, command, **given)["session"]))


def refusal(runs: Runs, task: str, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        runs.ecs.execute_command(
            **({"cluster": "shop", "task": task, "command": "ls", "interactive": True} | given)
        )
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def agent(runs: Runs, name: str = "web", container: int = 0) -> Json:
    found: Json = runs.task(name)["containers"][container]["managedAgents"][0]
    return found


def test_the_answer_names_the_container_and_a_session(runs: Runs) -> None:
    """AWS: botocore ecs ExecuteCommandResponse, Session."""
    arn = start(runs)
    answer = execute(runs, arn)
    assert (answer["taskArn"], answer["containerName"], answer["interactive"]) == (arn, "web", True)
    assert answer["clusterArn"].endswith(":cluster/shop")
    assert answer["containerArn"] == runs.task("web")["containers"][0]["containerArn"]
    session = answer["session"]
    assert session["sessionId"].startswith("ecs-execute-command-")
    assert session["sessionId"] in session["streamUrl"]
    assert session["streamUrl"].startswith("wss://ssmmessages.us-east-1.amazonaws.com/v1/")


def test_the_managed_agent_starts_after_its_container(runs: Runs) -> None:
    """AWS: botocore ecs ManagedAgent; facts security 8: the ready check is lastStatus RUNNING."""
    role = runs.role("app", SSM)
    arn = runs.start(
        "web",
        runs.container("web", WEB),
        taskRoleArn=role,
        request={"enableExecuteCommand": True},
    )
    runs.until("web", "RUNNING")
    assert agent(runs) == {"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}
    assert refusal(runs, arn) == ("InvalidParameterException", NOT_ENABLED)
    runs.shop.cloud.advance(seconds=10)
    assert agent(runs)["lastStatus"] == "RUNNING"
    assert agent(runs)["lastStartedAt"] > runs.task("web")["createdAt"]
    runs.ecs.stop_task(cluster="shop", task=arn)
    runs.until("web", "STOPPED")
    assert agent(runs)["lastStatus"] == "STOPPED"
    assert refusal(runs, arn)[0] == "InvalidParameterException"


def test_it_must_be_enabled_when_the_task_starts(runs: Runs) -> None:
    """AWS: ecs-exec: enableExecuteCommand counts when the task starts."""
    role = runs.role("app", SSM)
    arn = runs.start("web", runs.container("web", WEB), taskRoleArn=role)
    runs.until("web", "RUNNING")
    runs.shop.cloud.advance(seconds=10)
    assert "managedAgents" not in runs.task("web")["containers"][0]
    assert refusal(runs, arn) == ("InvalidParameterException", NOT_ENABLED)


def test_a_service_needs_new_tasks(shop: Any) -> None:
    """AWS: ecs-exec; botocore ecs UpdateServiceRequest.enableExecuteCommand."""
    runs = Runs(shop)
    definition = shop.ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=shop.role,
        taskRoleArn=runs.role("app", SSM),
        containerDefinitions=[runs.container("web", WEB)],
    )["taskDefinition"]["taskDefinitionArn"]
    shop.serve(definition, 1)
    shop.ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"])
    old = shop.ecs.list_tasks(cluster="shop")["taskArns"][0]
    shop.ecs.update_service(
        cluster="shop", service="web", enableExecuteCommand=True, forceNewDeployment=True
    )
    assert refusal(runs, old)[1] == NOT_ENABLED
    shop.ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"])
    (new,) = shop.ecs.list_tasks(cluster="shop")["taskArns"]
    shop.cloud.advance(seconds=10)
    assert new != old
    assert output(runs, new, "hostname").startswith("ip-")


def test_only_interactive_sessions_of_known_tasks_and_containers(runs: Runs) -> None:
    """AWS: captured answers; botocore ecs ExecuteCommandRequest.interactive, .container."""
    arn = start(runs)
    message = "Interactive is the only mode supported currently."
    assert refusal(runs, arn, interactive=False) == ("InvalidParameterException", message)
    assert refusal(runs, "0" * 32)[1] == "The referenced task was not found."
    assert refusal(runs, arn, container="other")[0] == "InvalidParameterException"
    assert refusal(runs, "0" * 32, cluster="none")[0] == "ClusterNotFoundException"


def test_several_containers_need_a_name(runs: Runs) -> None:
    """AWS: ecs-exec, considerations: the container's name is mandatory with more than one."""
    role = runs.role("app", SSM)
    arn = runs.start(
        "pair",
        runs.container("web", WEB),
        runs.container("side", Image(command=("python", "side.py"))),
        taskRoleArn=role,
        request={"enableExecuteCommand": True},
    )
    runs.until("pair", "RUNNING")
    runs.shop.cloud.advance(seconds=10)
    assert "more than one container" in refusal(runs, arn)[1]
    assert "side.py" in output(runs, arn, "ps", container="side")
    assert "side.py" not in output(runs, arn, "ps", container="web")


@pytest.mark.parametrize(
    "actions",
    [
        ("s3:GetObject",),
        ("ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
        ("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
    ],
)
def test_the_task_role_needs_all_four_channel_actions(runs: Runs, actions: tuple[str, ...]) -> None:
    """AWS: task-iam-roles, ECS Exec permissions; facts security 2; TargetNotConnectedException."""
    arn = start(runs, actions=actions)
    assert agent(runs)["lastStatus"] == "RUNNING"
    assert refusal(runs, arn) == ("TargetNotConnectedException", NOT_CONNECTED)
    iam: Any = boto3.client("iam")
    iam.put_role_policy(
        RoleName="web-app",
        PolicyName="exec",
        PolicyDocument=allow(
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ),
    )
    assert output(runs, arn, "whoami") == "root"


def test_without_a_task_role_run_task_refuses(runs: Runs) -> None:
    """AWS: botocore ecs RunTaskRequest.enableExecuteCommand."""
    with pytest.raises(ClientError, match=r"InvalidParam.*valid task role is not being used"):
        runs.start("web", runs.container("web", WEB), request={"enableExecuteCommand": True})


def test_static_keys_in_the_environment_hide_the_task_role(runs: Runs) -> None:
    """AWS: task-iam-roles (order of credentials); facts security 5: a classic debugging trap."""
    keys = [
        {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAABCDEFGHIJKLMNOP"},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"},
    ]
    arn = start(runs, environment=keys)
    assert refusal(runs, arn) == ("TargetNotConnectedException", NOT_CONNECTED)


def test_it_takes_a_way_to_ssmmessages(runs: Runs) -> None:
    """AWS: ecs-exec, vpc-endpoints; facts security 7: interface endpoint ssmmessages."""
    ec2: Any = boto3.client("ec2")
    arn = start(runs)
    assert output(runs, arn, "whoami") == "root"
    subnet = runs.task("web")["attachments"][0]["details"][0]["value"]
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    table = tables["RouteTables"][0]["RouteTableId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    assert refusal(runs, arn) == ("TargetNotConnectedException", NOT_CONNECTED)
    ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.ssmmessages",
        SubnetIds=[subnet],
        PrivateDnsEnabled=True,
    )
    assert output(runs, arn, "whoami") == "root"


def test_a_read_only_root_file_system_keeps_the_agent_out(runs: Runs) -> None:
    """AWS: ecs-exec, considerations; facts security 8: incompatible."""
    arn = start(runs, readonlyRootFilesystem=True)
    assert agent(runs)["lastStatus"] == "STOPPED"
    assert "read-only" in agent(runs)["reason"]
    assert refusal(runs, arn) == ("InvalidParameterException", NOT_ENABLED)


def test_one_agent_in_a_shared_pid_namespace(runs: Runs) -> None:
    """AWS: ecs-exec, considerations: one session per PID namespace."""
    role = runs.role("app", SSM)
    arn = runs.start(
        "pair",
        runs.container("web", WEB),
        runs.container("side", Image(command=("python", "side.py"))),
        taskRoleArn=role,
        pidMode="task",
        request={"enableExecuteCommand": True},
    )
    runs.until("pair", "RUNNING")
    runs.shop.cloud.advance(seconds=10)
    states = {
        c["name"]: c["managedAgents"][0]["lastStatus"] for c in runs.task("pair")["containers"]
    }
    assert sorted(states.values()) == ["RUNNING", "STOPPED"]
    running = next(name for name, state in states.items() if state == "RUNNING")
    shown = output(runs, arn, "ps", container=running)
    assert "web.py" in shown
    assert "side.py" in shown


def test_a_session_sees_the_container_as_root(runs: Runs) -> None:
    """AWS: ecs-exec: commands run as root whatever the container's user."""
    environment = [{"name": "COLOUR", "value": "blue"}]
    arn = start(runs, environment=environment)
    assert output(runs, arn, "id").startswith("uid=0(root)")
    assert "COLOUR=blue" in output(runs, arn, "env").splitlines()
    table = output(runs, arn, "ps").splitlines()
    assert [line.split()[:2] for line in table[1:2]] == [["1", "app"]]
    assert any("amazon-ssm-agent" in line for line in table)
    assert output(runs, arn, "curl -s http://localhost:8080/") == "hello"


def test_a_shell_keeps_its_folder_variables_and_files(runs: Runs) -> None:
    """POSIX.1, Shell Command Language, as far as people look around with it."""
    arn = start(runs, image=Image(port=8080, files={"/app/web.py": "print('hi')\n"}))
    with open_session(execute(runs, arn)["session"]) as session:
        assert session.send("cd /app") == ""
        assert session.send("pwd; ls") == "/app\nweb.py"
        assert session.send("cat web.py") == "print('hi')"
        session.send("export NAME=ada")
        assert session.send("echo $NAME > /tmp/name && cat /tmp/name") == "ada"
        assert session.send("cat /no/file") == "cat: /no/file: No such file or directory"
        assert session.send("env | grep NAME= | head -1") == "HOSTNAME=" + session.send("hostname")
        assert session.send("false || echo $?") == "1"
        assert session.send("nothere") == "sh: 1: nothere: not found"
        assert session.is_open
    assert not session.is_open
    with pytest.raises(CourseError, match="is over"):
        session.send("ls")
    # Another session finds what was written: it is the same container.
    assert output(runs, arn, "cat /tmp/name") == "ada"


def test_a_session_is_opened_once_with_its_own_token(runs: Runs) -> None:
    """AWS: botocore ecs Session.tokenValue authenticates the connection."""
    arn = start(runs)
    session = execute(runs, arn)["session"]
    with pytest.raises(CourseError, match="no such session"):
        open_session(session | {"tokenValue": "other"})
    open_session(session)
    with pytest.raises(CourseError, match="opened before"):
        open_session(session)


def test_an_idle_session_ends_after_twenty_minutes(runs: Runs) -> None:
    """AWS: ecs-exec: the idle timeout is 20 minutes and can't be changed."""
    arn = start(runs)
    session = open_session(execute(runs, arn)["session"])
    runs.shop.cloud.advance(minutes=19)
    assert session.send("whoami") == "root"
    runs.shop.cloud.advance(minutes=21)
    with pytest.raises(CourseError, match="is over"):
        session.send("whoami")
    assert "timed out due to inactivity" in session.output


def test_a_session_ends_with_its_container(runs: Runs) -> None:
    arn = start(runs)
    session = open_session(execute(runs, arn)["session"])
    runs.ecs.stop_task(cluster="shop", task=arn)
    runs.until("web", "STOPPED")
    assert session.send("whoami") == ""
    assert not session.is_open


def test_a_missing_program_is_reported(runs: Runs) -> None:
    """AWS: captured sessions, "Unable to start command"."""
    arn = start(runs, image=Image(tools=("python",)))
    assert "Unable to start command" in output(runs, arn, "/bin/sh")
    assert "fork/exec nano" in output(runs, arn, "nano /etc/hosts")


def test_an_init_process_reaps_ended_sessions(runs: Runs) -> None:
    """AWS: ecs-exec, best practices: initProcessEnabled."""
    arn = start(runs)
    init = start(runs, "tidy", linuxParameters={"initProcessEnabled": True})
    for task in (arn, init):
        output(runs, task, "whoami")
    assert "<defunct>" in output(runs, arn, "ps")
    shown = output(runs, init, "ps")
    assert "<defunct>" not in shown
    assert "/sbin/docker-init -- python web.py" in shown


def test_a_declared_command_of_the_image_runs(runs: Runs) -> None:
    report = Image(logs=("3 books",), runs_for=2.0)
    image = Image(port=8080, variants={"python report.py": report})
    arn = start(runs, image=image)
    before = runs.shop.cloud.now
    assert output(runs, arn, "python report.py") == "3 books"
    assert (runs.shop.cloud.now - before).total_seconds() == 2.0
    assert "does not say" in output(runs, arn, "python other.py")


def configure(runs: Runs, **configuration: Any) -> None:
    runs.ecs.update_cluster(
        cluster="shop", configuration={"executeCommandConfiguration": configuration}
    )


def session_log(group: str, session: str) -> str:
    logs: Any = boto3.client("logs")
    found = logs.get_log_events(logGroupName=group, logStreamName=session)["events"]
    return "".join(event["message"] for event in found)


def test_sessions_are_logged_with_the_containers_awslogs_by_default(runs: Runs) -> None:
    """AWS: botocore ecs ExecuteCommandConfiguration.logging DEFAULT."""
    arn = start(runs)
    answer = execute(runs, arn, "sh -c 'echo seen'")
    open_session(answer["session"])
    assert "seen\n" in session_log("/runs", answer["session"]["sessionId"])


def test_sessions_go_where_override_says_and_none_keeps_nothing(runs: Runs) -> None:
    """AWS: botocore ecs ExecuteCommandLogConfiguration; ecs-exec, logging and auditing."""
    actions = (SSM, "logs:*", "s3:*")
    arn = start(runs, actions=actions)
    logs: Any = boto3.client("logs")
    s3: Any = boto3.client("s3")
    logs.create_log_group(logGroupName="/audit")
    s3.create_bucket(Bucket="audit-sessions")
    configure(
        runs,
        logging="OVERRIDE",
        logConfiguration={
            "cloudWatchLogGroupName": "/audit",
            "s3BucketName": "audit-sessions",
            "s3KeyPrefix": "exec",
        },
    )
    answer = execute(runs, arn)
    session = open_session(answer["session"])
    session.send("echo seen")
    session.close()
    name = answer["session"]["sessionId"]
    assert "# echo seen\nseen\n" in session_log("/audit", name)
    stored = s3.get_object(Bucket="audit-sessions", Key=f"exec/{name}.log")["Body"].read().decode()
    assert "seen\n" in stored
    configure(runs, logging="NONE")
    output(runs, arn, "whoami")
    streams = [
        stream["logStreamName"]
        for group in ("/audit", "/runs")
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
    ]
    assert [stream for stream in streams if stream.startswith("ecs-execute")] == [name]


@pytest.mark.parametrize(
    ("actions", "image"),
    [
        ((SSM,), WEB),
        ((SSM, "logs:*"), Image(port=8080, tools=("sh",))),
    ],
)
def test_without_permission_or_script_the_log_is_lost(
    runs: Runs, actions: tuple[str, ...], image: Image
) -> None:
    """AWS: ecs-exec: logging takes permissions of the task role, and `script` in the image."""
    arn = start(runs, image=image, actions=actions)
    assert output(runs, arn, "whoami") == "root"
    logs: Any = boto3.client("logs")
    names = [
        s["logStreamName"] for s in logs.describe_log_streams(logGroupName="/runs")["logStreams"]
    ]
    assert not [name for name in names if name.startswith("ecs-execute")]


def test_encryption_of_the_log_group_is_checked(runs: Runs) -> None:
    """AWS: Session Manager troubleshooting; ExecuteCommandLogConfiguration."""
    arn = start(runs)
    boto3.client("logs").create_log_group(logGroupName="/audit")
    wanted = {"cloudWatchLogGroupName": "/audit", "cloudWatchEncryptionEnabled": True}
    configure(runs, logging="OVERRIDE", logConfiguration=wanted)
    assert "encryption is not set up" in output(runs, arn, "whoami")


def test_a_customer_key_takes_permissions_on_both_sides(runs: Runs) -> None:
    """AWS: task-iam-roles: kms:Decrypt for the task role, kms:GenerateDataKey for the caller."""
    kms: Any = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    configure(runs, kmsKeyId=key, logging="NONE")
    arn = start(runs)
    assert "kms:Decrypt" in output(runs, arn, "whoami")
    iam: Any = boto3.client("iam")
    iam.put_role_policy(
        RoleName="web-app", PolicyName="key", PolicyDocument=allow("kms:Decrypt", resource=key)
    )
    assert output(runs, arn, "whoami") == "root"


def test_the_caller_is_judged_by_cluster_task_and_container_name(runs: Runs) -> None:
    """AWS: Service Authorization Reference, ExecuteCommand: ecs:container-name, task*, cluster*."""
    arn = start(runs)
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="ana")
    statement = {
        "Effect": "Allow",
        "Action": "ecs:ExecuteCommand",
        "Resource": "*",
        "Condition": {"StringEquals": {"ecs:container-name": "web"}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    ana: Any = boto3.client(
        "ecs",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    asked = {"cluster": "shop", "task": arn, "command": "ls", "interactive": True}
    assert ana.execute_command(container="web", **asked)["containerName"] == "web"
    with pytest.raises(ClientError, match=r"AccessDeniedException.*ecs:ExecuteCommand"):
        ana.execute_command(container="side", **asked)


def test_cloudtrail_tells_who_opened_sessions(runs: Runs) -> None:
    """AWS: ecs-exec, auditing: CloudTrail event ExecuteCommand."""
    arn = start(runs)
    execute(runs, arn, "cat /etc/passwd")
    trail: Any = boto3.client("cloudtrail")
    attribute = {"AttributeKey": "EventName", "AttributeValue": "ExecuteCommand"}
    (event,) = trail.lookup_events(LookupAttributes=[attribute])["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["requestParameters"]["command"] == "cat /etc/passwd"
    assert record["userIdentity"]["arn"].endswith(":user/administrator")
    assert record["responseElements"]["session"]["tokenValue"].startswith("HIDDEN")
    assert arn in {resource["ResourceName"] for resource in event["Resources"]}
    # The agent's calls of ssmmessages, of which boto3 has no model, are listed too.
    sources = {json.loads(each["CloudTrailEvent"])["eventSource"] for each in _all_events(trail)}
    assert "ssmmessages.amazonaws.com" in sources


def _all_events(trail: Any) -> list[dict[str, Any]]:
    pages = trail.get_paginator("lookup_events").paginate()
    return [event for page in pages for event in page["Events"]]


def test_execution_needs_no_more_than_the_pull_and_log_permissions(runs: Runs) -> None:
    """Facts security 1: the channels are the task role's, never the execution role's."""
    execution = runs.role("pull-only", *EVERYTHING_TO_START)
    arn = start(runs, definition={"executionRoleArn": execution})
    assert output(runs, arn, "whoami") == "root"


def test_the_caller_needs_the_customer_key_too(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS: task-iam-roles: kms:GenerateDataKey for whoever opens the session."""
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    configure(runs, kmsKeyId=key, logging="NONE")
    arn = start(runs, actions=(SSM, "kms:Decrypt"))
    iam: Any = boto3.client("iam")
    iam.create_user(UserName="ana")
    given = iam.create_access_key(UserName="ana")["AccessKey"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"])
    answer = execute(runs, arn, "whoami")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    opened = open_session(answer["session"])
    assert "kms:GenerateDataKey" in opened.output
    assert not opened.is_open
