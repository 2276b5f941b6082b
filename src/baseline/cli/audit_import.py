"""``baseline audit import``: findings that were made elsewhere."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from baseline.cli.findings_reading import keep_details
from baseline.cli.shared import (
    config_option,
    load_configuration,
    output_option,
    printable,
    reports_option,
    show,
    talk,
)
from baseline.cli.tables import Row
from baseline.errors import ToolError
from baseline.findings import history, imported, muting
from baseline.findings.model import FAIL, Finding
from baseline.findings.muting import Muting
from baseline.findings.times import iso


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE...",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Each FILE has all that its tool found in its accounts; of GuardDuty and Config, regions.",
)
@reports_option
@config_option
@output_option
def import_files(
    *,
    files: tuple[Path, ...],
    whole: bool,
    reports: Path | None,
    config_path: Path | None,
    output: str,
) -> int:
    """Take findings that were made elsewhere into the history: each FILE as a run of its own.

    Prowler's CSV (versions 2 to 5), OCSF and ASFF, ScoutSuite's scoutsuite_results_….js, answers of
    GuardDuty's GetFindings and of Config's GetAggregateComplianceDetailsByConfigRule, and our own
    OCSF. A run is as old as the latest time in its file, but no younger than the file.

    A file may be one page of many. So what is in it is added to what is known, and what is not in
    it stays as it was: an import resolves nothing. It counts in the report until a later run of
    yours looks at the same accounts, regions and services. With --whole it is taken for a run like
    any other: what failed before and is not in it is resolved.

    A file that is empty, cut or unknown is named, and the others are taken.

    \b
    Exit code 0  all files were taken
              1  some were not, and are named

    \b
    Example:  baseline audit import prowler-output-*.ocsf.json
    """
    configuration = load_configuration(config_path)
    accepted = muting.configured(configuration)
    into = _Into(reports or configuration.reports, accepted, whole)
    rows = [row for file in files if (row := _taken(file, into))]
    show(rows, output)
    return int(len(rows) < len(files))


@dataclass(frozen=True)
class _Into:
    """Where files are taken to, and what is accepted; ``whole``: each has all that there is."""

    reports: Path
    accepted: Muting
    whole: bool


def _taken(file: Path, into: _Into) -> Row | None:
    """What came of a file; None, and a sentence on stderr, when it is not whole."""
    try:
        found, details = imported.read(file)
        findings = list(into.accepted.through(found))
        look = imported.look(findings, _when(findings, file), whole=into.whole)
        look = history.add(look, findings, into.reports)
    except ToolError as error:
        named = "" if error.where == str(file) else f"{file}: "
        talk(printable(f"Not taken: {named}{error}", keep=""))
        return None
    keep_details(details, into.reports)
    return {
        "run": look.stamp,
        "tools": ", ".join(sorted({finding.tool for finding in findings})),
        "accounts": len({finding.account_id for finding in findings}),
        "findings": len(findings),
        "fail": sum(finding.status == FAIL for finding in findings),
        "file": str(file),
    }


def _when(findings: list[Finding], file: Path) -> str:
    """The latest time that is told; nothing was seen after its file was written, or is to be."""
    written = iso(datetime.fromtimestamp(max(0, min(file.stat().st_mtime, time.time())), UTC))
    latest = max((finding.last_seen for finding in findings), default="")
    return min(latest or written, written)
