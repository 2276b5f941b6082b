"""One child of an audit on AWS Batch: the account at its place in the list, audited as anywhere."""

import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from baseline.audit import archive, planning, schedule, worklist
from baseline.audit.environments import Environment
from baseline.audit.job import Progress, Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.worklist import Place, WorkList
from baseline.sessions import Session


def read(session: Session, place: Place) -> WorkList:
    """The list at ``place``; raises AwsError or ToolError."""
    answer = session.client("s3").get_object(Bucket=place.bucket, Key=place.list_key)
    return worklist.decode(answer["Body"].read(), place.url)


@dataclass(frozen=True)
class Child:
    """The child at ``index`` of the list at ``place``, with the tools that are installed."""

    session: Session
    place: Place
    listed: WorkList
    index: int
    installed: tuple[Environment, ...]

    @property
    def run(self) -> Run:
        """What this child is to do."""
        return self.listed.run(self.index, {e.tool.name: e.tool.version for e in self._lookers})

    def work(self) -> Generator[Progress, None, None]:
        """Audit the account, and bring each result to the bucket as soon as it is there.

        Tells each change. What fails in the account is a result, too; raises what keeps results
        from being brought.
        """
        for blind in self.listed.blind(self.index, self.run):
            self._bring(blind, Path())
        with tempfile.TemporaryDirectory(prefix="audit-") as directory:
            reports = Path(directory)
            ledger = Ledger.begin(self.run, reports)
            with closing(schedule.run(self._plan(reports), ledger)) as changes:
                for progress in changes:
                    if progress.entry.status not in (Status.RUNNING, Status.WAITING):
                        self._bring(progress.entry, reports)
                    yield progress
            ledger.close()

    @property
    def _lookers(self) -> tuple[Environment, ...]:
        return planning.lookers(self.listed.services, self.installed)

    def _plan(self, reports: Path) -> schedule.Plan:
        listed = self.listed
        return schedule.Plan(
            wish=_wish(listed, reports),
            environments=self._lookers,
            open_account=lambda account: planning.open_account(
                self.session, account, planning.Entrance(listed.role, listed.external_id)
            ),
            tries=listed.tries,
            pause=listed.pause,
        )

    def _bring(self, entry: Entry, reports: Path) -> None:
        """Send what the tool wrote, then the entry: who sees the entry can have all of it."""
        s3, bucket = self.session.client("s3"), self.place.bucket
        if entry.directory:
            packed = reports / "packed.zip"
            archive.pack(reports / entry.directory, packed)
            with packed.open("rb") as body:
                s3.put_object(Bucket=bucket, Key=self.place.key(entry.key, "zip"), Body=body)
        # How it was started would name directories that are gone with this child.
        text = msgspec.json.encode(replace(entry, command=()))
        s3.put_object(Bucket=bucket, Key=self.place.key(entry.key, "json"), Body=text)


def _wish(listed: WorkList, reports: Path) -> Wish:
    return Wish(
        reports=reports,
        stamp=listed.stamp,
        region=listed.region,
        limit=listed.limit,
        regions=listed.regions,
        services=listed.services,
        options=listed.options,
    )
