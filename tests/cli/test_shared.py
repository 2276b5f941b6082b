"""Rows on stdout: readable, safe to look at, and safe to open in a spreadsheet."""

import csv
import io
import json

import pytest

from baseline.cli import shared

HOSTILE = [{"name": "=1+1", "note": "[red]x[/red]\x1b[31m", "n": -1}]


def test_csv_defuses_formulas_and_leaves_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show(HOSTILE, "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["name"], row["n"]) == ("'=1+1", "-1")


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


def test_json_is_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    shared.show(HOSTILE, "json")
    assert json.loads(capsys.readouterr().out) == HOSTILE


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
