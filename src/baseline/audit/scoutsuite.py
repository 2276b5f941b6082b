"""ScoutSuite: its command line, its log and its findings [github.com/nccgroup/ScoutSuite/wiki]."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from baseline import configuration
from baseline.audit.obstacles import Complaint, Kind, Obstacle, gather
from baseline.audit.scan import Meter, Scan, reading
from baseline.findings import scoutsuite as written
from baseline.findings.model import CheckDetails, Finding

PAGE = "scoutsuite.html"
_RESULTS = "scoutsuite-results/scoutsuite_results_scoutsuite.js"
_ERRORS = "scoutsuite-errors.log"

# 200: at least one call failed, which is the rule; its log says which.
DONE = frozenset({0, 200})
CODES = {
    101: "it could not sign in",
    102: "it could not start",
    103: "it could not begin its report",
    104: "it failed while gathering",
    105: "it failed before its rules ran",
    106: "its rules failed",
    107: "its filters failed",
    108: "it failed after its rules ran",
    109: "it could not save its report",
}

METER = Meter(
    total=re.compile(r"(?!)(\d+)"),  # never says how many
    step=re.compile(r" INFO Fetching resources for the ", re.MULTILINE),
    failing=re.compile(r"(?!)"),
)

# What is chosen elsewhere, or would keep its results from being read.
RESERVED = frozenset(
    {
        *("-r", "--regions", "-p", "--profile", "--report-dir", "--report-name", "--logfile"),
        *("--result-format", "--quiet", "--no-browser", "--force", "--access-keys"),
        *("--access-key-id", "--secret-access-key", "--session-token"),
    }
)

_ERROR = re.compile(r"^\S+ \S+ \S+ \S+\[\d+\] (WARNING|ERROR|CRITICAL) (?:(\w+)\.py L\d+: )?(.*)$")
_SERVICE = re.compile(
    r"Could not fetch ([\w ]+) configuration"
    r"|Failed to (?:get all pages from paginator|create client) for the ([\w-]+) service"
)
# Warnings name no module; all that tell of a call that was not answered are of S3's.
_OF_S3 = re.compile(r"when calling the \w*(Bucket|PublicAccessBlock)\w* operation")
# These have one list of resources, not one a region.
_GLOBAL = frozenset({"iam", "s3", "cloudfront", "route53"})
# What results hold of each service, also of one that was not looked at.
_OF_EVERY_SERVICE = frozenset({"filters", "findings"})
# Who reads by way of a module, a boto client or a title that is not the name of one service.
_READERS = {
    "ec2": ("ec2", "vpc"),
    "lambda": ("awslambda",),
    "logs": ("cloudwatch",),
    "route53domains": ("route53",),
    "s3control": ("s3",),
}
# The rules' engine: it is not about a service, and a rule that it gave up answers UNKNOWN itself.
_RULES = frozenset({"browser", "processingengine"})
_SILENCE = "nothing of it is in the results: no region, or no resource list"


def arguments(scan: Scan) -> list[str]:
    """What follows ``scout``. ``--force`` keeps it from asking; ``--no-browser`` from opening."""
    return [
        "aws",
        *(["--regions", *scan.regions] if scan.regions else []),
        *(["--services", *scan.services] if scan.services else []),
        *["--report-dir", str(scan.directory), "--report-name", "scoutsuite"],
        *["--force", "--no-browser", "--max-workers", "10"],
        *["--logfile", str(scan.directory / _ERRORS)],
        *scan.options,
    ]


def selection(chosen: configuration.ScoutSuite) -> list[str]:
    """What ScoutSuite is told of what was configured."""
    rules = ["--ruleset", str(chosen.ruleset.absolute())] if chosen.ruleset else []
    return [*rules, *chosen.options]


def names(packages: Path) -> dict[str, frozenset[str]]:  # noqa: ARG001  # one form for all tools
    """Nothing: no option of its chooses among names that it knows."""
    return {}


def services(packages: Path) -> frozenset[str]:
    """The services that the ScoutSuite installed under ``packages`` reads."""
    parent = packages / "ScoutSuite/providers/aws/resources"
    if not parent.is_dir():
        return frozenset()
    return frozenset(p.name for p in parent.iterdir() if p.is_dir() and p.name[0] not in "._")


def findings(directory: Path) -> Iterator[Finding]:
    """A FAIL for each flagged item; a PASS for each rule that flagged nothing.

    Raises ToolError when the results are not whole.
    """
    file = directory / _RESULTS
    if not file.is_file():
        return
    with reading("ScoutSuite", file):
        yield from written.findings(file.read_bytes())


def details(directory: Path) -> Iterator[CheckDetails]:
    """What its results say of each rule; raises ToolError when they are not whole."""
    file = directory / _RESULTS
    if not file.is_file():
        return
    with reading("ScoutSuite", file):
        yield from written.details(file.read_bytes())


def idle(directory: Path, answered: Collection[str]) -> tuple[()]:  # noqa: ARG001  # one form for all tools
    """Nothing: its results name every rule."""
    return ()


def obstacles(directory: Path, packages: Path) -> tuple[Obstacle, ...]:
    """What ScoutSuite could not see: what its log says, and what its results are silent about."""
    logged = gather(_complaints(directory / _ERRORS, services(packages)))
    known = {o.service for o in logged if o.kind is Kind.CRASHED}
    silent = (s for s in _silent(directory / _RESULTS) if s not in known)
    return (*logged, *(Obstacle(Kind.CRASHED, s, "", "", 1, _SILENCE) for s in silent))


def fault(scan: Scan) -> str:
    """Why the output cannot be right, or nothing.

    ScoutSuite ends well also when it looked at no region at all, or knew none of the services.
    """
    file = scan.directory / _RESULTS
    if not file.is_file():
        return "it wrote no results"
    if not (scan.directory / _ERRORS).is_file():
        return "it wrote no log of its errors"
    results = written.load(file.read_bytes())
    if results.get("account_id") != scan.account_id:
        return f"its results are of account {results.get('account_id')}, not {scan.account_id}"
    chosen = set(results.get("service_list") or ())
    looked = {s for s in chosen if _looked(s, results)}
    if chosen - _GLOBAL and not looked - _GLOBAL:
        return "it looked at no region"
    return "" if looked else "it looked at no service"


def _silent(file: Path) -> list[str]:
    """The chosen services that results hold nothing of; none when they cannot be read at all."""
    try:
        results = written.load(file.read_bytes())
        return [s for s in results["service_list"] if not _looked(s, results)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _looked(service: str, results: dict[str, Any]) -> bool:
    content = results["services"].get(service) or {}
    if service in _GLOBAL:
        return bool(content.keys() - _OF_EVERY_SERVICE)
    return bool(content.get("regions_count"))


def _complaints(file: Path, known: frozenset[str]) -> Iterator[Complaint]:
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            record = _ERROR.match(line)
            if record:
                level, module, message = record.groups()
                warning = level == "WARNING"
                for service, checks in _doubted(module or "", message, known):
                    yield Complaint(service, "", message, checks, warning)


def _doubted(
    module: str, message: str, known: frozenset[str]
) -> Iterator[tuple[str, tuple[()] | None]]:
    """Each service that a complaint is about, with the checks that rest on it: all, or none.

    No service is every service: what is logged by code that all of them use is about any.
    """
    if module in _RULES:
        yield module, ()
        return
    named = _SERVICE.match(message)
    about = (named[1] or named[2]).lower().replace(" ", "") if named else module
    about = about or ("s3" if _OF_S3.search(message) else "")
    for reader in {r if r in known else "": None for r in _READERS.get(about, (about,))}:
        yield reader, None
