"""Differences in identities and permissions."""

from __future__ import annotations

from typing import Final

from ecslab.model.differences.difference import Area, Difference

DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        id="made-up-credentials",
        area=Area.PERMISSIONS,
        aws="Refuses keys that it has not issued.",
        here="Keys that nobody issued are those of the account's administrator.",
        why="So that a notebook needs no credentials, and none of yours are ever used.",
        test="tests/aws/authorize/test_refusals.py::test_made_up_credentials_are_the_administrator",
    ),
    Difference(
        id="iam-at-once",
        area=Area.PERMISSIONS,
        aws="A change of a policy or a role takes a while to be known everywhere.",
        here="It counts from the next call on.",
        why="IAM, troubleshooting (eventual consistency) gives no time.",
        test="tests/cloud/test_tasks_programs.py"
        "::test_a_role_that_loses_its_permission_is_refused_from_then_on",
    ),
    Difference(
        id="pass-role-text",
        area=Area.PERMISSIONS,
        aws="The text of a refused iam:PassRole was not found on a page of ECS.",
        here="IAM's usual text: `User: … is not authorized to perform: iam:PassRole on resource: …"
        " because no identity-based policy allows the iam:PassRole action`.",
        why="The general text of IAM's refusals.",
        test="tests/aws/authorize/test_permissions.py"
        "::test_registering_a_definition_takes_pass_role",
    ),
    Difference(
        id="requests-of-no-operation",
        area=Area.PERMISSIONS,
        aws="A request that fits no operation is refused by its service.",
        here="It is refused for want of permission unless its caller may do everything.",
        why="What nobody can name, nobody can permit.",
        test="tests/aws/authorize/test_calls.py"
        "::test_a_request_that_fits_no_operation_needs_all_permissions",
    ),
    Difference(
        id="lines-without-permission",
        area=Area.PERMISSIONS,
        aws="Does not say what becomes of log lines when a role may make the stream but not put"
        " events into it.",
        here="The task starts and the lines are lost.",
        why="Docker's awslogs driver needs the stream to start.",
        test="tests/cloud/test_failures.py"
        "::test_without_permission_to_put_events_the_stream_stays_empty",
    ),
    Difference(
        id="session-manager-plugin",
        area=Area.PERMISSIONS,
        aws="`aws ecs execute-command` starts the Session Manager plugin, which opens the session"
        " over a WebSocket.",
        here="`open_session` of the package opens it, from what ExecuteCommand answered; the shell"
        " knows small programs over the container's own files, variables and processes.",
        why="Nothing here has a real container or a network.",
        test="tests/cloud/test_exec.py::test_a_shell_keeps_its_folder_variables_and_files",
    ),
    Difference(
        id="exec-log-streams",
        area=Area.PERMISSIONS,
        aws="Does not say what the log stream or object of a session is called.",
        here="The session's id, with `.log` behind it in a bucket.",
        why="ecs-exec, logging and auditing, names the group and the bucket only.",
        test="tests/cloud/test_exec.py"
        "::test_sessions_go_where_override_says_and_none_keeps_nothing",
    ),
    Difference(
        id="exec-script-program",
        area=Area.PERMISSIONS,
        aws="Session logs need `script` and `cat` in the image.",
        here="An image has both if it names `script` or `bash` among its tools, as Debian's base"
        " images do; Alpine's have no `script`.",
        why="An image's description lists only some of its programs.",
        test="tests/cloud/test_exec.py::test_without_permission_or_script_the_log_is_lost",
    ),
    Difference(
        id="protection-and-other-stops",
        area=Area.PERMISSIONS,
        aws="Names scale-in and deployments as what protection holds back, and nothing else.",
        here="StopTask, failed health checks and Spot interruptions stop protected tasks.",
        why="task-scale-in-protection; the rest was not confirmed.",
        test="tests/cloud/test_task_protection.py"
        "::test_stop_task_and_health_checks_stop_protected_tasks",
    ),
    Difference(
        id="low-ports-on-fargate",
        area=Area.PERMISSIONS,
        aws="Does not say whether a user other than root may bind ports below 1024 on Fargate.",
        here="With awsvpc it takes root with NET_BIND_SERVICE, or a systemControl; in bridge mode"
        " everybody may.",
        why="capabilities(7); Docker opens them in its own bridge networks only.",
        test="tests/cloud/test_container_security.py"
        "::test_ports_below_1024_take_root_with_its_capability",
    ),
    Difference(
        id="event-history-at-once",
        area=Area.PERMISSIONS,
        aws="An event is in the event history some minutes after the call.",
        here="It is there at once; a trail's files come every five minutes.",
        why="A simulation of the delay would teach waiting.",
        test="tests/cloud/test_trail.py::test_calls_come_back_with_their_answers_newest_first",
    ),
    Difference(
        id="agents-calls-in-the-trail",
        area=Area.PERMISSIONS,
        aws="Calls that ECS makes with a role carry that operation's own parameters.",
        here="They carry the resource that was asked about.",
        why="The simulated agent asks IAM, not the service.",
        test="tests/cloud/test_trail.py::test_what_ecs_does_with_the_execution_role_is_there",
    ),
    Difference(
        id="endpoint-policies-of-agents",
        area=Area.PERMISSIONS,
        aws="The policy of a VPC endpoint judges everything that goes through it.",
        here="It judges the calls of programs in tasks, not those with which ECS itself pulls"
        " images and reads secrets.",
        why="The simulated agent asks IAM alone.",
        test="tests/cloud/test_call_origin.py"
        "::test_the_policy_of_an_endpoint_limits_what_goes_through_it",
    ),
)
