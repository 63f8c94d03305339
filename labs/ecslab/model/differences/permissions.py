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
)
