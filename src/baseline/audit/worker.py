"""One child of an audit on AWS Batch: the account at its place in the list, audited as anywhere."""

import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec

from baseline.audit import archive, planning, schedule, worklist
from baseline.audit.environments import Environment
from baseline.audit.job import Progress, Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.passed_on import see_options, see_values
from baseline.audit.worklist import Place, WorkList
from baseline.errors import UsageError
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
        for blind in self.listed.blind(self.index, self.run, self._refused):
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
        found = planning.lookers(self.listed.services, self.installed)
        return tuple(e for e in found if e.tool.name not in self._refused)

    @cached_property
    def _refused(self) -> dict[str, UsageError]:
        """The tools that would not take their options, and why; the others do their work."""
        return {
            environment.tool.name: refusal
            for environment in self.installed
            if (refusal := _refusal(self.listed, environment))
        }

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


def _refusal(listed: WorkList, environment: Environment) -> UsageError | None:
    options = listed.options.get(environment.tool.name, ())
    try:
        see_options(environment.tool, options, listed.services)
        see_values(environment, options)
    except UsageError as error:
        return error
    return None


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
