"""Every look that was taken, in ``reports/history``: one Parquet file each, written whole.

A file has the findings as flat columns and as OCSF, and says inside itself what was looked at.
What a tool says of its checks stands once for all, in ``checks.json``.
"""

import fcntl
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from baseline.errors import ToolError, UsageError
from baseline.files import folder, private, write, writing
from baseline.findings import ocsf, parquet
from baseline.findings.look import Look, Place
from baseline.findings.model import DETECTING, CheckDetails, Finding, Key

HISTORY = "history"
_CHECKS = "checks.json"
# Whoever holds it may choose a stamp, or read the checks and write them anew.
_LOCK = ".lock"

# What a query calls the fields of a finding: as the tables of logs do; CHECK is a word of SQL.
_NAMES = {"account_id": "account", "check": "check_id"}
FIELDS = tuple(_NAMES.get(name, name) for name in Finding._fields)
COLUMNS = ("run", "kind", "date", "time", *FIELDS)
OCSF = "ocsf"

_OF_KEY = ("tool", "account", "region", "check_id", "resource", "uid")

_BLANK = Finding(*[""] * 12)

Keep = Callable[[Iterable[Finding]], Iterator[Finding]]


def place(reports: Path, look: Look) -> Path:
    """The file of a look."""
    return reports / HISTORY / f"{look.kind}-{look.stamp}.parquet"


@contextmanager
def keeping(look: Look, reports: Path, lost: Collection[Place] = ()) -> Iterator[Keep]:
    """Keep the findings that pass through the given function, in place of those of the same look.

    They are there at the end, or not at all; places that are ``lost`` by then gave no answer after
    all. Raises ToolError when they cannot be written.
    """
    when = ocsf.milliseconds(look.started)
    about = (look.stamp, look.kind, look.started[:10], look.started)

    def as_it_ended() -> Look:
        return replace(look, looked=tuple(p for p in look.looked if p not in lost))

    with parquet.writing_rows(place(reports, look), COLUMNS, as_it_ended, also=OCSF) as add:

        def kept(finding: Finding) -> Finding:
            try:
                add((*about, *finding), ocsf.event(finding, when))
            except UnicodeEncodeError:
                return kept(_encodable(finding))
            return finding

        yield lambda findings: map(kept, findings)


def _encodable(finding: Finding) -> Finding:
    """``finding`` without halves of characters, which JSON may hold and a file may not."""
    return Finding(*(cell.encode(errors="replace").decode() for cell in finding))


def put(look: Look, findings: Iterable[Finding], reports: Path) -> None:
    """Keep ``findings`` as what ``look`` found, as ``keeping`` does."""
    with keeping(look, reports) as keep:
        for _ in keep(findings):
            continue


def add(look: Look, findings: Iterable[Finding], reports: Path) -> Look:
    """Keep ``findings`` as ``put`` does, under a stamp that no other look of the kind has."""
    with _alone(reports):
        look = _free(look, reports)
        put(look, findings, reports)
    return look


def _free(look: Look, reports: Path) -> Look:
    stamp, numbers = look.stamp, itertools.count(2)
    while place(reports, look).exists():
        look = replace(look, stamp=f"{stamp}-{next(numbers)}")
    return look


@contextmanager
def _alone(reports: Path) -> Iterator[None]:
    """Wait until no other process is about to write, and keep the others waiting."""
    file = reports / HISTORY / _LOCK
    with writing(file):
        folder(file.parent)
        lock = open(file, "wb", opener=private)  # noqa: SIM115  # only what it is for may fail so
    with lock:
        with writing(file):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _raise(error: ToolError) -> None:
    raise error


def looks(reports: Path, refuse: Callable[[ToolError], None] = _raise) -> list[Look]:
    """All looks that are kept, the oldest first.

    A file that cannot be read is left out once ``refuse`` was told; by default that raises.
    """
    found = []
    for file in parquet.files(reports / HISTORY):
        try:
            found.append(_look(file))
        except ToolError as error:
            refuse(error)
    return sorted(found, key=lambda look: (look.stamp, look.kind))


def find(reports: Path, kind: str, stamp: str | None = None) -> Look:
    """The look of ``kind`` called ``stamp``, or the latest; raises UsageError."""
    found = [k for k in looks(reports) if k.kind == kind and stamp in (None, k.stamp)]
    if not found:
        raise UsageError(
            f"no {kind} {stamp or ''}".rstrip() + " is kept",
            where=str(reports / HISTORY),
            remedy="See: baseline audit list",
        )
    return found[-1]


def findings(look: Look, reports: Path) -> Iterator[Finding]:
    """What a look found, streamed; raises ToolError when it cannot be read."""
    return map(Finding._make, parquet.rows(place(reports, look), FIELDS))


def counts(look: Look, reports: Path) -> dict[Place, Counter[tuple[str, str]]]:
    """How much a look found of each status and severity, by tool, account and region."""
    columns = [_NAMES.get(name, name) for name in (*Place._fields, "status", "severity")]
    found: dict[Place, Counter[tuple[str, str]]] = {}
    for (*where, status, severity), count in parquet.counted(place(reports, look), columns):
        found.setdefault(Place(*where), Counter())[status, severity] += count
    return found


def alike(look: Look, reports: Path) -> Iterator[tuple[Finding, int]]:
    """How much a look found, also by service: findings of which nothing else is told."""
    told = ("tool", "account_id", "region", "service", "status", "severity")
    columns = [_NAMES.get(name, name) for name in told]
    for values, count in parquet.counted(place(reports, look), columns):
        yield _BLANK._replace(**dict(zip(told, values, strict=True))), count


def events(look: Look, reports: Path) -> Iterator[ocsf.Event]:
    """The same as OCSF, with what is known of their checks."""
    known = details(reports)
    decode = msgspec.json.Decoder(ocsf.Event).decode
    for (text,) in parquet.rows(place(reports, look), (OCSF,)):
        event = decode(text)
        tool = event.metadata.product.name.lower()
        yield ocsf.whole(event, known.get((tool, event.metadata.event_code)))


def failed(
    looks: Iterable[Look], reports: Path, refuse: Callable[[ToolError], None] = _raise
) -> set[Key]:
    """What failed in any of ``looks``; one that cannot be read is refused as ``looks`` does."""
    found: set[Key] = set()
    for look in looks:
        try:
            found.update(_failed(place(reports, look)))
        except ToolError as error:
            refuse(error)
    return found


def _failed(file: Path) -> Iterator[Key]:
    for tool, account, region, check, resource, uid in parquet.rows(
        file, _OF_KEY, "status = 'FAIL'"
    ):
        yield Key(tool, account, region, check, uid if tool in DETECTING else resource)


def standing(looks: Iterable[Look]) -> dict[Place, tuple[Look, ...]]:
    """For each place the latest looks that answered there; if none did, the latest that tried.

    A look at fewer regions or services than an earlier one does not take its place: both stand, the
    later one last, which counts where it looked. ``looks`` are given the oldest first.
    """
    found: dict[Place, tuple[Look, ...]] = {}
    for look in looks:
        stand(look, found)
    return found


def stand(look: Look, found: dict[Place, tuple[Look, ...]]) -> None:
    """Let ``look``, which is later than all in ``found``, stand there where it should."""
    for where in look.tried:
        before = found.get(where, ())
        if where in look.answered:
            wider = (one for one in before if where in one.answered and not look.covers(one))
            found[where] = (*wider, look)
        elif not before or where not in before[-1].answered:
            found[where] = (look,)


def keep_details(
    given: Iterable[CheckDetails], reports: Path, refuse: Callable[[ToolError], None] = _raise
) -> None:
    """Remember what tools say of their checks, in place of what they said before.

    What cannot be read is not written over: ``refuse`` is told; by default that raises.
    """
    with _alone(reports):
        try:
            known = _details(reports)
        except ToolError as error:
            refuse(error)
            return
        known |= {(d.tool, d.check): d for d in given}
        write(reports / HISTORY / _CHECKS, msgspec.json.encode(list(known.values())))


def details(
    reports: Path, refuse: Callable[[ToolError], None] = _raise
) -> dict[tuple[str, str], CheckDetails]:
    """What is known of each check, by tool and check; nothing once ``refuse`` was told."""
    try:
        return _details(reports)
    except ToolError as error:
        refuse(error)
        return {}


def _details(reports: Path) -> dict[tuple[str, str], CheckDetails]:
    file = reports / HISTORY / _CHECKS
    try:
        told = msgspec.json.decode(file.read_bytes(), type=list[CheckDetails])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ToolError(
            f"what tools say of their checks cannot be read: {error}",
            where=str(file),
            remedy="Move it away; what looks next writes it anew.",
        ) from error
    return {(d.tool, d.check): d for d in told}


def _look(file: Path) -> Look:
    try:
        return msgspec.json.decode(parquet.known(file), type=Look)
    except msgspec.DecodeError as error:
        raise ToolError(
            f"it is no file of the history: {error}",
            where=str(file),
            remedy="Move the file away; the other runs stay.",
        ) from error
