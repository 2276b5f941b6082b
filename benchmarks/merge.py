"""How fast the findings of an audit are merged: 100,000 of Prowler's, as wide as its own."""

import csv
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.results import note
from baseline.report import summarize

ROWS, ACCOUNTS = 100_000, 20
CHECKS, RESOURCES = 500, 10
COLUMNS = (
    *("ACCOUNT_UID", "ACCOUNT_NAME", "REGION", "SERVICE_NAME", "CHECK_ID", "CHECK_TITLE"),
    *("SEVERITY", "STATUS", "MUTED", "RESOURCE_UID", "RESOURCE_NAME", "STATUS_EXTENDED"),
    *("FINDING_UID", "RISK", "REMEDIATION", "COMPLIANCE"),
)
# What Prowler says of a check in each of its rows; a row has 3.8 KB.
CONSTANT = ("risk " * 150, "remedy; " * 100, "FRAMEWORK: 1.1, 1.2 | " * 85)


def measure() -> Iterator[str]:
    """One line; the merge has a process of its own, so that its memory can be told."""
    with TemporaryDirectory() as place:
        written = _write(Path(place))
        told = subprocess.run(
            [sys.executable, __file__, place], check=True, capture_output=True, text=True
        )
        seconds, bare, memory = map(float, told.stdout.split())
    yield (
        f"{ROWS:,} findings ({written >> 20} MB) / reading the CSV alone: "
        f"ratio {seconds / bare:.2f}; "
        f"{ROWS / seconds:,.0f} rows/s, goal 30,000; peak memory {memory / 1024:.0f} MB, limit 300"
    )


def _entries() -> list[Entry]:
    each = ROWS // ACCOUNTS
    counts = {"FAIL": each // 2, "PASS": each - each // 2}
    return [
        Entry(
            account,
            f"name-{account}",
            *("prowler", "5.46.0", Status.COMPLETE),
            counts=counts,
            directory=f"prowler/{account}/20260101T000000Z",
        )
        for account in (f"{100000000000 + number}" for number in range(ACCOUNTS))
    ]


def _write(reports: Path) -> int:
    """Write the findings, half of which fail, and return their bytes."""
    total = 0
    for entry in _entries():
        directory = reports / entry.directory
        directory.mkdir(parents=True)
        with (directory / "prowler.csv").open("w", newline="") as out:
            writer = csv.writer(out, delimiter=";")
            writer.writerow(COLUMNS)
            writer.writerows(_row(entry.account_id, n) for n in range(ROWS // ACCOUNTS))
            total += out.tell()
        note(directory, ())
    return total


def _row(account: str, number: int) -> tuple[str, ...]:
    check = f"service_{number % CHECKS}_is_as_it_should_be"
    resource_id = f"arn:aws:service:eu-west-1:{account}:thing/{number // RESOURCES}"
    return (
        *(account, "", "eu-west-1", "service", check, f"Ensure that {check} holds", "high"),
        *("FAIL" if number % 2 else "PASS", "False", resource_id, f"thing-{number}"),
        f"The thing {number} in account {account} is not as it should be.",
        f"prowler-aws-{check}-{account}-eu-west-1-{number}",
        *CONSTANT,
    )


def _bare(reports: Path) -> float:
    """CPU seconds of reading the same files, and doing nothing with them."""
    start = time.process_time()
    for file in reports.glob("*/*/*/prowler.csv"):
        with file.open(newline="") as lines:
            assert sum(1 for _ in csv.reader(lines, delimiter=";")) > 1
    return time.process_time() - start


def merge(reports: Path) -> None:
    """Merge, and print CPU seconds, those of bare reading, and peak memory in kilobytes."""
    entries = tuple(_entries())
    run = Run("20260101T000000Z", "2026-01-01T00:00:00Z", "Auditor", entries=entries)
    start = time.process_time()
    summary = summarize(run, reports)
    seconds = time.process_time() - start
    assert sum(summary.counts.values()) == ROWS, summary.counts
    print(seconds, _bare(reports), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    merge(Path(sys.argv[1]))
