"""What is promised of GuardDuty, Config and CloudTrail, asked of the services themselves.

Together with the tests of networks: docs/explanation/promises.md names the test of each promise.
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.simulation import Blueprint, Simulation
from given_obstacles import AWAY, DEVELOPMENT, HOME, LOGS, MAIN, PAYMENTS, PRODUCTION, TOOLING
from given_terminal import Baseline, at_a_terminal

REGIONS = (HOME, AWAY)
MEMBERS = (PRODUCTION, DEVELOPMENT)
ACCOUNTS = (MAIN, *MEMBERS)
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{HOME}, {AWAY}]
exclude_accounts: ["{LOGS}", "{TOOLING}", "{PAYMENTS}"]
"""
MINING = "CryptoCurrency:EC2/BitcoinTool.B!DNS"
STRANGE = "Recon:EC2/PortProbeUnprotectedPort"
SSH = "baseline-restricted-ssh"
BUCKET = f"baseline-cloudtrail-{MAIN}-{HOME}"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What there is after one deploy with nothing chosen but accounts and regions."""
    simulation = Simulation(Blueprint(misconfigured=False, regions=REGIONS))
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        patch.chdir(tmp_path_factory.mktemp("deployed"))
        Path("baseline.yaml").write_text(FILE)
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        assert cli.run(["rollout", "deploy", "--yes", "--no-progress"]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def organization(deployed: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(deployed)
    Path("baseline.yaml").write_text(FILE)
    yield simulation
    simulation.close()


@pytest.fixture
def baseline(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Baseline]:
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run


def detector(organization: Simulation, account: str, region: str) -> tuple[Any, str]:
    """GuardDuty in an account and region, and its one detector there."""
    client = organization.client("guardduty", region, account)
    (found,) = client.list_detectors()["DetectorIds"]
    return client, found


def test_guardduty_is_two_stack_sets_one_in_the_main_account_and_one_in_the_members_in_every_region(
    organization: Simulation,
) -> None:
    cloudformation = organization.client("cloudformation", HOME, MAIN)
    names = [s["StackSetName"] for s in cloudformation.list_stack_sets()["Summaries"]]
    of_guardduty = sorted(name for name in names if name.startswith("guardduty"))
    assert of_guardduty == ["guardduty-main", "guardduty-member"]
    for name, accounts in (("guardduty-main", (MAIN,)), ("guardduty-member", MEMBERS)):
        found = cloudformation.list_stack_instances(StackSetName=name)["Summaries"]
        assert {(i["Account"], i["Region"]) for i in found} == set(product(accounts, REGIONS))
    for account, region in product(ACCOUNTS, REGIONS):
        client, there = detector(organization, account, region)
        assert client.get_detector(DetectorId=there)["Status"] == "ENABLED"


def test_the_main_account_invites_every_member_in_every_region_and_all_accept(
    organization: Simulation,
) -> None:
    for region in REGIONS:
        client, there = detector(organization, MAIN, region)
        members = client.list_members(DetectorId=there, OnlyAssociated="false")["Members"]
        assert {(m["AccountId"], m["RelationshipStatus"]) for m in members} == {
            (account, "Enabled") for account in MEMBERS
        }
        assert all(m["InvitedAt"] for m in members)


def test_the_findings_of_all_accounts_in_a_region_are_seen_in_the_main_account_in_that_region(
    organization: Simulation,
) -> None:
    for account, kind in zip(MEMBERS, (MINING, STRANGE), strict=True):
        client, there = detector(organization, account, AWAY)
        client.create_sample_findings(DetectorId=there, FindingTypes=[kind])
    client, there = detector(organization, MAIN, AWAY)
    ids = client.list_findings(DetectorId=there)["FindingIds"]
    found = client.get_findings(DetectorId=there, FindingIds=ids)["Findings"]
    assert {(f["AccountId"], f["Region"], f["Type"]) for f in found} == {
        (PRODUCTION, AWAY, MINING),
        (DEVELOPMENT, AWAY, STRANGE),
    }
    client, there = detector(organization, MAIN, HOME)
    assert client.list_findings(DetectorId=there)["FindingIds"] == []


def test_config_records_all_resources_everywhere_and_delivers_them_to_the_central_bucket(
    organization: Simulation,
) -> None:
    for account, region in product(ACCOUNTS, REGIONS):
        config = organization.client("config", region, account)
        (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
        (status,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        (channel,) = config.describe_delivery_channels()["DeliveryChannels"]
        assert (recorder["recordingGroup"]["allSupported"], status["recording"]) == (True, True)
        assert channel["s3BucketName"] == f"baseline-config-{MAIN}-{HOME}"


def test_global_resources_are_recorded_in_the_global_region_and_in_no_other(
    organization: Simulation,
) -> None:
    for account, region in product(ACCOUNTS, REGIONS):
        config = organization.client("config", region, account)
        (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
        assert recorder["recordingGroup"]["includeGlobalResourceTypes"] == (region == HOME)


def test_a_resource_that_does_not_conform_to_its_rule_is_non_compliant_until_it_does(
    organization: Simulation,
) -> None:
    ec2 = organization.client("ec2", AWAY, PRODUCTION)
    config = organization.client("config", AWAY, PRODUCTION)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="open", Description="-", VpcId=vpc)["GroupId"]

    def verdict() -> str:
        details = config.get_compliance_details_by_config_rule(ConfigRuleName=SSH)
        (found,) = [
            result["ComplianceType"]
            for result in details["EvaluationResults"]
            if result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]
            == group
        ]
        return str(found)

    ssh = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    assert verdict() == "COMPLIANT"
    ec2.authorize_security_group_ingress(**ssh, CidrIp="0.0.0.0/0")
    assert verdict() == "NON_COMPLIANT"
    ec2.revoke_security_group_ingress(**ssh, CidrIp="0.0.0.0/0")
    assert verdict() == "COMPLIANT"


def test_the_aggregator_over_all_accounts_is_in_the_region_that_its_stack_is_deployed_to(
    organization: Simulation,
) -> None:
    for region in REGIONS:
        config = organization.client("config", region, MAIN)
        found = config.describe_configuration_aggregators()["ConfigurationAggregators"]
        assert bool(found) == (region == HOME)
    config = organization.client("config", HOME, MAIN)
    answer = config.describe_aggregate_compliance_by_config_rules(
        ConfigurationAggregatorName="baseline", Filters={"ConfigRuleName": SSH}
    )
    rules = answer["AggregateComplianceByConfigRules"]
    assert {(r["AccountId"], r["AwsRegion"]) for r in rules} == set(product(ACCOUNTS, REGIONS))


@pytest.fixture
def recorded(organization: Simulation) -> None:
    """Somebody lists topics in every account and region, and CloudTrail delivers."""
    for account, region in product(ACCOUNTS, REGIONS):
        somebody = f"arn:aws:sts::{account}:assumed-role/Developer/anna"
        organization.client("sns", region, account, acting_as=somebody).list_topics()
    organization.deliver()


@pytest.mark.usefixtures("recorded")
def test_cloudtrail_writes_into_a_log_group_in_each_account_and_region(
    organization: Simulation,
) -> None:
    for account, region in product(ACCOUNTS, REGIONS):
        told = [json.loads(message) for message in logged(organization, account, region)]
        assert {(e["recipientAccountId"], e["awsRegion"]) for e in told} == {(account, region)}
        assert "ListTopics" in {e["eventName"] for e in told}


def logged(organization: Simulation, account: str, region: str) -> Iterator[str]:
    """The messages in the log group of the trail there."""
    logs = organization.client("logs", region, account)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/baseline/cloudtrail")
    return (event["message"] for page in pages for event in page["events"])


@pytest.mark.usefixtures("recorded")
def test_cloudtrail_writes_into_a_central_bucket_for_all_accounts(
    organization: Simulation,
) -> None:
    s3 = organization.client("s3", HOME, MAIN)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [found["Key"].split("/") for page in pages for found in page["Contents"]]
    logs = {(key[1], key[3]) for key in keys if key[2] == "CloudTrail"}
    assert logs == set(product(ACCOUNTS, REGIONS))


@pytest.mark.usefixtures("recorded")
def test_every_event_of_every_account_can_be_asked_for_by_whom_and_what(
    baseline: Baseline,
) -> None:
    """In one account and region, over all, and what an identity really uses."""
    assert baseline("logs", "collect").code == 0

    def asked(what: str, where: str) -> list[dict[str, Any]]:
        sql = f"select distinct {what} from auditing.cloudtrail where {where}"
        ran = baseline("query", "run", "--sql", sql, "-o", "json")
        assert ran.code == 0, ran.err
        found: list[dict[str, Any]] = ran.rows
        return found

    everywhere = asked("account, region", "eventname = 'ListTopics'")
    assert {(r["account"], r["region"]) for r in everywhere} == set(product(ACCOUNTS, REGIONS))
    here = asked("eventname", f"account = '{PRODUCTION}' and region = '{AWAY}'")
    assert {"eventname": "ListTopics"} in here
    used = asked("eventsource, eventname", "useridentity.arn like '%user/security-engineer'")
    assert {"eventsource": "cloudformation.amazonaws.com", "eventname": "CreateStackSet"} in used
