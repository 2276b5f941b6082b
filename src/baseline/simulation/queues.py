"""Queues as services of AWS use them: straight in moto's state, and by the simulation's clock.

Moto's own receiving goes by the machine's clock, and it looks at every message for each that it
deletes.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from moto.moto_api._internal import mock_random
from moto.sqs.models import Message, sqs_backends

from baseline.simulation import bucket


def find(arn: str) -> Any:
    """Moto's queue of that ARN; None when there is none."""
    parts = arn.split(":")
    return sqs_backends[parts[4]][parts[3]].queues.get(parts[5])


def admits(arn: str, principal: str, context: dict[str, str]) -> bool:
    """Whether the queue's policy lets a service send to it."""
    queue = find(arn)
    policy = queue.policy if queue else None
    return bucket.allows(policy, principal, "sqs:SendMessage", arn, context)


def send(arn: str, body: str) -> None:
    """Put a message into the queue, which must be there."""
    message = Message(str(mock_random.uuid4()), body)
    message.mark_sent()
    find(arn).add_message(message)


def take(arn: str, most: int, now: dt.datetime) -> list[Any]:
    """At most so many messages that are visible at ``now``; they are not, for a while.

    What was taken too often goes to the dead-letter queue.
    """
    queue, time = find(arn), now.timestamp() * 1000
    taken: list[Any] = []
    dead: list[Any] = []
    with queue._messages_lock:  # noqa: SLF001  # moto has no other way that goes by our clock
        for message in queue._messages:  # noqa: SLF001  # as above
            if message.visible_at > time or len(taken) >= most:
                continue
            if queue.redrive_policy and (
                message.approximate_receive_count >= queue.redrive_policy["maxReceiveCount"]
            ):
                dead.append(message)
                continue
            message.mark_received()
            message.visible_at = time + int(queue.visibility_timeout) * 1000
            taken.append(message)
    delete(arn, {message.id for message in dead})
    for message in dead:
        message.visible_at = 0
        queue.dead_letter_queue.add_message(message)
    return taken


def delete(arn: str, ids: Collection[str]) -> None:
    """Delete the messages with these ids."""
    queue = find(arn)
    if ids:
        with queue._messages_lock:  # noqa: SLF001  # as above
            queue._messages = [m for m in queue._messages if m.id not in ids]  # noqa: SLF001
