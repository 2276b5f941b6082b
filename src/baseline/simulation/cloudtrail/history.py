"""What happened before the simulation began: thirty ordinary days, incidents, and an archive.

Everything follows from the seed, the account and the date, so that any day can be made by itself.
The incidents are in one table, so that whoever looks for them can be checked against it.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from baseline.simulation.cloudtrail import activity, incidents
from baseline.simulation.cloudtrail.activity import Activity
from baseline.simulation.cloudtrail.events import GLOBAL_REGION, Event
from baseline.simulation.cloudtrail.incidents import PLANTED

ARCHIVE_REGION = "eu-west-1"
REGIONS = (ARCHIVE_REGION, "eu-central-1", GLOBAL_REGION)
ORDINARY_DAYS = 30
# The first half of 2019, its July up to the 23rd, and the days after.
ARCHIVE = tuple(
    dt.date(2019, month, day)
    for month, day in (
        (1, 15), (2, 12), (3, 5), (4, 23), (5, 14), (6, 18),
        (7, 1), (7, 9), (7, 16), (7, 23),
        (7, 24), (7, 29), (7, 31),
    )
)  # fmt: skip
# What a record of 2019 had not got yet ["CloudTrail record contents", since 1.06, 1.08].
_YOUNGER_FIELDS = ("managementEvent", "eventCategory", "tlsDetails")
_ARCHIVE_VERSION = "1.05"


@dataclass(frozen=True)
class Day:
    """The events of one account and region on one day, oldest first."""

    account_id: str
    region: str
    date: dt.date
    events: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class History:
    """``accounts`` is name to id, of those that have a past; ``until`` is the day after it."""

    seed: int
    accounts: Mapping[str, str]
    until: dt.date

    def places(self) -> list[tuple[str, str]]:
        """Every (account id, region) that has a past."""
        return [(account, region) for account in self.accounts.values() for region in REGIONS]

    def days(self, account_id: str, region: str) -> Iterator[Day]:
        """All days of an account and region on which something happened, oldest first."""
        if (account_id, region) not in self.places():
            return
        if region == ARCHIVE_REGION:
            yield from (self._archived(account_id, date) for date in ARCHIVE)
        for days_ago in self._days_ago(account_id, region):
            yield self._day(account_id, region, days_ago)

    def _days_ago(self, account_id: str, region: str) -> list[int]:
        planted = {i.days_ago for i in self._incidents(account_id, region)}
        return sorted(planted | set(range(1, ORDINARY_DAYS + 1)), reverse=True)

    def _incidents(self, account_id: str, region: str) -> list[incidents.Incident]:
        return [
            i for i in PLANTED if self.accounts.get(i.account) == account_id and i.region == region
        ]

    def _day(self, account_id: str, region: str, days_ago: int) -> Day:
        date = self.until - dt.timedelta(days=days_ago)
        events = self._ordinary(account_id, region, date, low=40, high=75)
        for incident in self._incidents(account_id, region):
            if incident.days_ago == days_ago:
                events += incidents.events(incident, account_id, date)
        return Day(account_id, region, date, tuple(sorted(events, key=lambda e: e["eventTime"])))

    def _archived(self, account_id: str, date: dt.date) -> Day:
        events = self._ordinary(account_id, ARCHIVE_REGION, date, low=12, high=30)
        aged = (
            {k: v for k, v in e.items() if k not in _YOUNGER_FIELDS}
            | {"eventVersion": _ARCHIVE_VERSION}
            for e in events
        )
        return Day(account_id, ARCHIVE_REGION, date, tuple(aged))

    def _ordinary(
        self, account_id: str, region: str, date: dt.date, *, low: int, high: int
    ) -> list[dict[str, Any]]:
        random = Random(f"{self.seed}/{account_id}/{region}/{date}")  # noqa: S311 - not a secret
        table = activity.REGIONAL + (activity.GLOBAL if region == GLOBAL_REGION else ())
        kinds = random.choices(table, [a.weight for a in table], k=random.randint(low, high))
        seconds = sorted(random.randrange(86_400) for _ in kinds)
        start = dt.datetime.combine(date, dt.time(), dt.UTC)
        return [
            _event(kind, account_id, region, start + dt.timedelta(seconds=second), random)
            for kind, second in zip(kinds, seconds, strict=True)
        ]


def _event(
    kind: Activity, account_id: str, region: str, time: dt.datetime, random: Random
) -> dict[str, Any]:
    # One call in forty is refused, as in any account.
    error = _denied(kind, account_id) if random.random() < 1 / 40 else None
    return Event(
        identity=activity.begun(kind.actor.identity(account_id), time),
        time=time,
        source=f"{kind.source}.amazonaws.com",
        name=kind.name,
        region=region,
        source_ip=kind.actor.source_ip,
        user_agent=kind.actor.user_agent,
        account_id=account_id,
        event_id=_new_id(random),
        request_id=_new_id(random),
        read_only=kind.read_only,
        request=kind.request,
        response=None if error else kind.response,
        error=error,
        host=None if "invokedBy" in kind.actor.identity(account_id) else _host(kind, region),
    ).record()


def _denied(kind: Activity, account_id: str) -> tuple[str, str]:
    caller = kind.actor.identity(account_id).get("arn", kind.actor.source_ip)
    action = f"{kind.source}:{kind.name}"
    return "AccessDenied", f"User: {caller} is not authorized to perform: {action}"


def _host(kind: Activity, region: str) -> str:
    everywhere = kind.source in ("iam", "organizations")
    return f"{kind.source}.amazonaws.com" if everywhere else f"{kind.source}.{region}.amazonaws.com"


def _new_id(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
