"""Metrics of Amazon SQS queues that scaling looks at (AWS: sqs-available-cloudwatch-metrics)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.sqs.models import sqs_backends

from ecslab.model.cloudwatch.statistic_set import StatisticSet
from ecslab.sim.metric_store import Metric

if TYPE_CHECKING:
    from collections.abc import Generator

    from ecslab.sim.entities import Account

__all__ = ["QueueMetrics"]

_MINUTE: Final = 60


class QueueMetrics:
    """Counts the messages of all queues, once a minute.

    Args:
        account: the account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        account.clock.env.process(self._measure())

    def _measure(self) -> Generator[Any, Any, None]:
        env = self._account.clock.env
        while True:
            yield env.timeout(_MINUTE - float(env.now) % _MINUTE)
            backend: Any = sqs_backends[self._account.id][self._account.region]
            for queue in list(backend.queues.values()):
                self._publish(queue)

    def _publish(self, queue: Any) -> None:
        metrics = self._account.ports.metrics
        now = metrics.now()
        self._account.clock.announce()  # what is visible depends on the time that moto sees
        oldest = min((message.sent_timestamp for message in queue.messages), default=None)
        age = 0.0 if oldest is None else max(0.0, now - oldest / 1000)
        numbers = {
            "ApproximateNumberOfMessagesVisible": queue.approximate_number_of_messages,
            "ApproximateNumberOfMessagesNotVisible": (
                queue.approximate_number_of_messages_not_visible
            ),
            "ApproximateNumberOfMessagesDelayed": queue.approximate_number_of_messages_delayed,
        }
        for name, number in numbers.items():
            self._put(name, queue.name, float(number), "Count", now)
        self._put("ApproximateAgeOfOldestMessage", queue.name, age, "Seconds", now)

    def _put(self, name: str, queue: str, value: float, unit: str, now: float) -> None:
        metric = Metric.of("AWS/SQS", name, {"QueueName": queue})
        statistics = StatisticSet.of([value])
        self._account.ports.metrics.put(metric, now - _MINUTE, statistics, unit=unit)
