"""EventBridge: what S3 tells of new objects, and schedules by the simulation's clock, to queues.

Rules and targets are moto's. Moto would not look at whether a rule is enabled, nor at the policy of
the queue, and would keep quiet about a target that it has not got. Only queues are targets here.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from moto.events.models import events_backends
from moto.s3 import notifications

from baseline.simulation import queues
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

_PRINCIPAL = "events.amazonaws.com"
_CREATED = "s3:ObjectCreated:"
_CRON = re.compile(r"cron\((\d{1,2}) (\d{1,2}) (?:\* \* \? \*|\? \* \* \*)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Events(Service):
    """Rules that are carried out."""

    name: ClassVar[str] = "events"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.looked_at = simulation.clock.now()

    def put_rule(self, call: Call) -> Answer:
        """Keep a rule; raises Refusal for a schedule that would never be carried out here."""
        schedule = call.parameters.get("ScheduleExpression")
        if schedule and not (_CRON.fullmatch(schedule) or _RATE.fullmatch(schedule)):
            raise Refusal("NotImplemented", f"The simulation does not know {schedule}.", 501)
        return self.moto(call)

    def deliver(self) -> int:
        """Carry out the schedules whose time has come; nothing is written to a bucket."""
        before, self.looked_at = self.looked_at, self.simulation.clock.now()
        for rule in _rules():
            if rule.scheduled_expression and rule.state == "ENABLED":
                due = _last(rule.scheduled_expression, self.looked_at)
                if before < due <= self.looked_at:
                    _send(rule, _event("aws.events", "Scheduled Event", due, rule.arn, {}))
        return 0


def _object_created(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
    """Stands in for moto's own: tell the rules of the bucket's region about a new object."""
    if not event_name.startswith(_CREATED):
        return
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {"key": key.name, "size": key.size, "etag": key.etag.strip('"')},
        "reason": "PutObject",
    }
    now = dt.datetime.now(dt.UTC)
    event = _event("aws.s3", "Object Created", now, bucket.arn, detail)
    event |= {"account": account_id, "region": bucket.region_name}
    for rule in _rules_in(account_id, bucket.region_name):
        pattern = rule.event_pattern
        # A schedule has no pattern, and moto would say that everything matches it.
        if rule.state == "ENABLED" and pattern.get_pattern() and pattern.matches_event(event):
            _send(rule, event)


notifications._send_event_bridge_message = _object_created  # noqa: SLF001  # see above


def _send(rule: Any, event: Answer) -> None:
    """Give an event to the rule's queues; one whose policy refuses it goes to no other."""
    event = {"account": rule.account_id, "region": rule.region_name} | event
    context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id}
    for target in rule.targets:
        if queues.admits(target["Arn"], _PRINCIPAL, context):
            queues.send(target["Arn"], target.get("Input") or json.dumps(event))


def _event(source: str, kind: str, time: dt.datetime, resource: str, detail: Answer) -> Answer:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "resources": [resource],
        "detail": detail,
    }


def _rules() -> Iterator[Any]:
    for account_id, regions in list(events_backends.items()):
        for region in list(regions):
            yield from _rules_in(account_id, region)


def _rules_in(account_id: str, region: str) -> list[Any]:
    # Only where somebody has made a rule: asking moto for another region would make it.
    regions = events_backends[account_id]
    buses = regions[region].event_buses.values() if region in list(regions) else ()
    return [rule for bus in list(buses) for rule in list(bus.rules.values())]


def _last(schedule: str, now: dt.datetime) -> dt.datetime:
    """When a schedule was due last; one that is missed while the clock jumps is not made up for."""
    if found := _RATE.fullmatch(schedule):
        seconds = int(found[1]) * _SECONDS[found[2]]
        return dt.datetime.fromtimestamp(now.timestamp() // seconds * seconds, dt.UTC)
    found = _CRON.fullmatch(schedule)
    assert found
    today = now.replace(hour=int(found[2]), minute=int(found[1]), second=0, microsecond=0)
    return today if today <= now else today - dt.timedelta(days=1)
