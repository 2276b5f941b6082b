"""Files of others load with exact counts; what is empty, cut or unknown is named, not fatal."""

import json
import shutil
from pathlib import Path

import pytest

from baseline import cli
from baseline.findings import history, ocsf
from baseline.findings.model import Finding

REPORTS = Path("reports")
FOUND = Finding(
    "prowler", "1", "", "eu-west-1", "s3", "x", "title", "low", "FAIL", "bucket", "detail", "uid"
)


def taken(
    *files: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[dict[str, object]], str]:
    code = cli.run(["audit", "import", *map(str, files), "-o", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


@pytest.mark.data
def test_every_sample_is_taken_with_exact_counts(
    third_party: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = json.loads((third_party / "guardduty/cartography/guardduty.json").read_text())
    (tmp_path / "guardduty.json").write_text(json.dumps(answers["GET_FINDINGS"]))
    audits = third_party / "audits"
    code, rows, _ = taken(
        audits / "prowler/example_output_aws.csv",
        audits / "prowler/example_output_aws.ocsf.json",
        audits / "prowler/prowler_sample.asff.json",
        audits / "scoutsuite/scoutsuite_sample.js",
        tmp_path / "guardduty.json",
        capsys=capsys,
    )
    assert code == 0
    assert [(r["tools"], r["findings"], r["fail"]) for r in rows] == [
        ("prowler", 4, 2), ("prowler", 5, 2), ("prowler", 10, 10), ("scoutsuite", 23, 16),
        ("guardduty", 5, 5),
    ]  # fmt: skip
    looks = history.looks(REPORTS)
    assert sum(len(list(history.findings(look, REPORTS))) for look in looks) == 47
    assert looks[0].stamp == "20210517T230704Z"
    assert history.details(REPORTS)["prowler", "accessanalyzer_enabled"].remediation


def test_what_is_empty_cut_or_unknown_is_named_and_the_others_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = ocsf.written(ocsf.event(FOUND, 1))
    texts = {
        "whole.json": b"[" + event + b"]", "empty.json": b"", "empty.csv": b"",
        "cut.json": b"[" + event[:90], "cut.csv": b'CHECK_ID;STATUS\r\nx;FAIL\r\n"y',
        "unknown.json": b'{"a": 1}', "list.json": b"[]", "odd.json": b'[{"class_uid": 1}]',
        "other.csv": b"a,b\n1,2\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    files = [tmp_path / name for name in (*texts, "gone.json")]
    code, rows, err = taken(*files, capsys=capsys)
    assert code == 1
    assert [(r["file"], r["findings"]) for r in rows] == [(str(tmp_path / "whole.json"), 1)]
    assert err.count("Not taken: ") == 9
    for file in files[1:]:
        assert f"Not taken: {file}: its findings cannot be read: " in err


def test_a_file_that_is_taken_twice_takes_the_place_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_bytes(b"[" + ocsf.written(ocsf.event(FOUND, 1)) + b"]")
    shutil.copy(tmp_path / "a.json", tmp_path / "b.json")
    _, rows, _ = taken(tmp_path / "a.json", tmp_path / "a.json", capsys=capsys)
    assert len({row["run"] for row in rows}) == 2
    assert cli.run(["audit", "compare", "-o", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["change"], row["check"]) == ("open", "x")
