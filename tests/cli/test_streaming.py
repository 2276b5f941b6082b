"""Answers are written as they come: however many rows there are, few of them are held."""

import json
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.cli import shared
from given_logs import an_event, given_a_log

Output = pytest.CaptureFixture[str]
MANY = 5_000
ODD: list[dict[str, Any]] = [
    {"a": "x\ny", "b": {"c": [1, "\u2028\x1b[31m"], "d": {}}, "e": None},
    {"a": "é", "b": [], "e": 1.5},
    {},
]


class Row(dict[str, Any]):
    """One of which it can be known whether anybody holds it."""


class Passing:
    """Rows, and how many of them were held at most at one time."""

    def __init__(self) -> None:
        self.most = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        known: list[weakref.ref[Row]] = []
        for number in range(MANY):
            row = Row(number=number, text="abc")
            known = [other for other in known if other()] + [weakref.ref(row)]
            self.most = max(self.most, len(known))
            yield row


def lines_of(capsys: Output) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("output", "lines"), [("json", 4), ("csv", 1), ("table", 1)])
def test_few_rows_are_held_however_many_are_written(
    capsys: Output, output: str, lines: int
) -> None:
    """The answer is whole."""
    rows = Passing()
    shared.show(rows, output, ("number", "text"))
    assert rows.most < 10
    found = lines_of(capsys)
    assert len(found) == lines * MANY + (2 if output == "json" else 1)
    assert str(MANY - 1) in "".join(found[-4:])


def test_a_terminal_shows_some_rows_and_counts_the_others(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number is true, and none of them is held."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    rows = Passing()
    shared.show(rows, "table", ("number", "text"), most=20)
    assert rows.most < 30
    assert f"{MANY - 20:,} more" in capsys.readouterr().err


@pytest.mark.parametrize("rows", [[], [{}], ODD], ids=["none", "an empty one", "odd ones"])
def test_json_that_is_written_row_by_row_is_that_of_the_whole(
    capsys: Output, rows: list[dict[str, Any]]
) -> None:
    """To the last blank."""
    shared.show(rows, "json", ("a",))
    assert capsys.readouterr().out == shared.as_json(rows) + "\n"


def test_a_table_for_a_pipe_is_as_wide_as_its_widest_row(capsys: Output) -> None:
    """What waits in a file comes back as it was."""
    rows = [{"a": "1", "b": ""}, {"a": "a long text\x1f\n", "b": "é"}]
    shared.show(rows, "table", ("a", "b"))
    assert lines_of(capsys) == ["a              b", "1", "a long text��  é"]


@pytest.fixture
def lake(tmp_path: Path) -> None:
    given_a_log(tmp_path / "bucket", an_event(1), day="2026-07-01")
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 0


NUMBERS = (
    "SELECT n + m AS n FROM UNNEST(sequence(1, 5000)) AS t (n), UNNEST(sequence(0, 3)) AS u (m)"
)


@pytest.mark.usefixtures("lake")
def test_what_goes_wrong_soon_leaves_no_half_answer(capsys: Output) -> None:
    """Ten thousand rows are held before the first is written."""
    capsys.readouterr()
    sql = "SELECT cast(x AS integer) AS n FROM (VALUES '1', '2', 'c') AS t (x)"
    for output in ("json", "csv", "table"):
        assert cli.run(["query", "run", "--sql", sql, "-o", output]) == 2
        told = capsys.readouterr()
        assert not told.out
        assert "cannot cast 'c'" in told.err


@pytest.mark.usefixtures("lake")
def test_an_answer_longer_than_what_is_held_is_whole(capsys: Output) -> None:
    """And what the lake has not got of it is said in the end."""
    capsys.readouterr()
    sql = f"{NUMBERS}, auditing.cloudtrail"
    assert cli.run(["query", "run", "--sql", sql, "-o", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 20_000
    sql = f"{NUMBERS} LEFT JOIN auditing.cloudtrail ON date = '1999-01-01' WHERE n > 0"
    assert cli.run(["query", "run", "--sql", sql, "-o", "csv", "--limit", "12000"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 12_001


@pytest.mark.usefixtures("lake")
def test_an_answer_that_nobody_reads_to_its_end_ends() -> None:
    """It is no bug when ``head`` has seen enough."""
    command = [sys.executable, "-m", "baseline", "query", "run", "-o", "csv", "--sql", NUMBERS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == b"n\n"
        running.stdout.close()
        assert not running.stderr.read()


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recursion_that_does_not_end_can_be_ended(number: int) -> None:
    """DuckDB does not come back to Python from this one, however often one presses Ctrl-C."""
    sql = "WITH RECURSIVE t (n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT max(n) AS m FROM t"
    # With one processor it is Python's own thread that does not come back.
    one = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    alone = f"if hasattr(os, 'sched_setaffinity'): {one}"
    run = "from baseline import cli; sys.exit(cli.run(['query', 'run', '--sql', sys.argv[1]]))"
    command = [sys.executable, "-c", f"import os, sys\n{alone}\n{run}", sql]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
        assert running.stderr
        try:
            # By then it runs.
            assert b"Still reading" in running.stderr.readline()
            running.send_signal(number)
            assert running.wait(10) == 130
            assert b"Interrupted." in running.stderr.read()
        finally:
            running.kill()
