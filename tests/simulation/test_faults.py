"""Planted faults: a chosen call goes wrong, the others do not."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from baseline.errors import (
    AwsError,
    BaselineError,
    DeniedError,
    ThrottledError,
    UnreachableError,
    UsageError,
)
from baseline.sessions import Session
from baseline.simulation import Fault, Simulation

PRODUCTION = "400000000004"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault("deny", "s3"), DeniedError, "AccessDenied"),
        (Fault("throttle", "s3"), ThrottledError, "SlowDown"),
        (Fault("error", "s3"), AwsError, "InternalFailure"),
        (Fault("timeout", "s3"), UnreachableError, ""),
    ],
)
def test_each_kind_is_what_aws_does(
    simulation: Simulation, member: Session, fault: Fault, kind: type[AwsError], code: str
) -> None:
    simulation.faults.add(fault)
    with pytest.raises(kind) as caught:
        member.client("s3").list_buckets()
    assert type(caught.value) is kind
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "AccessDenied"),
        ("ec2", "describe_vpcs", "UnauthorizedOperation"),
        ("guardduty", "list_detectors", "AccessDeniedException"),
        ("sns", "list_topics", "AuthorizationError"),
        ("organizations", "list_roots", "AccessDeniedException"),
    ],
)
def test_a_denial_speaks_like_its_service(
    simulation: Simulation, administrator: Session, service: str, operation: str, code: str
) -> None:
    simulation.faults.add(Fault("deny", service))
    with pytest.raises(DeniedError, match=r"User: .* is not authorized to perform") as caught:
        getattr(administrator.client(service), operation)()
    assert caught.value.code == code


def test_only_the_chosen_account_and_region_fail(simulation: Simulation, member: Session) -> None:
    """Also calls that the simulation makes for a service, as CloudFormation does."""
    simulation.faults.add(
        Fault("deny", "guardduty", "CreateDetector", account_id=PRODUCTION, region="eu-west-1")
    )
    with pytest.raises(DeniedError):
        member.client("guardduty", "eu-west-1").create_detector(Enable=True)
    member.client("guardduty", "eu-west-1").list_detectors()
    member.client("guardduty", "eu-west-2").create_detector(Enable=True)
    simulation.client("guardduty", "eu-west-1", "500000000005").create_detector(Enable=True)
    with pytest.raises(DeniedError):
        simulation.client("guardduty", "eu-west-1", PRODUCTION).create_detector(Enable=True)


def test_a_fault_may_end_by_itself(simulation: Simulation, administrator: Session) -> None:
    """The second attempt of the client gets through."""
    simulation.faults.add(Fault("throttle", "iam", "ListUsers", times=1))
    assert administrator.client("iam").list_users()["Users"]
    assert simulation.faults.planted() == ()


def test_cleared_faults_are_gone(simulation: Simulation, administrator: Session) -> None:
    simulation.faults.add(Fault("deny"))
    with pytest.raises(BaselineError):
        administrator.client("iam").list_users()
    simulation.faults.clear()
    administrator.client("iam").list_users()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("deny", Fault("deny")),
        ("throttle:s3", Fault("throttle", "s3")),
        (
            "deny:guardduty:CreateDetector:400000000004:eu-west-1",
            Fault("deny", "guardduty", "CreateDetector", "400000000004", "eu-west-1"),
        ),
        ("error:*::*:eu-west-1:3", Fault("error", region="eu-west-1", times=3)),
    ],
)
def test_faults_can_be_written(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "explode:s3",
        "deny:a:b:c:d:e",
        "deny:a:b:c:d:1:2",
        "deny:::::0",
        "deny:::::-1",
        "deny:::::²",
    ],
)
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the fault"):
        Fault.parse(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "explode"},
        {"kind": ["deny"]},
        {"kind": "deny", "times": 0},
        {"kind": "deny", "times": True},
        {"kind": "deny", "times": "2"},
        {"kind": "deny", "service": 3},
    ],
)
def test_no_fault_is_made_of_wrong_values(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="cannot read the fault"):
        Fault(**fields)


def switch(simulation: Simulation, method: str, name: str, body: object, token: str) -> object:
    with simulation.serve() as url:
        request = urllib.request.Request(
            f"{url}/_simulation/{name}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"X-Simulation-Token": token},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def test_faults_delivery_clock_and_codes_can_be_switched_over_http(
    simulation: Simulation,
) -> None:
    token = simulation.administrator.secret_access_key
    planted = {"faults": [json.loads(json.dumps(vars(Fault("deny", "s3"))))]}
    assert switch(simulation, "POST", "faults", {"fault": "deny:s3"}, token) == planted
    assert switch(simulation, "GET", "faults", {}, token) == planted
    assert switch(simulation, "DELETE", "faults", {}, token) == {"faults": []}
    assert switch(simulation, "POST", "deliver", {}, token) == {"objects": 0}
    before = simulation.clock.now()
    switch(simulation, "POST", "clock", {"advance": 3600}, token)
    assert (simulation.clock.now() - before).total_seconds() >= 3600
    code = {"code": simulation.mfa_code()}
    assert switch(simulation, "GET", "mfa-code", {}, token) == code


@pytest.mark.parametrize(
    ("name", "body", "token", "status"),
    [
        ("faults", {"fault": "deny"}, "", 403),
        ("faults", {"fault": "explode"}, None, 400),
        ("faults", {"fault": 5}, None, 400),
        ("faults", {"kind": "explode", "service": "s3"}, None, 400),
        ("faults", {"kind": "deny", "times": 0}, None, 400),
        ("faults", {"kind": "deny", "servcie": "s3"}, None, 400),
        ("faults", {"no such field": 1}, None, 400),
        ("faults", [], None, 400),
        ("faults", {"fault": "deny"}, "\N{LATIN SMALL LETTER E WITH ACUTE}", 403),
        ("clock", {"advance": 1e300}, None, 400),
        ("clock", {"advance": float("nan")}, None, 400),
        ("clock", {"advance": -1}, None, 400),
        ("clock", {}, None, 400),
        ("nothing", {}, None, 404),
    ],
)
def test_switches_refuse_strangers_and_nonsense(
    simulation: Simulation, name: str, body: object, token: str | None, status: int
) -> None:
    token = simulation.administrator.secret_access_key if token is None else token
    with pytest.raises(urllib.error.HTTPError) as caught:
        switch(simulation, "POST", name, body, token)
    assert caught.value.code == status
    assert simulation.faults.planted() == ()
