"""``baseline rollout cost``: what the baseline costs a month, before it is deployed."""

from collections.abc import Mapping
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.rollout_job import Job, begin, rollout_options
from baseline.cli.tables import Row
from baseline.errors import UsageError
from baseline.rollout import cost
from baseline.rollout.cost import ASSUMPTIONS, SCENARIOS, Estimate

COST_COLUMNS = ("service", "what", *SCENARIOS, "usual_quantity", "unit", "usd", "page", "seen")
_SERVICES = ("service", *SCENARIOS)
_LINES = ("service", "what", *SCENARIOS, "usual_quantity", "unit")


@click.command("cost")
@rollout_options
@click.option(
    "--assume",
    multiple=True,
    metavar="NAME=NUMBER",
    help="What is known better than assumed, like events=200000. Repeatable.",
)
def cost_command(assume: tuple[str, ...], **options: Any) -> int:
    """What the baseline costs a month, roughly, before it is deployed. Changes nothing.

    \b
    Example:  baseline rollout cost
              baseline rollout cost --assume events=200000 --assume items=1500 -o json

    A line for each service, and with --all one for each thing that is paid for: US dollars at
    list prices of us-east-1, in three scenarios: little, what is usual, and much going on in the
    accounts. Assumptions are set by --assume or below cost.assume in baseline.yaml, and are listed
    beneath the table; with -o json each row names its price, where AWS says so, and when it was
    seen. How much an account really does, only AWS knows.
    """
    job = begin(**options)
    given = {**job.reach.configuration.cost.assume, **dict(map(_assumed, assume))}
    _check(given)
    size = cost.size(job.baseline, job.reach.configuration, job.choice)
    estimates = [e for e in cost.estimate(size, given) if any(e.dollars.values())]
    _show(job, estimates)
    if job.output == "table":
        _say(given)
    return 0


def _show(job: Job, estimates: list[Estimate]) -> None:
    if job.output == "table" and not job.every:
        services = dict.fromkeys(estimate.line.service for estimate in estimates)
        rows = [_sum(s, [e for e in estimates if e.line.service == s]) for s in services]
    else:
        rows = [_row(estimate) for estimate in estimates]
    lines = _LINES if job.every else _SERVICES
    columns = lines if job.output == "table" else COST_COLUMNS
    rows.append(_sum("total", estimates))
    shared.show(_aligned(rows) if job.output == "table" else rows, job.output, columns)


def _aligned(rows: list[Row]) -> list[Row]:
    """Dollars for people, one point beneath the other."""
    said = [row | {name: f"{row[name]:,.2f}" for name in SCENARIOS} for row in rows]
    wide = {name: max(len(row[name]) for row in said) for name in SCENARIOS}
    return [row | {name: row[name].rjust(wide[name]) for name in SCENARIOS} for row in said]


def _assumed(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise UsageError(
            f"--assume {text}: a name, = and a number are expected", remedy="Like: events=200000."
        ) from None


def _check(given: Mapping[str, float]) -> None:
    for name, number in given.items():
        if name not in ASSUMPTIONS or not 0 <= number < float("inf"):
            raise UsageError(
                f"{name}={number:g} is no assumption",
                where="--assume or cost.assume",
                remedy=f"Numbers from 0 for: {', '.join(ASSUMPTIONS)}.",
            )


def _row(estimate: Estimate) -> Row:
    price = cost.prices()[estimate.line.price]
    return {
        "service": estimate.line.service,
        "what": estimate.line.what,
        **{name: round(estimate.dollars[name], 2) for name in SCENARIOS},
        "usual_quantity": round(estimate.quantities["usual"], 2),
        "unit": price.unit,
        "usd": price.usd / price.per,
        "page": price.page,
        "seen": price.seen,
    }


def _sum(of: str, estimates: list[Estimate]) -> Row:
    # Of the cents that the lines show, so that they add up.
    cents = {name: [round(e.dollars[name], 2) for e in estimates] for name in SCENARIOS}
    sums = {name: round(sum(some), 2) for name, some in cents.items()}
    nothing = {"usual_quantity": "", "unit": "", "usd": "", "page": "", "seen": ""}
    return {"service": of, "what": "a month, in US dollars", **sums, **nothing}


def _say(given: Mapping[str, float]) -> None:
    shared.talk("Assumed (low, usual, high):")
    for name, assumption in ASSUMPTIONS.items():
        numbers = [f"{getattr(assumption, scenario):,.9g}" for scenario in SCENARIOS]
        said = f"{given[name]:,.9g}" if name in given else ", ".join(numbers)
        shared.talk(f"  {name}: {said}  {assumption.what}")
    shared.talk(
        "US dollars a month, at list prices of us-east-1, without free tiers, trials and "
        "discounts. Not in it: GuardDuty's protection plans, Lambda, Glue, EventBridge, AWS "
        "Batch, and data that leaves AWS."
    )
