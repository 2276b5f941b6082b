"""``baseline query import-sigma``: Sigma's meaning, in Athena's SQL, on events."""

import json
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import catalogue, statement
from baseline.query.duckdb import DuckDB
from baseline.query.sigma import read
from given_incidents import day
from given_logs import an_event, given_a_log

Output = pytest.CaptureFixture[str]
RULE = """title: Trail Stopped By Somebody
id: 11111111-2222-4333-8444-555555555555
description: A trail was stopped.
author: A. Writer
level: high
tags:
  - attack.defense-evasion
  - attack.t1562.008
falsepositives:
  - Maintenance
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName: stoplogging
  condition: selection
"""
EVENTS = (
    an_event(
        0,
        eventName="StopLogging",
        sourceIPAddress="10.1.2.3",
        requestParameters={"name": "Org-Trail", "size": 5, "force": True, "ids": ["i-A", "i-B"]},
        errorCode="AccessDenied",
    ),
    an_event(
        1,
        eventName="StartLogging",
        sourceIPAddress="ec2.amazonaws.com",
        userAgent="X*y",
        requestParameters={"name": "100%_sure\\\\path", "a-b": {"c d": "deep"}},
        userIdentity={"type": "Root", "userName": "StartLogging"},
    ),
    an_event(
        2,
        eventName="GetTrail",
        requestParameters=None,
        userAgent="it's odd",
        sourceIPAddress="dom\\user",
    ),
)


def rule(detection: str) -> str:
    """The rule with another detection, written as one line of YAML flow."""
    return RULE[: RULE.index("detection:")] + f"detection: {detection}\n"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("bucket")
    given_a_log(root, *EVENTS, day=day())
    lake = Lake.create(root / "lake")
    source = Directory(root)
    collect(source, lake, days(source, Selection()))
    engine = DuckDB(lake)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("detection", "found"),
    [
        ("{s: {eventName: STOPLOGGING}, condition: s}", [0]),
        ("{s: {eventName|cased: STOPLOGGING}, condition: s}", []),
        ("{s: {eventName|cased: StopLogging}, condition: s}", [0]),
        ("{s: {eventName: [stoplogging, startlogging]}, condition: s}", [0, 1]),
        (r"{s: {userAgent: ['x\*y', z]}, condition: s}", [1]),
        (r"{s: {userAgent: 'x\*y'}, condition: s}", [1]),
        (r"{s: {sourceIPAddress: ['DOM\\USER', z]}, condition: s}", [2]),
        ("{s: {eventName: st*logging}, condition: s}", [0, 1]),
        ("{s: {eventName: 'st?plogging'}, condition: s}", [0]),
        ("{s: {eventName|startswith: sta}, condition: s}", [1]),
        ("{s: {eventName|endswith: TRAIL}, condition: s}", [2]),
        ("{s: {eventName|contains: logg}, condition: s}", [0, 1]),
        ("{s: {eventName|contains|all: [st, pl]}, condition: s}", [0]),
        ("{s: {eventName|re: '^St.*g$'}, condition: s}", [0, 1]),
        ("{s: {eventName|re: '^st.*g$'}, condition: s}", []),
        ("{s: {eventName|re|i: '^st.*g$'}, condition: s}", [0, 1]),
        ("{s: {sourceIPAddress|cidr: 10.0.0.0/8}, condition: s}", [0]),
        ("{s: {errorCode: null}, condition: s}", [1, 2]),
        ("{s: {errorCode: '*'}, condition: s}", [0]),
        ("{s: {errorCode|exists: true}, condition: s}", [0]),
        ("{s: {requestParameters.name: org-trail}, condition: s}", [0]),
        ("{s: {requestParameters.name|contains: '100%_SURE\\\\'}, condition: s}", [1]),
        ("{s: {requestParameters.name|contains: '100x'}, condition: s}", []),
        ("{s: {requestParameters.a-b.c d: DEEP}, condition: s}", [1]),
        ("{s: {requestParameters.size: 5}, condition: s}", [0]),
        ("{s: {requestParameters.size|gte: 5}, condition: s}", [0]),
        ("{s: {requestParameters.size|lt: 5}, condition: s}", []),
        ("{s: {requestParameters.force: true}, condition: s}", [0]),
        ("{s: {requestParameters.ids|contains: i-b}, condition: s}", [0]),
        ("{s: {requestParameters|contains: ORG-}, condition: s}", [0]),
        ("{s: {requestParameters.name: null}, condition: s}", [2]),
        ("{s: {userIdentity.type: root}, condition: s}", [1]),
        ('{s: {userAgent: "IT\'S odd"}, condition: s}', [2]),
        ("{s: {eventName|fieldref: userIdentity.userName}, condition: s}", [1]),
        (
            "{s: {eventName: '*t*'}, f: {errorCode: accessdenied}, condition: s and not f}",
            [1, 2],
        ),
        ("{s: {eventName|contains: t}, f: {errorCode: x}, condition: s and not (f or s)}", []),
        ("{a: {errorCode: x}, b: {eventName: gettrail}, condition: 1 of them}", [2]),
        ("{a: {errorCode: '*denied'}, b: {eventName: stop*}, condition: all of them}", [0]),
        ("{k: [org-trail, 'deep'], condition: k}", [0, 1]),
        ("{s: [{eventName: gettrail}, {errorCode: accessdenied}], condition: s}", [0, 2]),
    ],
)
def test_a_condition_means_what_it_means_in_sigma(
    engine: DuckDB, tmp_path: Path, detection: str, found: list[int]
) -> None:
    """Any case, wildcards, lists, absent fields and their negation."""
    (tmp_path / "rule.yml").write_text(rule(detection))
    (query,) = read(tmp_path / "rule.yml", detection=True)
    assert isinstance(query, catalogue.SavedQuery), query
    rows = engine.run(statement.read(query.sql, query.literals({}))).rows
    assert sorted(row["eventid"] for row in rows) == [f"event-{number}" for number in found]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (RULE.replace("cloudtrail", "guardduty"), "is about aws/guardduty. Rules about"),
        (rule("{s: {evntName: x}, condition: s}"), "Did you mean eventName?"),
        (rule("{s: {userIdentity.nme: x}, condition: s}"), "no field userIdentity.nme"),
        (rule("{s: {resources.ARN: x}, condition: s}"), "no field resources.ARN"),
        (rule("{s: {eventName|re: 'a(?!b)'}, condition: s}"), "Regular expression 'a(?!b)' is"),
        (rule("{s: {eventName|expand: '%names%'}, condition: s}"), "has a placeholder"),
        (rule("{s: {eventName|expand: ['%names%', x]}, condition: s}"), "has a placeholder"),
        (rule("{s: {eventName: x}, condition: s | count() > 5}"), "is no rule that can be read"),
        (rule("{s: {eventName: x}, condition: t}"), "is no rule that can be read"),
        ("title: [", "is no rule that can be read"),
        ("title: x", "is no rule that can be read"),
        (
            "title: Many\nname: many\ncorrelation: {type: event_count, rules: [trail],"
            " group-by: [a], timespan: 1h, condition: {gte: 5}}\n---\n"
            + RULE.replace("id:", "name: trail\nid:"),
            "correlates other rules",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_brought_in_is_refused_in_a_sentence(
    tmp_path: Path, capsys: Output, text: str, sentence: str
) -> None:
    """Which file, and why; exit code 1."""
    (tmp_path / "rule.yml").write_text(text)
    assert cli.run(["query", "import-sigma", "rule.yml"]) == 1
    err = capsys.readouterr().err
    assert f"Refused: rule.yml: {sentence}" in err or sentence in err
    assert "Traceback" not in err


def test_a_rule_becomes_a_detection_among_the_others(tmp_path: Path, capsys: Output) -> None:
    """Listed, shown with its author, and run together with ours."""
    (tmp_path / "rules/deeper").mkdir(parents=True)
    (tmp_path / "rules/deeper/one.yml").write_text(RULE)
    (tmp_path / "rules/broken.yaml").write_text("title: x")
    given_a_log(tmp_path / "bucket", EVENTS[0], day=day())
    assert cli.run(["query", "import-sigma", "rules", "-o", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == [
        {
            "name": "TrailStoppedBySomebody",
            "severity": "high",
            "title": "Trail Stopped By Somebody",
            "path": "queries/TrailStoppedBySomebody.sql",
        }
    ]
    assert "1 rule was brought in, 1 refused." in err
    assert cli.run(["query", "list", "--detections", "-o", "json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    mine = listed["TrailStoppedBySomebody"]
    assert (mine["topic"], mine["mitre"]) == ("defence evasion", ["T1562.008"])
    assert mine["why"] == "Also raised by: Maintenance."
    assert cli.run(["query", "show", "TrailStoppedBySomebody"]) == 0
    assert "-- sigma: 11111111-2222-4333-8444-555555555555 by A. Writer" in capsys.readouterr().out
    run = ["query", "run", "--source", "bucket", "--detections", "--severity", "high", "-o", "json"]
    assert cli.run(run) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["detection"] for row in found] == ["TrailStoppedBySomebody"]


def test_a_query_of_ones_own_is_not_written_over(tmp_path: Path, capsys: Output) -> None:
    """The same again changes nothing; what was changed is kept, unless one says so."""
    (tmp_path / "rule.yml").write_text(RULE)
    bring = ["query", "import-sigma", "rule.yml", "--queries", "mine", "--no-detections"]
    assert cli.run(bring) == 0
    file = tmp_path / "mine/TrailStoppedBySomebody.sql"
    assert "severity" not in file.read_text()
    assert cli.run(bring) == 0
    file.write_text(file.read_text().replace("maintenance", "x").replace("= 30", "= 7"))
    assert cli.run(bring) == 1
    assert "is there, and differs. Add --replace." in capsys.readouterr().err
    assert "= 7" in file.read_text()
    assert cli.run([*bring, "--replace"]) == 0
    assert "= 30" in file.read_text()
    (tmp_path / "rule.yml").write_text(RULE.replace("Trail Stopped By Somebody", "TrailStopped"))
    assert cli.run(bring) == 1
    assert "there is another query called TrailStopped" in capsys.readouterr().err


def test_one_odd_rule_loses_no_other(tmp_path: Path, capsys: Output) -> None:
    """In a file with others, and between files; each is named with its reason."""
    second = RULE.replace("Trail Stopped By Somebody", "Second").replace("11111111", "22222222")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.yml").write_text(
        RULE.replace("  - Maintenance", "  - 1\n  - {a: b}") + "---\n"
        + RULE.replace("level: high", "level: terrible") + "---\naction: dance\n---\n" + second
    )  # fmt: skip
    (tmp_path / "rules/b.yml").write_text(RULE.replace("Trail Stopped By Somebody", "Third"))
    assert cli.run(["query", "import-sigma", "rules", "-o", "json"]) == 1
    out, err = capsys.readouterr()
    names = [row["name"] for row in json.loads(out)]
    assert names == ["TrailStoppedBySomebody", "Second", "Third"]
    assert "terrible" in err
    assert "dance" in err
    assert "3 rules were brought in, 2 refused." in err


@pytest.mark.parametrize("title", [r'"Stopped\e[31m By\x9b2J Somebody"'])
def test_a_rule_says_nothing_to_the_terminal(tmp_path: Path, capsys: Output, title: str) -> None:
    """Rules are written by others; escapes in them are neither kept in the header nor shown."""
    text = RULE.replace("Trail Stopped By Somebody", title).replace("was stopped", r"was\e]0;x")
    text = text.replace("A trail was", '"A trail was').replace(";x.", r';x\a."')
    text = text.replace("eventName: stoplogging", r'eventName: "stop\e[31mlogging"')
    (tmp_path / "rule.yml").write_text(text)
    assert cli.run(["query", "import-sigma", "rule.yml"]) == 0
    (file,) = (tmp_path / "queries").iterdir()
    header = file.read_text().split("SELECT")[0].replace("\n", "")
    assert header.isprintable()
    capsys.readouterr()
    assert cli.run(["query", "show", file.stem]) == 0
    shown = capsys.readouterr().out
    assert "stop\N{REPLACEMENT CHARACTER}[31mlogging" in shown
    assert shown.replace("\n", "").isprintable()


def test_a_bad_regular_expression_is_told_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not also by the library that reads it, in lines of its own."""
    (tmp_path / "rule.yml").write_text(rule("{s: {userAgent|re: '(['}, condition: s}"))
    assert cli.run(["query", "import-sigma", "rule.yml"]) == 1
    err = capfd.readouterr().err
    assert err.count("missing ]") == 1
    assert [line.split(":")[0] for line in err.splitlines()[:1]] == ["Refused"]
