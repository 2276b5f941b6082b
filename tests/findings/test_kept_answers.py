"""What AWS said is kept, whatever characters it said it with."""

from pathlib import Path

from baseline.findings.kept import Answer, Judged, Kept, Verdict
from baseline.findings.look import Place
from baseline.organization import Target

HALF = "\ud800"


def test_half_of_a_character_takes_nothing_away(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    finding = {
        "Id": f"id{HALF}", "UpdatedAt": "2026-07-01T00:00:00Z", "Severity": 2,
        "Title": f"a{HALF}b", "Service": {f"{HALF}": [HALF]},
    }  # fmt: skip
    kept.put_findings("eu-west-1", [finding, finding | {"Id": "é", "Title": "é"}])
    assert [found["Title"] for found in kept.findings()] == ["a?b", "é"]
    target = Target("111111111111", "eu-west-1")
    kept.put_rules(target, {"rule": Judged(Verdict("COMPLIANT"), "", ({"Annotation": HALF},))})
    assert [judged.results for _, _, judged in kept.judged()] == [({"Annotation": "?"},)]
    place = Place("config", "111111111111", "eu-west-1")
    kept.tell([Answer(place, "2026", "2026", HALF)])
    assert kept.answers()[place].reason == "?"
    kept.close()
