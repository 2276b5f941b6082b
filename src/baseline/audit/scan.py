"""One tool in one account: what is asked for, and how far it has come."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from baseline.audit.obstacles import Obstacle
from baseline.errors import ToolError

# What a tool writes to its terminal, in the scan's directory.
LOG = "log.txt"


# Colours, which are for eyes: tools write them whether there is a terminal or not.
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Scan:
    """What is asked of a tool. No regions or services means all of them.

    ``directory`` is fresh and belongs to this scan alone: a tool that finds earlier results
    appends to them. ``unseen`` is what was asked for and is not asked of the tool.
    """

    account_id: str
    directory: Path
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unseen: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Meter:
    """What in a tool's output tells how far it is: the total, one step, one failing check."""

    total: re.Pattern[str]
    step: re.Pattern[str]
    failing: re.Pattern[str]


@dataclass(frozen=True)
class Reach:
    """How far a scan has come; ``total`` is 0 as long as it is not known."""

    done: int = 0
    total: int = 0
    failing: int = 0


@contextmanager
def reading(tool: str, file: Path) -> Iterator[None]:
    """Raise ToolError, which names ``file``, when what ``tool`` wrote into it is not whole."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ToolError(
            f"{tool}'s results are not whole: {error}",
            where=str(file),
            remedy="Run it again: baseline audit run --resume",
        ) from error


def plain(text: str) -> str:
    """``text`` without colours."""
    return _COLOURS.sub("", text)


def read(meter: Meter, reach: Reach, text: str) -> Reach:
    """``reach`` after the tool wrote ``text``, which is whole lines."""
    text = plain(text)
    total = meter.total.search(text)
    return Reach(
        reach.done + len(meter.step.findall(text)),
        int(total[1]) if total else reach.total,
        reach.failing + len(meter.failing.findall(text)),
    )
