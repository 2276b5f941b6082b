"""Rows on stdout: readable, safe to look at, and safe to open in a spreadsheet."""

import csv
import io
import json

import click
import pytest

from baseline.cli import shared

HOSTILE = [{"name": "=1+1", "note": "[red]x[/red]\x1b[31m", "n": -1}]


def test_csv_defuses_formulas_and_leaves_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show(HOSTILE, "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["name"], row["n"]) == ("'=1+1", "-1")


def test_csv_defuses_names_of_columns_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A query gives its columns any name."""
    shared.show([{"=cmd|' /C calc'!A0": 1}], "csv")
    assert capsys.readouterr().out == "'=cmd|' /C calc'!A0\n1\n"


def test_a_lone_carriage_return_begins_no_new_line_of_a_csv(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared.show([{"name": "x\r=1+1"}], "csv")
    assert capsys.readouterr().out == "name\nx =1+1\n"


def test_a_table_shows_markup_as_text_and_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared.show(HOSTILE, "table")
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "\x1b" not in out


def test_what_is_said_obeys_no_terminal_but_keeps_its_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared.talk("one\n\ttwo \x1b]0;PWNED\x07")
    assert capsys.readouterr().err == "one\n\ttwo \ufffd]0;PWNED\ufffd\n"


def test_json_is_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show(HOSTILE, "json")
    assert json.loads(capsys.readouterr().out) == HOSTILE


def test_json_holds_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name\x9b": "\x9b2J\u202e\x7f\U000e0041é\n\ud800"}]
    shared.show(rows, "json")
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert "é" in out
    assert json.loads(out) == rows


def test_no_rows_are_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show([], "json")
    assert json.loads(capsys.readouterr().out) == []


def test_more_columns_than_fit_are_shown_a_record_at_a_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    shared.show([{f"column{i}": i or None for i in range(30)}], "table")
    out = capsys.readouterr().out
    assert "1 of 1" in out
    assert "column29" in out
    assert "column0" not in out, "what is empty is left out"
    assert len(out.splitlines()) == 30


def test_a_no_changes_nothing_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    with pytest.raises(click.exceptions.Exit) as ended:
        shared.confirm("Delete this?", yes=False)
    assert ended.value.exit_code == 1
    assert "Nothing was changed." in capsys.readouterr().err


def test_in_a_pipe_a_row_is_a_line_however_wide(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show([{f"column{i}": "x" * 50 for i in range(30)}] * 3, "table")
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_is_not_flooded(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show([{"n": i} for i in range(1_500)], "table", most=200)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 201
    assert err == "1,300 more: -o csv, -o json or --limit.\n"


def test_a_pipe_gets_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show([{"n": i} for i in range(1_500)], "table", most=200)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1_501
    assert err == ""


@pytest.mark.usefixtures("terminal")
def test_no_rows_are_said_and_not_a_chopped_header(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show([], "table", [f"column{i}" for i in range(30)])
    assert capsys.readouterr() == ("", "No rows.\n")


@pytest.mark.usefixtures("terminal")
def test_a_record_has_room_for_more_than_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    row = {f"column{i}": "x" * 20 for i in range(9)} | {"detail": "why"}
    shared.show([row], "table", list(row)[:9], records=list(row))
    assert "why" in capsys.readouterr().out
    shared.show([row], "table", list(row)[:2], records=list(row))
    assert "why" not in capsys.readouterr().out


@pytest.mark.usefixtures("terminal")
def test_short_columns_are_not_folded_where_a_long_one_can_give_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"account": "workloads-production", "could_not_look": 1, "status": "not looked"}
    shared.show([row | {"reason": "no " * 20}], "table")
    first, second, *_ = click.unstyle(capsys.readouterr().out).splitlines()
    assert first.split() == ["account", "could_not_look", "status", "reason"]
    assert second.split()[:4] == ["workloads-production", "1", "not", "looked"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("each", range(8, 22))
def test_no_width_of_columns_has_anything_cut_off(
    capsys: pytest.CaptureFixture[str], each: int
) -> None:
    """From those that fit with room to spare to those that have to be folded."""
    shared.show([{letter: letter * each for letter in "VWXYZ"}], "table")
    out = click.unstyle(capsys.readouterr().out)
    assert [out.count(letter) for letter in "VWXYZ"] == [each + 1] * 5


def test_a_table_without_rows_says_that_it_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe, too: a bare head might be a command that failed. Other forms say nothing."""
    shared.show([], "table", ("name", "note"))
    assert capsys.readouterr() == ("name  note\n", "No rows.\n")
    shared.show([], "csv", ("name", "note"))
    assert capsys.readouterr() == ("name,note\n", "")
