"""ARN templates: from an operation's parameters to the resources it is about."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecslab.aws.iam_paths import texts

_ARN_COLONS: Final = 5
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Arns:
    """The resources of one service's operations.

    A template such as ``task/{cluster || 'default'}/{tasks}`` holds JMESPath expressions over the
    operation's parameters; one that finds a list makes as many ARNs. A value that already is an
    ARN stands for the whole template at its last placeholder, and for its own last part before.

    Args:
        prefix: what all ARNs begin with; ``<region>`` and ``<account>`` are filled in.
        rules: the templates by operation; ``*`` stands for no particular resource.
        others: templates for the remaining operations, used where their parameters are given.
        clean: brings a value into the form it has in an ARN.
    """

    prefix: str
    rules: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()
    clean: Callable[[str], str] = str

    def of(self, operation: str, params: Mapping[str, Any], region: str, account: str) -> list[str]:
        """Return the ARNs an operation is about; ``*`` alone when it has no resource."""
        found = [
            arn
            for template in self.rules.get(operation, self.others)
            for arn in self._filled(template, params)
        ]
        named = [arn.replace("<region>", region).replace("<account>", account) for arn in found]
        return list(dict.fromkeys(named)) or ["*"]

    def _filled(self, template: str, params: Mapping[str, Any]) -> list[str]:
        if template == "*":
            return ["*"]
        literals = _PLACEHOLDER.split(template)[::2]
        expressions = _PLACEHOLDER.findall(template)
        found = [texts(expression, params) for expression in expressions]
        return [self._joined(literals, values) for values in itertools.product(*found)]

    def _joined(self, literals: list[str], values: tuple[str, ...]) -> str:
        if not values:
            return f"{self.prefix}{literals[0]}"
        *before, last = values
        cleaned = [*(_name(value) for value in before), self.clean(last)]
        if cleaned[-1].startswith("arn:"):
            return cleaned[-1]
        pairs = itertools.zip_longest(literals, cleaned, fillvalue="")
        text = "".join(literal + value for literal, value in pairs)
        return text if text.startswith("arn:") else f"{self.prefix}{text}"


def by_operation(rules: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Turn templates with their operations into operations with their templates.

    Args:
        rules: each template with the names of its operations, separated by spaces.
    """
    turned: dict[str, tuple[str, ...]] = {}
    for template, operations in rules.items():
        for operation in operations.split():
            turned[operation] = (*turned.get(operation, ()), template)
    return turned


def _name(value: str) -> str:
    # cluster/prod → prod, service/prod/web → web, log-group:/ecs/web → /ecs/web
    if not value.startswith("arn:"):
        return value
    resource = value.split(":", _ARN_COLONS)[-1]
    return resource.partition(":")[2] or resource.rpartition("/")[2]
