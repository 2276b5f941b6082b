"""Prowler: its command line, its log and its findings [docs.prowler.com]."""

import mmap
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from baseline import configuration
from baseline.audit.obstacles import Complaint, Kind, Obstacle, gather
from baseline.audit.prowler_source import Source
from baseline.audit.scan import LOG, Meter, Scan, plain, reading
from baseline.findings import prowler as written
from baseline.findings.model import (
    NOTHING_THERE,
    PASS,
    SEVERITIES,
    UNKNOWN,
    CheckDetails,
    Finding,
)

PAGE = "prowler.html"
_CSV = "prowler.csv"
_JSON = "prowler.ocsf.json"
_ERRORS = "prowler-errors.log"

# 3: something fails, when --ignore-exit-code-3 is not given.
DONE = frozenset({0, 3})
CODES = {1: "it could not start or sign in", 2: "it does not know one of its options"}

METER = Meter(
    total=re.compile(r"Executing (\d+) checks?,"),
    step=re.compile(r"^Check ID: ", re.MULTILINE),
    failing=re.compile(r"^\tFAIL ", re.MULTILINE),
)

# Asks a third party about every address, with a key of the user's.
_SHODAN = "ec2_elastic_ip_shodan"
_EXCLUDING = frozenset({"--excluded-check", "--excluded-checks", "-e"})
# What is chosen elsewhere, or would keep its results from being read.
RESERVED = frozenset(
    {
        *("-f", "--region", "--filter-region", "-p", "--profile", "-R", "--role"),
        *("-O", "--organizations-role", "-o", "--output-directory", "-F", "--output-filename"),
        *("-M", "--output-formats", "--output-modes", "--status", "--log-level", "--log-file"),
        *("--only-logs"),
    }
)

# A record begins like this. Quotes inside are not escaped, so that it is often not JSON.
_RECORD = re.compile(
    r'^\{"timestamp": "[^"]*", "filename": "([^"]*):(\d+)", "level": "(WARNING|ERROR|CRITICAL)", '
    r'"module": "([^"]*)", "message": "(.*)$'
)
# What runs the checks says which one an error ended, or could not be begun.
_RUNNER = "check"
_OF_CHECK = re.compile(r"([a-z0-9]+_\w+) --? \w+\[|Check '(\w+)' was not found")
_NO_FINDINGS = "There are no findings in Account"
_BEGUN = re.compile(r"^Check ID: (\S+) - ", re.MULTILINE)
# One check: its name, service and severity, and all that is written while it is carried out.
_CHECK = re.compile(
    r"^Check ID: (\S+) - (\S+) \[(\w+)\]$(.*?)(?=^Check ID: |\Z)", re.MULTILINE | re.DOTALL
)
_NOTHING = "\tINFO There are no resources\n"
_NO_NUMBER = "it did not say how many checks it meant to carry out, so none is missed"
# What is told of a check is within so many characters of a line; one without end is not held.
_LINE = 10_000
_REGION = re.compile(r"^([a-z]{2,4}(?:-[a-z]+)+-\d+) -- ")


def arguments(scan: Scan) -> list[str]:
    """What follows ``prowler``.

    Errors are hidden unless asked for, and some denied calls are only warnings to it.
    """
    return [
        "aws",
        *(["--region", *scan.regions] if scan.regions else []),
        *_limits(scan),
        *["--output-formats", "csv", "json-ocsf", "html"],
        *["--output-directory", str(scan.directory), "--output-filename", "prowler"],
        *["--no-banner", "--ignore-exit-code-3", "--verbose"],
        *["--log-level", "WARNING", "--log-file", str(scan.directory / _ERRORS)],
        *_without_shodan(scan.options),
    ]


def _limits(scan: Scan) -> list[str]:
    """What keeps Prowler from writing a file for each of its compliance frameworks.

    That is hundreds of megabytes an account. Naming every severity does, and changes no check; but
    beside it Prowler passes over a framework that it is given.
    """
    if _given(scan.options, "--compliance"):
        return []
    services = ["--services", *scan.services] if scan.services else []
    return [*services, "--severity", *SEVERITIES]


def _without_shodan(options: tuple[str, ...]) -> list[str]:
    """``options`` with one check more left out, unless its key is there; the last list counts."""
    if _given(options, "--shodan", "-N"):
        return list(options)
    excluding = next((n for n, o in enumerate(options) if o in _EXCLUDING), None)
    if excluding is None:
        return ["--excluded-checks", _SHODAN, *options]
    return [*options[: excluding + 1], _SHODAN, *options[excluding + 1 :]]


def _given(options: tuple[str, ...], *names: str) -> bool:
    return any(option.partition("=")[0] in names for option in options)


def selection(chosen: configuration.Prowler) -> list[str]:
    """What Prowler is told of what was configured."""
    return [
        *(["--check", *chosen.checks] if chosen.checks else []),
        *(["--excluded-checks", *chosen.excluded_checks] if chosen.excluded_checks else []),
        *(["--compliance", *chosen.compliance] if chosen.compliance else []),
        *chosen.options,
    ]


def names(packages: Path) -> dict[str, frozenset[str]]:
    """What may follow the options that choose, in the Prowler installed under ``packages``."""
    checks = frozenset(Source(packages).checks)
    return {
        **dict.fromkeys(("--check", "--excluded-checks"), checks),
        "--compliance": frozenset(
            file.name.removesuffix(".json")
            for place in ("aws", ".")
            for file in (packages / "prowler/compliance" / place).glob("*.json")
        ),
    }


def services(packages: Path) -> frozenset[str]:
    """The services that the Prowler installed under ``packages`` has checks for."""
    return _directories(packages / "prowler/providers/aws/services")


def findings(directory: Path) -> Iterator[Finding]:
    """The rows of Prowler's CSV, streamed; raises ToolError when it is not whole."""
    file = directory / _CSV
    if file.is_file():
        with reading("Prowler", file):
            yield from written.csv_findings(file)


def details(directory: Path) -> Iterator[CheckDetails]:
    """What its CSV says of its checks; raises ToolError when it is not whole."""
    file = directory / _CSV
    if file.is_file():
        with reading("Prowler", file):
            yield from written.csv_details(file)


def idle(directory: Path, answered: Collection[str]) -> Iterator[Finding]:
    """A PASS for each check that was carried out and had nothing to look at.

    Such checks write no row, but it says so; one that says nothing is UNKNOWN. Where none is
    ``answered`` the rows may be gone.
    """
    log = _log(directory)
    if not answered and _NO_FINDINGS not in log:
        return
    for check, service, severity, text in _CHECK.findall(log):
        if check not in answered:
            said = _NOTHING in text
            yield Finding(
                tool="prowler",
                account_id="",
                account_name="",
                region="",
                service=service,
                check=check,
                title=check,
                severity=severity,
                status=PASS if said else UNKNOWN,
                resource="",
                detail=NOTHING_THERE if said else "It gave no answer, and did not say why.",
                uid=f"prowler-nothing-{check}",
            )


def obstacles(directory: Path, packages: Path) -> tuple[Obstacle, ...]:
    """What Prowler could not see: what its error log says, and the checks that it left out.

    Which checks that misled, its source under ``packages`` tells.
    """
    found = gather(_complaints(directory / _ERRORS, Source(packages)))
    log = _log(directory)
    meant = METER.total.search(log)
    if not meant:
        return (*found, Obstacle(Kind.CRASHED, "", "", "", 1, _NO_NUMBER, ()))
    begun = set(_BEGUN.findall(log))
    begun |= {o.checks[0] for o in found if o.checks and len(o.checks) == 1}
    missing = int(meant[1]) - len(begun)
    said = f"{missing} of {meant[1]} checks were not carried out"
    return (*found, Obstacle(Kind.CRASHED, "", "", "", missing, said, ())) if missing > 0 else found


def fault(scan: Scan) -> str:
    """Why the output cannot be right, or nothing.

    The same findings are in two files. Where there are none Prowler writes neither, but says so,
    naming the account.
    """
    if not (scan.directory / _ERRORS).is_file():
        return "it wrote no log of its errors"
    found = sum(1 for _ in findings(scan.directory))
    if found:
        written = _records(scan.directory / _JSON)
        return f"only {found} of its {written} findings are there" if written > found else ""
    said = _log(scan.directory)
    nothing = re.search(rf"{_NO_FINDINGS} \S*{scan.account_id}", said)
    return "" if nothing else "it wrote no findings"


class _Record(msgspec.Struct):
    """A finding in Prowler's JSON, of which only the number is wanted."""


def _records(file: Path) -> int:
    """How many findings are in Prowler's JSON, which is not held in memory."""
    with (
        reading("Prowler", file),
        file.open("rb") as text,
        mmap.mmap(text.fileno(), 0, access=mmap.ACCESS_READ) as whole,
    ):
        return len(msgspec.json.decode(whole, type=list[_Record]))


def _log(directory: Path) -> str:
    """What Prowler wrote to its terminal, without colours; nothing where that is gone."""
    file = directory / LOG
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as text:
        return plain("".join(_lines(text)))


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of ``text``, each without what is too long to be read."""
    whole = True
    while part := text.readline(_LINE):
        if whole:
            yield part
        whole = part.endswith("\n")


def _complaints(file: Path, source: Source) -> Iterator[Complaint]:
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            record = _RECORD.match(line)
            if record:
                yield _complaint(record, source)


def _complaint(record: re.Match[str], source: Source) -> Complaint:
    name, line, level, module, message = record.groups()
    region = _REGION.match(message)
    check = _OF_CHECK.match(message) if module == _RUNNER else None
    own = check and (check[1] or check[2])
    return Complaint(
        service=own.split("_")[0] if own else module.removesuffix("_service"),
        region=region[1] if region else "",
        message=message.rstrip('\n"}'),
        checks=(own,) if own else source.resting_on(name, int(line)),
        warning=level == "WARNING",
    )


def _directories(parent: Path) -> frozenset[str]:
    if not parent.is_dir():
        return frozenset()
    return frozenset(
        p.name for p in parent.iterdir() if p.is_dir() and not p.name.startswith(("_", "."))
    )
