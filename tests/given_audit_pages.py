"""The pages of two audits of an organization that might be real: for tests and pictures."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import given_report
from baseline.audit import prowler, results
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, LeftOut, Run, Status
from baseline.configuration import Mute
from baseline.findings.model import FAIL, MANUAL, PASS, Finding
from baseline.findings.muting import Muting
from baseline.report import folder, summarize, write_front_page, write_page, write_summary
from given_audit_stub import DENIED, HEADER

ACCEPTED = Mute(
    check="ec2_ebs_volume_encryption",
    reason="moved away until March",
    owner="data-team",
    expires=date(2999, 1, 1),
)
DAYS = ("2026-11-19", "2026-11-26")


def given_audits(reports: Path, accounts: int = 8, findings: int = 2000) -> tuple[Path, Path]:
    """Two runs in ``reports``; the front page, and the page of the later one."""
    stamp = ""
    for number, day in enumerate(DAYS):
        stamp = f"{day.replace('-', '')}T060000Z"
        found = defaultdict(list)
        for finding, _ in given_report.findings(findings, accounts, seed=number):
            if finding.tool == "prowler" and finding.status in (FAIL, PASS, MANUAL):
                found[finding.account_id, finding.account_name].append(finding)
        entries = [_scan(reports, stamp, *who, its) for who, its in found.items()]
        left_out = (LeftOut("900000000000", "old-shop", "is SUSPENDED"),)
        run = Run(stamp, f"{day}T06:00:00Z", "Auditor", ended=f"{day}T07:12:40Z",
                  left_out=left_out, entries=(*entries, _refused(stamp)))  # fmt: skip
        Ledger.begin(run, reports).close()
        summary = summarize(run, reports, Muting([ACCEPTED], date(2026, 11, 26)))
        write_summary(summary, reports)
        write_page(summary, reports)
    write_front_page(reports)
    return reports / "index.html", folder(reports, stamp) / "index.html"


def _scan(reports: Path, stamp: str, account: str, name: str, found: Iterable[Finding]) -> Entry:
    directory = reports / "prowler" / account / stamp
    directory.mkdir(parents=True)
    found = list(found)
    with (directory / "prowler.csv").open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows([HEADER, *map(_row, found)])
    partly = account.endswith("3")
    (directory / "prowler-errors.log").write_text(DENIED * 2 if partly else "")
    (directory / "log.txt").write_text("Executing 0 checks, please wait...\n")
    results.note(directory, prowler.obstacles(directory, directory))
    where = directory.relative_to(reports)
    return Entry(
        account, name, "prowler", "5.46.0",
        Status.PARTIAL if partly else Status.COMPLETE,
        "calls denied: guardduty:ListDetectors" if partly else "",
        "Let the role read." if partly else "",
        ended=f"2026-11-{stamp[6:8]}T06:20:00Z", seconds=412.0,
        errors={"denied": 2} if partly else {},
        counts=Counter(finding.status for finding in found),
        severities=Counter(finding.severity for finding in found if finding.status == FAIL),
        directory=str(where), log=f"{where}/log.txt", page=f"{where}/prowler.html",
    )  # fmt: skip


def _row(found: Finding) -> list[str]:
    return [found.account_id, found.account_name, found.region, found.service, found.check,
            found.title, found.severity, found.status, "False", found.resource, "", found.detail,
            found.uid]  # fmt: skip


def _refused(stamp: str) -> Entry:
    return Entry(
        "800000000000", "new-account", "prowler", "5.46.0", Status.NOT_LOOKED,
        "sts:AssumeRole was denied: the role Auditor is not there",
        "Run: baseline rollout deploy --only audit-roles",
        ended=f"2026-11-{stamp[6:8]}T06:00:04Z",
    )  # fmt: skip
