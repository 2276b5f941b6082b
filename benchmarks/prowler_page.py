"""Run by Prowler's own Python: its HTML writer over findings in a file, into another one."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from prowler.lib.outputs.html.html import HTML  # type: ignore[import-not-found,unused-ignore]


class Word(str):
    """A status or a severity, as an enumeration of Prowler's."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """Itself."""
        return str(self)


def main(rows: str, out: str) -> None:
    """Write the rows as Prowler does, between its table's head and its footer."""
    with Path(rows).open(encoding="utf-8") as lines:
        page = HTML([_finding(json.loads(line)) for line in lines])
    with Path(out).open("w", encoding="utf-8") as file:
        file.write('<!DOCTYPE html><html><body><table id="findingsTable"><tbody>')
        file.writelines(page.data)
        HTML.write_footer(file)


def _finding(row: dict[str, Any]) -> SimpleNamespace:
    advice = SimpleNamespace(Text=row["remediation"], Url=row["url"])
    return SimpleNamespace(
        status=Word(row["status"]),
        muted=False,
        region=row["region"],
        resource_uid=row["resource"],
        resource_tags={},
        status_extended=row["detail"],
        compliance={"CIS-5.0": ["1.4", "2.1.1"], "PCI-4.0": ["8.4.2"]},
        metadata=SimpleNamespace(
            Severity=Word(row["severity"]),
            ServiceName=row["service"],
            CheckID=row["check"],
            CheckTitle=row["title"],
            Risk=row["risk"],
            Remediation=SimpleNamespace(Recommendation=advice),
        ),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
