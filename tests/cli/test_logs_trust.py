"""``baseline logs validate`` and ``gaps``: what they print, and with which exit code they end."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from baseline import cli
from baseline.logs.source import Bucket
from baseline.simulation import Blueprint, Simulation
from given_digests import BUCKET, HOME, MAIN, given_a_trail, given_deliveries

SOURCE = f"s3://{BUCKET}"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def simulation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Simulation]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    simulation = Simulation(Blueprint())
    given_a_trail(simulation)
    given_deliveries(simulation, 2)
    with simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            monkeypatch.setenv(name, value)
        yield simulation
    simulation.close()


def test_valid_then_tampered_then_copied(
    simulation: Simulation, tmp_path: Path, capsys: Output
) -> None:
    """Exit 0, then 1 with the file's name, then a copy offline with the keys that were kept."""
    # The simulation's clock runs ahead.
    until = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    span = ["--since", "3d", "--until", until]
    everywhere = ["logs", "validate", "--source", SOURCE, *span, "-o", "json"]
    command = [*everywhere, "--account", MAIN, "--region", "us-east-1"]
    assert cli.run([*command, "--region", HOME]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in rows} == {"valid"}
    assert sum(row["logs"] for row in rows) > 0

    client = simulation.client("s3", HOME, MAIN)
    found = client.list_objects_v2(Bucket=BUCKET, Prefix=f"AWSLogs/{MAIN}/CloudTrail/us-east-1/")
    victim = found["Contents"][-1]["Key"]
    client.delete_object(Bucket=BUCKET, Key=victim)
    assert cli.run(command) == 1
    out, err = capsys.readouterr()
    assert f"log s3://{BUCKET}/{victim} missing" in err
    (row,) = json.loads(out)
    assert (row["state"], row["invalid"]) == ("invalid", 1)
    assert cli.run([*command, "-o", "table"]) == 1
    out = capsys.readouterr().out
    assert "acme-main us-east-1" in out, "people know accounts by their names"
    assert "T00:00" not in out, "and need the days"
    assert [(f["kind"], f["verdict"]) for f in row["files"]] == [("log", "missing")]

    source = Bucket(client, BUCKET)
    for stored in source.objects(""):
        path = tmp_path / "copy" / stored.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read(stored.key))
    copied = ["logs", "validate", "--source", "copy", "--region", HOME, *span]
    assert cli.run(copied) == 2
    out, err = capsys.readouterr()
    assert "unproven" in out
    assert "its signature was not copied along" in err

    assert cli.run(everywhere) == 1
    rows = json.loads(capsys.readouterr().out)
    silent = {row["account"] for row in rows if row["state"] == "no digests"}
    assert "400000000004" in silent


def test_what_was_changed_in_a_copy_is_not_hidden_by_what_is_unproven(
    simulation: Simulation, tmp_path: Path, capsys: Output
) -> None:
    """First the file, then a line for all digests whose signature was lost."""
    source = Bucket(simulation.client("s3", HOME, MAIN), BUCKET)
    for stored in source.objects(""):
        path = tmp_path / "copy" / stored.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read(stored.key))
    (*_, victim) = sorted((tmp_path / f"copy/AWSLogs/{MAIN}/CloudTrail/us-east-1").rglob("*.gz"))
    victim.write_bytes(b"no gzip")
    until = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    span = ["--since", "3d", "--until", until, "--no-progress"]
    assert cli.run(["logs", "validate", "--source", "copy", *span]) == 1
    first, *rest = capsys.readouterr().err.splitlines()
    assert victim.name in first
    assert "changed" in first
    lost = [line for line in rest if "its signature was not copied along" in line]
    assert len(lost) == 1
    assert re.match(r"\d+ digests unproven: its", lost[0])


def test_accounts_and_regions_without_any_log_are_named(
    simulation: Simulation, capsys: Output
) -> None:
    """The trail is the main account's alone; the others have never delivered."""
    command = ["logs", "gaps", "--source", SOURCE, "--since", "3d", "-o", "json", "--no-progress"]
    assert cli.run(command) == 1
    rows = json.loads(capsys.readouterr().out)
    never = {row["account"] for row in rows if row["state"] == "never"}
    assert "400000000004" in never
    assert cli.run([*command, "--account", MAIN, "--region", HOME, "--until", "1d"]) in {0, 1}
    rows = json.loads(capsys.readouterr().out)
    assert {row["account"] for row in rows} <= {MAIN}


def test_nothing_to_validate_is_not_valid(tmp_path: Path, capsys: Output) -> None:
    """Exit 2: nothing was proven."""
    (tmp_path / "bucket/AWSLogs").mkdir(parents=True)
    assert cli.run(["logs", "validate", "--source", "bucket"]) == 2
    assert "no digests and no logs are there" in capsys.readouterr().err
