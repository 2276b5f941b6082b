"""Digests and log files of many accounts and regions, looked at in parallel.

A chain hangs together, but its files can be fetched at once: which digests there are is listed, and
whether each is the right one shows when the chain is followed through what was fetched.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

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
from baseline.parallel import all_done, each

Report = Callable[[str, int, int], None]

_WORKERS = 32
# Digests that are held at a time.
_BATCH = 5_000
# What is delivered at the end of a period is in a digest that ends up to an hour later.
_SPILL = timedelta(hours=1)
# The digest of the last hours may not be there yet.
_LAG = timedelta(hours=3)
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
        if Verdict.UNREAD in found:
            return Verdict.UNREAD.value
        doubtful = self.silences or Verdict.UNPROVEN in found
        return (Verdict.UNPROVEN if doubtful else Verdict.VALID).value

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
    expected: Iterable[tuple[str, str]] = (),
) -> Iterator[Result]:
    """One Result a chain, and one a place, account and region, that has no digests.

    Places are known by their logs, or because they are ``expected``.

    Valid files are only counted, unless ``every`` file is to be named.

    Raises the source's errors when it cannot be listed.
    """
    named = listed(source, wanted, span)
    total = sum(map(len, named.values()))
    done = 0
    have: set[tuple[str, str]] = set()
    for batch in _batches(named):
        fetched: dict[str, Digest | Checked] = {}
        names = [name for chain in batch for name in named[chain]]
        for name, found in _fetched(source, names):
            fetched[name.key] = found
            done += 1
            report("digests", done, total)
        results = [Result(chain, every) for chain in batch]
        filled = _Run(source, span, keys, named, fetched).fill(results, report)
        # A chain that only began after the span is of another time.
        for result in (result for result in filled if result.digests):
            have.add(_named(result.chain.place))
            yield result
    yield from _undigested(source, wanted, have, expected)


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

        checked = all_done(each(files, check, workers=_WORKERS))
        for number, outcome in enumerate(checked, start=1):
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

        oldest: Digest | None = None
        for step in chains.follow(self.source.bucket, self.span.since, listing, look):
            if isinstance(step, Silence):
                self._silent(result, step.since, step.until)
                continue
            result.add(step.checked)
            oldest = step.digest
            if step.digest:
                proven = step.checked.verdict is Verdict.VALID
                if proven:
                    result.first = step.digest.start
                    result.last = result.last or step.digest.end
                if step.digest.start <= self.span.until:
                    yield from ((file, proven) for file in step.digest.content.log_files)
        self._ends(result, oldest)

    def _ends(self, result: Result, oldest: Digest | None) -> None:
        """Note what the chain does not reach: the first of the span and the last."""
        if oldest and oldest.previous is None and oldest.start > self.span.until:
            result.digests.clear()
            return
        if oldest and oldest.previous is None and oldest.start > self.span.since:
            before = _before(self.source, result.chain, self.span.since)
            if before:
                self._silent(result, before.end, oldest.start)
        newest = self.named[result.chain][-1].end
        # Late log files have digests only when there are some.
        if not result.chain.backfill and newest < min(self.span.until, datetime.now(UTC) - _LAG):
            self._silent(result, newest, self.span.until)

    def _silent(self, result: Result, since: datetime, until: datetime) -> None:
        if since < self.span.until and until > self.span.since:
            result.silences.append(Silence(since, until))

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
        names = [name for name in _ordered(there) if name.chain == chain]
        return _in_span(names, self.span)


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
    # The last of the text may still be held back when the stream has no proper end.
    digest.update(stream.flush())
    if stream.unused_data:
        raise LogFileError("has data after the end of the gzip stream")
    return digest.hexdigest()


def _own(source: Original, key: str) -> str:
    """Where ``source`` has what was delivered as ``key``: a copy begins with ``AWSLogs/``."""
    return key if source.bucket else identity(key)


def _fetched(source: Original, names: Sequence[Name]) -> Iterator[tuple[Name, Digest | Checked]]:
    fetched = each(names, lambda name: _fetch(source, name.key), workers=_WORKERS)
    for outcome in all_done(fetched):
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
    """The digests of every chain that end within the span and the first after it, oldest first.

    The one after names the last within, should somebody have removed that.
    """
    chosen = _digests(wanted.accounts, wanted.regions, since=f"{span.since:%Y-%m-%d}")
    months = sorted(folders(source, chosen, "month"))
    places = [tuple(some) for _, some in groupby(months, key=_place)]
    found: dict[Chain, list[Name]] = {}
    listed = each(places, lambda place: _of_place(source, place, span), workers=_WORKERS)
    for outcome in all_done(listed):
        found |= outcome.value
    return dict(sorted(found.items()))


def _digests(
    accounts: frozenset[str], regions: frozenset[str], since: str = "", until: str = ""
) -> Selection:
    return Selection(accounts, regions, since, until, kinds=frozenset({Kind.DIGEST}))


def _place(folder: Folder) -> Folder:
    return replace(folder, year="", month="", day="")


def _of_place(source: Original, months: Sequence[Folder], span: Span) -> dict[Chain, list[Name]]:
    """Month after month, until each chain has a digest after the span."""
    found: dict[Chain, list[Name]] = defaultdict(list)
    last = f"{span.until + _SPILL:%Y-%m}"
    for month in months:
        if month.date > last and found and all(n[-1].end > span.until for n in found.values()):
            break
        for name in _ordered(source.objects(month.path)):
            found[name.chain].append(name)
    within = {chain: _in_span(names, span) for chain, names in found.items()}
    return {chain: names for chain, names in within.items() if names}


def _ordered(stored: Iterable[Stored]) -> list[Name]:
    """The digests among them, oldest first."""
    names = filter(None, (digests.name(each_one.key) for each_one in stored))
    return sorted(names, key=lambda name: name.end)


def _in_span(names: Iterable[Name], span: Span) -> list[Name]:
    """Of one chain, oldest first: what ends within the span, and in any case the first after it."""
    found: list[Name] = []
    for name in names:
        if found and found[-1].end > span.until and name.end > span.until + _SPILL:
            break
        if name.end >= span.since:
            found.append(name)
    return found


def _before(source: Original, chain: Chain, since: datetime) -> Name | None:
    """The chain's last digest that ends before ``since``."""
    place = chain.place
    chosen = _digests(
        frozenset({place.account}), frozenset({place.region}), until=f"{since:%Y-%m-%d}"
    )
    months = (m for m in folders(source, chosen, "month") if _place(m) == place)
    for month in sorted(months, reverse=True):
        for name in reversed(_ordered(source.objects(month.path))):
            if name.chain == chain and name.end < since:
                return name
    return None


def _named(folder: Folder) -> tuple[str, str]:
    return folder.account, folder.region


def _undigested(
    source: Original,
    wanted: Selection,
    have: Collection[tuple[str, str]],
    expected: Iterable[tuple[str, str]],
) -> Iterator[Result]:
    """The places, expected or of logs within the span, of which no digest was found."""
    logs = replace(wanted, kinds=frozenset({Kind.CLOUDTRAIL}))
    silent = {_named(folder) for folder in folders(source, logs, "month")} - set(have)
    # A month may reach further than the span.
    places = {
        (account, region)
        for account, region in silent
        if folders(
            source,
            replace(logs, accounts=frozenset({account}), regions=frozenset({region})),
            "day",
        )
    }
    for account, region in sorted((places | set(expected)) - set(have)):
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
