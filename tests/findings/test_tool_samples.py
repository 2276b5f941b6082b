"""What the audit tools of any version wrote becomes findings, of samples that others published."""

from collections import Counter
from pathlib import Path

import pytest

from baseline.findings import ocsf, prowler, scoutsuite
from baseline.findings.model import NOTHING_THERE, CheckDetails
from given_findings import a_finding

CSV = "ACCOUNT_UID;REGION;SERVICE_NAME;CHECK_ID;SEVERITY;STATUS;RESOURCE_UID;STATUS_EXTENDED\r\n"
ROW = '1;eu-west-1;s3;s3_open;high;FAIL;arn;"open; to\nall"\r\n'


@pytest.mark.data
def test_prowler_s_csv_is_read_whole(third_party: Path) -> None:
    file = third_party / "audits/prowler/example_output_aws.csv"
    found = list(prowler.csv_findings(file))
    assert Counter(f.status for f in found) == {"FAIL": 2, "MANUAL": 2}
    assert (found[0].check, found[0].severity) == ("accessanalyzer_enabled", "low")
    assert found[0].detail == "IAM Access Analyzer in account <account_uid> is not enabled."
    details = {d.check: d for d in prowler.csv_details(file)}
    assert len(details) == 4
    assert details["accessanalyzer_enabled"].frameworks[:2] == ("CIS-1.4: 1.20", "CIS-1.5: 1.20")
    assert details["accessanalyzer_enabled"].risk.startswith("AWS IAM Access Analyzer helps")


@pytest.mark.data
def test_prowler_s_ocsf_is_read_whole_and_says_what_its_csv_says(third_party: Path) -> None:
    text = (third_party / "audits/prowler/example_output_aws.ocsf.json").read_bytes()
    found = list(prowler.ocsf_findings(text))
    assert Counter(f.status for f in found) == {"FAIL": 2, "MANUAL": 3}
    assert found[0].last_seen == "2025-02-14T13:27:03Z"
    csv = prowler.csv_findings(third_party / "audits/prowler/example_output_aws.csv")
    assert found[0]._replace(last_seen="") == next(csv)
    of_csv = next(prowler.csv_details(third_party / "audits/prowler/example_output_aws.csv"))
    assert next(prowler.ocsf_details(text)).frameworks == of_csv.frameworks


@pytest.mark.data
def test_what_an_old_prowler_sent_to_security_hub_is_read_whole(third_party: Path) -> None:
    text = (third_party / "audits/prowler/prowler_sample.asff.json").read_bytes()
    found = list(prowler.asff_findings(text))
    assert Counter((f.check, f.status, f.severity) for f in found) == {
        ("check11", "FAIL", "high"): 1, ("check12", "FAIL", "high"): 9,
    }  # fmt: skip
    assert found[0].title == "Avoid the use of the root account (Scored)"
    assert len({f.uid for f in found}) == 10


@pytest.mark.data
def test_scoutsuite_s_results_are_read_whole(third_party: Path) -> None:
    text = (third_party / "audits/scoutsuite/scoutsuite_sample.js").read_bytes()
    found = list(scoutsuite.findings(text))
    failing = [f for f in found if f.status == "FAIL"]
    assert Counter((f.status, f.severity) for f in found) == {
        ("FAIL", "high"): 16, ("PASS", "high"): 4, ("PASS", "medium"): 3,
    }  # fmt: skip
    assert {f.check for f in failing} == {"cloudtrail-not-configured"}
    assert len({f.region for f in failing}) == 16
    assert {f.detail for f in found if f.status == "PASS"} == {NOTHING_THERE}
    assert {f.account_id for f in found} == {"916481805664"}
    assert len(list(scoutsuite.details(text))) == 8


VERSION_3 = (
    "FINDING_UNIQUE_ID;CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;SERVICE_NAME;SEVERITY;"
    "ACCOUNT_ID;REGION;RESOURCE_ID;RESOURCE_ARN\n"
    "u;s3_open;Open;FAIL;it is;s3;high;111111111111;eu-west-1;b;arn:aws:s3:::b\n"
)
VERSION_2 = (
    "PROFILE,ACCOUNT_NUM,REGION,TITLE_ID,CHECK_RESULT,TITLE_TEXT,CHECK_RESULT_EXTENDED,"
    "CHECK_SEVERITY,CHECK_SERVICENAME,CHECK_RESOURCE_ID\n"
    "x,111111111111,eu-west-1,7.3,FAIL,7.3 [extra73] Open,it is,High,s3,arn:aws:s3:::b\n"
)


@pytest.mark.parametrize(("text", "check"), [(VERSION_3, "s3_open"), (VERSION_2, "extra73")])
def test_older_versions_of_its_csv_are_read(text: str, check: str, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text(text)
    (found,) = prowler.csv_findings(tmp_path / "old.csv")
    assert found.check == check
    assert (found.account_id, found.region, found.service, found.title) == (
        "111111111111", "eu-west-1", "s3", "Open",
    )  # fmt: skip
    assert (found.severity, found.status, found.resource) == ("high", "FAIL", "arn:aws:s3:::b")
    assert found.uid


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (CSV + ROW * 3 + ROW[:20], 3),
        (CSV + ROW * 3 + ROW[:-6], 3),
        (CSV + ROW * 3 + "1;2\r\n" + ROW, 3),
        (CSV + ROW * 3 + ROW.replace("FAIL", "odd"), 3),
        ("A;B\r\n1;2\r\n", 0),
    ],
)
def test_what_is_whole_before_a_cut_is_given_and_then_the_cut_is_told(
    text: str, whole: int, tmp_path: Path
) -> None:
    (tmp_path / "cut.csv").write_text(text, newline="")
    given: list[str] = []
    with pytest.raises(ValueError, match=r"cut|quote|status|end|column"):
        given.extend(found.detail for found in prowler.csv_findings(tmp_path / "cut.csv"))
    assert given == ["open; to\nall"] * whole


def test_a_cell_may_be_longer_than_any_reader_expects(tmp_path: Path) -> None:
    cell = "x" * 20_000_000
    (tmp_path / "long.csv").write_text(CSV + ROW + ROW.replace("to\nall", cell), newline="")
    first, second = prowler.csv_findings(tmp_path / "long.csv")
    assert (len(first.detail), second.detail) == (12, f"open; {cell}")


def test_details_come_once_for_each_check(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(CSV + ROW * 3 + ROW.replace("s3_open", "s3_tls"), newline="")
    assert sorted(prowler.csv_details(tmp_path / "p.csv"), key=lambda d: d.check) == [
        CheckDetails("prowler", "s3_open", ""), CheckDetails("prowler", "s3_tls", ""),
    ]  # fmt: skip


def test_a_resource_whose_name_holds_dots_is_found() -> None:
    services = {"s3": {"buckets": {"my.site.org": {"arn": "arn:aws:s3:::my.site.org"}}}}
    rule = scoutsuite._Rule(
        "1", services, "s3", "open",
        {"flagged_items": 1, "items": ["s3.buckets.my.site.org.acl"],
         "display_path": "s3.buckets.id", "level": "warning"},
    )  # fmt: skip
    (finding,) = rule.findings()
    assert (finding.resource, finding.severity, finding.region) == (
        "arn:aws:s3:::my.site.org",
        "medium",
        "global",
    )


@pytest.mark.parametrize("text", [b"", b"scoutsuite_results =\n{", b"[]", b'{"account_id": "1"}'])
def test_results_of_scoutsuite_that_are_cut_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        list(scoutsuite.findings(text))


@pytest.mark.parametrize(
    ("number", "word", "severity"),
    [(6, "Fatal", "critical"), (5, "Critical", "critical"), (99, "Urgent", "urgent"), (0, "", "")],
)
def test_no_severity_of_ocsf_is_lost(number: int, word: str, severity: str) -> None:
    event = ocsf.Event(ocsf.Metadata(), ocsf.COMPLIANCE, number, severity=word)
    assert ocsf.severity(event) == severity
    told = ocsf.event(a_finding(severity=severity), 0)
    assert ocsf.finding(told).severity == severity
