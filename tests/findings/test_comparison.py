"""What became of findings: nothing is lost, and nobody resolves what was not looked at."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseline.findings.comparison import Change, Changed, Side, Sight, compare
from baseline.findings.look import AUDIT, Gap, Look, Place
from baseline.findings.model import FAIL, PASS, STATUSES, UNKNOWN, Finding

ACCOUNT, OTHER = "111111111111", "222222222222"


def found(status: str = FAIL, **told: str) -> Finding:
    given = {
        "tool": "prowler", "account_id": ACCOUNT, "account_name": "", "region": "eu-west-1",
        "service": "s3", "check": "s3_open", "title": "", "severity": "high", "status": status,
        "resource": "arn:aws:s3:::b", "detail": "", "uid": "u",
    }  # fmt: skip
    return Finding(**(given | told))


def looked(*places: Place, **told: Any) -> Look:
    places = places or (Place("prowler", ACCOUNT),)
    return Look(
        "20260101T000000Z", AUDIT, "2026-01-01T00:00:00Z", tried=places, looked=places, **told
    )


def became(
    earlier: list[Finding],
    later: list[Finding],
    look: Look | None = None,
    then: Look | None = None,
    before: tuple[Finding, ...] = (),
) -> list[tuple[Change, str]]:
    sides = Side(earlier, Sight.of(then or looked())), Side(later, Sight.of(look or looked()))
    return [(c.change, c.reason) for c in compare(*sides, {f.key for f in before})]


def test_what_fails_again_is_open_and_what_passes_is_resolved() -> None:
    assert became([found()], [found()]) == [(Change.OPEN, "")]
    assert became([found()], [found(PASS)]) == [(Change.RESOLVED, "")]
    assert became([found(PASS)], [found(PASS)]) == []


def test_what_fails_for_the_first_time_is_new_and_what_is_back_is_reopened() -> None:
    assert became([found(PASS)], [found()]) == [(Change.NEW, "")]
    assert became([found(PASS)], [found()], before=(found(),)) == [(Change.REOPENED, "")]


def test_a_resource_that_is_gone_is_resolved_where_its_check_answered() -> None:
    other = found(resource="arn:aws:s3:::c")
    assert became([found(), other], [other]) == [(Change.OPEN, ""), (Change.RESOLVED, "")]


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (looked(Place("prowler", OTHER)), "prowler gave no answer here"),
        (looked(Place("scoutsuite", ACCOUNT)), "prowler gave no answer here"),
        (looked(regions=("us-east-1",)), "the region was left out"),
        (looked(services=("iam",)), "the service was left out"),
        (looked(gaps=(Gap("prowler", ACCOUNT, reason="denied"),)), "denied"),
        (looked(gaps=(Gap("prowler", ACCOUNT, "eu-west-1", "s3", None, "denied"),)), "denied"),
        (looked(gaps=(Gap("prowler", ACCOUNT, checks=("s3_open",), reason="x"),)), "x"),
        (looked(), "the check gave no answer"),
    ],
)
def test_what_nobody_could_have_seen_is_not_resolved(look: Look, reason: str) -> None:
    assert became([found()], [], look) == [(Change.NOT_LOOKED, reason)]


@pytest.mark.parametrize(
    "gap",
    [
        Gap("prowler", OTHER),
        Gap("scoutsuite", ACCOUNT),
        Gap("prowler", ACCOUNT, "us-east-1"),
        Gap("prowler", ACCOUNT, service="iam"),
        Gap("prowler", ACCOUNT, service="s3", checks=("s3_tls",)),
        Gap("prowler", ACCOUNT, service="s3", checks=()),
    ],
)
def test_a_gap_elsewhere_keeps_nothing_open(gap: Gap) -> None:
    answered = found(PASS, resource="arn:aws:s3:::c")
    assert became([found()], [answered], looked(gaps=(gap,))) == [(Change.RESOLVED, "")]


def test_an_account_that_gave_no_answer_after_all_resolves_nothing() -> None:
    lost = found(UNKNOWN, check="", region="", service="", resource="", detail="results are gone")
    assert became([found()], [found(PASS, resource="c"), lost]) == [
        (Change.NOT_LOOKED, "results are gone")
    ]


def test_an_answer_that_is_unknown_resolves_nothing_and_what_is_back_was_open() -> None:
    doubt = found(UNKNOWN, detail="denied (3 times)")
    assert became([found()], [doubt]) == [(Change.NOT_LOOKED, "denied (3 times)")]
    assert became([doubt], [found()], before=(found(),)) == [
        (Change.OPEN, "not looked at then: denied (3 times)")
    ]
    assert became([doubt], [found()]) == [(Change.NEW, "not looked at then: denied (3 times)")]


def test_what_was_muted_is_muted_with_its_reason_and_not_resolved() -> None:
    quiet = found("MUTED", muted="accepted (anna)")
    sides = Side([found()], Sight.of(looked())), Side([quiet], Sight.of(looked()))
    assert list(compare(*sides)) == [Changed(Change.MUTED, quiet, "accepted (anna)")]


def test_guardduty_s_findings_are_gone_without_a_word() -> None:
    """Its findings end after 90 days, and no check says so; a region that was read does."""
    threat = found(tool="guardduty", check="Recon:EC2/Portscan", uid="f1")
    read = looked(Place("guardduty", ACCOUNT, "eu-west-1"))
    unread = looked(Place("guardduty", ACCOUNT, "us-east-1"))
    assert became([threat], [], read, read) == [(Change.RESOLVED, "")]
    assert became([threat], [], unread, read)[0][0] is Change.NOT_LOOKED
    again = threat._replace(uid="f2")
    assert [c for c, _ in became([threat], [again], read, read)] == [Change.NEW, Change.RESOLVED]


def test_what_was_muted_and_counts_again_is_reopened() -> None:
    quiet = found("MUTED", muted="accepted (anna)")
    assert became([quiet], [found()]) == [(Change.REOPENED, "muted then: accepted (anna)")]


FINDINGS = st.lists(
    st.builds(
        found,
        st.sampled_from(STATUSES),
        tool=st.sampled_from(["prowler", "scoutsuite", "guardduty"]),
        account_id=st.sampled_from([ACCOUNT, OTHER]),
        region=st.sampled_from(["eu-west-1", "us-east-1", "global"]),
        check=st.sampled_from(["s3_open", "s3_tls"]),
        resource=st.sampled_from(["a", "b"]),
        uid=st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)
PLACES = st.frozensets(
    st.builds(Place, st.sampled_from(["prowler", "scoutsuite", "guardduty"]),
              st.sampled_from([ACCOUNT, OTHER]), st.sampled_from(["", "eu-west-1", "us-east-1"]))
)  # fmt: skip
GAPS = st.lists(
    st.builds(Gap, st.sampled_from(["prowler", "scoutsuite"]), st.sampled_from([ACCOUNT, OTHER]),
              st.sampled_from(["", "eu-west-1"]), st.sampled_from(["", "s3", "iam"]),
              st.sampled_from([None, (), ("s3_open",)])),
    max_size=3,
)  # fmt: skip
LOOKS = st.builds(
    lambda places, gaps: replace(looked(), looked=tuple(places), gaps=tuple(gaps)), PLACES, GAPS
)


def compared(earlier: list[Finding], then: Look, later: list[Finding], now: Look) -> list[Changed]:
    return list(compare(Side(earlier, Sight.of(then)), Side(later, Sight.of(now))))


def failing(findings: list[Finding]) -> set[Any]:
    return {f.key for f in findings if f.status == FAIL}


@given(FINDINGS, LOOKS, FINDINGS, LOOKS)
def test_every_finding_that_fails_on_a_side_is_told_once(
    earlier: list[Finding], then: Look, later: list[Finding], now: Look
) -> None:
    told = Counter(c.finding.key for c in compared(earlier, then, later, now))
    assert set(told) == failing(earlier) | failing(later)
    assert set(told.values()) <= {1}


@given(FINDINGS, LOOKS, FINDINGS, LOOKS)
def test_what_fails_now_is_new_or_open_and_what_does_not_never_is(
    earlier: list[Finding], then: Look, later: list[Finding], now: Look
) -> None:
    changes = {c.finding.key: c.change for c in compared(earlier, then, later, now)}
    for key, change in changes.items():
        assert (change in (Change.NEW, Change.OPEN, Change.REOPENED)) == (key in failing(later))
        assert (change is Change.OPEN) == (key in failing(later) and key in failing(earlier))


@given(FINDINGS, LOOKS)
def test_a_look_beside_itself_changes_nothing(findings: list[Finding], look: Look) -> None:
    assert {c.change for c in compared(findings, look, findings, look)} <= {Change.OPEN}


@given(FINDINGS, LOOKS, FINDINGS, LOOKS)
def test_who_looked_nowhere_resolves_only_what_he_answers_himself(
    earlier: list[Finding], then: Look, later: list[Finding], now: Look
) -> None:
    nowhere = replace(now, looked=())
    answered = {f.key for f in later}
    for change in compared(earlier, then, later, nowhere):
        if change.change is Change.RESOLVED:
            assert change.finding.key in answered


@given(FINDINGS, LOOKS, FINDINGS, LOOKS, GAPS)
def test_to_see_less_never_resolves_more(
    earlier: list[Finding], then: Look, later: list[Finding], now: Look, gaps: list[Gap]
) -> None:
    less = replace(now, looked=now.looked[1:], gaps=(*now.gaps, *gaps))
    more = {
        c.finding.key for c in compared(earlier, then, later, now) if c.change is Change.RESOLVED
    }
    fewer = {
        c.finding.key for c in compared(earlier, then, later, less) if c.change is Change.RESOLVED
    }
    assert fewer <= more


@given(FINDINGS, LOOKS, FINDINGS, LOOKS)
def test_the_order_of_answers_does_not_matter(
    earlier: list[Finding], then: Look, later: list[Finding], now: Look
) -> None:
    def told(first: list[Finding], second: list[Finding]) -> set[Any]:
        return {(c.change, c.finding.key) for c in compared(first, then, second, now)}

    assert told(earlier, later) == told(earlier[::-1], later[::-1])
