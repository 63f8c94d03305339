"""Rules about placement constraints and strategies in requests.

AWS: botocore ecs PlacementConstraint, PlacementStrategy, RunTaskRequest, CreateServiceRequest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.placement.query import QueryError, query
from ecslab.model.task_definition.answer import INVALID_PARAMETER, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CONSTRAINTS: Final = 10
MOST_RULES: Final = 5
LONGEST_EXPRESSION: Final = 2000


def _invalid(message: str, source: str, *, verified: bool = False) -> Answer:
    return Answer(message=message, source=source, code=INVALID_PARAMETER, verified=verified)


_CONSTRAINT: Final = "botocore ecs PlacementConstraint"
_STRATEGY: Final = "botocore ecs PlacementStrategy"
TOO_MANY_CONSTRAINTS = _invalid(
    "Too many placement constraints; at most 10 can be specified, those of the task definition"
    " included.",
    "botocore ecs RunTaskRequest.placementConstraints",
)
TOO_MANY_RULES = _invalid(
    "Too many placement strategies; at most 5 can be specified.",
    "botocore ecs RunTaskRequest.placementStrategy",
)
NO_CONSTRAINT_TYPE = _invalid(
    "{type} is not a valid placement constraint type. Must be one of [distinctInstance,memberOf]",
    f"{_CONSTRAINT}.type",
)
DISTINCT_EXPRESSION = _invalid(
    "distinctInstance expression should not be specified.",
    "captured InvalidParameterException of CreateService",
    verified=True,
)
NO_EXPRESSION = _invalid("memberOf expression must be specified.", f"{_CONSTRAINT}.expression")
LONG_EXPRESSION = _invalid(
    "memberOf expression can have at most 2000 characters.", f"{_CONSTRAINT}.expression"
)
BAD_EXPRESSION = _invalid(
    "Invalid expression: {detail}.", "AWS: cluster-query-language (syntax of expressions)"
)
NO_STRATEGY_TYPE = _invalid(
    "{type} is not a valid placement strategy type. Must be one of [random,spread,binpack]",
    f"{_STRATEGY}.type",
)
RANDOM_FIELD = _invalid("random field should not be specified.", f"{_STRATEGY}.field")
BINPACK_FIELD = _invalid("binpack field must be one of [cpu,memory].", f"{_STRATEGY}.field")
SPREAD_FIELD = _invalid(
    "spread field must be instanceId, host or attribute:name.", f"{_STRATEGY}.field"
)
FARGATE_CONSTRAINTS = _invalid(
    "Placement constraints are not supported with FARGATE launch type.",
    "AWS: fargate-tasks-services (task placement)",
)
FARGATE_STRATEGY = _invalid(
    "Placement strategies are not supported with FARGATE launch type.",
    "AWS: fargate-tasks-services (task placement)",
)
MANAGED_STRATEGY = _invalid(
    "Placement strategies are not supported with Managed Instances capacity providers.",
    "AWS: task-placement (Managed Instances)",
)
DAEMON_STRATEGY = _invalid(
    "Placement strategies are not supported with DAEMON scheduling strategy.",
    "AWS: service definition parameters (placementStrategy)",
)


def check_constraints(constraints: Sequence[Mapping[str, Any]], *, inherited: int = 0) -> None:
    """Check the placement constraints of a request.

    Args:
        constraints: in botocore's shape.
        inherited: how many the task definition has.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(constraints) + inherited > MOST_CONSTRAINTS:
        raise TOO_MANY_CONSTRAINTS.error()
    for constraint in constraints:
        kind, expression = constraint.get("type"), constraint.get("expression")
        if kind == "distinctInstance":
            if expression is not None:
                raise DISTINCT_EXPRESSION.error()
        elif kind == "memberOf":
            check_expression(expression)
        else:
            raise NO_CONSTRAINT_TYPE.error(type=kind)


def check_expression(expression: Any) -> None:
    """Check an expression of the cluster query language.

    Raises:
        AwsError: InvalidParameterException.
    """
    if not expression or not isinstance(expression, str):
        raise NO_EXPRESSION.error()
    if len(expression) > LONGEST_EXPRESSION:
        raise LONG_EXPRESSION.error()
    try:
        query(expression)
    except QueryError as error:
        raise BAD_EXPRESSION.error(detail=error) from None


def check_strategy(strategy: Sequence[Mapping[str, Any]]) -> None:
    """Check the placement strategy of a request.

    Raises:
        AwsError: InvalidParameterException.
    """
    if len(strategy) > MOST_RULES:
        raise TOO_MANY_RULES.error()
    for rule in strategy:
        kind, field = rule.get("type"), str(rule.get("field") or "")
        if kind == "random":
            if field:
                raise RANDOM_FIELD.error()
        elif kind == "binpack":
            if field.lower() not in ("cpu", "memory"):
                raise BINPACK_FIELD.error()
        elif kind != "spread":
            raise NO_STRATEGY_TYPE.error(type=kind)
        elif field.lower() not in ("instanceid", "host") and not (
            field.startswith("attribute:") and len(field) > len("attribute:")
        ):
            raise SPREAD_FIELD.error()


def check_fargate(
    constraints: Sequence[Mapping[str, Any]], strategy: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse placement rules for tasks on Fargate.

    Raises:
        AwsError: InvalidParameterException.
    """
    if constraints:
        raise FARGATE_CONSTRAINTS.error()
    if strategy:
        raise FARGATE_STRATEGY.error()


ANSWERS = tuple(value for value in list(globals().values()) if isinstance(value, Answer))
"""Every refusal of this module."""
