"""Accepted risks mute what they name and nothing else, until their day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from baseline.configuration import Mute
from baseline.findings.model import FAIL, MUTED, STATUSES, Finding
from baseline.findings.muting import Muting
from baseline.organization import Account, Organization

TODAY = date(2026, 7, 26)


def risk(**told: Any) -> Mute:
    given: dict[str, Any] = {
        "check": "s3_open",
        "reason": "public",
        "owner": "anna",
        "expires": TODAY,
    }
    return Mute(**(given | told))


def found(**told: str) -> Finding:
    given = {
        "tool": "prowler", "account_id": "111111111111", "account_name": "website",
        "region": "eu-west-1", "service": "s3", "check": "s3_open", "title": "", "severity": "high",
        "status": FAIL, "resource": "arn:aws:s3:::pages", "detail": "", "uid": "u",
    }  # fmt: skip
    return Finding(**(given | told))


def muted(finding: Finding, *risks: Mute) -> bool:
    (judged,) = Muting(risks, TODAY).through([finding])
    return judged.status == MUTED


@pytest.mark.parametrize(
    ("told", "is_muted"),
    [
        ({}, True),
        ({"account": "website"}, True),
        ({"account": "111111111111"}, True),
        ({"account": "web*"}, True),
        ({"account": "payments"}, False),
        ({"check": "s3_*"}, True),
        ({"check": "s3"}, False),
        ({"region": "us-east-1"}, False),
        ({"resource": "arn:aws:s3:::page*"}, True),
        ({"resource": "arn:*:::p*s"}, True),
        ({"resource": "arn:aws:s3:::page?"}, False),
        ({"resource": "arn:aws:s3:::page[s]"}, False),
        ({"check": "?3_open"}, False),
        ({"resource": "arn:aws:s3:::"}, False),
        ({"tool": "prowler"}, True),
        ({"tool": "guardduty"}, False),
        ({"expires": TODAY - timedelta(days=1)}, False),
    ],
)
def test_every_part_of_a_risk_has_to_fit(told: dict[str, Any], is_muted: bool) -> None:
    assert muted(found(), risk(**told)) is is_muted


def test_all_but_the_star_stands_for_itself() -> None:
    odd = found(resource="a[b]?.c\nd", check="x+y")
    assert muted(odd, risk(resource="a[b]?.c*d", check="x+y"))
    assert not muted(odd, risk(resource="a[b]?xc*d", check="x+y"))


def test_no_pattern_takes_long() -> None:
    assert not muted(found(resource="a" * 5000), risk(resource="a*" * 50 + "b"))


def test_an_id_is_no_name_that_somebody_gave_an_account() -> None:
    renamed = found(account_id="222222222222", account_name="111111111111")
    assert not muted(renamed, risk(account="111111111111"))
    assert muted(renamed, risk(account="222222222222"))
    assert muted(found(account_name="11111111111"), risk(account="11111111111"))


@pytest.mark.parametrize("check", ["*", "**", "***"])
def test_a_risk_of_everything_is_refused(check: str) -> None:
    with pytest.raises(ValidationError, match="lest it mute everything"):
        risk(check=check, account="*", resource="**")


@pytest.mark.parametrize("status", [s for s in STATUSES if s != FAIL])
def test_only_what_fails_is_muted(status: str) -> None:
    (judged,) = Muting([risk()], TODAY).through([found(status=status)])
    assert judged == found(status=status)


def test_what_a_list_muted_once_counts_again_without_it() -> None:
    (before,) = Muting([risk()], TODAY).through([found()])
    assert before.muted == "accepted: public (anna, until 2026-07-26)"
    assert list(Muting().through([before])) == [found()]
    own = found(status=MUTED, muted="muted in Prowler")
    assert list(Muting([risk()], TODAY).through([own])) == [own]


def test_an_expired_risk_beside_a_valid_one_takes_nothing_from_it() -> None:
    old = risk(expires=TODAY - timedelta(days=1), owner="bert")
    (judged,) = Muting([old, risk()], TODAY).through([found()])
    assert "anna" in judged.muted


def test_notes_say_what_whoever_keeps_the_list_has_to_do() -> None:
    yesterday = TODAY - timedelta(days=1)
    risks = [
        risk(),
        risk(expires=yesterday, owner="bert"),
        risk(check="s3_opne", account="website"),
        risk(check="s3_opne", account="elsewhere"),
        risk(check="iam_mfa"),
    ]
    muting = Muting(risks, TODAY)
    list(muting.through([found(), found(), found(check="iam_mfa", status="PASS")]))
    assert muting.notes() == [
        (
            "The accepted risk s3_open expired on 2026-07-25; 2 findings count again. "
            "Ask bert, then renew or remove it."
        ),
        (
            "The accepted risk s3_opne of website matches nothing that was looked at: "
            "is it spelled as there?"
        ),
        (
            "The accepted risk iam_mfa is not needed: what it matches does not fail. "
            "Ask anna, then renew or remove it."
        ),
    ]


@pytest.mark.parametrize(
    ("told", "is_said"),
    [
        ({"check": "baseline-password-policy"}, False),
        ({"check": "baseline-password-policy", "tool": "config"}, False),
        ({"check": "no_such_check", "tool": "prowler"}, True),
        ({"check": "s3_opne"}, True),
    ],
)
def test_a_risk_of_a_tool_that_did_not_look_is_not_called_misspelt(
    told: dict[str, str], is_said: bool
) -> None:
    muting = Muting([risk(**told)], TODAY)
    list(muting.through([found(tool="prowler")]))
    assert bool(muting.notes()) is is_said


def test_where_every_tool_looked_a_risk_that_meets_nothing_is_said() -> None:
    muting = Muting([risk(check="no_such_check")], TODAY)
    list(muting.through(found(tool=t) for t in ("prowler", "scoutsuite", "guardduty", "config")))
    assert "matches nothing that was looked at" in muting.notes()[0]


RISKS = st.lists(
    st.builds(risk, check=st.sampled_from(["s3_open", "s3_*", "iam_mfa"]),
              account=st.sampled_from(["*", "website", "payments"]),
              expires=st.dates(TODAY - timedelta(2), TODAY + timedelta(2))),
    max_size=4,
)  # fmt: skip
FINDINGS = st.lists(
    st.builds(found, check=st.sampled_from(["s3_open", "s3_tls", "iam_mfa"]),
              account_name=st.sampled_from(["website", "payments"]),
              status=st.sampled_from(STATUSES)).map(
        lambda f: f._replace(muted="muted in Prowler" if f.status == MUTED else "")),
)  # fmt: skip


@given(RISKS, FINDINGS)
def test_nothing_is_lost_and_to_mute_twice_is_to_mute_once(
    risks: list[Mute], findings: list[Finding]
) -> None:
    once = list(Muting(risks, TODAY).through(findings))
    assert list(Muting(risks, TODAY).through(once)) == once
    assert list(Muting().through(once)) == findings
    assert [f.key for f in once] == [f.key for f in findings]


@pytest.mark.parametrize(
    ("account", "is_strange"),
    [("webiste", True), ("222222222222", True), ("website", False), ("pay*", False), ("*", False)],
)
def test_an_account_that_the_organization_has_not_got_is_said(
    account: str, is_strange: bool
) -> None:
    """Also where nobody looked at anything that it could be about."""
    named = {"111111111111": "website", "333333333333": "payments"}
    accounts = tuple(Account(id_, name, "", "ACTIVE") for id_, name in named.items())
    organization = Organization("o-acme0000000", "111111111111", accounts)
    muting = Muting([risk(account=account)], TODAY, organization)
    said = f"The accepted risk s3_open of {account}: no account of the organization is called so"
    assert any(said in note for note in muting.notes()) is is_strange
