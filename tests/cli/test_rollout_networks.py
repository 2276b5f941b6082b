"""Networks with flow logs in chosen accounts and regions, as a user rolls them out."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from baseline import cli, templates
from baseline.simulation import Blueprint, Fault, Simulation
from given_terminal import Baseline, at_a_terminal

MAIN, PRODUCTION, DEVELOPMENT = ("100000000001", "400000000004", "600000000006")
BUCKET = f"baseline-flowlogs-{MAIN}-eu-west-1"
GROUP = "/baseline/flowlogs/baseline"
FILE = f"""
organization: o-acme0000000
home_region: eu-west-1
regions: [eu-west-1, us-east-1]
vpc:
  accounts: ["{PRODUCTION}", "{DEVELOPMENT}"]
  regions: [us-east-1]
  networks:
    - {{account: "{MAIN}", region: eu-west-1, cidr: 192.168.0.0/16}}
"""
NETWORKS = {
    (PRODUCTION, "us-east-1"): "10.0.0.0/20",
    (DEVELOPMENT, "us-east-1"): "10.1.0.0/20",
    (MAIN, "eu-west-1"): "192.168.0.0/16",
}


@pytest.fixture(scope="module")
def founded() -> bytes:
    """An organization with networks, and what their flow logs and their proof need."""
    simulation = Simulation(Blueprint(misconfigured=False))
    parts = ("vpc", "audit-roles", "auditing-analytics")
    only = [word for name in parts for word in ("--only", name)]
    with (
        pytest.MonkeyPatch.context() as patch,
        simulation.serve() as url,
        TemporaryDirectory() as directory,
    ):
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        file = Path(directory, "baseline.yaml")
        file.write_text(FILE)
        deploy = ["rollout", "deploy", "--config", str(file), "--yes", "--no-progress"]
        assert cli.run([*deploy, *only]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def run(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Baseline]:
    Path("baseline.yaml").write_text(FILE)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        yield baseline


def network(organization: Simulation, account: str, region: str) -> Any:
    ec2 = organization.client("ec2", region, account)
    (vpc,) = [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    return vpc


def flow_logs(organization: Simulation, account: str, region: str) -> dict[str, Any]:
    found = organization.client("ec2", region, account).describe_flow_logs()["FlowLogs"]
    return {log["LogDestinationType"]: log for log in found}


def configured(**changed: str) -> None:
    """baseline.yaml with more settings of the networks."""
    more = "".join(f"\n  {name}: {value}" for name, value in changed.items())
    Path("baseline.yaml").write_text(FILE.replace("\nvpc:", f"\nvpc:{more}"))


def test_each_account_and_region_has_its_own_network(organization: Simulation) -> None:
    found = {where: network(organization, *where)["CidrBlock"] for where in NETWORKS}
    assert found == NETWORKS
    elsewhere = organization.client("ec2", "us-east-1", MAIN).describe_vpcs()["Vpcs"]
    assert [v["CidrBlock"] for v in elsewhere if not v["IsDefault"]] == []


def test_verify_proves_the_networks_and_both_their_flow_logs(run: Baseline) -> None:
    chosen = ("--only", "vpc", "--only", "stack-set-roles")
    verified = run("rollout", "verify", *chosen, "-o", "json")
    assert verified.code == 0
    assert [row for row in verified.rows if row["status"] != "PASS"] == []
    asked = {row["check"] for row in verified.rows if row["service"] == "ec2"}
    assert asked == {
        "network",
        "subnets",
        "default security group",
        "log group of flow logs",
        "flow log to the log group",
        "flow log to the bucket",
    }
    assert "networks policy" in {row["check"] for row in verified.rows}


def test_flow_logs_are_stored_into_a_log_group_in_that_account_and_region(
    organization: Simulation, run: Baseline
) -> None:
    organization.deliver()
    for account, region in NETWORKS:
        log = flow_logs(organization, account, region)["cloud-watch-logs"]
        assert (log["FlowLogStatus"], log["DeliverLogsStatus"]) == ("ACTIVE", "SUCCESS")
        logs = organization.client("logs", region, account)
        streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
        names = [stream["logStreamName"] for stream in streams]
        (busy, *_) = sorted(names, reverse=True)
        events = logs.get_log_events(logGroupName=GROUP, logStreamName=busy)["events"]
        assert all(f" {account} " in event["message"] for event in events)
        assert len(events) > 1


def test_flow_logs_are_delivered_into_the_central_flowlogs_bucket_of_the_main_account(
    organization: Simulation,
) -> None:
    assert organization.deliver() >= len(NETWORKS)
    s3 = organization.client("s3", "eu-west-1", MAIN)
    keys = [o["Key"].split("/") for o in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert {(key[1], key[3]) for key in keys} == set(NETWORKS)
    assert {key[2] for key in keys} == {"vpcflowlogs"}


@pytest.mark.parametrize("kind", ["plain-text", "parquet"])
def test_traffic_of_many_accounts_is_asked_in_sql(
    organization: Simulation, run: Baseline, kind: str
) -> None:
    """Which address connected, over which ports, how many bytes: of each network the same rows."""
    if kind == "parquet":
        configured(flow_log_format="parquet")
        refused = run("rollout", "deploy", "--only", "vpc", "--yes")
        assert refused.code == 1
        assert "delete-flow-logs" in refused.err
        for account, region in NETWORKS:
            log = flow_logs(organization, account, region)["s3"]["FlowLogId"]
            organization.client("ec2", region, account).delete_flow_logs(FlowLogIds=[log])
        assert run("rollout", "deploy", "--only", "vpc", "--yes").code == 0
    organization.deliver()
    assert run("logs", "collect").code == 0
    sql = """
        select account, region, vpc_id, count(distinct srcaddr) as sources,
          count(distinct dstport) as ports, sum(bytes) as bytes
        from auditing.flowlogs where date > '2019' group by account, region, vpc_id"""
    rows = run("query", "run", "--sql", sql, "-o", "json").rows
    assert {(r["account"], r["region"]) for r in rows} == set(NETWORKS)
    for row in rows:
        assert row["vpc_id"] == network(organization, row["account"], row["region"])["VpcId"]
        assert min(row["sources"], row["ports"], row["bytes"]) > 0


def test_traffic_across_many_accounts_is_analysed_with_athena(
    organization: Simulation, run: Baseline
) -> None:
    organization.deliver()
    sql = """
        select account, region, srcaddr, sum(bytes) as bytes from auditing.flowlogs
        where date > '2019' and action = 'REJECT' group by account, region, srcaddr"""
    asked = run("query", "run", "--engine", "athena", "--sql", sql, "-o", "json")
    assert asked.code == 0, asked.err
    assert {(row["account"], row["region"]) for row in asked.rows} == set(NETWORKS)


def test_the_central_buckets_policy_survives_the_networks(
    organization: Simulation, run: Baseline
) -> None:
    """Also that of the main account, where AWS would overwrite it if the role could."""
    assert (MAIN, "eu-west-1") in NETWORKS
    s3 = organization.client("s3", "eu-west-1", MAIN)
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert {s["Sid"] for s in policy["Statement"]} == {
        "OnlyEncryptedTransport",
        "FlowLogsCheckTheBucket",
        "FlowLogsDeliver",
    }
    verified = run("rollout", "verify", "--only", "auditing-storage", "-o", "json").rows
    (checked,) = [r for r in verified if r["check"] == "flowlogs policy"]
    assert checked["status"] == "PASS"


def test_the_default_security_group_lets_nothing_in_or_out(organization: Simulation) -> None:
    for account, region in NETWORKS:
        wanted = {"vpc-id": network(organization, account, region)["VpcId"]}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        ec2 = organization.client("ec2", region, account)
        (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        assert (group["GroupName"], group["IpPermissions"]) == ("default", [])
        assert group["IpPermissionsEgress"] == []


def test_verify_names_what_was_changed_by_hand(organization: Simulation, run: Baseline) -> None:
    ec2 = organization.client("ec2", "us-east-1", PRODUCTION)
    vpc = network(organization, PRODUCTION, "us-east-1")["VpcId"]
    log = flow_logs(organization, PRODUCTION, "us-east-1")["s3"]["FlowLogId"]
    ec2.delete_flow_logs(FlowLogIds=[log])
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    anybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    anybody |= {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[anybody])
    verified = run("rollout", "verify", "--only", "vpc", "-o", "json")
    failed = {r["check"]: r for r in verified.rows if r["status"] == "FAIL"}
    assert verified.code == 1
    assert set(failed) == {"network", "default security group", "flow log to the bucket"}
    assert {(r["account"], r["region"]) for r in failed.values()} == {(PRODUCTION, "us-east-1")}
    assert "remove --only vpc" in failed["flow log to the bucket"]["remedy"]
    assert "revoke-security-group-ingress" in failed["default security group"]["remedy"]


def test_a_delivery_that_fails_is_no_proof(organization: Simulation, run: Baseline) -> None:
    s3 = organization.client("s3", "eu-west-1", MAIN)
    s3.delete_bucket_policy(Bucket=BUCKET)
    organization.clock.advance(600)
    organization.deliver()
    verified = run("rollout", "verify", "--only", "vpc", "-o", "json").rows
    failed = [r for r in verified if r["status"] == "FAIL"]
    assert len(failed) == len(NETWORKS)
    assert {r["check"] for r in failed} == {"flow log to the bucket"}
    assert "delivery fails: Access error" in failed[0]["detail"]


def test_more_zones_ways_out_and_endpoints_move_no_subnet(
    organization: Simulation, run: Baseline
) -> None:
    def subnets() -> dict[str, str]:
        ec2 = organization.client("ec2", "us-east-1", PRODUCTION)
        vpc = network(organization, PRODUCTION, "us-east-1")["VpcId"]
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        return {s["SubnetId"]: s["CidrBlock"] for s in found}

    before = subnets()
    assert sorted(before.values()) == ["10.0.10.0/23", "10.0.8.0/23"]
    configured(zones="3", nat="zone", interface_endpoints="[ssm, logs]")
    assert run("rollout", "deploy", "--only", "vpc", "--yes").code == 0
    after = subnets()
    assert before.items() <= after.items()
    assert len(after) == 6
    ec2 = organization.client("ec2", "us-east-1", PRODUCTION)
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 3
    endpoints = {e["ServiceName"] for e in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
    assert endpoints == {f"com.amazonaws.us-east-1.{s}" for s in ("s3", "dynamodb", "ssm", "logs")}
    verified = run("rollout", "verify", "--only", "vpc", "-o", "json").rows
    assert [row for row in verified if row["status"] != "PASS"] == []


def test_a_network_that_is_there_never_gets_other_addresses(run: Baseline) -> None:
    text = Path("baseline.yaml").read_text()
    swapped = text.replace(f'["{PRODUCTION}", "{DEVELOPMENT}"]', f'["{DEVELOPMENT}"]')
    Path("baseline.yaml").write_text(swapped)
    refused = run("rollout", "plan")
    assert (refused.code, refused.out) == (2, "")
    assert f"10.1.0.0/20 of {DEVELOPMENT} us-east-1 is there already" in refused.err
    assert "Keep the order of vpc.accounts" in refused.err


def test_networks_are_added_at_the_end_and_taken_away_by_leaving_an_account_out(
    organization: Simulation, run: Baseline
) -> None:
    text = FILE.replace(f'"{DEVELOPMENT}"]', f'"{DEVELOPMENT}", "500000000005"]')
    Path("baseline.yaml").write_text(f'{text}\nexclude_accounts: ["{PRODUCTION}"]\n')
    planned = run("rollout", "plan", "--only", "vpc", "-o", "json").rows
    actions = {(r["account"], r["action"]) for r in planned if r["kind"] == "stack instance"}
    assert actions == {
        (PRODUCTION, "delete"),
        (MAIN, "update"),
        (DEVELOPMENT, "update"),
        ("500000000005", "create"),
    }
    assert run("rollout", "deploy", "--only", "vpc", "--yes").code == 0
    assert network(organization, "500000000005", "us-east-1")["CidrBlock"] == "10.2.0.0/20"
    with pytest.raises(ValueError, match="not enough values"):
        network(organization, PRODUCTION, "us-east-1")


def test_a_network_that_could_not_be_deleted_is_deleted_by_the_next_deploy(
    organization: Simulation, run: Baseline
) -> None:
    """The last one that is wanted goes, and with it what roles need for networks; in this order."""
    chosen = ("--only", "vpc", "--only", "stack-set-roles")
    Path("baseline.yaml").write_text(FILE.split("vpc:", maxsplit=1)[0])
    organization.faults.add(Fault("deny", "ec2", "DeleteVpc", PRODUCTION))
    failed = run("rollout", "deploy", *chosen, "--yes", "-o", "json")
    assert failed.code == 1
    said = {r["account"]: r["result"] for r in failed.rows if r["name"] == "stack-set-roles"}
    assert said[PRODUCTION] == "unchanged; still may delete networks"
    assert said[DEVELOPMENT] == "updated"
    assert may_make_networks(organization, PRODUCTION)
    assert not may_make_networks(organization, DEVELOPMENT)

    assert run("rollout", "deploy", "--only", "stack-set-roles", "--yes").code == 0
    assert may_make_networks(organization, PRODUCTION)

    organization.faults.clear()
    assert run("rollout", "deploy", *chosen, "--yes").code == 0
    ec2 = organization.client("ec2", "us-east-1", PRODUCTION)
    assert [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]] == []
    assert not may_make_networks(organization, PRODUCTION)
    assert run("rollout", "plan", *chosen, "--exit-code").code == 0


def test_roles_that_the_plan_updates_for_the_first_network_are_no_obstacle(run: Baseline) -> None:
    chosen = ("--only", "vpc", "--only", "stack-set-roles")
    Path("baseline.yaml").write_text(FILE.split("vpc:", maxsplit=1)[0])
    assert run("rollout", "deploy", *chosen, "--yes").code == 0
    Path("baseline.yaml").write_text(FILE)
    looked = run("rollout", "preflight", *chosen, "-o", "json")
    assert (looked.code, [r for r in looked.rows if r["verdict"] != "left out"]) == (0, [])


def may_make_networks(organization: Simulation, account: str) -> bool:
    iam = organization.client("iam", "us-east-1", account)
    role = "AWSCloudFormationStackSetExecutionRole"
    return bool(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"])


def test_removing_leaves_neither_networks_nor_their_log_groups(
    organization: Simulation, run: Baseline
) -> None:
    assert run("rollout", "remove", "--only", "vpc", "--yes").code == 0
    for account, region in NETWORKS:
        ec2 = organization.client("ec2", region, account)
        assert [v["CidrBlock"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]] == []
        logs = organization.client("logs", region, account)
        assert logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"] == []
    roles = organization.client("iam", "us-east-1", PRODUCTION).list_roles()["Roles"]
    assert [r["RoleName"] for r in roles if r["RoleName"].startswith("StackSet-vpc")] == []


def test_deployed_as_a_stack_on_its_own_it_records_to_the_same_places(
    organization: Simulation, run: Baseline
) -> None:
    """As ``aws cloudformation deploy`` does it, with the parameters that have no default."""
    given = {"Network": "172.16.0.0/22", "SubnetBits": "7", "Name": "own"}
    given |= {"MainAccountId": MAIN, "HomeRegion": "eu-west-1"}
    cloudformation = organization.client("cloudformation", "us-east-1", DEVELOPMENT)
    cloudformation.create_stack(
        StackName="own",
        TemplateBody=templates.read("vpc"),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    organization.service("cloudformation").settle()
    (stack,) = cloudformation.describe_stacks(StackName="own")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    assert outputs["FlowLogGroup"] == "/baseline/flowlogs/own"
    organization.deliver()
    assert run("logs", "collect").code == 0
    sql = f"select distinct vpc_id from auditing.flowlogs where account = '{DEVELOPMENT}'"
    rows = run("query", "run", "--sql", sql, "-o", "json").rows
    assert outputs["VpcId"] in {row["vpc_id"] for row in rows}
