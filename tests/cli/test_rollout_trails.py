"""One trail for the whole organization in place of one in each account, and back again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline.simulation import Blueprint, Fault, Simulation
from given_terminal import Baseline, at_a_terminal

MAIN, PRODUCTION = "100000000001", "400000000004"
BUCKET = f"baseline-cloudtrail-{MAIN}-eu-west-1"
FILE = """
organization: o-acme0000000
home_region: eu-west-1
regions: [eu-west-1, us-east-1]
exclude_accounts: ["200000000002", "300000000003", "500000000005", "600000000006"]
cloudtrail:
  mode: {mode}
"""
CHOSEN = ("--only", "auditing", "--only", "organization-trail", "--only", "auditing-storage")


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False, regions=("eu-west-1", "us-east-1")))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def run(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Baseline]:
    choose("organization")
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        yield baseline


def choose(mode: str) -> None:
    Path("baseline.yaml").write_text(FILE.format(mode=mode))


def let_cloudtrail_in(organization: Simulation) -> None:
    client = organization.client("organizations", "us-east-1", MAIN)
    client.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")


def trails(organization: Simulation, account: str, region: str) -> list[str]:
    client = organization.client("cloudtrail", region, account)
    return [trail["Name"] for trail in client.describe_trails()["trailList"]]


def test_without_trusted_access_the_remedy_is_its_command(run: Baseline) -> None:
    foreseen = run("rollout", "preflight", *CHOSEN, "-o", "json").rows
    (missing,) = [row for row in foreseen if row["name"] == "organization-trail"]
    assert missing["why"] == "CloudTrail has no access to the organization"
    refused = run("rollout", "deploy", *CHOSEN, "--yes")
    assert refused.code == 1
    assert "enable-aws-service-access --service-principal cloudtrail.amazonaws.com" in refused.err
    assert "needs organization-trail in 100000000001 eu-west-1, which failed" in refused.err


def test_one_trail_records_every_account_and_the_trails_of_the_accounts_follow_it(
    organization: Simulation, run: Baseline
) -> None:
    choose("account")
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    assert trails(organization, PRODUCTION, "us-east-1") == ["baseline"]

    refused = refusals(organization)
    let_cloudtrail_in(organization)
    choose("organization")
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    for account in (MAIN, PRODUCTION):
        for region in ("eu-west-1", "us-east-1"):
            assert trails(organization, account, region) == ["baseline-organization"]
    verified = run("rollout", "verify", *CHOSEN, "-o", "json").rows
    assert [row for row in verified if row["status"] != "PASS"] == []
    seen = [row for row in verified if row["check"] == "organization's trail"]
    assert {row["account"] for row in seen} == {MAIN, PRODUCTION}

    organization.deliver()
    assert run("logs", "collect").code == 0
    # What verify itself has asked there.
    where = "where eventname = 'DescribeTrails'"
    sql = f"select distinct account, region from auditing.cloudtrail {where}"
    rows = run("query", "run", "--sql", sql, "-o", "json").rows
    assert {"account": PRODUCTION, "region": "us-east-1"} in rows
    keys = keys_of(organization)
    assert [key for key in keys if key.startswith(f"AWSLogs/o-acme0000000/{PRODUCTION}/")]

    choose("account")
    planned = run("rollout", "plan", *CHOSEN, "-o", "json").rows
    order = [(row["action"], row["name"]) for row in planned if row["kind"] != "stack set"]
    assert order[-1] == ("delete", "organization-trail")
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    assert trails(organization, PRODUCTION, "us-east-1") == ["baseline"]
    assert refused == []


def refusals(organization: Simulation) -> list[str]:
    """From now on, after each call that matters: the trails that the bucket would refuse."""
    found: list[str] = []
    service: Any = organization.service("cloudtrail")

    def look(call: Any, *_: Any) -> None:
        if call.operation in ("PutBucketPolicy", "CreateTrail", "DeleteTrail"):
            there = [trail for some in [*service.trails.values()] for trail in [*some.values()]]
            found.extend(
                f"{trail.arn} after {call.operation}"
                for trail in there
                if trail.refused("o-acme0000000")
            )

    organization.observers.append(look)
    return found


def test_when_the_trails_of_the_accounts_fail_the_organizations_delivers_until_they_are_there(
    organization: Simulation, run: Baseline
) -> None:
    let_cloudtrail_in(organization)
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    organization.faults.add(Fault("deny", "cloudtrail", "CreateTrail", PRODUCTION))
    choose("account")
    failed = run("rollout", "deploy", *CHOSEN, "--yes")
    assert failed.code == 1
    assert "is still needed by auditing in 400000000004" in failed.err
    assert trails(organization, PRODUCTION, "us-east-1") == ["baseline-organization"]

    organization.client("sns", "us-east-1", PRODUCTION).list_topics()
    assert organization.deliver() > 0
    client = organization.client("cloudtrail", "eu-west-1", MAIN)
    status = client.get_trail_status(Name="baseline-organization")
    assert (status["IsLogging"], status.get("LatestDeliveryError")) == (True, None)

    organization.faults.clear()
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    assert trails(organization, PRODUCTION, "us-east-1") == ["baseline"]


def keys_of(organization: Simulation) -> list[str]:
    s3 = organization.client("s3", "eu-west-1", MAIN)
    pages: Any = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [found["Key"] for page in pages for found in page["Contents"]]


def test_another_trail_of_the_organization_is_warned_of_because_both_are_paid_for(
    organization: Simulation, run: Baseline
) -> None:
    let_cloudtrail_in(organization)
    assert run("rollout", "deploy", *CHOSEN, "--yes").code == 0
    assert "second copy" not in run("rollout", "plan", *CHOSEN).err
    other_trail(organization)
    warned = run("rollout", "plan", *CHOSEN).err
    assert "the organization's trail landing-zone records the same events" in warned


def other_trail(organization: Simulation) -> None:
    """As another tool would have made it, with a bucket of its own."""
    s3 = organization.client("s3", "eu-west-1", MAIN)
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="landing-zone", CreateBucketConfiguration=where)
    s3.put_bucket_policy(
        Bucket="landing-zone",
        Policy='{"Statement": [{"Effect": "Allow", "Action": ["s3:GetBucketAcl", "s3:PutObject"],'
        ' "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": '
        '["arn:aws:s3:::landing-zone", "arn:aws:s3:::landing-zone/*"]}]}',
    )
    organization.client("cloudtrail", "eu-west-1", MAIN).create_trail(
        Name="landing-zone", S3BucketName="landing-zone", IsOrganizationTrail=True
    )


def test_the_bucket_has_the_three_statements_of_an_organizations_trail(
    organization: Simulation, run: Baseline
) -> None:
    assert run("rollout", "deploy", "--only", "auditing-storage", "--yes").code == 0
    s3 = organization.client("s3", "eu-west-1", MAIN)
    policy: Any = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    arn = f"arn:aws:cloudtrail:eu-west-1:{MAIN}:trail/baseline-organization"
    assert policy.count(f'"aws:SourceArn": "{arn}"') == 3
    assert f"{BUCKET}/AWSLogs/{MAIN}/*" in policy
    assert f"{BUCKET}/AWSLogs/o-acme0000000/*" in policy
