"""``audit run -m -d`` over HTTP, against the simulation's STS: who is asked, when, for how long."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline.audit import environments, planning, schedule
from baseline.audit.job import Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Status
from baseline.audit.tools import TOOLS
from baseline.cli.signing_in import SignedIn
from baseline.configuration import Configuration
from baseline.errors import DeniedError, UsageError
from baseline.organization import Account
from baseline.sessions import Device, open_session
from baseline.simulation import Blueprint, Simulation
from baseline.simulation.service import Call
from given_audits import ROLE as GUARDED
from given_audits import Behave, roll_out_role, take_role
from given_terminal import Baseline, type_at_terminal

MAIN, PRODUCTION, PAYMENTS = "100000000001", "400000000004", "500000000005"
ME = f"arn:aws:iam::{MAIN}:user/security-engineer"
SHORT = "ShortRole"
SCRIPT = Path(__file__).parents[2] / "scripts/security-audit"


@pytest.fixture(scope="module")
def founded() -> bytes:
    """Every account has the audit role, which wants MFA, and one that lasts an hour."""
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        roll_out_role(simulation, GUARDED, mfa=True)
        roll_out_role(simulation, SHORT, hours=1)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def asked(organization: Simulation) -> list[Call]:
    """What STS was asked for that gives keys."""
    calls: list[Call] = []

    def observe(call: Call, *_: object) -> None:
        if call.operation in ("AssumeRole", "GetSessionToken"):
            calls.append(call)

    organization.observers.append(observe)
    return calls


def sign_in(monkeypatch: pytest.MonkeyPatch, simulation: Simulation) -> None:
    """What ``eval "$(baseline login -m --export)"`` does."""
    session = open_session()
    serial = simulation.administrator.mfa_serial
    device = Device(serial, lambda _: simulation.mfa_code())
    keys = device.sign("", lambda code: session.signed_in(28800, code)).credentials()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.session_token or "")


def statuses(rows: Any) -> set[str]:
    return {row["status"] for row in rows}


def test_one_code_does_for_all_accounts_also_in_parallel(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    code = organization.mfa_code()
    ran = baseline("audit", "run", "-p", "-m", "--token-code", code, "--tool", "prowler")
    assert ran.code == 0, ran.err
    assert f"Signed in as {ME} with MFA until 20" in ran.err
    assert "Z; no other code is needed." in ran.err
    assert [c.operation for c in asked] == ["GetSessionToken", *["AssumeRole"] * 6]
    assert {c.parameters["DurationSeconds"] for c in asked[1:]} == {3600}


def test_a_resumed_run_asks_for_its_code_without_being_told_again(
    baseline: Baseline, organization: Simulation, asked: list[Call], behave: Behave
) -> None:
    """A flag gives the code here, at a terminal there would be a prompt; -d stays, too."""
    behave({f"prowler {PRODUCTION}": "exit 1"})
    first = ("-m", "-d", "8", "--token-code", organization.mfa_code())
    assert baseline("audit", "run", PRODUCTION, "--tool", "prowler", *first).code == 1
    behave({})
    organization.clock.advance(30)
    again = baseline("audit", "run", "--resume", "--token-code", organization.mfa_code())
    assert again.code == 0, again.err
    assert [c.parameters["DurationSeconds"] for c in asked] == [28800, 28800]


def test_a_long_session_takes_its_code_straight_from_the_user(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    code = organization.mfa_code()
    ran = baseline("audit", "run", PRODUCTION, "-m", "-d", "8", "--token-code", code, "-o", "json")
    assert statuses(ran.rows) == {"complete"}
    (call,) = asked
    assert (call.operation, call.parameters["DurationSeconds"]) == ("AssumeRole", 28800)
    assert call.parameters["TokenCode"] == code


def test_with_credentials_of_a_login_the_roles_open_without_another_code(
    baseline: Baseline,
    organization: Simulation,
    asked: list[Call],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sign_in(monkeypatch, organization)
    ran = baseline("audit", "run", PRODUCTION, PAYMENTS, "-d", "1", "-o", "json")
    assert statuses(ran.rows) == {"complete"}
    assert [c.operation for c in asked] == ["GetSessionToken", *["AssumeRole"] * 2]


@pytest.mark.parametrize("arguments", [["-d", "8"], ["-m", "-d", "1.5"]])
def test_more_than_an_hour_of_a_chained_role_is_refused_before_anything_starts(
    baseline: Baseline,
    organization: Simulation,
    asked: list[Call],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    sign_in(monkeypatch, organization)
    ran = baseline("audit", "run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert f"{arguments[-1]} cannot be: with temporary credentials ({ME}) AWS lets a" in ran.err
    assert "Leave -d out: each role's session is renewed before its hour ends" in ran.err
    assert [c.operation for c in asked] == ["GetSessionToken"]
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-m"], "there is no terminal to ask for the MFA code"),
        (["-m", "--token-code", "000000"], "the MFA code was refused"),
        (["-m", "-d", "8", "--token-code", "000000", PRODUCTION], "the MFA code was refused"),
        (["-m", "-d", "13"], "13.0 is not in the range 0.25<=x<=12"),
        (
            ["-m", "-d", "8", "--token-code", "000000", PRODUCTION, PAYMENTS],
            "one MFA code cannot open 2 roles for 8 hours: each works once. Leave -d out",
        ),
    ],
)
def test_what_cannot_be_is_said_and_no_report_begins(
    baseline: Baseline, arguments: list[str], sentence: str
) -> None:
    ran = baseline("audit", "run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert not Path("reports").exists()


def test_with_keys_that_end_there_is_no_code_to_give(
    baseline: Baseline, organization: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, organization)
    ran = baseline("audit", "run", "-m", "--token-code", "123456")
    assert ran.code == 2
    assert "the credentials are temporary already" in ran.err


def test_a_user_without_a_device_is_told_so(baseline: Baseline, organization: Simulation) -> None:
    organization.client("iam", "us-east-1", MAIN).deactivate_mfa_device(
        UserName="security-engineer", SerialNumber=organization.administrator.mfa_serial
    )
    ran = baseline("audit", "run", "-m", "--token-code", "123456")
    assert ran.code == 2
    assert f"{ME} has no MFA device" in ran.err


@pytest.mark.parametrize(
    ("mfa", "sentence"),
    [
        (False, "allows 1 hour. Give -d 1, or let it last longer, up to 12 hours: aws iam"),
        (True, "allows less (one hour, unless it was set). Give a shorter -d, or let it last"),
    ],
)
def test_a_session_longer_than_the_role_lasts_names_its_maximum(
    baseline: Baseline, organization: Simulation, mfa: bool, sentence: str
) -> None:
    """It is asked of the role; one that wants another code for that is not asked."""
    roll_out_role(organization, "Hour", mfa=mfa, hours=1)
    arguments = ("audit", "run", PRODUCTION, "--role", "Hour", "-m", "-d", "8")
    ran = baseline(*arguments, "--token-code", organization.mfa_code())
    assert (ran.code, ran.out) == (2, "")
    assert (
        f"Hour in {PRODUCTION} cannot be assumed for 8 hours: its MaxSessionDuration {sentence}"
    ) in ran.err
    assert not Path("reports").exists()


def test_without_a_code_too_long_a_session_is_that_account_s_reason(baseline: Baseline) -> None:
    ran = baseline("audit", "run", PRODUCTION, "--role", SHORT, "-d", "8", "-o", "json")
    assert ran.code == 1
    assert statuses(ran.rows) == {"not looked"}
    assert "its MaxSessionDuration allows 1 hour" in ran.rows[0]["reason"]


def test_roles_that_want_mfa_are_not_tried_without(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    Path("baseline.yaml").write_text("audit:\n  require_mfa: true\n")
    ran = baseline("audit", "run")
    assert ran.code == 2
    assert "the roles want MFA (audit.require_mfa)" in ran.err
    assert not asked
    code = ("-m", "--token-code", organization.mfa_code())
    assert baseline("audit", "run", PRODUCTION, *code).code == 0


@pytest.mark.parametrize("command", ["findings summary", "rollout verify", "report --refresh"])
def test_what_has_no_m_says_how_to_sign_in_before(
    baseline: Baseline, asked: list[Call], command: str
) -> None:
    Path("baseline.yaml").write_text("audit:\n  require_mfa: true\n")
    ran = baseline(*command.split(), "--no-progress")
    assert (ran.code, ran.out, asked) == (2, "", [])
    assert "the roles want MFA (audit.require_mfa)" in ran.err
    assert 'Sign in before: eval "$(baseline login -m)"' in ran.err


def test_the_external_id_goes_along_with_the_code(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    Path("baseline.yaml").write_text("audit:\n  external_id: acme-audit\n")
    code = ("-m", "-d", "8", "--token-code", organization.mfa_code())
    assert baseline("audit", "run", PRODUCTION, *code, "--tool", "scoutsuite").code == 0
    assert asked[0].parameters["ExternalId"] == "acme-audit"


def test_a_role_that_wants_mfa_says_what_to_do(baseline: Baseline) -> None:
    ran = baseline("audit", "run", PRODUCTION, "-o", "json")
    assert statuses(ran.rows) == {"not looked"}
    assert 'wants MFA, sign in with it: eval "$(baseline login -m)"' in ran.rows[0]["remedy"]


LONG = ["audit", "run", PRODUCTION, PAYMENTS, "-m", "-d", "8", "--tool", "prowler"]


def test_who_does_not_agree_to_give_many_codes_starts_nothing(baseline: Baseline) -> None:
    said, code = type_at_terminal(LONG, ["n"])
    assert code == 1
    assert "a new MFA code for each of 2 accounts" in said
    assert not Path("reports").exists()


def test_who_agrees_gives_them_one_by_one(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    def typed() -> Iterator[str]:
        yield "y"
        for _ in range(2):
            yield organization.mfa_code()
            organization.clock.advance(30)

    said, code = type_at_terminal(LONG, typed())
    assert code == 0, said
    assert said.index("MFA code for production") < said.index("MFA code for payments")
    assert [c.parameters["DurationSeconds"] for c in asked] == [28800, 28800]
    assert "Scans complete: 2 of 2" in said


def test_each_long_session_has_a_code_of_its_own_and_one_that_is_denied_stays_alone(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    """The device shows the next code half a minute later."""
    take_role(organization, PAYMENTS, GUARDED)
    purposes: list[str] = []

    def read(purpose: str) -> str:
        organization.clock.advance(30)
        purposes.append(purpose)
        return organization.mfa_code()

    accounts = tuple(Account(a, f"n{a[0]}", "", "ACTIVE") for a in (PAYMENTS, PRODUCTION, MAIN))
    run = planning.new_run(planning.Choice(GUARDED, (), accounts, ()), tools(), ())
    device = Device(organization.administrator.mfa_serial, read)
    signed_in = SignedIn(open_session(), 8 * 3600, device)
    options = {"token_code": None, "token_command": "ykman", "hours": 8}
    opened = signed_in.opener(run, Configuration(), options)
    assert purposes == [f"n5 ({PAYMENTS})", f"n4 ({PRODUCTION})", f"n1 ({MAIN})"]
    assert len({c.parameters["TokenCode"] for c in asked}) == 3
    assert [opened(a).account_id for a in (PRODUCTION, MAIN)] == [PRODUCTION, MAIN]
    with pytest.raises(DeniedError, match=PAYMENTS):
        opened(PAYMENTS)


def test_where_no_role_is_assumed_the_code_signs_the_caller_s_own_session(
    baseline: Baseline, organization: Simulation
) -> None:
    """As outside an organization; without a code there would be nothing that lasts so long."""
    own = Account(MAIN, "main", "", "ACTIVE")
    run = planning.new_run(planning.Choice(planning.AS_CALLER, (), (own,), ()), tools(), ())
    device = Device(organization.administrator.mfa_serial, lambda _: organization.mfa_code())
    options = {"token_code": None, "token_command": None, "hours": 8}
    signed = SignedIn(open_session(), 8 * 3600, device).opener(run, Configuration(), options)(MAIN)
    assert (signed.arn, signed.temporary) == (ME, True)
    with pytest.raises(UsageError, match="-d is the length of a role's session, and no role"):
        SignedIn(open_session(), 8 * 3600).opener(run, Configuration(), options)


def tools() -> tuple[environments.Environment, ...]:
    place = Path(os.environ["BASELINE_TOOLS"])
    found = (environments.find(tool, place) for tool in TOOLS.values())
    return tuple(environment for environment in found if environment)


def test_the_mission_s_script_takes_m_and_d(
    baseline: Baseline, organization: Simulation, asked: list[Call]
) -> None:
    command = f"echo {organization.mfa_code()}"
    installed = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        [SCRIPT, "-p", "-m", "-d", "8", PRODUCTION],
        env={**os.environ, "PATH": installed, "BASELINE_TOKEN_COMMAND": command},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert [c.parameters["DurationSeconds"] for c in asked] == [28800]


def test_an_audit_outlives_its_sessions_and_plain_keys_do_not(
    baseline: Baseline,
    organization: Simulation,
    behave: Behave,
    asked: list[Call],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sessions of four seconds, and tools that call for eight; once with each kind of keys.

    Shorter ones end on a busy machine before they are used: an end is told in whole seconds.
    """
    organization.longest_session = 4
    behave({f"prowler {account}": "calls for 8" for account in (PRODUCTION, PAYMENTS)})
    only = ("--role", SHORT, "--tool", "prowler", "-o", "json")
    ran = baseline("audit", "run", PRODUCTION, PAYMENTS, "-p", "2", *only)
    assert [(r["status"], r["reason"]) for r in ran.rows] == [("complete", "")] * 2
    assert len(asked) > 4

    plain = with_plain_keys(monkeypatch)
    assert plain.status is Status.PARTIAL
    assert plain.reason.startswith("credentials ")
    assert plain.errors["credentials"] > 0


def with_plain_keys(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The entry of the same audit, when the role's keys are in the environment."""
    keys = open_session().assume(PRODUCTION, SHORT).credentials()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.session_token or "")
    (prowler, *_), reports = tools(), Path("reports").absolute()
    account = Account(PRODUCTION, "production", "", "ACTIVE")
    run = planning.new_run(planning.Choice("", (), (account,), ()), (prowler,), ())
    session, ledger = open_session(), Ledger.begin(run, reports)
    wish = Wish(reports, ledger.run.stamp, "eu-west-1", 60.0, (), (), {})
    plan = schedule.Plan(wish, (prowler,), lambda _: session, tries=1)
    for _ in schedule.run(plan, ledger):
        continue
    return ledger.close().entries[0]


def test_when_the_sign_in_itself_ends_that_is_the_reason(
    baseline: Baseline, organization: Simulation, behave: Behave
) -> None:
    """It lasts four seconds, roles that are assumed with it two, and the audit takes longer."""
    organization.longest_session = 4

    def shorten(call: Call, *_: object) -> None:
        if call.operation == "GetSessionToken":
            organization.longest_session = 2

    organization.observers.append(shorten)
    behave({f"prowler {PRODUCTION}": "calls for 6"})
    code = ("-m", "--token-code", organization.mfa_code())
    ran = baseline("audit", "run", PRODUCTION, *code, "--tool", "prowler", "-o", "json")
    assert ran.code == 1
    (row,) = ran.rows
    assert row["status"] == "partial"
    assert row["reason"].startswith(
        f"its credentials could not be renewed: the session of {ME} ended at "
    )
    assert "credentials " in row["reason"].partition(";")[2]
    assert "baseline audit run --resume" in row["remedy"]
