"""What was read of AWS, kept beside the reports so that the next reading asks for less.

SQLite. It is a copy: whoever removes it loses nothing but time.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from baseline.database import Database
from baseline.files import folder, writing
from baseline.findings.look import Place
from baseline.organization import Target

FILE = "aws.sqlite"
Raw = dict[str, Any]

_VERSION = 1
# Seconds for which another reading is waited for that writes at the moment.
_PATIENCE = 60.0
# Not every step waits for the disk: when the power fails, the last ones are read again.
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL")
_REMEDY = "Check the disk and the rights, or remove it: it is a copy of what AWS has."
_SCHEMA = """
CREATE TABLE detectors (region TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT;
CREATE TABLE findings (
    region TEXT NOT NULL, id TEXT NOT NULL, updated INTEGER NOT NULL, archived INTEGER NOT NULL,
    severity REAL NOT NULL, finding TEXT NOT NULL, PRIMARY KEY (region, id)
) STRICT;
CREATE INDEX findings_by_update ON findings (region, updated);
CREATE TABLE rules (
    account TEXT NOT NULL, region TEXT NOT NULL, rule TEXT NOT NULL, compliance TEXT NOT NULL,
    resources INTEGER NOT NULL, capped INTEGER NOT NULL, read TEXT NOT NULL, results BLOB NOT NULL,
    PRIMARY KEY (account, region, rule)
) STRICT;
CREATE TABLE places (
    tool TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, tried TEXT NOT NULL,
    read TEXT NOT NULL, reason TEXT NOT NULL, remedy TEXT NOT NULL,
    PRIMARY KEY (tool, account, region)
) STRICT;
"""
_TRIED = """
INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    tried = excluded.tried, read = CASE excluded.read WHEN '' THEN read ELSE excluded.read END,
    reason = excluded.reason, remedy = excluded.remedy
"""


class Verdict(NamedTuple):
    """What Config says of a rule in one account and region; it counts resources up to 25."""

    compliance: str
    resources: int = 0
    capped: bool = False


@dataclass(frozen=True)
class Judged:
    """A rule in one account and region: the verdict, and since when its results are kept."""

    verdict: Verdict
    read: str
    results: tuple[Raw, ...] = ()


@dataclass(frozen=True)
class Answer:
    """How the last try in a place went; an empty ``reason``: well. ``read`` is the last success."""

    place: Place
    tried: str
    read: str
    reason: str = ""
    remedy: str = ""


class Kept:
    """The file ``aws.sqlite`` in a directory; used by several threads."""

    def __init__(self, directory: Path) -> None:
        path = directory / FILE
        with writing(path):
            folder(directory)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = Database(path, remedy=_REMEDY, patience=_PATIENCE)
        for setting in _SETTINGS:
            self._database.rows(setting)
        # Of another version of this program, too: it is a copy.
        if self._database.version != _VERSION:
            self._database.create(_SCHEMA, _VERSION)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def forget(self, targets: Iterable[Target]) -> None:
        """Let all of these accounts and regions be read anew; of GuardDuty, the whole regions."""
        targets = list(targets)
        with self._database.transaction() as step:
            step.executemany(
                "DELETE FROM findings WHERE region = ?", {(target.region,) for target in targets}
            )
            step.executemany(
                "DELETE FROM rules WHERE account = ? AND region = ?",
                [(target.account_id, target.region) for target in targets],
            )

    # GuardDuty, a region at a time

    def begin(self, region: str, detector: str) -> None:
        """Forget the findings of a region when another detector than before is asked."""
        with self._database.transaction() as step:
            known = step.execute("SELECT id FROM detectors WHERE region = ?", (region,)).fetchone()
            if known != (detector,):
                step.execute("DELETE FROM findings WHERE region = ?", (region,))
                step.execute("INSERT OR REPLACE INTO detectors VALUES (?, ?)", (region, detector))

    def updated(self, region: str) -> int | None:
        """When the latest finding of a region was updated, in milliseconds since 1970."""
        ((found,),) = self._database.rows(
            "SELECT max(updated) FROM findings WHERE region = ?", (region,)
        )
        return None if found is None else int(found)

    def put_findings(self, region: str, findings: Iterable[Raw]) -> None:
        """Keep findings as GetFindings gives them, in place of what was kept of them."""
        rows = [_finding_row(region, finding) for finding in findings]
        with self._database.transaction() as step:
            step.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?)", rows)

    def drop_findings(self, region: str, ids: Iterable[str]) -> None:
        """Forget findings that GuardDuty has not got any more."""
        with self._database.transaction() as step:
            step.executemany(
                "DELETE FROM findings WHERE region = ? AND id = ?", [(region, one) for one in ids]
            )

    def severities(self, region: str) -> dict[str, float]:
        """The severity of each finding of a region that is not archived, by id."""
        return dict(
            self._database.rows(
                "SELECT id, severity FROM findings WHERE region = ? AND NOT archived", (region,)
            )
        )

    def findings(self) -> Iterator[Raw]:
        """All findings of GuardDuty, archived or not."""
        for (finding,) in self._database.each(
            "SELECT finding FROM findings ORDER BY region, updated"
        ):
            yield msgspec.json.decode(finding)

    def types(self) -> list[str]:
        """The types of GuardDuty's findings that are kept."""
        rows = self._database.rows("SELECT DISTINCT json_extract(finding, '$.Type') FROM findings")
        return [str(kind) for (kind,) in rows]

    # Config, an account and region at a time

    def rules(self, target: Target) -> dict[str, Judged]:
        """What is kept of each rule, without its results."""
        rows = self._database.rows(
            "SELECT rule, compliance, resources, capped, read FROM rules"
            " WHERE account = ? AND region = ?",
            (target.account_id, target.region),
        )
        return {
            rule: Judged(Verdict(compliance, resources, bool(capped)), read)
            for rule, compliance, resources, capped, read in rows
        }

    def put_rules(self, target: Target, rules: Mapping[str, Judged]) -> None:
        """Keep verdicts, each with the results that it rests on."""
        with self._database.transaction() as step:
            step.executemany(
                "INSERT OR REPLACE INTO rules VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [_rule_row(target, rule, judged) for rule, judged in rules.items()],
            )

    def keep_rules(self, target: Target, names: Iterable[str]) -> None:
        """Forget all rules of a place but these: the others are not there any more."""
        kept = set(names)
        gone = [rule for rule in self.rules(target) if rule not in kept]
        with self._database.transaction() as step:
            step.executemany(
                "DELETE FROM rules WHERE account = ? AND region = ? AND rule = ?",
                [(target.account_id, target.region, rule) for rule in gone],
            )

    def judged(self) -> Iterator[tuple[Target, str, Judged]]:
        """Every rule in every account and region, with its results."""
        rows = self._database.each(
            "SELECT account, region, rule, compliance, resources, capped, read, results FROM rules"
            " ORDER BY account, region, rule"
        )
        for account, region, rule, compliance, resources, capped, read, results in rows:
            verdict = Verdict(compliance, resources, bool(capped))
            found = tuple(msgspec.json.decode(results))
            yield Target(account, region), rule, Judged(verdict, read, found)

    # Where was looked

    def tell(self, answers: Iterable[Answer]) -> None:
        """Keep how tries went; what was read before stays."""
        rows = [(*a.place, a.tried, a.read, _encodable(a.reason), a.remedy) for a in answers]
        with self._database.transaction() as step:
            step.executemany(_TRIED, rows)

    def answers(self) -> Mapping[Place, Answer]:
        """How the last try went, everywhere."""
        rows = self._database.rows("SELECT * FROM places ORDER BY tool, account, region")
        return {Place(*row[:3]): Answer(Place(*row[:3]), *row[3:]) for row in rows}


def milliseconds(text: str) -> int:
    """A time as criteria have it."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _rule_row(target: Target, rule: str, judged: Judged) -> tuple[Any, ...]:
    verdict = judged.verdict
    return (
        *(target.account_id, target.region, rule),
        *(verdict.compliance, verdict.resources, int(verdict.capped), judged.read),
        _json(judged.results),
    )


def _finding_row(region: str, finding: Raw) -> tuple[str, str, int, int, float, str]:
    return (
        region,
        _encodable(finding["Id"]),
        milliseconds(finding["UpdatedAt"]),
        int(finding.get("Service", {}).get("Archived", False)),
        finding["Severity"],
        _json(finding).decode(),
    )


def _json(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(value))


def _encodable(value: Any) -> Any:
    """``value`` without halves of characters, which AWS's JSON may hold and a file may not."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case dict():
            return {_encodable(key): _encodable(each) for key, each in value.items()}
        case list() | tuple():
            return [_encodable(each) for each in value]
    return value
