"""What ``query run`` says of the tables that are kept among the reports."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from baseline.cli import shared
from baseline.errors import BaselineError, UsageError


def open_kept(
    statement: Any,
    engine: str,
    reports: Path | None,
    config_path: Path | None,
    damaged: Collection[Path] = (),
) -> Any:
    """What is kept of findings and proofs, but for ``damaged`` files; None when none is asked.

    Raises UsageError for Athena, which has not got them.
    """
    from baseline.findings import history  # noqa: PLC0415  # only when it is asked
    from baseline.query import tables  # noqa: PLC0415  # sqlglot is slow to import
    from baseline.query.kept import Kept  # noqa: PLC0415  # as that

    names = sorted(tables.kept(statement))
    if not names:
        return None
    if engine == "athena":
        raise UsageError(
            f"{tables.SCHEMA}.{names[0]} is kept on this machine, among the reports, and not in S3",
            remedy="Leave out --engine athena.",
        )
    reports = (reports or shared.load_configuration(config_path).reports).resolve()
    # What cannot be opened was named the first time.
    looks = history.looks(reports, (lambda _: None) if damaged else _leave_out)
    kept = Kept.of(reports, [look for look in looks if history.place(reports, look) not in damaged])
    kept = replace(kept, proofs=tuple(proof for proof in kept.proofs if proof not in damaged))
    for name in names:
        if not (kept.looks if name in tables.OF_FINDINGS else kept.proofs):
            shared.talk(f"Nothing of {tables.SCHEMA}.{name} is kept in {reports}. {_MADE_BY[name]}")
    return kept


def damaged(kept: Any) -> frozenset[Path]:
    """The files of ``kept`` that cannot be read to the end, each named on the way."""
    from baseline.findings import parquet  # noqa: PLC0415  # only when it is asked

    found = set()
    for file in (*kept.looks, *kept.proofs):
        try:
            parquet.check(file)
        except BaselineError as error:
            _leave_out(error)
            found.add(file)
    return frozenset(found)


def _leave_out(error: BaselineError) -> None:
    shared.talk(shared.printable(f"Left out: {error}"))


_OF_RUNS = "It comes of: baseline audit run, baseline findings list"
_OF_PROOFS = "It comes of: baseline rollout verify"
_MADE_BY = {
    "findings": _OF_RUNS,
    "findings_history": _OF_RUNS,
    "coverage": _OF_PROOFS,
    "coverage_history": _OF_PROOFS,
}
