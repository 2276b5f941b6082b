"""``baseline query``: answers on stdout, refusals on stderr, exit codes."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.query.catalogue import SHAPE
from given_history import given_the_organization
from given_logs import a_delivery, a_key, an_event, given_a_log, given_an_object

Output = pytest.CaptureFixture[str]


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """Two events of 2019, one of 2026."""
    root = tmp_path / "bucket"
    given_a_log(root, an_event(1), an_event(2, eventName="=HYPERLINK()"), day="2019-07-24")
    given_a_log(root, an_event(3), day="2026-07-01")
    return root


def answer(capsys: Output, *arguments: str) -> list[dict[str, Any]]:
    """The rows of ``query run … -o json``."""
    assert cli.run(["query", "run", *arguments, "-o", "json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


@pytest.mark.usefixtures("bucket")
def test_the_lake_and_the_raw_logs_answer_alike(capsys: Output) -> None:
    """The same rows, the same order, by either way."""
    assert cli.run(["logs", "collect", "--source", "bucket", "--lake", "mine"]) == 0
    capsys.readouterr()
    sql = "SELECT * FROM auditing.cloudtrail ORDER BY eventid"
    raw = answer(capsys, "--source", "bucket", "--sql", sql)
    assert len(raw) == 3
    assert raw == answer(capsys, "--lake", "mine", "--sql", sql)
    assert raw[0]["useridentity"]["arn"] == "arn:aws:iam::100000000001:user/anna"
    assert raw[0]["date"] == "2019-07-24"
    assert json.loads(raw[0]["requestparameters"]) == {"instancesSet": {}}


@pytest.mark.usefixtures("bucket")
def test_the_three_counts_of_the_mission(capsys: Output) -> None:
    """The date is a string and compared as one."""
    sql = "Select count(*) as n from auditing.cloudtrail where date > :since"
    counts = [
        answer(capsys, "--source", "bucket", "--sql", sql, "--param", f"since={since}")[0]["n"]
        for since in ("2019", "2019-07-24", "2026-08")
    ]
    assert counts == [3, 1, 0]


@pytest.mark.usefixtures("bucket")
def test_a_parameter_without_a_default_has_to_be_given(capsys: Output) -> None:
    """And not emptily: nothing of nobody would be a false "no"."""
    ask = ["query", "run", "AccessKeyUse", "--source", "bucket"]
    assert cli.run(ask) == 2
    assert (
        "AccessKeyUse needs the parameter key: The access key's id, like AKIAIOSFODNN7EXAMPLE. "
        "Give it with --param key=…"
    ) in capsys.readouterr().err
    assert cli.run([*ask, "--param", "key="]) == 2
    assert "'key=' has no value" in capsys.readouterr().err


@pytest.mark.usefixtures("bucket")
def test_a_file_or_stdin_holds_the_query(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long queries want it."""
    (tmp_path / "q.sql").write_text("-- mine\nSELECT count(*) AS n FROM auditing.cloudtrail;\n")
    assert answer(capsys, "--source", "bucket", "--file", "q.sql") == [{"n": 3}]
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS n"))
    assert answer(capsys, "--source", "bucket", "--file", "-") == [{"n": 1}]


@pytest.mark.usefixtures("bucket")
def test_tables_of_a_spreadsheet_hold_no_formulas(capsys: Output) -> None:
    """What an attacker named so is shown, not run."""
    sql = "SELECT eventname, eventid FROM auditing.cloudtrail ORDER BY 2"
    assert cli.run(["query", "run", "--source", "bucket", "--sql", sql, "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["eventid"] for row in rows] == ["event-1", "event-2", "event-3"]
    assert rows[1]["eventname"] == "'=HYPERLINK()"


def test_hostile_fields_cannot_steer_the_terminal(tmp_path: Path, capsys: Output) -> None:
    """A user agent is the attacker's own text; JSON keeps it, escaped."""
    hostile = "\x1b]0;owned\x07[bold]x[/bold]"
    given_a_log(tmp_path / "bucket", an_event(1, userAgent=hostile))
    run = ["query", "run", "--source", "bucket", "--sql", "SELECT useragent FROM cloudtrail"]
    assert cli.run(run) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]" in out
    assert answer(capsys, *run[2:]) == [{"useragent": hostile}]


@pytest.mark.usefixtures("bucket")
def test_a_source_goes_before_a_lake_of_the_environment(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only two flags contradict each other."""
    monkeypatch.setenv("BASELINE_LAKE", "elsewhere")
    sql = "SELECT count(*) AS n FROM auditing.cloudtrail"
    assert answer(capsys, "--source", "bucket", "--sql", sql) == [{"n": 3}]


@pytest.mark.usefixtures("bucket")
def test_a_limit_cuts_and_none_does_not(capsys: Output) -> None:
    """By default all rows come."""
    many = "SELECT x FROM UNNEST(sequence(1, 3000)) AS t (x)"
    assert len(answer(capsys, "--source", "bucket", "--sql", many)) == 3000
    assert answer(capsys, "--source", "bucket", "--sql", many, "--limit", "2")[-1] == {"x": 2}


@pytest.mark.usefixtures("bucket")
def test_no_rows_are_an_empty_answer_with_columns(capsys: Output) -> None:
    """Nothing found is not an error."""
    sql = "SELECT eventid FROM auditing.cloudtrail WHERE date > '2030'"
    assert cli.run(["query", "run", "--source", "bucket", "--sql", sql, "-o", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out == "eventid\n"
    assert "No log object in bucket matches" in err


@pytest.mark.usefixtures("bucket")
def test_a_query_of_no_table_misses_no_logs(capsys: Output) -> None:
    """It asked for none."""
    assert cli.run(["query", "run", "--source", "bucket", "--sql", "SELECT 1"]) == 0
    assert "No log object" not in capsys.readouterr().err


@pytest.mark.usefixtures("bucket")
def test_a_terminated_query_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """Copies of logs are not for who comes after."""
    (tmp_path / "passing").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "passing"))
    sql = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 300000) "
    sql += "SELECT max(n) FROM t, auditing.cloudtrail"
    left = tmp_path / "passing"

    def end() -> None:
        deadline = time.monotonic() + 20
        while len(list(left.glob("baseline-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=end)
    # Without a handler of the command's own this one is called, and the query goes on to its end.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    killer.start()
    try:
        assert cli.run(["query", "run", "--source", "bucket", "--sql", sql]) == 130
    finally:
        killer.join()
        signal.signal(signal.SIGTERM, before)
    assert list(left.glob("baseline-*")) == []
    assert "kept" not in capsys.readouterr().err, "a query does nothing that could be"


def test_broken_objects_beside_good_ones(tmp_path: Path, capsys: Output) -> None:
    """Named on stderr, exit 1, the good ones count."""
    given_a_log(tmp_path / "bucket", an_event(1))
    broken = a_key(minute="1005Z")
    given_an_object(tmp_path / "bucket", broken, a_delivery(an_event(2))[:-10])
    sql = "SELECT count(*) AS n FROM auditing.cloudtrail"
    assert cli.run(["query", "run", "--source", "bucket", "--sql", sql, "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == [{"n": 1}]
    assert f"{broken} is truncated" in err
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 1
    capsys.readouterr()
    assert cli.run(["query", "run", "--sql", sql, "-o", "json"]) == 1
    assert f"{broken} is truncated" in capsys.readouterr().err
    assert cli.run(["query", "run", "--sql", f"{sql} WHERE date > '2026-07-01'"]) == 0
    assert broken not in capsys.readouterr().err, "a day that was not asked for"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sql", "DROP TABLE x"], "'DROP' is no query"),
        (["--sql", "SELECT * FROM read_csv('/etc/passwd')"], "READ_CSV cannot be read from"),
        (["--sql", "SELECT evntname FROM auditing.cloudtrail"], "Did you mean eventname?"),
        (["--sql", "SELECT count(* FROM x"], "line 1, column 16"),
        (["--sql", "SELECT 1", "NoSuchQuery"], "give one of NAME, --sql and --file"),
        ([], "give one of NAME, --sql and --file"),
        (["RootLogin30"], "Did you mean RootLogin30Days?"),
        (
            ["RootLogin30Days", "--region", "eu-wst-1"],
            "there is no region eu-wst-1. Did you mean eu-west-1?",
        ),
        (["TrailStopped", "--account", "production"], "12 digits; names are known once an audit"),
        (
            ["TrailStopped", "--param", "days=x"],
            "parameter days: found 'x', expected a number of days",
        ),
        (["TrailStopped", "--param", "days=-3"], "found '-3', expected a number of days"),
        (["TrailStopped", "--param", "days"], "'days' has no value"),
        (["--file", "nowhere.sql"], "nowhere.sql: cannot be read: No such file"),
        (["--sql", "SELECT 1", "--lake", "nowhere"], "nowhere: there is no lake here"),
        (["--sql", "SELECT 1", "--lake", "l", "--source", "bucket"], "exclude each other"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_refusal_is_one_line_and_exit_2(
    capsys: Output, arguments: list[str], sentence: str
) -> None:
    """Nothing on stdout, no traceback."""
    place = [] if "--lake" in arguments else ["--source", "bucket"]
    assert cli.run(["query", "run", *arguments, *place]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_an_empty_lake_is_said(tmp_path: Path, capsys: Output) -> None:
    """Nothing found where nothing was collected is not reassuring."""
    (tmp_path / "bucket/AWSLogs").mkdir(parents=True)
    assert cli.run(["logs", "collect", "--source", "bucket"]) == 0
    assert cli.run(["query", "run", "RootLogin30Days"]) == 0
    assert "is empty. Fill it: baseline logs collect" in capsys.readouterr().err


@pytest.fixture
def old_lake(tmp_path: Path, capsys: Output) -> None:
    """CloudTrail's logs of one day of 2023."""
    given_a_log(tmp_path / "old", an_event(1), day="2023-07-10")
    assert cli.run(["logs", "collect", "--source", "old"]) == 0
    capsys.readouterr()


@pytest.mark.usefixtures("old_lake")
def test_a_lake_without_the_days_that_are_asked_for_gives_no_all_clear(capsys: Output) -> None:
    """What was asked and what there is; a job that is to fail could not look."""
    since = datetime.now(UTC).date() - timedelta(days=30)
    assert cli.run(["query", "run", "ConsoleLoginWithoutMfa"]) == 0
    said = capsys.readouterr().err
    assert f"asked from {since}, the lake has 2023-07-10 to 2023-07-10" in said
    detections = ["query", "run", "--detections", "--severity", "critical", "--fail-on", "high"]
    assert cli.run(detections) == 2
    assert "the lake has 2023-07-10 to 2023-07-10" in capsys.readouterr().err
    assert cli.run([*detections, "--since", "2020-01-01", "--until", "2020-02-01"]) == 2
    assert "asked from 2020-01-01, the lake has" in capsys.readouterr().err
    assert cli.run([*detections, "--since", "2023-07-01"]) == 0
    assert capsys.readouterr().err == "No rows.\n", "asked and answered"


@pytest.mark.usefixtures("old_lake")
def test_a_table_without_logs_is_said(capsys: Output) -> None:
    """Also of a query without a day; one that matches is not spoken of."""
    assert cli.run(["query", "run", "--sql", "SELECT count(*) FROM auditing.flowlogs"]) == 0
    assert "has no logs of the table flowlogs" in capsys.readouterr().err
    sql = "SELECT count(*) FROM auditing.cloudtrail WHERE date >= '2023'"
    assert cli.run(["query", "run", "--sql", sql]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.data
def test_files_that_are_no_bucket_are_refused_in_a_sentence(
    third_party: Path, capsys: Output
) -> None:
    """The same events in other clothes are not a bucket's layout."""
    shapes = third_party / "cloudtrail/shapes"
    for source in (shapes, shapes / "not-json.json.gz"):
        assert cli.run(["query", "run", "--source", str(source), "--sql", "SELECT 1"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "Give a directory, or s3://bucket/prefix, that holds AWSLogs/" in err


def test_the_list_says_what_each_query_is_for(capsys: Output) -> None:
    """Name, title, description and parameters; why, which topic, what an attacker does with it."""
    assert cli.run(["query", "list", "-o", "json"]) == 0
    found = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    stable = {"name", "title", "description", "parameters", "why", "topic", "mitre", "severity"}
    assert stable <= set(found["RootLogin30Days"])
    assert found["TrailStopped"]["mitre"] == ["T1562.008"]
    assert found["TrailStopped"]["severity"] == "critical"
    assert found["S3MassDownload"]["parameters"][1]["default"] == "100"


def test_a_shown_query_can_be_run_as_it_is(bucket: Path, capsys: Output) -> None:
    """What is shown is the file itself, for Athena's console too."""
    assert cli.run(["query", "show", "rootlogin30days"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("-- name: RootLogin30Days")
    assert answer(capsys, "--source", str(bucket), "--sql", text) == []


def test_accounts_are_known_by_name_once_the_organization_is(
    tmp_path: Path, capsys: Output
) -> None:
    given_the_organization(tmp_path / "reports")
    given_a_log(tmp_path / "bucket", an_event(1))
    ask = ["query", "run", "--source", "bucket", "TrailStopped", "--account"]
    assert cli.run([*ask, "production"]) == 0
    assert "was not in organization" not in capsys.readouterr().err
    assert cli.run([*ask, "999999999999"]) == 0
    said = capsys.readouterr().err
    assert (
        "Account 999999999999 was not in organization o-acme0000000 when it was last read" in said
    )
    assert cli.run([*ask, "nobody"]) == 2
    assert "there is no account 'nobody'. See: baseline accounts" in capsys.readouterr().err
    assert cli.run([*ask, "prodution"]) == 2
    assert "Did you mean production?" in capsys.readouterr().err


def given_a_stopped_trail(root: Path, *, ago: int = 1) -> str:
    """A trail was stopped, and the day on which."""
    when = str(datetime.now(UTC).date() - timedelta(days=ago))
    stop = an_event(1, eventName="StopLogging", eventSource="cloudtrail.amazonaws.com")
    given_a_log(root, stop, an_event(2), day=when)
    return when


def test_detections_run_together_and_can_fail_a_job(tmp_path: Path, capsys: Output) -> None:
    """Rows of one shape; an exit code when one is as bad as was said."""
    when = given_a_stopped_trail(tmp_path / "bucket")
    found = answer(capsys, "--source", "bucket", "--detections", "--severity", "critical")
    assert [row["detection"] for row in found] == ["TrailStopped"]
    assert list(found[0])[:5] == ["detection", "title", "severity", "mitre", "time"]
    assert (found[0]["severity"], found[0]["mitre"]) == ("critical", "T1562.008")
    run = ["query", "run", "--source", "bucket", "--detections", "--severity", "critical"]
    assert cli.run([*run, "--fail-on", "high"]) == 1
    out = capsys.readouterr().out
    assert "TrailStopped" in out
    assert "T1562.008" in out, "a pipe has room for more than a terminal"
    given_a_log(tmp_path / "bucket", an_event(3), day=str(date.fromisoformat(when) - timedelta(3)))
    assert cli.run([*run, "--fail-on", "high", "--until", "2d"]) == 0
    other = ["--fail-on", "high", "--since", when, "--account", "100000000002"]
    assert cli.run([*run, *other]) == 2, "there was nothing to look at"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--detections", "TrailStopped"], "--detections runs without NAME"),
        (["--detections", "--param", "days=7"], "--detections runs without NAME"),
        (["--sql", "SELECT 1", "--since", "7d"], "need a saved query, or --detections"),
        (["TrailStopped", "--fail-on", "high"], "--fail-on needs --detections"),
        (["TrailStopped", "--since", "7d", "--param", "days=3"], "are two answers"),
        (["PrincipalsFirstSeen", "--since", "7d"], "takes no --since and --until"),
        (["--detections", "--account", "production"], "'production' is no account id"),
        (["--detections", "--since", "1d", "--until", "2d"], "--since is after --until"),
    ],
)
def test_what_contradicts_detections_is_refused(
    capsys: Output, arguments: list[str], sentence: str
) -> None:
    """In a sentence, before anything is read."""
    assert cli.run(["query", "run", *arguments]) == 2
    assert sentence in capsys.readouterr().err


MINE = """-- name: Mine
-- title: Instances that were looked at
-- description: All of it.
-- why: To try it.
-- topic: discovery
SELECT eventid FROM auditing.cloudtrail WHERE eventname = 'DescribeInstances' AND date > '2026'
"""


def test_the_list_starts_without_what_only_queries_and_audits_need() -> None:
    """Each of them takes longer to import than all the rest."""
    loaded = "import sys; from baseline.cli import run; run(['query', 'list']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], check=True, capture_output=True, text=True
    )
    modules = set(done.stdout.splitlines()[-1].split())
    assert "baseline.query.catalogue" in modules
    assert not modules & {"sqlglot", "duckdb", "boto3", "baseline.audit"}


@pytest.mark.usefixtures("bucket")
def test_queries_of_ones_own_are_listed_shown_and_run(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the directory of the configuration, beside those that come with the program."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/mine.sql").write_text(MINE)
    assert cli.run(["query", "list", "--topic", "discovery", "-o", "json"]) == 0
    found = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert found["Mine"]["path"] == "queries/mine.sql"
    assert found["ErrorsByPrincipal"]["path"] is None
    assert cli.run(["query", "show", "mine"]) == 0
    assert capsys.readouterr().out == MINE
    assert answer(capsys, "--source", "bucket", "Mine") == [{"eventid": "event-3"}]
    monkeypatch.chdir(tmp_path / "queries")
    assert cli.run(["query", "show", "mine"]) == 2
    monkeypatch.setenv("BASELINE_QUERIES", str(tmp_path / "queries"))
    assert cli.run(["query", "show", "mine"]) == 0


@pytest.mark.usefixtures("bucket")
def test_a_saved_query_can_be_asked_of_days_and_places(capsys: Output, tmp_path: Path) -> None:
    """In the place of the days that it looks back."""
    stop = an_event(1, eventName="StopLogging", eventSource="cloudtrail.amazonaws.com")
    given_a_log(tmp_path / "bucket", stop, day="2023-07-10")
    ask = ["--source", "bucket", "TrailStopped", "--since", "2023-07-01", "--until", "2023-07-31"]
    assert len(answer(capsys, *ask)) == 1
    assert len(answer(capsys, *ask, "--region", "eu-west-1", "--account", "100000000001")) == 1
    assert answer(capsys, *ask, "--region", "us-east-1") == []


MY_DETECTION = MINE.replace("-- name: Mine", "-- name: Bare\n-- severity: high")


def test_a_file_that_is_no_query_takes_no_other_away(tmp_path: Path, capsys: Output) -> None:
    """It is named with its reason; the detections without it may lack something."""
    given_a_stopped_trail(tmp_path / "bucket")
    (tmp_path / "queries").mkdir()
    wrong = {
        "headless": "SELECT 1",
        "again": MINE.replace("Mine", "TrailStopped"),
        "bare": MY_DETECTION,
    }
    for name, sql in wrong.items():
        (tmp_path / f"queries/{name}.sql").write_text(sql)
    assert cli.run(["query", "list"]) == 0
    said = capsys.readouterr().err
    assert "Left out: queries/headless.sql: the header has no name" in said
    assert "Left out: queries/again.sql: there is another query called TrailStopped" in said
    assert len(answer(capsys, "--source", "bucket", "TrailStopped")) == 1
    run = ["query", "run", "--source", "bucket", "--detections", "--severity", "critical"]
    assert cli.run([*run, "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert [row["detection"] for row in json.loads(out)] == ["TrailStopped"]
    assert err.count("Left out: ") == 2
    assert cli.run([*run[:-1], "high", "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert "TrailStopped" in {row["detection"] for row in json.loads(out)}
    assert "Left out: queries/bare.sql: Bare: does not give the column time" in err


def test_a_detection_that_cannot_run_takes_no_other_away(tmp_path: Path, capsys: Output) -> None:
    """A misspelt column is found before all are one statement."""
    given_a_stopped_trail(tmp_path / "bucket")
    (tmp_path / "queries").mkdir()
    shape = ", ".join(f"evntname AS {name}" for name in SHAPE)
    sql = f"SELECT {shape} FROM auditing.cloudtrail WHERE date > '2020'"
    header, _, _ = MY_DETECTION.partition("SELECT")
    (tmp_path / "queries/wrong.sql").write_text(header.replace("high", "critical") + sql)
    run = ["query", "run", "--source", "bucket", "--detections", "--severity", "critical"]
    assert cli.run([*run, "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert [row["detection"] for row in json.loads(out)] == ["TrailStopped"]
    assert "Left out: queries/wrong.sql: " in err
