"""``baseline rollout preflight``: what AWS would refuse, before anything is changed."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.progress import watching
from baseline.cli.rollout_job import PLACE, Job, begin, rollout_options
from baseline.cli.tables import Row, grouped
from baseline.rollout import adoption
from baseline.rollout.catalogue import Part
from baseline.rollout.preflight import Forecast, Verdict, foresee
from baseline.rollout.steps import Plan

FORECAST_COLUMNS = ("verdict", "name", *PLACE, "why", "remedy")
_ORDER = tuple(Verdict)


@click.command("preflight")
@rollout_options
def preflight(**options: Any) -> int:
    """What AWS would refuse, and why, before anything is deployed. Changes nothing.

    \b
    Example:  baseline rollout preflight
              baseline rollout preflight --account sandbox -o json

    Looks at what the plan would make: service control policies, quotas, roles that cannot be
    assumed, buckets, names, zones, recorders, detectors and trails that are there already. UNKNOWN
    means that it could not be looked at, or cannot be told. Exits with 1 when something would fail
    or is UNKNOWN, so that a deploy that waits for 0 does not go on in doubt.
    """
    job = begin(**options)
    forecasts = foreseen(job, job.plan())
    job.show([_row(job, forecast) for forecast in forecasts], FORECAST_COLUMNS)
    _offer(forecasts)
    shared.talk(_summary(forecasts))
    return int(any(forecast.verdict is not Verdict.LEFT_OUT for forecast in forecasts))


def foreseen(job: Job, made: Plan) -> list[Forecast]:
    """The predictions for a plan, the worst first, with progress by target."""
    with watching(show=job.progress) as watch:
        found = foresee(
            made,
            job.baseline,
            job.reach,
            job.regions,
            lambda done, total: watch.step("looked ahead", done, total),
        )
    return sorted(found, key=lambda f: (_ORDER.index(f.verdict), f.name, f.target, f.why))


def warn(job: Job, made: Plan) -> None:
    """Say on stderr what of a plan would fail, before it is carried out."""
    forecasts = [f for f in foreseen(job, made) if f.verdict is not Verdict.LEFT_OUT]
    rows = grouped((_row(job, f) for f in forecasts), ("verdict", "name", "why", "remedy"))
    for row in rows:
        why = f"{row['name']} in {row['where']}: {row['why'].rstrip('.')}"
        shared.talk(f"{str(row['verdict']).capitalize()}: {why}. {row['remedy']}")


def _offer(forecasts: Iterable[Forecast]) -> None:
    """What to write into baseline.yaml to keep all that is there already."""
    kept = [(f.adopts[0], f.target, f.adopts[1]) for f in forecasts if f.adopts]
    if kept:
        shared.talk("To keep what is there already, add to baseline.yaml:")
        shared.talk("\n".join(adoption.lines(adoption.setting(kept))))


def _row(job: Job, forecast: Forecast) -> Row:
    row: Row = {"verdict": str(forecast.verdict), "name": forecast.name}
    said = {"why": forecast.why, "remedy": forecast.remedy}
    return row | job.place(Part(forecast.name, forecast.target)) | said


def _summary(forecasts: Iterable[Forecast]) -> str:
    counts = Counter(forecast.verdict for forecast in forecasts)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts[verdict])
    return said or "Nothing would fail that can be told beforehand."
