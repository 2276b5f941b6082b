"""What a trail writes: log files, digests over them, and events into its log group."""

import base64
import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from isal import igzip
from moto.logs.models import logs_backends

from baseline.simulation import bucket
from baseline.simulation.cloudtrail import digests
from baseline.simulation.cloudtrail.digests import LogFile, SigningKey
from baseline.simulation.cloudtrail.history import Day
from baseline.simulation.cloudtrail.trail import Record, Trail

# Days of the past lie under one digest a week; a longer silence ends the chain.
_CHAIN_ENDS_AFTER = dt.timedelta(days=8)
_HOUR = dt.timedelta(hours=1)
_MIDNIGHT = dt.time(tzinfo=dt.UTC)


@dataclass
class Delivery:
    """One visit to the bucket of ``trail``, at ``now``. ``written`` counts the objects."""

    trail: Trail
    key: SigningKey
    now: dt.datetime
    organization_id: str
    written: int = 0

    def pending(self) -> None:
        """Write what was recorded since the last delivery, and put it into the log group."""
        taken, self.trail.pending = self.trail.pending, []
        by_place = sorted(taken, key=lambda r: (r.account_id, r.region, r.time))
        for place, group in itertools.groupby(by_place, key=lambda r: (r.account_id, r.region)):
            here = list(group)
            days = itertools.groupby(here, key=lambda r: r.time.astimezone(dt.UTC).date())
            files = [self._file(place, [*day], self.now) for _, day in days]
            self._digest(place, files, self.trail.started or self.now, self.now)
            self._to_log_group(place, here)
        for place, link in list(self.trail.links.items()):
            if self.trail.logging and self.now - link.end >= _HOUR:
                # Nothing happened there: that is signed, too.
                self._digest(place, [], link.end, self.now)

    def past(self, days: Iterable[Day]) -> None:
        """Write days of the history, each as if delivered at its end."""
        for _, week in itertools.groupby(days, key=lambda d: d.date.isocalendar()[:2]):
            self._week([*week])

    def _week(self, days: Sequence[Day]) -> None:
        place = days[0].account_id, days[0].region
        files = [self._file(place, records(day), _midnight_after(day)) for day in days]
        start = dt.datetime.combine(days[0].date, _MIDNIGHT)
        self._digest(place, files, start, _midnight_after(days[-1]))

    def _file(
        self, place: tuple[str, str], records: Sequence[Record], time: dt.datetime
    ) -> LogFile:
        account_id, region = place
        content = b'{"Records":[' + b",".join(r.text for r in records) + b"]}"
        digest = hashlib.sha256(content)
        newest = records[-1].time.astimezone(dt.UTC)
        # Sixteen letters and digits, which AWS draws at random.
        unique = base64.b64encode(digest.digest(), b"aZ")[:16].decode()
        name = f"{account_id}_CloudTrail_{region}_{newest:%Y%m%dT%H%MZ}_{unique}.json.gz"
        key = f"{self._folder(account_id)}/CloudTrail/{region}/{newest:%Y/%m/%d}/{name}"
        self._write(key, content, time, {})
        self.trail.delivered = self.now
        return LogFile(key, digest.hexdigest(), records[0].time, newest)

    def _digest(
        self,
        place: tuple[str, str],
        files: Sequence[LogFile],
        start: dt.datetime,
        end: dt.datetime,
    ) -> None:
        if not self.trail.settings.log_validation:
            return
        previous = self.trail.links.get(place)
        if previous and start - previous.end > _CHAIN_ENDS_AFTER:
            previous = None
        if previous:
            # The name has the end in it, to the second: two may not have the same.
            start, end = previous.end, max(end, previous.end + dt.timedelta(seconds=1))
        made = digests.make(
            self.key,
            account_id=place[0],
            bucket=self.trail.settings.bucket_name,
            object_key=self._digest_key(*place, end),
            start=start,
            end=end,
            files=files,
            previous=previous,
        )
        self._write(made.link.key, made.content, end, made.metadata)
        self.trail.links[place] = made.link
        self.trail.digested = self.now

    def _digest_key(self, account_id: str, region: str, end: dt.datetime) -> str:
        name = (
            f"{account_id}_CloudTrail-Digest_{region}_{self.trail.name}_{self.trail.region}"
            f"_{end:%Y%m%dT%H%M%SZ}.json.gz"
        )
        return f"{self._folder(account_id)}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{name}"

    def _folder(self, account_id: str) -> str:
        settings = self.trail.settings
        parts = [settings.s3_key_prefix, "AWSLogs"]
        parts += [self.organization_id] if settings.is_org_trail else []
        return "/".join(part for part in [*parts, account_id] if part)

    def _write(self, key: str, content: bytes, time: dt.datetime, metadata: dict[str, str]) -> None:
        bucket.write(
            self.trail.settings.bucket_name,
            key,
            igzip.compress(content, mtime=0),
            time=time,
            content_type="application/json",
            metadata={"Content-Encoding": "gzip", **metadata},
        )
        self.written += 1

    def _to_log_group(self, place: tuple[str, str], records: Sequence[Record]) -> None:
        arn = self.trail.settings.cw_log_group_arn
        if not arn:
            return
        parts = arn.split(":")
        backend, group = logs_backends[parts[4]][parts[3]], parts[6]
        if group in backend.groups:
            stream = f"{place[0]}_CloudTrail_{place[1]}"
            backend.ensure_log_stream(group, stream)
            backend.groups[group].put_log_events(stream, [_log_event(r) for r in records])
            self.trail.log_group_delivered = self.now


def records(day: Day) -> list[Record]:
    """The events of a day of the history as records."""
    return [
        Record(
            day.account_id,
            day.region,
            dt.datetime.fromisoformat(event["eventTime"]),
            msgspec.json.encode(event),
        )
        for event in day.events
    ]


def _midnight_after(day: Day) -> dt.datetime:
    return dt.datetime.combine(day.date + dt.timedelta(days=1), _MIDNIGHT)


def _log_event(record: Record) -> dict[str, object]:
    return {"timestamp": int(record.time.timestamp() * 1000), "message": record.text.decode()}
