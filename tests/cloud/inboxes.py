"""An SQS queue that takes events, for tests that look at what is delivered."""

from __future__ import annotations

import json
from typing import Any

import boto3

Json = dict[str, Any]

LET_EVENTS_IN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        ],
    }
)


class Inbox:
    """A queue of the running account.

    Args:
        name: the queue's name.
        policy: its policy; the usual one lets EventBridge in.
    """

    def __init__(self, name: str = "inbox", policy: str = LET_EVENTS_IN) -> None:
        self.sqs: Any = boto3.client("sqs")
        attributes = {"Policy": policy} if policy else {}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def listen(self, rule: str, pattern: Json, **target: Any) -> None:
        """Make a rule whose target is the queue."""
        events: Any = boto3.client("events")
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": self.arn, **target}])

    def take(self) -> list[Json]:
        """Take everything out of the queue, as JSON."""
        found: list[Json] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found.append(body | {"attributes": message.get("MessageAttributes", {})})
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found
