"""The main job by the command line over HTTP, and every number against an independent count."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline.simulation import Simulation
from given_terminal import Baseline

MAIN = "100000000001"
REGIONS = ("eu-west-1", "us-east-1")
BUCKET = f"baseline-cloudtrail-{MAIN}-eu-west-1"


def delivered(organization: Simulation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Day (of the key) and event of everything in the bucket, read with gzip and json alone."""
    s3 = organization.client("s3", "eu-west-1", MAIN)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for found in page["Contents"]:
            parts = found["Key"].split("/")
            if parts[2] != "CloudTrail":
                continue
            body = s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
            for event in json.loads(gzip.decompress(body))["Records"]:
                yield "-".join(parts[4:7]), event


def only_two_regions() -> None:
    file = Path("baseline.yaml")
    text = file.read_text()
    assert "regions: []" in text
    file.write_text(text.replace("regions: []", f"regions: [{', '.join(REGIONS)}]"))


def count(baseline: Baseline, where: str) -> int:
    sql = f"select count(*) as n from auditing.cloudtrail {where}"
    (row,) = baseline("query", "run", "--sql", sql, "-o", "json").rows
    return int(row["n"])


def test_from_nothing_to_answers_and_away_again(
    organization: Simulation, baseline: Baseline
) -> None:
    """init, plan, deploy, proof, logs, the three counts, root logins, and removal."""
    assert baseline("init", "--home-region", "eu-west-1").code == 0
    only_two_regions()
    states = {a["name"]: a["state"] for a in baseline("accounts", "-o", "json").rows}
    assert (len(states), states["retired"]) == (7, "SUSPENDED")

    plan = baseline("rollout", "plan", "-o", "json").rows
    assert {row["action"] for row in plan} == {"create", "skip"}
    deployed = baseline("rollout", "deploy", "--yes", "-o", "json")
    assert deployed.code == 0, deployed.err
    again = baseline("rollout", "deploy", "--yes")
    assert (again.code, "Nothing to do" in again.err) == (0, True)
    verified = baseline("rollout", "verify", "-o", "json")
    assert verified.code == 0, verified.out
    assert {row["status"] for row in verified.rows} == {"PASS"}

    organization.deliver()
    collected = baseline("logs", "collect", "-o", "json")
    assert collected.code == 0, collected.err
    events = list(delivered(organization))
    assert collected.rows["events"] == len(events)
    assert baseline("logs", "collect", "-o", "json").rows["objects"] == 0

    counts = [count(baseline, f"where date > '{d}'") for d in ("2019", "2019-07", "2019-07-23")]
    days = [day for day, _ in events]
    assert counts == [sum(d > x for d in days) for x in ("2019", "2019-07", "2019-07-23")]
    assert counts[0] > counts[1] > counts[2] > 0

    roots = baseline("query", "run", "RootLogin30Days", "-o", "json")
    assert roots.code == 0, roots.err
    today = organization.clock.now().date()
    expected = [
        event["eventID"]
        for day, event in events
        if event["eventName"] == "ConsoleLogin"
        and event["userIdentity"]["type"] == "Root"
        and (today - today.fromisoformat(day)).days <= 30
    ]
    assert sorted(row["eventid"] for row in roots.rows) == sorted(expected) != []

    removed = baseline("rollout", "remove", "--yes")
    assert removed.code == 0, removed.err
    assert BUCKET in removed.err
    left = organization.client("guardduty", "us-east-1", "400000000004").list_detectors()
    assert left["DetectorIds"] == []


@pytest.mark.parametrize("question", ["RootLogin30Days", "S3MassDownload"])
def test_a_question_before_anything_was_collected_is_one_sentence(
    baseline: Baseline, question: str
) -> None:
    asked = baseline("query", "run", question)
    assert (asked.code, asked.out) == (2, "")
    assert "logs collect" in asked.err
    assert len(asked.err.strip().splitlines()) == 1
