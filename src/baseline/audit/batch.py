"""An audit on AWS Batch, from here: submit the job, follow it, collect what it brings.

Nothing is asked once for each account but its results: a list of keys and the job's summary tell
all else. Whoever stops to follow leaves the job as it is.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from baseline.audit import archive, worklist
from baseline.audit.job import Progress
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Job, Run, Status, now
from baseline.audit.scan import Reach
from baseline.audit.worklist import WorkList
from baseline.errors import AwsError, BaselineError, ToolError, UsageError
from baseline.parallel import Failed, each
from baseline.sessions import Session

Sleep = Callable[[float], None]

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0  # seconds between two looks
_OVER = ("SUCCEEDED", "FAILED")
_WORK = ("STARTING", "RUNNING")
# So many results are fetched at the same time.
_FETCHERS = 8
_SLACK = 900  # seconds for what is around the tools: the image, the list, the results
# After so long what runs on Fargate may be ended anyhow [AWS Batch User Guide, "Job timeouts"].
_LONGEST = 14 * 24 * 3600
_AGAIN = "Run it again: baseline audit run --resume"
_DEPLOY = "Name an image in audit.batch.image, then: baseline rollout deploy --only audit-runner"


@dataclass(frozen=True)
class Means:
    """What the stack audit-runner made, seen from the main account's ``session``."""

    session: Session
    prefix: str
    region: str

    @property
    def bucket(self) -> str:
        """The bucket of lists and results."""
        return f"{self.prefix}-audit-{self.session.account_id}-{self.region}"

    @property
    def name(self) -> str:
        """What the queue and the job definition are called."""
        return f"{self.prefix}-audit"

    def client(self, service: str) -> Any:
        """A client in the home region."""
        return self.session.client(service, self.region)


def submit(means: Means, ledger: Ledger, listed: WorkList) -> Job:
    """Submit a job for all that ``listed`` lists; remember that it is to be, then that it is.

    Whoever is killed in between leaves a job that ``look_for`` finds.
    Raises UsageError for more accounts than an array can have, and AwsError.
    """
    size = len(listed.items)
    if size > worklist.MOST:
        raise UsageError(
            f"{size:,} accounts are more than one job takes, which is {worklist.MOST:,}",
            remedy="Audit them in parts, with --ou or --account.",
        )
    number = len(ledger.run.jobs) + 1
    place = worklist.place(means.bucket, ledger.run.stamp, number)
    _put(means, place.list_key, listed.encode())
    # An array has two children at least; a job for one account is a plain one.
    array = {"arrayProperties": {"size": size}} if size > 1 else {}
    job = Job("", number, tuple(item.account_id for item in listed.items))
    ledger.note(job)
    answer = means.client("batch").submit_job(
        jobName=_name(means, ledger, job),
        jobQueue=means.name,
        jobDefinition=means.name,
        parameters={"list": place.url},
        timeout={"attemptDurationSeconds": min(_LONGEST, listed.longest + _SLACK)},
        **array,
    )
    return _noted(means, ledger, replace(job, id=answer["jobId"]))


def look_for(means: Means, ledger: Ledger) -> None:
    """Learn which jobs were submitted while nobody was left to note it; the others are none."""
    for job in ledger.run.jobs:
        if not (job.id or job.collected):
            found = _found(means, _name(means, ledger, job))
            if found:
                _noted(means, ledger, replace(job, id=found))
            else:
                ledger.note(replace(job, collected=True))


def _name(means: Means, ledger: Ledger, job: Job) -> str:
    return f"{means.name}-{ledger.run.stamp}-{job.number}"


def _found(means: Means, name: str) -> str:
    """The id of the job called ``name``, whatever its state; empty when there is none."""
    pages = means.client("batch").get_paginator("list_jobs")
    # Told apart by capitals here: to the filter they are all the same.
    asked = [{"name": "JOB_NAME", "values": [name]}]
    for page in pages.paginate(jobQueue=means.name, filters=asked):
        for listed in page["jobSummaryList"]:
            if listed["jobName"] == name:
                return str(listed["jobId"])
    return ""


def _noted(means: Means, ledger: Ledger, job: Job) -> Job:
    """``job``, remembered here and in the bucket."""
    ledger.note(job)
    _put(means, f"{worklist.RUNS}{ledger.run.stamp}/run.json", msgspec.json.encode(ledger.run))
    return job


def follow(means: Means, ledger: Ledger, job: Job, sleep: Sleep) -> Generator[Progress, None, None]:
    """Collect the results of ``job`` as they come, until it has ended; tells each change.

    What it leaves open then is told with the reason, and can be had by another job.
    """
    collector = _Collector(means, ledger, job)
    seconds = _FIRST_WAIT
    while True:
        # Asked before the results are listed: what comes in between is listed in any case.
        described = _described(means, job)
        yield from collector.collect()
        if described is None or described["status"] in _OVER:
            break
        yield from collector.working()
        sleep(seconds)
        seconds = min(_LONGEST_WAIT, seconds * 1.5)
    yield from collector.give_up(_ends(means, job, described))
    ledger.note(replace(job, collected=True))


def runs(means: Means) -> list[str]:
    """The stamps of all runs that are in the bucket, the oldest first."""
    pages = means.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=means.bucket, Prefix=worklist.RUNS, Delimiter="/")
    prefixes = [p["Prefix"] for page in found for p in page.get("CommonPrefixes", ())]
    return sorted(prefix.removeprefix(worklist.RUNS).rstrip("/") for prefix in prefixes)


def fetch_run(means: Means, stamp: str) -> Run:
    """The run ``stamp`` as it was submitted; raises UsageError when it is not there."""
    key = f"{worklist.RUNS}{stamp}/run.json"
    try:
        answer = means.client("s3").get_object(Bucket=means.bucket, Key=key)
    except AwsError as error:
        if error.code != "NoSuchKey":
            raise
        raise UsageError(
            f"no run {stamp} was submitted", where=f"s3://{means.bucket}/{worklist.RUNS}"
        ) from error
    return msgspec.json.decode(answer["Body"].read(), type=Run)


class _Collector:
    """Brings the results of one job here, each once."""

    def __init__(self, means: Means, ledger: Ledger, job: Job) -> None:
        self._means = means
        self._ledger = ledger
        self._job = job
        self._place = worklist.place(means.bucket, ledger.run.stamp, job.number)
        accounts = set(job.accounts)
        self._open = {
            entry.key: entry
            for entry in ledger.run.entries
            if entry.account_id in accounts and not entry.settled
        }
        self._seen: dict[str, str] = {}
        self._failures: dict[tuple[str, str], BaselineError] = {}
        self._brought: set[tuple[str, str]] = set()
        self._working: set[tuple[str, str]] = set()

    def collect(self) -> Iterator[Progress]:
        """What is new; a result that a child brought again is new, too.

        What cannot be fetched is tried again at the next look.
        """
        tags = self._tags()
        new = [key for key, tag in tags.items() if self._seen.get(key) != tag]
        for outcome in each(new, self._fetch, workers=_FETCHERS):
            if isinstance(outcome, Failed):
                self._failures[self._place.entry(outcome.target)] = outcome.error
            else:
                self._seen[outcome.target] = tags[outcome.target]
                yield self._settle(outcome.value)

    def working(self) -> Iterator[Progress]:
        """The scans that have begun, each told once."""
        for index, _ in _children(self._means, self._job, _WORK):
            account = self._job.accounts[index]
            waiting = [
                entry
                for key, entry in self._open.items()
                if key[0] == account and key not in self._brought
            ]
            for entry in waiting[:1]:
                if entry.key not in self._working:
                    self._working.add(entry.key)
                    yield Progress(replace(entry.anew(), status=Status.RUNNING), Reach())

    def give_up(self, reasons: Mapping[int, str]) -> Iterator[Progress]:
        """What is open when the job has ended, with the reason of its child."""
        indexes = {account: index for index, account in enumerate(self._job.accounts)}
        for key, entry in self._open.items():
            if key in self._brought:
                continue
            reason = reasons.get(indexes[entry.account_id], "it ended and brought no result")
            if key in self._failures:
                reason = f"its result could not be had: {self._failures[key].what}"
            what = f"on AWS Batch: {reason}"
            yield self._settle(_failed(entry, what, f"{self._log} {_AGAIN}"))

    @property
    def _log(self) -> str:
        return f"What it said is in the log group /{self._means.prefix}/audit."

    def _tags(self) -> dict[str, str]:
        """Key and tag of each entry that lies in the bucket and is waited for."""
        pages = self._means.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._place.bucket, Prefix=self._place.results)
        return {
            listed["Key"]: listed["ETag"]
            for page in found
            for listed in page.get("Contents", ())
            if listed["Key"].endswith(".json") and self._place.entry(listed["Key"]) in self._open
        }

    def _fetch(self, key: str) -> Entry:
        """One entry with its files; raises ToolError or AwsError."""
        s3 = self._means.client("s3")
        text = s3.get_object(Bucket=self._place.bucket, Key=key)["Body"].read()
        wanted = self._open[self._place.entry(key)]
        try:
            entry = msgspec.json.decode(text, type=Entry)
        except msgspec.DecodeError as error:
            raise ToolError(f"its entry is not whole: {error}", where=key) from error
        if entry.key != wanted.key:
            raise ToolError(f"its entry is of {' '.join(entry.key)}", where=key)
        entry = replace(entry, account_name=wanted.account_name)
        if not entry.directory:
            return archive.without_strange_links(entry)
        with TemporaryDirectory(dir=self._ledger.reports, prefix=".collected-") as directory:
            packed = Path(directory, "packed.zip")
            answer = s3.get_object(Bucket=self._place.bucket, Key=self._place.key(entry.key, "zip"))
            with packed.open("wb") as out:
                out.writelines(answer["Body"].iter_chunks(1 << 20))
            return archive.unpack(packed, entry, self._ledger.reports)

    def _settle(self, entry: Entry) -> Progress:
        self._brought.add(entry.key)
        before = self._ledger.entry(entry.key)
        if before.usable and not entry.usable:
            entry = before.kept(entry)
        self._ledger.put(entry)
        return Progress(entry, Reach())


def _failed(entry: Entry, reason: str, remedy: str) -> Entry:
    return replace(
        entry.anew(),
        status=Status.FAILED,
        reason=reason,
        remedy=remedy,
        again=True,
        tries=entry.tries + 1,
        ended=now(),
    )


def _put(means: Means, key: str, body: bytes) -> None:
    try:
        means.client("s3").put_object(Bucket=means.bucket, Key=key, Body=body)
    except AwsError as error:
        if error.code != "NoSuchBucket":
            raise
        raise UsageError(
            f"AWS Batch is not set up: there is no bucket {means.bucket}", remedy=_DEPLOY
        ) from error


def _described(means: Means, job: Job) -> Any:
    """What AWS Batch says of ``job``; None when it has forgotten it, as it does after a week."""
    found = means.client("batch").describe_jobs(jobs=[job.id])["jobs"]
    return found[0] if found else None


def _ends(means: Means, job: Job, described: Any) -> dict[int, str]:
    """Why each child failed, by its index."""
    if described is None:
        return dict.fromkeys(range(len(job.accounts)), "AWS Batch does not know it any more")
    if len(job.accounts) == 1:
        return {0: _why(described)} if described["status"] == "FAILED" else {}
    return {index: _why(child) for index, child in _children(means, job, ("FAILED",))}


def _children(means: Means, job: Job, statuses: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """The children in one of ``statuses``, by index; a plain job is its own only child."""
    batch = means.client("batch")
    if len(job.accounts) == 1:
        described = _described(means, job)
        if described and described["status"] in statuses:
            yield 0, described
        return
    for status in statuses:
        pages = batch.get_paginator("list_jobs").paginate(arrayJobId=job.id, jobStatus=status)
        for page in pages:
            for child in page["jobSummaryList"]:
                yield child["arrayProperties"]["index"], child


def _why(child: Any) -> str:
    """Like "Essential container in task exited (exit code 137: OutOfMemoryError)"."""
    container = child.get("container") or {}
    code, reason = container.get("exitCode"), container.get("reason", "")
    more = ": ".join(part for part in (f"exit code {code}" if code else "", reason) if part)
    said = child.get("statusReason") or "no reason given"
    return f"{said} ({more})" if more else said
