"""The audit tools as values: a third one is one more value in ``TOOLS``."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.audit import prowler, scoutsuite, warm_prowler
from baseline.audit.obstacles import Obstacle
from baseline.audit.scan import Meter, Scan
from baseline.findings.model import CheckDetails, Finding


@dataclass(frozen=True)
class Tool:
    """How one tool is installed, started, watched and read.

    ``arguments`` gives what follows the program's name. ``done`` maps each exit code of a run that
    came to its end; what any other code means is in ``codes``. ``findings`` are the rows that it
    wrote, ``details`` what it says of their checks, ``idle`` the checks that it carried out without
    a row; ``obstacles`` is what kept it from looking, as its logs and its own packages tell.
    ``fault`` says why an output cannot be what was asked for, or nothing. ``selection`` makes
    options of its part of the configuration; ``names`` are the values that its options may have,
    where they can be told; ``reserved`` options are not passed on. ``warm`` is a script that forks
    it, if there is one; ``page`` its own report.
    """

    name: str
    title: str
    distribution: str
    version: str
    package: str
    program: str
    pythons: tuple[tuple[int, int], ...]
    page: str
    done: frozenset[int]
    codes: dict[int, str]
    arguments: Callable[[Scan], list[str]]
    services: Callable[[Path], frozenset[str]]
    meter: Meter
    findings: Callable[[Path], Iterator[Finding]]
    details: Callable[[Path], Iterator[CheckDetails]]
    idle: Callable[[Path, Collection[str]], Iterable[Finding]]
    obstacles: Callable[[Path, Path], Iterable[Obstacle]]
    fault: Callable[[Scan], str]
    selection: Callable[[Any], list[str]]
    names: Callable[[Path], Mapping[str, frozenset[str]]]
    reserved: frozenset[str]
    warm: str = ""

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


TOOLS = {
    "prowler": Tool(
        name="prowler",
        title="Prowler",
        distribution="prowler",
        version="5.46.0",
        package="prowler",
        program="prowler",
        pythons=((3, 13), (3, 12), (3, 11), (3, 10)),
        page=prowler.PAGE,
        done=prowler.DONE,
        codes=prowler.CODES,
        arguments=prowler.arguments,
        services=prowler.services,
        meter=prowler.METER,
        findings=prowler.findings,
        details=prowler.details,
        idle=prowler.idle,
        obstacles=prowler.obstacles,
        fault=prowler.fault,
        selection=prowler.selection,
        names=prowler.names,
        reserved=prowler.RESERVED,
        warm=warm_prowler.__file__,
    ),
    # GPL-2.0: run as a program, never imported.
    "scoutsuite": Tool(
        name="scoutsuite",
        title="ScoutSuite",
        distribution="ScoutSuite",
        version="5.14.0",
        package="ScoutSuite",
        program="scout",
        pythons=((3, 13), (3, 12), (3, 11), (3, 10), (3, 9)),
        page=scoutsuite.PAGE,
        done=scoutsuite.DONE,
        codes=scoutsuite.CODES,
        arguments=scoutsuite.arguments,
        services=scoutsuite.services,
        meter=scoutsuite.METER,
        findings=scoutsuite.findings,
        details=scoutsuite.details,
        idle=scoutsuite.idle,
        obstacles=scoutsuite.obstacles,
        fault=scoutsuite.fault,
        selection=scoutsuite.selection,
        names=scoutsuite.names,
        reserved=scoutsuite.RESERVED,
    ),
}
