"""What a rule about task definitions is: a question, and AWS's answer when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ecslab.errors import AwsError
from ecslab.model.task_definition.answer import CLIENT, Answer
from ecslab.model.task_definition.draft import Draft

EC2 = "EC2"
EXTERNAL = "EXTERNAL"
FARGATE = "FARGATE"
MANAGED_INSTANCES = "MANAGED_INSTANCES"

PLATFORMS = (EXTERNAL, EC2, FARGATE, MANAGED_INSTANCES)
"""Where a task can run, in the order in which ECS lists compatibilities."""

Finder = Callable[[Draft], Iterator[Mapping[str, object]]]
"""Yields, for each place where a definition breaks a rule, what fills the answer's words."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of RegisterTaskDefinition.

    Args:
        name: a short name, unique among the rules.
        summary: the rule in one sentence.
        find: finds the places where a definition breaks it.
        answer: AWS's words then.
        only: the platforms that have this rule; empty when it holds everywhere. A definition that
            breaks it is refused when it requires one of them, and else is not compatible with them.
    """

    name: str
    summary: str
    find: Finder
    answer: Answer
    only: tuple[str, ...] = ()

    def violation(self, draft: Draft) -> AwsError | None:
        """Return what AWS says about the first place that breaks the rule, None when it holds."""
        for values in self.find(draft):
            return self.answer.error(**values)
        return None

    def named(self, name: str) -> Rule:
        """Return the same rule under another name, for rules that are made from a table."""
        return replace(self, name=name)


def rule(
    message: str,
    *,
    source: str,
    only: tuple[str, ...] = (),
    code: str = CLIENT,
    verified: bool = True,
) -> Callable[[Finder], Rule]:
    """Make a rule of a function: its name and the first line of its docstring are the rule's.

    Args:
        message: see `Answer.message`.
        source: see `Answer.source`.
        only: see `Rule.only`.
        code: see `Answer.code`.
        verified: see `Answer.verified`.
    """
    answer = Answer(message=message, source=source, code=code, verified=verified)

    def make(find: Finder) -> Rule:
        summary = (find.__doc__ or "").strip().splitlines()[0]
        name = find.__name__.replace("_", "-")
        return Rule(name=name, summary=summary, find=find, answer=answer, only=only)

    return make
