"""What a role may do and who may become it, for the simulated ECS agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ecslab.aws.iam_context import CallContext, call_keys, caller_keys
from ecslab.aws.iam_directory import find_role
from ecslab.aws.iam_documents import documents_of
from ecslab.aws.iam_judgement import judge
from ecslab.aws.iam_resource_policies import trust_policy
from ecslab.aws.identity import ACCOUNT, Caller, session_caller
from ecslab.model.policy import Decision, Principal, may_assume
from ecslab.model.policy import context as request_context

_TASKS: Final = "ecs-tasks.amazonaws.com"


class Roles:
    """The roles of an account, as ECS and its agents use them.

    Args:
        now: the simulated time.
        region: where the agents run.
        account: whose roles they are.
    """

    def __init__(
        self, now: Callable[[], datetime], region: str = "us-east-1", account: str = ACCOUNT
    ) -> None:
        self._now = now
        self._region = region
        self._account = account

    def exists(self, role_arn: str) -> bool:
        """Return whether IAM has this role."""
        return find_role(role_arn) is not None

    def permits(
        self,
        role_arn: str,
        action: str,
        resource: str,
        *,
        context: Mapping[str, object] | None = None,
    ) -> Decision:
        """Decide what a session of a role may do.

        Args:
            role_arn: the execution, task or instance role.
            action: such as ``ecr:BatchGetImage``.
            resource: the ARN, or ``*``.
            context: further condition keys, such as ``kms:ViaService`` or ``aws:SourceVpce``.

        Returns:
            The decision; the resource's own policy and the role's boundary are taken into account.
            A role that does not exist may do nothing.
        """
        return self.permits_caller(session_caller(role_arn, "ecs"), action, resource, context)

    def permits_caller(
        self,
        caller: Caller,
        action: str,
        resource: str,
        context: Mapping[str, object] | None = None,
    ) -> Decision:
        """Decide what a user or the session of a role may do; see `permits`."""
        documents = documents_of(caller)
        call = CallContext(self._now(), self._region, self._account, keys=context or {})
        keys = request_context(call_keys(call), caller_keys(caller, documents))
        return judge(caller, documents, action, (resource,), keys)

    def assumable(
        self,
        role_arn: str,
        service: str = _TASKS,
        *,
        source_arn: str = "",
        source_account: str = "",
    ) -> bool:
        """Return whether an AWS service may assume a role.

        Args:
            role_arn: the role.
            service: the service's principal, such as ``ecs-tasks.amazonaws.com``.
            source_arn: for what the service acts; ECS sends the task's ARN.
            source_account: for whom; by default the account itself.

        AWS: confused-deputy; ECS task-iam-roles.
        """
        document = trust_policy(role_arn)
        if document is None:
            return False
        call = CallContext(self._now(), self._region, self._account)
        keys = {
            **call_keys(call),
            "aws:PrincipalIsAWSService": True,
            "aws:SourceAccount": source_account or self._account,
            "aws:SourceArn": source_arn or None,
        }
        return may_assume(document, Principal("Service", service), keys).allowed
