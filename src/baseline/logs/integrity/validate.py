"""Digests and log files of many accounts and regions, looked at in parallel.

A chain hangs together, but its files can be fetched at once: which digests there are is listed, and
whether each is the right one shows when the chain is followed through what was fetched.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from isal import isal_zlib

from baseline.errors import BaselineError, LogFileError
from baseline.logs.discover import folders
from baseline.logs.integrity import chain as chains
from baseline.logs.integrity import digest as digests
from baseline.logs.integrity.chain import Link, Silence
from baseline.logs.integrity.digest import Chain, Digest, LogFile, Name
from baseline.logs.integrity.keys import PublicKeys
from baseline.logs.integrity.verdict import DIGEST, LOG, Checked, Verdict, place
from baseline.logs.layout import Folder, Kind, Selection, identity
from baseline.logs.source import MissingError, Original, Stored
from baseline.parallel import Failed, each

Report = Callable[[str, int, int], None]

_WORKERS = 32
# Digests that are held at a time.
_BATCH = 5_000
# What is delivered at the end of a period is in a digest that ends up to an hour later.
_SPILL = timedelta(hours=1)
_PIECE = 1024**2
_GZIP = 31


@dataclass(frozen=True)
class Span:
    """What was delivered from ``since`` to ``until`` is looked at."""

    since: datetime
    until: datetime


@dataclass
class Result:
    """What came of one chain; of a place without any there is only ``chain``, without a trail.

    ``problems`` are the files that are not valid, ``valid`` the others if ``every`` one is wanted,
    ``silences`` periods without digests; ``first`` and ``last`` are the ends of what valid digests
    cover.
    """

    chain: Chain
    every: bool = False
    digests: Counter[Verdict] = field(default_factory=Counter)
    logs: Counter[Verdict] = field(default_factory=Counter)
    problems: list[Checked] = field(default_factory=list)
    valid: list[Checked] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def state(self) -> str:
        """``invalid``, ``unread``, ``unproven``, ``no digests`` or ``valid``."""
        found = set(self.digests) | set(self.logs)
        if any(verdict.invalid for verdict in found):
            return "invalid"
        if not found:
            return "no digests"
        doubts = (Verdict.UNREAD, Verdict.UNPROVEN)
        return next((doubt.value for doubt in doubts if doubt in found), Verdict.VALID.value)

    def add(self, checked: Checked) -> None:
        """Count one file."""
        counter = self.digests if checked.kind == DIGEST else self.logs
        counter[checked.verdict] += 1
        if checked.verdict is not Verdict.VALID:
            self.problems.append(checked)
        elif self.every:
            self.valid.append(checked)


def validate(
    source: Original,
    wanted: Selection,
    span: Span,
    keys: PublicKeys,
    report: Report,
    *,
    every: bool = False,
) -> Iterator[Result]:
    """One Result a chain, and one a place that has logs but no digests.

    Valid files are only counted, unless ``every`` file is to be named.

    Raises the source's errors when it cannot be listed.
    """
    named = listed(source, wanted, span)
    yield from _undigested(source, wanted, named)
    total = sum(map(len, named.values()))
    done = 0
    for batch in _batches(named):
        fetched: dict[str, Digest | Checked] = {}
        names = [name for chain in batch for name in named[chain]]
        for name, found in _fetched(source, names):
            fetched[name.key] = found
            done += 1
            report("digests", done, total)
        results = [Result(chain, every) for chain in batch]
        yield from _Run(source, span, keys, named, fetched).fill(results, report)


@dataclass
class _Run:
    """Some chains whose digests were fetched."""

    source: Original
    span: Span
    keys: PublicKeys
    named: dict[Chain, list[Name]]
    fetched: dict[str, Digest | Checked]

    def fill(self, results: list[Result], report: Report) -> list[Result]:
        files = [(result, *file) for result in results for file in self._follow(result)]

        def check(file: tuple[Result, LogFile, bool]) -> Checked:
            return check_log(self.source, file[1], proven=file[2])

        for number, outcome in enumerate(each(files, check, workers=_WORKERS), start=1):
            if isinstance(outcome, Failed):
                raise outcome.error
            outcome.target[0].add(outcome.value)
            report("log files", number, len(files))
        return results

    def _follow(self, result: Result) -> Iterator[tuple[LogFile, bool]]:
        """The log files that the chain lists, and whether it proves them."""
        chain = result.chain

        def look(bucket: str, key: str, newer: Digest | None) -> Link:
            return self._look(chain, (bucket, key), newer)

        def listing(bucket: str) -> Sequence[Name]:
            return self._listing(chain, bucket)

        for step in chains.follow(self.source.bucket, self.span.since, listing, look):
            if isinstance(step, Silence):
                result.silences.append(step)
                continue
            result.add(step.checked)
            if step.digest:
                proven = step.checked.verdict is Verdict.VALID
                if proven:
                    result.first = step.digest.start
                    result.last = result.last or step.digest.end
                yield from ((file, proven) for file in step.digest.content.log_files)

    def _look(self, chain: Chain, where: tuple[str, str], newer: Digest | None) -> Link:
        bucket, key = where
        found = self.fetched.get(key) if bucket == self.source.bucket else None
        found = found or _fetch(self.source.beside(bucket), _own(self.source, key))
        if isinstance(found, Checked):
            return Link(found)
        names = self.named[chain]
        # A digest of late logs was signed long after its own period.
        signed = (found.generated, found.generated) if found.generated else None
        period = signed or (names[0].end, names[-1].end)
        fingerprint = found.content.digest_public_key_fingerprint
        try:
            public_key = self.keys.find(chain.place.region, fingerprint, period)
        except BaselineError as error:
            return Link(Checked(DIGEST, place(bucket, key), Verdict.UNREAD, str(error)))
        return chains.judge(found, where, newer, public_key)

    def _listing(self, chain: Chain, bucket: str) -> Sequence[Name]:
        if bucket == self.source.bucket:
            return self.named[chain]
        try:
            there = self.source.beside(bucket).objects(chain.place.path)
        except BaselineError:
            # The digest that is named there will not be readable either, and say why.
            return ()
        return [name for name in _in_span(there, self.span) if name.chain == chain]


def check_log(source: Original, file: LogFile, *, proven: bool) -> Checked:
    """What came of one log file; a digest that is not proven cannot prove it."""

    def checked(verdict: Verdict, reason: str = "") -> Checked:
        return Checked(LOG, place(file.s3_bucket, file.s3_object), verdict, reason)

    try:
        content = source.beside(file.s3_bucket).fetch(_own(source, file.s3_object)).content
    except MissingError:
        return checked(Verdict.MISSING, "is not there")
    except BaselineError as error:
        return checked(Verdict.UNREAD, str(error))
    try:
        same = _sha256(content) == file.hash_value
    except LogFileError as error:
        return checked(Verdict.CHANGED, error.what)
    if not same:
        return checked(Verdict.CHANGED, "its hash is not the digest's")
    return checked(Verdict.VALID) if proven else checked(Verdict.UNPROVEN, "as is its digest")


def _sha256(content: bytes) -> str:
    """Of the text in one gzip stream, a piece at a time; raises LogFileError."""
    stream = isal_zlib.decompressobj(wbits=_GZIP)
    digest = hashlib.sha256()
    try:
        while content and not stream.eof:
            digest.update(stream.decompress(content, _PIECE))
            content = stream.unconsumed_tail
    except isal_zlib.error:  # type: ignore[misc]  # the stub has an instance
        raise LogFileError("is not valid gzip") from None
    if stream.unused_data:
        raise LogFileError("has data after the end of the gzip stream")
    return digest.hexdigest()


def _own(source: Original, key: str) -> str:
    """Where ``source`` has what was delivered as ``key``: a copy begins with ``AWSLogs/``."""
    return key if source.bucket else identity(key)


def _fetched(source: Original, names: Sequence[Name]) -> Iterator[tuple[Name, Digest | Checked]]:
    for outcome in each(names, lambda name: _fetch(source, name.key), workers=_WORKERS):
        if isinstance(outcome, Failed):
            raise outcome.error
        yield outcome.target, outcome.value


def _fetch(source: Original, key: str) -> Digest | Checked:
    def checked(verdict: Verdict, reason: str) -> Checked:
        return Checked(DIGEST, place(source.bucket, key), verdict, reason)

    try:
        fetched = source.fetch(key)
    except MissingError:
        return checked(Verdict.MISSING, "is not there")
    except BaselineError as error:
        return checked(Verdict.UNREAD, str(error))
    try:
        found = digests.read(fetched)
    except LogFileError as error:
        return checked(Verdict.CHANGED, error.what)
    named = digests.name(key)
    if source.bucket and named and named.chain.backfill and not found.generated:
        return checked(Verdict.CHANGED, "does not say when it was written")
    return found


def listed(source: Original, wanted: Selection, span: Span) -> dict[Chain, list[Name]]:
    """The digests of every chain that end within the span, oldest first."""
    last = span.until + _SPILL
    months = folders(
        source,
        Selection(
            wanted.accounts,
            wanted.regions,
            f"{span.since:%Y-%m-%d}",
            f"{last:%Y-%m-%d}",
            kinds=frozenset({Kind.DIGEST}),
        ),
        "month",
    )
    found: dict[Chain, list[Name]] = defaultdict(list)
    for outcome in each(months, lambda month: source.objects(month.path), workers=_WORKERS):
        if isinstance(outcome, Failed):
            raise outcome.error
        for name in _in_span(outcome.value, span):
            found[name.chain].append(name)
    return {chain: sorted(found[chain], key=lambda name: name.end) for chain in sorted(found)}


def _in_span(stored: Iterable[Stored], span: Span) -> list[Name]:
    """The digests among them, oldest first."""
    names = filter(None, (digests.name(each_one.key) for each_one in stored))
    within = [name for name in names if span.since <= name.end <= span.until + _SPILL]
    return sorted(within, key=lambda name: name.end)


def _undigested(
    source: Original, wanted: Selection, named: dict[Chain, list[Name]]
) -> Iterator[Result]:
    """The places of logs within the span of which no digest was listed."""
    have = {(chain.place.account, chain.place.region) for chain in named}
    logs = replace(wanted, kinds=frozenset({Kind.CLOUDTRAIL}))
    logged = folders(source, logs, "month")
    places = {(folder.account, folder.region) for folder in logged}
    for account, region in sorted(places - have):
        yield Result(Chain(Folder(account, Kind.DIGEST, region, prefix=source.prefix), "", ""))


def _batches(named: dict[Chain, list[Name]]) -> Iterator[list[Chain]]:
    batch: list[Chain] = []
    size = 0
    for chain, names in named.items():
        batch.append(chain)
        size += len(names)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
