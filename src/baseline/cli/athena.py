"""``--engine athena``: its options, and what a query scanned and cost."""

import re
from typing import TYPE_CHECKING, Any

import click

from baseline.cli.opening import open_own
from baseline.cli.shared import F, talk
from baseline.configuration import Configuration

if TYPE_CHECKING:
    from baseline.query.athena import Athena, Execution

_UNITS = ("B", "KB", "MB", "GB", "TB")
_LEAST = 0.0001
_SIZE = re.compile(r"(?P<number>\d{1,15})\s*(?P<unit>[KMGT]?B)?", re.IGNORECASE | re.ASCII)


class Size(click.ParamType[int]):
    """Bytes as people write them: ``500MB``, ``5GB``; a number alone is bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes; fails for anything else."""
        found = _SIZE.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no size; write 500MB or 5GB", param, ctx)
        power = _UNITS.index((found["unit"] or "B").upper())
        return int(found["number"]) * int(1024**power)


def athena_options(command: F) -> F:
    """``--workgroup`` and ``--max-bytes``."""
    command = click.option(
        "--max-bytes", type=Size(), help="Stop an Athena query that scans more, e.g. 5GB."
    )(command)
    return click.option(
        "--workgroup", help="Athena work group.  [default: the one that is rolled out]"
    )(command)


def open_athena(
    configuration: Configuration, profile: str | None, workgroup: str | None, max_bytes: int | None
) -> "Athena":
    """Athena in the main account's home region; it says what a query scanned and costs."""
    from baseline.query.athena import Athena  # noqa: PLC0415  # only for this engine

    session = open_own(configuration, profile, configuration.home_region)
    return Athena(
        session.client("athena"),
        workgroup or f"{configuration.prefix}-auditing",
        max_bytes=max_bytes,
        watch=_tell_cost,
    )


def _tell_cost(execution: "Execution") -> None:
    if not execution.ended:
        return
    talk(
        f"Athena scanned {shown(execution.scanned)}: {_price(execution.dollars)}"
        " at the list price of $5 a TB, 10 MB at least."
    )


def _price(dollars: float) -> str:
    return f"about ${dollars:.4f}" if dollars >= _LEAST else f"less than ${_LEAST}"


def shown(size: int) -> str:
    """Bytes for people: ``1.5 GB``."""
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:  # noqa: PLR2004  # a step of binary units
        number, unit = number / 1024, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"
