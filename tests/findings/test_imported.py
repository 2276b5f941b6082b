"""Files of others load with exact counts; what is empty, cut or unknown is named, not fatal."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.findings import history, imported, ocsf
from baseline.findings.comparison import Change
from baseline.findings.look import PARTIAL
from baseline.findings.model import Finding
from baseline.findings.times import iso
from baseline.report.content import Shown
from baseline.report.exports import write_ocsf
from given_findings import FIRST, a_finding
from given_history import given_a_reading, given_an_audit, given_the_organization

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


def threat(**told: object) -> dict[str, object]:
    given = {
        "AccountId": FIRST, "Region": "eu-west-1", "Type": "Recon:EC2/Portscan", "Severity": 2,
        "Id": "other", "Resource": {}, "Service": {},
    }  # fmt: skip
    return given | told


def reported(
    capsys: pytest.CaptureFixture[str], *arguments: str, expected: str = ""
) -> dict[str, Any]:
    """What the report says, after its checks by how they stand."""
    Path("baseline.yaml").write_text(f"report: {{expect: [{expected}]}}")
    capsys.readouterr()
    cli.run(["report", "--format", "json", *arguments])
    whole = json.loads((REPORTS / "report/report.json").read_text())
    stand = {(f["check"], f["uid"]): f["status"] for f in whole["findings"]}
    return {**whole, "stand": stand}


def test_a_page_of_many_resolves_nothing_and_takes_nothing_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_the_organization(REPORTS)
    given_a_reading(
        REPORTS, "2026-07-09", [a_finding("C2", tool="guardduty", uid=f"g-{n}") for n in range(3)]
    )
    given_an_audit(REPORTS, "2026-07-08", [a_finding("s3_open", "high")])
    (tmp_path / "page.json").write_text(json.dumps({"Findings": [threat()]}))
    (tmp_path / "one.csv").write_text(
        "ACCOUNT_UID;REGION;SERVICE_NAME;CHECK_ID;CHECK_TITLE;SEVERITY;STATUS;RESOURCE_UID\n"
        f"{FIRST};us-east-1;iam;x;t;low;FAIL;r\n"
    )
    taken(tmp_path / "page.json", tmp_path / "one.csv", capsys=capsys)
    for since in ("2026-07-09", "20260709T110000Z", ""):
        whole = reported(capsys, *(("--since", since) if since else ()))
        assert set(whole["stand"].values()) == {"FAIL"}
        assert len(whole["stand"]) == 6
    assert cli.run(["report", "--fail-on", "critical"]) == 1
    sql = "select count(*) as n from auditing.findings"
    capsys.readouterr()
    assert cli.run(["query", "run", "--sql", sql, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 6}]


def test_what_an_audit_found_stays_new_whatever_is_imported_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(REPORTS, "2026-07-01", [a_finding("s3_open")])
    given_an_audit(REPORTS, "2026-07-08", [a_finding("s3_open"), a_finding("s3_tls")])
    (tmp_path / "page.json").write_text(json.dumps({"Findings": [threat()]}))
    taken(tmp_path / "page.json", capsys=capsys)
    assert reported(capsys)["comparison"]["new"] == 2
    assert cli.run(["report", "--fail-on-new", "critical"]) == 1


def test_two_runs_are_compared_as_if_nobody_had_looked_at_what_an_import_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(REPORTS, "2026-07-08", [a_finding("s3_open"), a_finding("s3_tls")])
    ours = a_finding("s3_tls", status="PASS")
    (tmp_path / "a.json").write_bytes(b"[" + ocsf.written(ocsf.event(ours, 1)) + b"]")
    taken(tmp_path / "a.json", capsys=capsys)
    assert cli.run(["audit", "compare", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(r["check"], r["change"], r["reason"]) for r in rows} == {
        ("s3_open", "not looked at", PARTIAL), ("s3_tls", "resolved", ""),
    }  # fmt: skip


def test_what_fails_in_an_import_and_elsewhere_comes_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(REPORTS, "2026-07-08", [a_finding("s3_open"), a_finding("s3_tls")])
    again = [a_finding("s3_open"), a_finding("s3_tls", status="PASS")]
    events = b",".join(ocsf.written(ocsf.event(finding, 1)) for finding in again)
    (tmp_path / "a.json").write_bytes(b"[" + events + b"]")
    taken(tmp_path / "a.json", tmp_path / "a.json", capsys=capsys)
    found = reported(capsys)["findings"]
    fails = [f["check"] for f in found if f["status"] == "FAIL"]
    assert sorted(fails) == ["s3_open", "s3_tls"]


def test_an_import_is_partial_where_nobody_else_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.json").write_text(json.dumps([threat()]))
    taken(tmp_path / "page.json", capsys=capsys)
    whole = reported(capsys, expected="guardduty")
    (source,) = whole["sources"]
    assert (source["complete"], source["partial"]) == (0, 1)
    unseen = [(gap["source"], gap["reason"]) for gap in whole["unseen"]]
    (reason,) = {reason for source, reason in unseen if source == "guardduty"}
    assert reason.startswith("only what was imported is known here. Run: baseline findings summary")


def test_a_file_with_all_that_there_is_resolves_when_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(REPORTS, "2026-07-08", [a_finding("s3_open"), a_finding("s3_tls")])
    passes = [a_finding("s3_tls"), a_finding("s3_open", status="PASS", resource="other")]
    events = b",".join(ocsf.written(ocsf.event(finding, 1)) for finding in passes)
    (tmp_path / "a.json").write_bytes(b"[" + events + b"]")
    assert cli.run(["audit", "import", "--whole", str(tmp_path / "a.json")]) == 0
    whole = reported(capsys)
    assert whole["comparison"]["resolved"] == 1


@pytest.mark.parametrize("seen", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_an_import_is_no_younger_than_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seen: str
) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps([threat(Service={"EventLastSeen": seen})]))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    _, (row,), _ = taken(file, capsys=capsys)
    assert row["run"] == "20231114T221320Z"
    os.utime(file, (40_000_000_000, 40_000_000_000))
    before = datetime.now(UTC)
    _, (row,), _ = taken(file, capsys=capsys)
    assert str(row["run"]) <= f"{before:%Y%m%dT%H%M}99Z"


def test_a_time_that_is_before_all_others_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps([threat(Service={"EventLastSeen": "0001-01-01T00:00:00+14:00"})]))
    assert taken(file, capsys=capsys)[0] == 0
    assert iso("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z"


def of_scoutsuite(rule: object) -> bytes:
    findings = {"findings": {"rule": rule}}
    return (
        b"scoutsuite_results =\n"
        + json.dumps({"account_id": FIRST, "services": {"s3": findings}}).encode()
    )


def a_result(**told: object) -> dict[str, object]:
    qualifier = {"EvaluationResultQualifier": {"ConfigRuleName": "r"}}
    return {"EvaluationResultIdentifier": qualifier, "ComplianceType": "COMPLIANT"} | told


OWN = json.loads(ocsf.written(ocsf.event(FOUND, 1)))
ODD = {
    "text.json": b'["x"]',
    "lists.json": b'[["a"]]',
    "numbers.json": b"[1]",
    "service.json": json.dumps([threat(Service="x")]).encode(),
    "resource.json": json.dumps([threat(Resource=["x"])]).encode(),
    "account.json": json.dumps([{"ProductArn": "p", "AwsAccountId": 1}]).encode(),
    "rule.js": of_scoutsuite("x"),
    "items.js": of_scoutsuite({"flagged_items": 1, "items": [1]}),
    "compliance.js": of_scoutsuite({"items": [], "compliance": ["x"]}),
    "deep.json": b"[" * 200_000,
    "deeper.json": b'{"Findings": [' + b'{"a":' * 200_000,
    "status.json": json.dumps([OWN | {"status_code": "BOGUS"}]).encode(),
    "product.json": json.dumps(
        [OWN | {"metadata": {"product": {"name": "Security Hub"}}}]
    ).encode(),
    "no-product.json": json.dumps([OWN | {"metadata": {}}]).encode(),
    "severity.json": json.dumps([threat(Severity="nan")]).encode(),
    "number.json": json.dumps([threat(AccountId={"a": 1})]).encode(),
    "nowhere.json": json.dumps([threat(AccountId=" ")]).encode(),
    "one-account.json": json.dumps({"EvaluationResults": [a_result()]}).encode(),
    "object.json": json.dumps({"EvaluationResults": [a_result(AccountId={"a": 1})]}).encode(),
    "no-results.json": b'{"EvaluationResults": []}',
    "header.csv": b"ACCOUNT_UID;CHECK_ID;STATUS\n",
    "cut.jsonl": json.dumps(threat()).encode() + b'\n{"AccountId": "1',
    "cell.csv": b"ACCOUNT_UID;CHECK_ID;STATUS;STATUS_EXTENDED\n1;c;FAIL;" + b"x" * 20_000_000,
}


@pytest.mark.parametrize("name", ODD)
def test_whatever_a_file_holds_it_is_named_and_the_others_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_bytes(ODD[name])
    (tmp_path / "whole.json").write_text(json.dumps([OWN]))
    code, rows, err = taken(tmp_path / name, tmp_path / "whole.json", capsys=capsys)
    assert (code, [row["findings"] for row in rows]) == (1, [1])
    assert err.startswith(f"Not taken: {tmp_path / name}: ")
    assert "bug" not in err
    assert err.count("\n") == 1


def test_our_own_events_with_a_time_that_is_none_are_taken_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = OWN["finding_info"] | {"last_seen_time_dt": "yesterday"}
    (tmp_path / "own.json").write_text(json.dumps([OWN | {"finding_info": info}]))
    assert taken(tmp_path / "own.json", capsys=capsys)[0] == 0
    (look,) = history.looks(REPORTS)
    (found,) = history.findings(look, REPORTS)
    assert found.last_seen == ""


def test_damaged_details_do_not_keep_findings_from_being_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = REPORTS / "history/checks.json"
    file.parent.mkdir(parents=True)
    file.write_text("[{")
    (tmp_path / "own.json").write_text(json.dumps([OWN]))
    code, rows, err = taken(tmp_path / "own.json", capsys=capsys)
    assert (code, len(rows), file.read_text()) == (0, 1, "[{")
    assert f"What is said of the checks was not kept: {file}" in err
    assert any(str(file) in note for note in reported(capsys)["notes"])


def test_a_product_that_nobody_knows_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hub.json").write_bytes(ODD["product.json"])
    assert (
        "'Security Hub', which is none of Prowler" in taken(tmp_path / "hub.json", capsys=capsys)[2]
    )


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + json.dumps([threat()]).encode(),
        json.dumps(threat()).encode() + b"\n" + json.dumps(threat(Id="another")).encode() + b"\n",
        json.dumps(threat() | {"schemaVersion": "2.0"}).encode(),
    ],
    ids=["byte order mark", "a line each", "one line"],
)
def test_json_as_others_write_it_is_taken(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "page.jsonl").write_bytes(text)
    findings, _ = imported.read(tmp_path / "page.jsonl")
    assert {finding.tool for finding in findings} == {"guardduty"}


def test_what_prowler_wrote_itself_is_read_so_whatever_an_event_of_it_lacks(tmp_path: Path) -> None:
    theirs = OWN | {"metadata": {"product": {"name": "Prowler"}, "event_code": "x"}}
    theirs |= {"status": "Suppressed", "status_code": "FAIL"}
    events = [theirs | {"unmapped": {"compliance": {"CIS": ["1"]}}}, theirs]
    (tmp_path / "theirs.json").write_text(json.dumps(events))
    findings, details = imported.read(tmp_path / "theirs.json")
    assert [finding.status for finding in findings] == ["MUTED", "MUTED"]
    assert [each.frameworks for each in details] == [("CIS: 1",), ()]


def test_a_report_as_ocsf_is_taken_but_for_what_is_no_answer(tmp_path: Path) -> None:
    """What is resolved is none, and what nobody tried or could read."""
    rows = [Shown(a_finding(str(change)), change) for change in (None, *Change)]
    muted = a_finding("quiet", status="MUTED", muted="accepted: a test (anna, until 2999-01-01)")
    none = [
        a_finding("", status="UNKNOWN", uid=f"prowler-untried-{FIRST}-"),
        a_finding("", status="UNKNOWN", tool="history", account_id=""),
    ]
    with (tmp_path / "ours.json").open("w") as out:
        write_ocsf(out, [*rows, Shown(muted), *map(Shown, none)], {}, "2026-07-01T00:00:00Z")
    findings, _ = imported.read(tmp_path / "ours.json")
    assert findings == [
        *(row.finding._replace(status=row.status) for row in rows if row.status != "RESOLVED"),
        muted,
    ]


def test_an_accepted_risk_is_muted_in_what_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mute.yaml").write_text(
        "mute: [{check: x, reason: a test, owner: anna, expires: 2999-01-01}]"
    )
    (tmp_path / "own.json").write_text(json.dumps([OWN]))
    _, (row,), _ = taken(tmp_path / "own.json", capsys=capsys)
    assert row["fail"] == 0
    (look,) = history.looks(REPORTS)
    assert [found.status for found in history.findings(look, REPORTS)] == ["MUTED"]
