"""Requests of every protocol reach the right account, over both transports."""

import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from baseline.errors import AwsError, CredentialsError
from baseline.sessions import Session, open_session
from baseline.simulation import Fault, Simulation
from baseline.simulation.service import Call, Refusal, Service

PRODUCTION = "400000000004"
PAYMENTS = "500000000005"


def seen(simulation: Simulation) -> list[tuple[Call, Any, Any]]:
    calls: list[tuple[Call, Any, Any]] = []
    simulation.observers.append(lambda *told: calls.append(told))
    return calls


def test_each_protocol_carries_parameters_and_answers(member: Session) -> None:
    """query, ec2, json, rest-json and rest-xml are parsed and serialized."""
    iam = member.client("iam")
    iam.create_user(UserName="someone", Tags=[{"Key": "a", "Value": "b & <c>"}])
    assert iam.list_user_tags(UserName="someone")["Tags"] == [{"Key": "a", "Value": "b & <c>"}]
    vpc = member.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
    assert vpc["OwnerId"] == PRODUCTION
    url = member.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    assert url.endswith(f"{PRODUCTION}/q")
    assert member.client("lambda").list_functions()["Functions"] == []
    assert member.client("account").list_regions()["Regions"]


@pytest.mark.parametrize("bucket", ["plain-bucket", "dotted.bucket"])
def test_objects_come_back_whole_under_awkward_keys(member: Session, bucket: str) -> None:
    """A body and a key with blanks, slashes and umlauts survive, whatever the addressing style."""
    s3 = member.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    body = bytes(range(256)) * 1000
    s3.put_object(Bucket=bucket, Key="a b/ü+%/c", Body=body)
    assert s3.get_object(Bucket=bucket, Key="a b/ü+%/c")["Body"].read() == body
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/ü+%/c"]


def test_s3_control_answers_although_it_puts_the_account_into_the_host(member: Session) -> None:
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    control = member.client("s3control")
    control.put_public_access_block(AccountId=PRODUCTION, PublicAccessBlockConfiguration=block)
    answer = control.get_public_access_block(AccountId=PRODUCTION)
    assert block.items() <= answer["PublicAccessBlockConfiguration"].items()


def test_accounts_and_regions_do_not_share_resources(administrator: Session) -> None:
    """A topic is in the account and region in which it was made, and nowhere else."""
    one = administrator.assume(PRODUCTION, "OrganizationAccountAccessRole")
    two = administrator.assume(PAYMENTS, "OrganizationAccountAccessRole")
    one.client("sns", "us-east-1").create_topic(Name="t")
    assert len(one.client("sns", "us-east-1").list_topics()["Topics"]) == 1
    assert one.client("sns", "eu-west-1").list_topics()["Topics"] == []
    assert two.client("sns", "us-east-1").list_topics()["Topics"] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("iam", "generate_organizations_access_report", {"EntityPath": "o-acme0000000/r-acme"}),
        ("ec2", "describe_verified_access_groups", {}),
        ("organizations", "list_handshakes_for_organization", {}),
        ("lex-models", "get_bots", {}),
        ("cloudfront", "list_field_level_encryption_configs", {}),
        ("detective", "list_graphs", {}),
    ],
)
def test_what_is_not_simulated_says_so_once(
    simulation: Simulation,
    administrator: Session,
    service: str,
    operation: str,
    parameters: dict[str, Any],
) -> None:
    """It answers 501 in the service's protocol: no client retries, none fails to parse it."""
    calls = seen(simulation)
    with pytest.raises(AwsError, match="does not answer") as caught:
        getattr(administrator.client(service), operation)(**parameters)
    assert caught.value.code == "NotImplemented"
    assert [refusal.status for _, _, refusal in calls] == [501]


def test_a_refused_head_request_has_no_body(simulation: Simulation, member: Session) -> None:
    """As at AWS, the client learns the status alone, and the next request still works."""
    simulation.faults.add(Fault("deny", "s3", "HeadBucket"))
    with pytest.raises(AwsError) as caught:
        member.client("s3").head_bucket(Bucket="any")
    assert caught.value.code == "403"
    assert member.client("s3").list_buckets()["Buckets"] == []


def test_a_service_that_speaks_cbor_alone_is_not_simulated(administrator: Session) -> None:
    with pytest.raises(AwsError, match="NotImplemented: The simulation does not know"):
        administrator.client("eventbridgev2").list_event_buses()


def test_moto_prints_nothing_about_services_it_lacks(
    administrator: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AwsError):
        administrator.client("detective").list_graphs()
    assert capsys.readouterr().out == ""


def test_an_unknown_access_key_is_refused(
    administrator: Session, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNUNKNOWN00")
    with pytest.raises(CredentialsError, match="InvalidClientTokenId"):
        open_session(transport=simulation.transport)


def test_a_deactivated_access_key_is_refused(
    administrator: Session, simulation: Simulation
) -> None:
    key = simulation.administrator.access_key_id
    iam = simulation.client("iam", "us-east-1", simulation.blueprint.main.id)
    iam.update_access_key(UserName="security-engineer", AccessKeyId=key, Status="Inactive")
    with pytest.raises(CredentialsError, match="InvalidClientTokenId"):
        administrator.client("sts").get_caller_identity()


def test_a_request_without_signature_is_refused(simulation: Simulation) -> None:
    with simulation.serve() as url, pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 403
    assert json.load(caught.value)["__type"] == "MissingAuthenticationToken"


def test_nobody_becomes_another_account_by_a_header(simulation: Simulation) -> None:
    """Moto's own header, and the name that the transport uses, mean nothing over HTTP."""
    key = simulation.administrator.access_key_id
    scope = f"{key}/20260101/us-east-1/sts/aws4_request"
    request = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
        "x-moto-account-id": PRODUCTION,
        "baseline.acting": PRODUCTION,
    }
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    with simulation.serve() as url:
        asked = urllib.request.Request(url, data=body, headers=request)
        answer = urllib.request.urlopen(asked).read().decode()
    assert f"<Account>{simulation.blueprint.main.id}</Account>" in answer


def test_it_listens_on_loopback_only(simulation: Simulation) -> None:
    with simulation.serve() as url:
        assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:1", True),
        ("localhost", True),
        ("bucket.LOCALHOST:80", True),
        ("rebound.example:1", False),
        ("127.0.0.1.example", False),
        ("localhost.example:80", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("path", ["/", "/_simulation/faults"])
def test_only_names_of_loopback_are_answered(
    simulation: Simulation, path: str, host: str, answered: bool
) -> None:
    """A web page whose name was bound to 127.0.0.1 gets nothing, whatever it has learned."""
    keys = simulation.administrator
    scope = f"{keys.access_key_id}/20260101/us-east-1/s3/aws4_request"
    headers = {
        "Host": host,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Simulation-Token": keys.secret_access_key,
    }
    with simulation.serve() as url:
        line = http.client.HTTPConnection(url.removeprefix("http://"))
        line.request("GET", path, headers=headers)
        assert (line.getresponse().status != 403) is answered
        line.close()


def test_observers_learn_who_did_what(simulation: Simulation, member: Session) -> None:
    """Caller, region, parameters and answer are those of the call; refusals are told as well."""
    calls = seen(simulation)
    member.client("sns", "us-west-2").create_topic(Name="t")
    with pytest.raises(AwsError):
        member.client("iam").get_role(RoleName="none")
    (call, answer, refusal), (_, nothing, refused) = calls
    assert (call.service, call.operation, call.region) == ("sns", "CreateTopic", "us-west-2")
    assert call.parameters == {"Name": "t"}
    assert call.identity["type"] == "AssumedRole"
    assert call.identity["sessionContext"]["sessionIssuer"]["userName"] == (
        "OrganizationAccountAccessRole"
    )
    assert "aws-baseline" in call.user_agent
    assert answer == {"TopicArn": f"arn:aws:sns:us-west-2:{PRODUCTION}:t"}
    assert refusal is None
    assert not call.internal
    assert nothing is None
    assert refused.code == "NoSuchEntity"


def test_the_simulation_itself_acts_in_any_account(simulation: Simulation) -> None:
    """Its own calls are marked internal, unless it acts as a role for a service."""
    calls = seen(simulation)
    simulation.client("sns", "eu-west-1", PRODUCTION).create_topic(Name="mine")
    role = f"arn:aws:sts::{PRODUCTION}:assumed-role/Execution/session"
    simulation.client(
        "sns",
        "eu-west-1",
        PRODUCTION,
        acting_as=role,
        invoked_by="cloudformation.amazonaws.com",
    ).create_topic(Name="theirs")
    own, acting = (call for call, _, _ in calls if call.service == "sns")
    assert own.internal
    assert not acting.internal
    assert acting.arn == role
    assert acting.account_id == PRODUCTION
    assert acting.source_ip == "cloudformation.amazonaws.com"
    assert acting.identity["invokedBy"] == "cloudformation.amazonaws.com"


def test_paginators_of_inside_clients_act_in_their_account(simulation: Simulation) -> None:
    """Clients that share one botocore client keep their accounts apart, also page by page."""
    clients = {
        account: simulation.client("iam", "us-east-1", account)
        for account in (PRODUCTION, PAYMENTS)
    }
    for account, client in clients.items():
        client.create_user(UserName=f"user-{account}")
    for account, client in clients.items():
        pages = client.get_paginator("list_users").paginate()
        assert [u["UserName"] for page in pages for u in page["Users"]] == [f"user-{account}"]


def test_an_error_inside_names_the_account_acted_in(simulation: Simulation) -> None:
    with pytest.raises(AwsError, match=f"^{PRODUCTION} us-east-1 iam:GetRole: NoSuchEntity"):
        simulation.client("iam", "us-east-1", PRODUCTION).get_role(RoleName="none")


class Greeter(Service):
    """Answers one operation itself, wraps another, and refuses a third."""

    name: ClassVar[str] = "sns"

    def list_subscriptions(self, call: Call) -> dict[str, Any]:
        return {"Subscriptions": [{"Protocol": "email", "Endpoint": call.account_id}]}

    def create_topic(self, call: Call) -> dict[str, Any]:
        return {"TopicArn": self.moto(call)["TopicArn"] + "-wrapped"}

    def delete_topic(self, call: Call) -> dict[str, Any]:
        raise Refusal("AuthorizationError", "no & never <again>", 403)


def test_a_service_of_ours_answers_wraps_or_refuses(
    simulation: Simulation, member: Session
) -> None:
    """What it does not define goes on to moto."""
    simulation.services["sns"] = Greeter(simulation)
    sns = member.client("sns")
    assert sns.list_subscriptions()["Subscriptions"][0]["Endpoint"] == PRODUCTION
    assert sns.create_topic(Name="t")["TopicArn"].endswith(":t-wrapped")
    assert [t["TopicArn"][-2:] for t in sns.list_topics()["Topics"]] == [":t"]
    with pytest.raises(AwsError, match="no & never <again>") as caught:
        sns.delete_topic(TopicArn="arn:aws:sns:eu-west-1:1:t")
    assert caught.value.code == "AuthorizationError"


def test_many_threads_lose_nothing(simulation: Simulation, member: Session) -> None:
    sns = member.client("sns")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sns.create_topic(Name=f"t{n}"), range(120)))
    pages = sns.get_paginator("list_topics").paginate()
    assert sum(len(page["Topics"]) for page in pages) == 120
