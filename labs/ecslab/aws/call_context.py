"""What the judgement of a call needs to know of the running account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ecslab.aws.call_origin import CallOrigin, endpoint_policy
from ecslab.aws.ecs.daemon_definitions import resolved
from ecslab.aws.ecs.operation import Call
from ecslab.aws.iam_context import CallContext
from ecslab.aws.resource_tags import resource_tags
from ecslab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from botocore.awsrequest import AWSPreparedRequest

    from ecslab.aws.network import Network
    from ecslab.sim.engine import Engine

__all__ = ["call_context"]


def call_context(
    request: AWSPreparedRequest, now: datetime, parts: tuple[Engine, Network] | None, region: str
) -> CallContext:
    """Return the surroundings of a call.

    Args:
        request: the call.
        now: the simulated time.
        parts: the data plane and the VPCs, if anybody has used them yet.
        region: their Region.
    """
    if parts is None:
        return CallContext(now=now, tags=partial(resource_tags, None))
    engine, network = parts
    call = Call(engine, network, "")
    definitions = engine.account.definitions

    def known(resolve: Callable[[str], Any]) -> Callable[[str], Any]:
        def found(reference: str) -> Any:
            try:
                return resolve(reference)
            except AwsError:
                return None  # whoever may do it is told so by the operation itself

        return found

    keys = CallOrigin(network, region).keys(request)
    endpoint = keys.get("aws:SourceVpce")
    return CallContext(
        now=now,
        task_definition=known(definitions.resolve),
        daemon_task_definition=known(partial(resolved, call)),
        tags=partial(resource_tags, call),
        keys=keys,
        endpoint_policy=endpoint_policy(region, str(endpoint)) if endpoint else None,
    )
