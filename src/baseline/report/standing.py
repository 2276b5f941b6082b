"""What is known of each account: the latest answer of each tool, whichever run brought it."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseline.audit.manifest import Entry, Run, Status

# More tries that brought nothing are of no interest.
_KEPT = 3


@dataclass(frozen=True)
class Standing:
    """One tool in one account. ``answer`` is its latest usable entry, of ``run``, if there is one.

    ``since`` are the last of those that came later and do not replace it: they brought nothing, or
    looked at less; each with the stamp of its run.
    """

    run: str = ""
    answer: Entry | None = None
    since: tuple[tuple[str, Entry], ...] = ()


def standing(runs: Iterable[Run]) -> dict[str, dict[str, Standing]]:
    """By account and tool; ``runs`` are given the oldest first.

    A failed scan never takes the place of one that looked, nor does a scan of fewer regions or
    services than that.
    """
    found: dict[str, dict[str, Standing]] = {}
    scopes: dict[tuple[str, str], Run] = {}
    for run in runs:
        for entry in run.entries:
            tools = found.setdefault(entry.account_id, {})
            before = tools.get(entry.tool, Standing())
            if entry.usable and _covers(run, scopes.get(entry.key)):
                scopes[entry.key] = run
                tools[entry.tool] = Standing(run.stamp, entry)
            elif entry.status is Status.WAITING:
                tools[entry.tool] = before
            else:
                since = (*before.since, (run.stamp, entry))[-_KEPT:]
                tools[entry.tool] = Standing(before.run, before.answer, since)
    return dict(sorted(found.items()))


def _covers(run: Run, other: Run | None) -> bool:
    """Whether ``run`` was asked for at least what ``other`` was; empty means everything."""
    return other is None or all(
        not mine or (its and set(its) <= set(mine))
        for mine, its in ((run.regions, other.regions), (run.services, other.services))
    )
