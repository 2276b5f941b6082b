"""The live view: what matters of any number of accounts, on any terminal, at a bounded cost."""

import io
import sys
from collections.abc import Iterator

import pytest
from rich.console import Console

from baseline.audit.forecast import Forecast
from baseline.audit.job import Progress
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.scan import Reach
from baseline.cli.audit_board import Board, heartbeats
from baseline.cli.audit_rows import brief
from baseline.cli.audit_view import picture, view

TOOLS = ("prowler", "scoutsuite")


def an_entry(account: int, tool: str = "prowler", **rest: object) -> Entry:
    return Entry(f"{account:012}", f"account-{account}", tool, "1", **rest)  # type: ignore[arg-type]


def a_run(accounts: int, **rest: object) -> Run:
    entries = tuple(an_entry(n, tool, **rest) for n in range(accounts) for tool in TOOLS)
    return Run("20260101T000000Z", "2026-01-01T00:00:00Z", "Auditor", entries=entries)


class Clock:
    """Stands still until told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def known(accounts: int, seconds: float) -> dict[tuple[str, str], Entry]:
    found = (
        an_entry(n, tool, status=Status.COMPLETE, seconds=seconds)
        for n in range(accounts)
        for tool in TOOLS
    )
    return {entry.key: entry for entry in found}


def running(account: int, tool: str = "prowler", reach: Reach | None = None) -> Progress:
    return Progress(an_entry(account, tool, status=Status.RUNNING), reach or Reach())


def test_the_time_left_is_that_of_the_last_run_shared_by_the_slots() -> None:
    board = Board(a_run(4), 2, Forecast(known(4, 60.0)), Clock())
    assert board.left() == 4 * 2 * 60 / 2


def test_accounts_that_are_new_take_as_long_as_others_do() -> None:
    board = Board(a_run(4), 1, Forecast(known(1, 60.0)), Clock())
    assert board.left() == 4 * 2 * 60


def test_a_scan_s_own_pace_tells_more_than_the_last_time() -> None:
    clock = Clock()
    board = Board(a_run(1), 1, Forecast(known(1, 60.0)), clock)
    board.take(running(0))
    clock.now = 30
    assert board.left() == 30 + 60
    board.take(running(0, reach=Reach(done=25, total=100)))
    assert board.left() == 90 + 60


def test_nothing_is_told_of_the_time_as_long_as_nothing_is_known() -> None:
    """The first scan that ends tells of all others of its tool, and of no other tool's."""
    clock = Clock()
    board = Board(a_run(3), 1, Forecast({}), clock)
    board.take(running(0))
    assert board.left() == 0
    board.take(Progress(an_entry(0, status=Status.COMPLETE, seconds=100.0), Reach()))
    assert board.left() == 0
    board.take(running(0, "scoutsuite"))
    board.take(Progress(an_entry(0, "scoutsuite", status=Status.COMPLETE, seconds=10.0), Reach()))
    assert board.left() == 220


def test_what_is_tried_again_waits_again() -> None:
    board = Board(a_run(1), 1, Forecast(known(1, 60.0)), Clock())
    for status in (Status.RUNNING, Status.PARTIAL, Status.WAITING):
        board.take(Progress(an_entry(0, status=status, seconds=60.0), Reach()))
    assert (board.over, board.left()) == (0, 120)


def test_a_resumed_run_counts_what_is_settled() -> None:
    board = Board(a_run(3, status=Status.COMPLETE, counts={"FAIL": 2}), 1, Forecast({}), Clock())
    assert (board.over, board.failing, board.left()) == (6, 12, 0)
    again = a_run(3, status=Status.PARTIAL, again=True, counts={"FAIL": 2})
    assert Board(again, 1, Forecast({}), Clock()).over == 0


@pytest.mark.parametrize(("width", "height"), [(80, 10), (60, 24), (200, 50)])
def test_many_accounts_fit_on_any_terminal(width: int, height: int) -> None:
    board = Board(a_run(300), 4, Forecast({}), Clock())
    for n in range(300):
        board.take(running(n, reach=Reach(done=3, total=661, failing=n)))
        if n < 296:
            ended = an_entry(n, status=Status.COMPLETE, counts={"FAIL": n}, seconds=9.0)
            board.take(Progress(ended, Reach()))
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True)
    lines = console.render_lines(picture(board, height), pad=False)
    text = ["".join(segment.text for segment in line) for line in lines]
    assert len(text) < height
    assert max(map(len, text)) <= width
    for n in range(296, 300):
        assert any(f"account-{n}" in line and "3/661" in line for line in text)
    assert "296 of 600 scans have ended" in text[-1]


def test_where_there_is_no_terminal_a_line_says_each_change_and_where_the_run_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(a_run(1), 1, Forecast({}), Clock())
    steps = [running(0, reach=Reach(done=n, total=100)) for n in range(50)]
    ended = an_entry(0, status=Status.COMPLETE, counts={"FAIL": 7, "UNKNOWN": 1}, seconds=9.0)
    view(board, iter([*steps, Progress(ended, Reach())]), shown=True)
    said = capsys.readouterr().err.splitlines()
    over = "1 of 2 scans have ended"
    assert said == [
        "account-0 (000000000000) Prowler: running",
        "account-0 (000000000000) Prowler: complete, 7 fail, 1 could not look, 9 s; " + over,
    ]


def test_a_line_has_the_beginning_of_a_long_reason(capsys: pytest.CaptureFixture[str]) -> None:
    board = Board(a_run(1), 1, Forecast({}), Clock())
    denied = an_entry(0, status=Status.NOT_LOOKED, reason="denied " * 60)
    view(board, iter([Progress(denied, Reach())]), shown=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert "not looked, denied denied" in line
    assert line.count("denied") == 80 // len("denied ")


def test_a_scan_that_goes_on_is_told_of_now_and_then() -> None:
    clock = Clock()

    def steps() -> Iterator[Progress]:
        for n in range(100):
            clock.now += 1
            yield running(0, reach=Reach(done=n, total=100))

    board = Board(a_run(1), 1, Forecast({}), clock)
    assert [c.reach.done for c in heartbeats(board, steps(), 30.0, clock)] == [0, 30, 60, 90]


def test_what_a_change_costs_does_not_grow_with_the_run() -> None:
    """Counted, not timed: what the interpreter calls for one change, and for the picture of it."""

    calls: list[int] = []

    def count(*_: object) -> None:
        calls[-1] += 1

    for accounts in (10, 1000):
        board = Board(a_run(accounts), 4, Forecast(known(5, 9.0)), Clock())
        board.take(running(2))
        calls.append(0)
        sys.setprofile(count)  # each step of a generator is a call
        board.take(running(3))
        board.rows(20)
        board.left()
        sys.setprofile(None)
    assert calls[0] == calls[1]


def test_a_short_reason_begins_with_what_is_wrong() -> None:
    """The caller's account is another one than that of the row; other reasons stay as they are."""
    refused = (
        "100000000001 eu-west-1 sts:AssumeRole: AccessDenied: User: "
        "arn:aws:iam::100000000001:user/alice is not authorized to perform: sts:AssumeRole"
    )
    assert brief(refused, 46) == "AccessDenied: is not authorized to perform: s…"
    assert brief("the disk is full: 3 MB", 80) == "the disk is full: 3 MB"
