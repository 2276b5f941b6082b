"""``baseline audit import``: findings that were made elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import click

from baseline.cli.audit_options import reports_option
from baseline.cli.shared import config_option, load_configuration, output_option, show, talk
from baseline.cli.tables import Row
from baseline.errors import ToolError
from baseline.findings import history, imported
from baseline.findings.model import FAIL, Finding
from baseline.findings.times import iso


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE...",
)
@reports_option
@config_option
@output_option
def import_files(
    files: tuple[Path, ...], reports: Path | None, config_path: Path | None, output: str
) -> int:
    """Take findings that were made elsewhere into the history: each FILE as a run of its own.

    Prowler's CSV (versions 2 to 5), OCSF and ASFF, ScoutSuite's scoutsuite_results_….js, answers of
    GuardDuty's GetFindings and of Config's GetAggregateComplianceDetailsByConfigRule, and our own
    OCSF. A run is as old as the latest time in its file, or as the file. It can be compared, and
    asked for in auditing.findings, and counts in the report until a later run answers for its
    accounts. A file that is empty, cut or unknown is named, and the others are taken.

    \b
    Exit code 0  all files were taken
              1  some were not, and are named

    \b
    Example:  baseline audit import prowler-output-*.ocsf.json
    """
    reports = reports or load_configuration(config_path).reports
    rows = [row for file in files if (row := _taken(file, reports))]
    show(rows, output)
    return int(len(rows) < len(files))


def _taken(file: Path, reports: Path) -> Row | None:
    """What came of a file; None, and a sentence on stderr, when it is not whole."""
    try:
        findings, details = imported.read(file)
    except ToolError as error:
        talk(f"Not taken: {error}")
        return None
    look = history.free(imported.look(findings, _when(findings, file)), reports)
    history.put(look, findings, reports)
    history.keep_details(details, reports)
    return {
        "run": look.stamp,
        "tools": ", ".join(sorted({finding.tool for finding in findings})),
        "accounts": len({finding.account_id for finding in findings}),
        "findings": len(findings),
        "fail": sum(finding.status == FAIL for finding in findings),
        "file": str(file),
    }


def _when(findings: list[Finding], file: Path) -> str:
    latest = max((finding.last_seen for finding in findings), default="")
    return latest or iso(datetime.fromtimestamp(file.stat().st_mtime, UTC))
