"""Every account gets its slot, and whatever happens in one stays in it."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseline.audit import manifest, schedule
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.schedule import Plan
from baseline.errors import DeniedError, ThrottledError, ToolError, UsageError
from given_audits import FIRST, SECOND, FakeSession
from given_waiting import ended, until

Audit = Callable[..., Run]


def of(run: Run, account: str, tool: str) -> Entry:
    return next(e for e in run.entries if e.key == (account, tool))


def test_each_tool_looks_at_each_account_and_is_counted(audit: Audit) -> None:
    run = audit()
    assert [e.status for e in run.entries] == [Status.COMPLETE] * 4
    assert of(run, FIRST, "prowler").counts == {
        "FAIL": 2, "PASS": 2, "MANUAL": 1, "MUTED": 1, "UNKNOWN": 0,
    }  # fmt: skip
    assert of(run, FIRST, "prowler").severities == {"critical": 1, "high": 1}
    assert of(run, SECOND, "scoutsuite").counts == {"FAIL": 1, "PASS": 2, "UNKNOWN": 0}


def test_a_result_gets_its_lasting_name_and_keeps_its_log(audit: Audit, tmp_path: Path) -> None:
    entry = of(audit(), FIRST, "prowler")
    assert entry.directory.startswith(f"prowler/{FIRST}/")
    assert not entry.directory.endswith(".partial")
    assert "Executing 6 checks" in (tmp_path / "reports" / entry.log).read_text()
    assert (tmp_path / "reports" / entry.page).is_file()


# Credentials that are no business of a tool's; nobody can list all that there are.
OF_OTHERS = (
    *("GITHUB_TOKEN", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS"),
    *("CLOUDFLARE_API_TOKEN", "SSH_AUTH_SOCK", "DATABASE_URL", "PIP_INDEX_URL", "UV_INDEX_URL"),
)


def test_a_child_gets_the_account_s_keys_and_no_other_identity(
    audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"AWS_ACCESS_KEY_ID": "AKIAMINE", "AWS_PROFILE": "mine", "BASELINE_PROFILE": "x"}
    secret |= dict.fromkeys(OF_OTHERS, "secret")
    spoiling = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/x", "LOG_LEVEL": "CRITICAL"}
    for name, value in (secret | spoiling).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    entry = of(audit(), SECOND, "scoutsuite")
    seen = json.loads((tmp_path / "reports" / entry.directory / "stub.json").read_text())
    assert seen["keys"]["AccessKeyId"] == f"AKIA{SECOND}"
    assert not (secret | spoiling).keys() & seen["environment"].keys()
    assert seen["environment"]["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert seen["environment"]["AWS_CONFIG_FILE"] == "/dev/null"
    assert seen["environment"]["MALLOC_ARENA_MAX"] == "2"
    assert seen["stdin"] == ""
    assert seen["own session"]


def test_a_tool_gets_what_is_named_for_it_and_not_in_place_of_what_it_is(
    audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_API_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "mine")
    run = audit(pass_environment=("SLACK_API_TOKEN", "AWS_CONFIG_FILE", "NOT_THERE"))
    entry = of(run, FIRST, "prowler")
    seen = json.loads((tmp_path / "reports" / entry.directory / "stub.json").read_text())
    assert seen["environment"]["SLACK_API_TOKEN"] == "mine"
    assert seen["environment"]["AWS_CONFIG_FILE"] == "/dev/null"
    assert "NOT_THERE" not in seen["environment"]


def test_what_a_tool_writes_is_readable_by_its_owner_alone(audit: Audit, tmp_path: Path) -> None:
    directory = tmp_path / "reports" / of(audit(), FIRST, "prowler").directory
    assert [f for f in directory.iterdir() if f.stat().st_mode & 0o077] == []
    for place in (directory, *directory.parents[:3]):
        assert place.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("exit 1", "could not start or sign in (exit code 1): Something is wrong: no such thing"),
        ("killed", "killed by signal 9"),
        ("silent", "wrote no findings"),
        ("empty", "wrote no findings"),
        ("header only", "wrote no findings"),
        ("cut at a row's end", "only 4 of its 5 findings are there"),
        ("cut in a row", "not whole: a row is cut"),
        ("no log", "wrote no log of its errors"),
        ("other account", f"are of account 999999999999, not {FIRST}"),
    ],
)
def test_a_prowler_that_cannot_be_believed_has_failed_and_the_others_go_on(
    audit: Audit, behaviour: str, reason: str
) -> None:
    run = audit({f"prowler {FIRST}": behaviour})
    failed = of(run, FIRST, "prowler")
    assert (failed.status, failed.counts) == (Status.FAILED, {})
    assert reason in failed.reason
    assert failed.remedy
    assert failed.directory.endswith(".partial")
    assert [e.status for e in run.entries if e is not failed] == [Status.COMPLETE] * 3


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("exit 101", "could not sign in (exit code 101)"),
        ("silent", "wrote no results"),
        ("no region", "looked at no region"),
        ("no services", "not whole: KeyError('services')"),
        ("no log", "wrote no log of its errors"),
        ("truncated", "not whole"),
        ("other account", f"are of account 999999999999, not {FIRST}"),
    ],
)
def test_a_scoutsuite_that_cannot_be_believed_has_failed(
    audit: Audit, behaviour: str, reason: str
) -> None:
    failed = of(audit({f"scoutsuite {FIRST}": behaviour}), FIRST, "scoutsuite")
    assert failed.status is Status.FAILED
    assert reason in failed.reason


def test_denied_calls_make_a_result_partial_whatever_the_exit_code(audit: Audit) -> None:
    entry = of(audit({f"prowler {FIRST}": "denied"}), FIRST, "prowler")
    assert (entry.status, entry.returncode, entry.errors) == (Status.PARTIAL, 3, {"denied": 3})
    assert entry.reason == "denied 3 times: guardduty"
    assert entry.counts["UNKNOWN"] == 1


def test_an_error_that_nobody_knows_makes_a_result_partial(audit: Audit) -> None:
    """It may be a whole service that was not seen."""
    run = audit({f"prowler {FIRST}": "unheard of"})
    entry = next(e for e in run.entries if e.key == (FIRST, "prowler"))
    assert (entry.status, entry.reason) == (Status.PARTIAL, "tool 1 times: iam")
    assert entry.remedy.startswith("See its log")


def test_a_service_that_scoutsuite_is_silent_about_makes_its_result_partial(audit: Audit) -> None:
    entry = of(audit({f"scoutsuite {FIRST}": "ec2 alone blind"}), FIRST, "scoutsuite")
    assert (entry.status, entry.reason) == (Status.PARTIAL, "crashed 1 times: ec2")
    assert entry.counts["UNKNOWN"] == 1


def test_a_tool_that_ends_well_leaves_no_process_behind(audit: Audit, tmp_path: Path) -> None:
    entry = of(audit({f"prowler {FIRST}": "leaves a child"}), FIRST, "prowler")
    assert entry.status is Status.COMPLETE
    left = int((tmp_path / "reports" / entry.directory / "child").read_text())
    until(lambda: ended(left), seconds=10)


def test_an_account_with_nothing_in_it_is_complete_when_prowler_says_so(audit: Audit) -> None:
    entry = of(audit({f"prowler {FIRST}": "nothing there"}), FIRST, "prowler")
    assert (entry.status, entry.counts) == (Status.COMPLETE, {"PASS": 6, "UNKNOWN": 0})


def test_a_tool_that_hangs_is_ended_at_the_time_limit(audit: Audit) -> None:
    started = time.monotonic()
    entry = of(audit({f"prowler {FIRST}": "hang"}, limit=1.0), FIRST, "prowler")
    assert entry.status is Status.FAILED
    assert "time limit" in entry.reason
    assert time.monotonic() - started < 15


def test_an_account_that_refuses_us_is_not_looked_at_and_never_as_somebody_else(
    audit: Audit, tmp_path: Path
) -> None:
    def open_account(account_id: str) -> FakeSession:
        if account_id == FIRST:
            raise DeniedError("AccessDenied: no", where="sts:AssumeRole", remedy="Roll it out.")
        return FakeSession(account_id)

    run = audit(open_account=open_account)
    for tool in ("prowler", "scoutsuite"):
        refused = of(run, FIRST, tool)
        assert refused.status is Status.NOT_LOOKED
        assert (refused.reason, refused.remedy) == (
            "sts:AssumeRole: AccessDenied: no",
            "Roll it out.",
        )
        assert not (tmp_path / "reports" / tool / FIRST).exists()
        assert of(run, SECOND, tool).status is Status.COMPLETE


def test_a_resumed_run_does_only_what_is_missing_and_keeps_the_rest(
    audit: Audit, tmp_path: Path
) -> None:
    """What is kept would fail if it were done again."""
    first = audit({f"prowler {FIRST}": "exit 1", f"prowler {SECOND}": "denied"})
    kept = ((FIRST, "scoutsuite"), (SECOND, "prowler"), (SECOND, "scoutsuite"))
    second = audit(
        {f"{tool} {account}": "silent" for account, tool in kept},
        before=manifest.latest(tmp_path / "reports"),
    )
    assert of(second, FIRST, "prowler").status is Status.COMPLETE
    for account, tool in kept:
        assert of(second, account, tool) == of(first, account, tool)
    assert second.stamp == first.stamp


def test_another_try_that_brings_nothing_keeps_what_there_is(audit: Audit, tmp_path: Path) -> None:
    """The results of a partial scan stay, whether the tool fails or the account refuses us."""
    first = of(audit({f"prowler {FIRST}": "throttled"}), FIRST, "prowler")
    assert (first.status, first.again) == (Status.PARTIAL, True)

    def refuse(account_id: str) -> FakeSession:
        raise DeniedError(f"no to {account_id}", where="sts:AssumeRole", remedy="Roll it out.")

    def resumed(**wishes: Any) -> Entry:
        run = audit(before=manifest.latest(tmp_path / "reports"), **wishes)
        return of(run, FIRST, "prowler")

    failed = resumed(behaviours={f"prowler {FIRST}": "exit 1"})
    refused = resumed(open_account=refuse)
    assert failed.reason.startswith("throttled 1 times: s3; another try: it could not start")
    assert refused.reason == "throttled 1 times: s3; another try: sts:AssumeRole: no to " + FIRST
    assert refused.remedy == "Roll it out."
    for kept in (failed, refused):
        same = ("status", "again", "counts", "severities", "errors", "directory", "page")
        assert [getattr(kept, name) for name in same] == [getattr(first, name) for name in same]


def test_a_try_that_fails_after_a_failed_one_has_no_stale_numbers(
    audit: Audit, tmp_path: Path
) -> None:
    first = audit({f"prowler {FIRST}": "exit 1"})
    stale = replace(of(first, FIRST, "prowler"), counts={"FAIL": 9}, page="x", errors={"tool": 1})
    before = replace(first, entries=(stale,))

    def refuse(account_id: str) -> FakeSession:
        raise DeniedError(f"no to {account_id}")

    refused = of(audit(before=before, open_account=refuse), FIRST, "prowler")
    assert (refused.counts, refused.errors, refused.page) == ({}, {}, "")
    assert refused.status is Status.NOT_LOOKED


def test_directories_are_called_by_the_run_and_nothing_there_is_written_to(
    audit: Audit, tmp_path: Path
) -> None:
    """As when a scan of the run was tried before: what it left stays."""
    first = audit({f"prowler {FIRST}": "exit 1"})
    left = tmp_path / "reports" / of(first, FIRST, "prowler").directory
    before = left.stat()
    again = of(audit(before=first), FIRST, "prowler")
    assert left == tmp_path / "reports/prowler" / FIRST / f"{first.stamp}.partial"
    assert again.directory == f"prowler/{FIRST}/{first.stamp}-2"
    assert (again.tries, left.stat()) == (2, before)


def test_runs_that_begin_in_the_same_second_have_manifests_of_their_own(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    run = prepare()[1].close()
    others = [Ledger.begin(run, tmp_path / "reports") for _ in range(2)]
    stamps = [run.stamp, f"{run.stamp}-2", f"{run.stamp}-3"]
    assert [other.close().stamp for other in others] == stamps[1:]
    assert [r.stamp for r in manifest.runs(tmp_path / "reports")] == stamps


def test_a_run_that_still_goes_on_is_not_taken_up_by_another(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    ledger = prepare()[1]
    with pytest.raises(UsageError, match="still goes on"):
        Ledger.resume(ledger.run, tmp_path / "reports")
    Ledger.resume(ledger.close(), tmp_path / "reports").close()


def test_a_journal_that_is_damaged_is_named_and_not_the_manifest(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    ledger = prepare()[1]
    journal = tmp_path / "reports/runs" / f"{ledger.run.stamp}.journal"
    journal.write_text("x\n")
    with pytest.raises(ToolError, match=r"\.journal: not a journal of an audit run"):
        manifest.latest(tmp_path / "reports")


def test_a_journal_that_was_cut_tells_all_but_its_last_line(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    """As SIGKILL, or a machine that stops, may leave it."""
    ledger = prepare()[1]
    for tool in ("prowler", "scoutsuite"):
        ledger.put(replace(ledger.entry((FIRST, tool)), status=Status.COMPLETE))
    journal = tmp_path / "reports/runs" / f"{ledger.run.stamp}.journal"
    journal.write_bytes(journal.read_bytes()[:-20])
    found = manifest.latest(tmp_path / "reports")
    assert [e.status.value for e in found.entries[:2]] == ["complete", "waiting"]


def test_what_an_orchestrator_writes_grows_with_the_scans_alone(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    """Twice the accounts, twice the bytes and not four times; each change is one line."""

    def written(accounts: int) -> int:
        run = prepare()[1].close()
        entries = tuple(replace(run.entries[0], account_id=f"{n:012}") for n in range(accounts))
        ledger = Ledger.begin(replace(run, entries=entries), tmp_path / "reports")
        for entry in entries:
            ledger.put(replace(entry, status=Status.COMPLETE))
        journal = tmp_path / "reports/runs" / f"{ledger.run.stamp}.journal"
        assert len(journal.read_bytes().splitlines()) == accounts
        return journal.stat().st_size

    assert written(1000) == 2 * written(500)


def test_what_fails_in_passing_is_tried_again_in_the_same_run(audit: Audit) -> None:
    run = audit(
        {f"prowler {FIRST}": "throttled once", f"scoutsuite {SECOND}": "killed once"}, tries=2
    )
    assert [e.status for e in run.entries] == [Status.COMPLETE] * 4
    assert [e.tries for e in run.entries] == [2, 1, 1, 2]


def test_trying_again_ends_and_what_does_not_pass_is_not_tried_again(audit: Audit) -> None:
    run = audit({f"prowler {FIRST}": "throttled", f"prowler {SECOND}": "exit 1"}, tries=3)
    throttled, failed = of(run, FIRST, "prowler"), of(run, SECOND, "prowler")
    assert (throttled.status, throttled.tries) == (Status.PARTIAL, 3)
    assert (failed.status, failed.tries) == (Status.FAILED, 1)


def test_what_was_missed_the_last_time_as_well_is_not_looked_at_twice(audit: Audit) -> None:
    for tries in (2, 1):
        entry = of(audit({f"prowler {FIRST}": "throttled"}, tries=2), FIRST, "prowler")
        assert (entry.status, entry.tries) == (Status.PARTIAL, tries)


def test_an_account_that_was_throttled_is_signed_in_to_again(audit: Audit) -> None:
    refused = [FIRST, FIRST]

    def open_account(account_id: str) -> FakeSession:
        if account_id in refused:
            refused.remove(account_id)
            raise ThrottledError("Throttling: slow down", where="sts:AssumeRole")
        return FakeSession(account_id)

    run = audit(open_account=open_account, tries=3)
    assert [(e.status, e.tries) for e in run.entries] == [
        *[(Status.COMPLETE, 3)] * 2,
        *[(Status.COMPLETE, 1)] * 2,
    ]


def test_a_scan_that_memory_was_taken_from_is_tried_once_more_alone(audit: Audit) -> None:
    run = audit({f"prowler {account}": "killed" for account in (FIRST, SECOND)}, tries=1)
    for account in (FIRST, SECOND):
        entry = of(run, account, "prowler")
        assert (entry.status, entry.tries) == (Status.FAILED, 2)
        assert "killed by signal 9" in entry.reason
    first, second = (of(run, account, "prowler") for account in (FIRST, SECOND))
    assert first.ended <= second.started


def test_the_account_that_took_longest_the_last_time_goes_first(
    audit: Audit, prepare: Callable[..., tuple[Plan, Ledger]]
) -> None:
    run = audit()
    _, before = prepare(before=run)
    before.put(replace(of(run, SECOND, "prowler"), seconds=500.0))
    before.close()
    plan, ledger = prepare()
    started = [
        p.entry.account_id
        for p in schedule.run(replace(plan, workers=1), ledger)
        if p.entry.status is Status.RUNNING
    ]
    assert (started[0], started[-1]) == (SECOND, FIRST)


def test_a_tool_s_output_is_in_its_log_as_it_comes_and_so_is_how_far_it_is(
    prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    """The stub flushes nothing, as Prowler does not, and hangs after its checks."""
    plan, ledger = prepare({f"prowler {account}": "hang" for account in (FIRST, SECOND)})
    changes = schedule.run(plan, ledger)
    reach = next(change.reach for change in changes if change.reach.done)
    (log,) = (tmp_path / "reports/prowler" / FIRST).glob("*.partial/log.txt")
    assert (reach.done, reach.total) == (6, 6)
    until(lambda: "Check ID: s3_none" in log.read_text(), seconds=10)
    changes.close()
    ledger.close()


def test_a_run_that_is_given_up_ends_its_tools_and_can_be_resumed(
    audit: Audit, prepare: Callable[..., tuple[Plan, Ledger]], tmp_path: Path
) -> None:
    plan, ledger = prepare({f"prowler {account}": "hang" for account in (FIRST, SECOND)})
    changes = schedule.run(plan, ledger)
    while len(list((tmp_path / "reports/prowler").glob("*/*/stub.json"))) < 2:
        next(changes)
    changes.close()
    ledger.close()
    given_up = manifest.latest(tmp_path / "reports")
    assert of(given_up, FIRST, "prowler").reason == "interrupted"
    assert of(given_up, FIRST, "scoutsuite").status is Status.WAITING
    again = audit(before=given_up)
    assert [e.status for e in again.entries] == [Status.COMPLETE] * 4


def test_a_reports_directory_that_cannot_be_written_is_named(audit: Audit, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(Exception, match="reports: cannot be made"):
        audit()


def test_no_secret_is_on_a_command_line_or_in_the_manifest(audit: Audit, tmp_path: Path) -> None:
    run = audit()
    text = (tmp_path / "reports/runs" / f"{run.stamp}.json").read_text()
    for part in ("AKIA", "wJalrXUtnFEMI", "FwoGZXIvYXdz", "CONTAINER_AUTHORIZATION"):
        assert part not in text
