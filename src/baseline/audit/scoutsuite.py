"""ScoutSuite: its command line, its log and its findings [github.com/nccgroup/ScoutSuite/wiki]."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from baseline import configuration
from baseline.audit.obstacles import Complaint, Kind, Obstacle, gather
from baseline.audit.scan import Meter, Scan
from baseline.errors import ToolError
from baseline.findings.model import FAIL, NOTHING_THERE, PASS, UNKNOWN, Finding

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

_LEVELS = {"danger": "high", "warning": "medium"}
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
    try:
        results = _load(file)
        for service, content in results["services"].items():
            for rule, found in (content.get("findings") or {}).items():
                account, services = results["account_id"], results["services"]
                yield from _Rule(account, services, service, rule, found).findings()
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(
            f"ScoutSuite's results are not whole: {error!r}",
            where=str(file),
            remedy="Run it again: baseline audit run --resume",
        ) from error


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
    results = _load(file)
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
        results = _load(file)
        return [s for s in results["service_list"] if not _looked(s, results)]
    except (OSError, msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return []


def _looked(service: str, results: dict[str, Any]) -> bool:
    content = results["services"].get(service) or {}
    if service in _GLOBAL:
        return bool(content.keys() - _OF_EVERY_SERVICE)
    return bool(content.get("regions_count"))


def _load(file: Path) -> dict[str, Any]:
    text = file.read_bytes()
    results = msgspec.json.decode(text[text.index(b"{") :] if b"{" in text else b"")
    if not isinstance(results, dict):
        raise msgspec.DecodeError("not an object")
    return results


@dataclass(frozen=True)
class _Rule:
    """One rule of the results, with what its items' paths lead into."""

    account_id: str
    services: dict[str, Any]
    service: str
    name: str
    found: dict[str, Any]

    def findings(self) -> Iterator[Finding]:
        checked, flagged = self.found.get("checked_items"), self.found.get("flagged_items")
        if "items" not in self.found:  # it failed, and was given noughts
            yield self._finding(UNKNOWN, "", "ScoutSuite could not work this rule out.")
        elif flagged:
            for item in self.found.get("items") or [self.service]:
                yield self._finding(FAIL, item, self.found.get("rationale") or "")
        else:
            said = f"{checked} checked, none flagged" if checked else NOTHING_THERE
            yield self._finding(PASS, "", said)

    def _finding(self, status: str, item: str, detail: str) -> Finding:
        path = self.found.get("display_path") or self.found.get("path") or ""
        return Finding(
            tool="scoutsuite",
            account_id=self.account_id,
            account_name="",
            region=_region(item),
            service=self.service,
            check=self.name,
            title=self.found.get("description") or self.name,
            severity=_LEVELS.get(self.found.get("level") or "", "medium"),
            status=status,
            resource=_resource(self.services, item, path.count(".") + 1) if item else "",
            detail=_plain(detail),
            uid=f"scoutsuite-{self.name}-{self.account_id}-{item}",
        )


def _plain(markup: str) -> str:
    """Text without the HTML that ScoutSuite's rationales carry."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def _region(item: str) -> str:
    parts = item.split(".")
    return parts[parts.index("regions") + 1] if "regions" in parts[:-1] else "global"


def _resource(node: Any, item: str, depth: int) -> str:
    """What the dotted path ``item`` leads to after ``depth`` keys; a key may itself hold dots."""
    parts = item.split(".")
    while parts and depth and isinstance(node, dict):
        for length in range(len(parts), 0, -1):
            key = ".".join(parts[:length])
            if key in node:
                node, parts, depth = node[key], parts[length:], depth - 1
                break
        else:
            break
    if isinstance(node, dict):
        return str(node.get("arn") or node.get("name") or node.get("id") or item)
    return item


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
