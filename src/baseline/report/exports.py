"""The findings of a report for programs and spreadsheets: CSV, JSON and OCSF, streamed."""

import csv
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import msgspec

from baseline.findings import ocsf
from baseline.findings.comparison import Change
from baseline.findings.model import CheckDetails, Finding
from baseline.report.cells import defused_row, escaped
from baseline.report.content import Content, Shown

Details = Mapping[tuple[str, str], CheckDetails]

FIELDS = (*Finding._fields, "change")

# What OCSF calls the activity of an event, and the status of what is gone.
_ACTIVITIES = {Change.OPEN: 2, Change.REOPENED: 2, Change.NOT_LOOKED: 2, Change.RESOLVED: 3}
_STATES = {Change.RESOLVED: (4, "Resolved"), Change.NOT_LOOKED: (99, "Not looked at")}


def write_csv(out: TextIO, rows: Iterable[Shown]) -> None:
    """A line each, with every cell defused."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(defused_row(_cells(shown)) for shown in rows)


def write_json(out: TextIO, content: Content, rows: Iterable[Shown], details: Details) -> None:
    """One object: what the report says, each check once, and each finding."""
    head = {
        "schema": 1,
        **_encodable(msgspec.to_builtins(content)),
        "coverage": [row._asdict() for row in content.coverage],
        "checks": list(details.values()),
    }
    out.write(_json(head)[:-1] + ',"findings":')
    _write_array(out, (dict(zip(FIELDS, _cells(shown), strict=True)) for shown in rows))
    out.write("}\n")


def write_ocsf(out: TextIO, rows: Iterable[Shown], details: Details, when: str) -> None:
    """An array of events of OCSF 1.5; ``when`` the findings without a time of theirs were seen."""
    seen = ocsf.milliseconds(when)
    _write_array(out, (_event(shown, details, seen) for shown in rows))
    out.write("\n")


def _event(shown: Shown, details: Details, seen: int) -> ocsf.Event:
    finding, change = shown.finding._replace(status=shown.status), shown.change
    event = ocsf.whole(ocsf.event(finding, seen), details.get((finding.tool, finding.check)))
    if change is None:
        return event
    activity = _ACTIVITIES.get(change, event.activity_id)
    number, name = _STATES.get(change, (event.status_id, event.status))
    return msgspec.structs.replace(
        event,
        activity_id=activity,
        type_uid=event.class_uid * 100 + activity,
        status_id=number,
        status=name,
        # OCSF has no word for what became of it.
        unmapped=event.unmapped | {"change": change.value},
    )


def _cells(shown: Shown) -> tuple[str, ...]:
    return (*shown.finding._replace(status=shown.status), shown.change or "")


def _encodable(value: Any) -> Any:
    """``value`` without what no text of UTF-8 holds: of a file's name, or of what was typed."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case dict():
            return {key: _encodable(each) for key, each in value.items()}
        case list() | tuple():
            return [_encodable(each) for each in value]
    return value


def _write_array(out: TextIO, items: Iterable[Any]) -> None:
    before = "[\n"
    for item in items:
        out.write(before + _json(item))
        before = ",\n"
    out.write("\n]" if before != "[\n" else "[]")


def _json(value: Any) -> str:
    return escaped(msgspec.json.encode(value).decode())
