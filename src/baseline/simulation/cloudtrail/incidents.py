"""The incidents planted in the history: what an investigation should find, and nothing else.

No ordinary traffic has a sign-in, a StopLogging, a CreateAccessKey or a GetObject, and root always
signs in with MFA, so that each count is exact.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baseline.simulation.cloudtrail.activity import (
    BROWSER,
    BUILD,
    OFFICE,
    begun,
    role_session,
    root,
    unique_id,
    user,
)
from baseline.simulation.cloudtrail.events import GLOBAL_REGION, Event

ODD_IP = "203.0.113.66"
_IRELAND = "eu-west-1"


@dataclass(frozen=True)
class Incident:
    """``count`` events called ``event_name``, ``days_ago`` days before the simulation began."""

    name: str
    account: str
    region: str
    days_ago: int
    event_name: str
    count: int


PLANTED: tuple[Incident, ...] = (
    Incident("root-login", "acme-main", GLOBAL_REGION, 2, "ConsoleLogin", 1),
    Incident("root-login", "production", GLOBAL_REGION, 9, "ConsoleLogin", 2),
    Incident("root-login", "payments", GLOBAL_REGION, 17, "ConsoleLogin", 1),
    Incident("root-login", "development", GLOBAL_REGION, 26, "ConsoleLogin", 1),
    Incident("root-login", "production", GLOBAL_REGION, 45, "ConsoleLogin", 1),
    Incident("console-login-without-mfa", "development", _IRELAND, 6, "ConsoleLogin", 1),
    Incident("trail-stopped", "production", _IRELAND, 11, "StopLogging", 1),
    Incident("access-key-for-another", "payments", GLOBAL_REGION, 11, "CreateAccessKey", 1),
    Incident("s3-mass-download", "payments", _IRELAND, 11, "GetObject", 120),
)


def events(incident: Incident, account_id: str, date: dt.date) -> list[dict[str, Any]]:
    """The incident's events, in the small hours of ``date``, a few seconds apart."""
    start = dt.datetime.combine(date, dt.time(3, 14), dt.UTC)
    make = _MAKERS[incident.name]
    made = []
    for number in range(incident.count):
        label = f"{incident.name}/{account_id}/{date}/{number}"
        common = {
            "time": start + dt.timedelta(seconds=7 * number),
            "name": incident.event_name,
            "region": incident.region,
            "account_id": account_id,
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_OID, label)),
        }
        made.append(make(account_id, number, common))
    return made


def _root_login(account_id: str, number: int, common: dict[str, Any]) -> dict[str, Any]:
    # The first sign-in of a day comes from the office, a second one does not.
    return _sign_in(root(account_id), OFFICE if number == 0 else ODD_IP, common, mfa=True)


def _login_without_mfa(account_id: str, _: int, common: dict[str, Any]) -> dict[str, Any]:
    return _sign_in(user(account_id, "contractor"), ODD_IP, common, mfa=False)


def _sign_in(
    identity: dict[str, Any], source_ip: str, common: dict[str, Any], *, mfa: bool
) -> dict[str, Any]:
    return Event(
        identity=identity,
        source="signin.amazonaws.com",
        source_ip=source_ip,
        user_agent=BROWSER,
        read_only=False,
        response={"ConsoleLogin": "Success"},
        additional={
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if mfa else "No",
        },
        kind="AwsConsoleSignIn",
        host=f"{common['region']}.signin.aws.amazon.com",
        **common,
    ).record()


def _trail_stopped(account_id: str, _: int, common: dict[str, Any]) -> dict[str, Any]:
    return Event(
        identity=_intruder(account_id, common["time"]),
        source="cloudtrail.amazonaws.com",
        source_ip=ODD_IP,
        user_agent=BUILD.user_agent,
        read_only=False,
        request={"name": "legacy"},
        request_id=common["event_id"],
        host=f"cloudtrail.{common['region']}.amazonaws.com",
        **common,
    ).record()


def _access_key(account_id: str, _: int, common: dict[str, Any]) -> dict[str, Any]:
    key = unique_id("AKIA", account_id, "backup")[:20]
    return Event(
        identity=_intruder(account_id, common["time"]),
        source="iam.amazonaws.com",
        source_ip=ODD_IP,
        user_agent=BUILD.user_agent,
        read_only=False,
        request={"userName": "backup"},
        response={"accessKey": {"accessKeyId": key, "status": "Active", "userName": "backup"}},
        request_id=common["event_id"],
        host="iam.amazonaws.com",
        **common,
    ).record()


def _download(account_id: str, number: int, common: dict[str, Any]) -> dict[str, Any]:
    bucket = "payments-card-exports"
    host = f"{bucket}.s3.{common['region']}.amazonaws.com"
    key = f"exports/part-{number:05}.csv"
    return Event(
        identity=_intruder(account_id, common["time"]),
        source="s3.amazonaws.com",
        source_ip=ODD_IP,
        user_agent=f"[{BUILD.user_agent}]",
        read_only=True,
        request={"bucketName": bucket, "Host": host, "key": key},
        additional={"SignatureVersion": "SigV4", "bytesTransferredOut": 5_242_880 + number},
        resources=[
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
            {"accountId": account_id, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
        ],
        request_id=common["event_id"],
        management=False,
        host=host,
        **common,
    ).record()


def _intruder(account_id: str, time: dt.datetime) -> dict[str, Any]:
    return begun(role_session(account_id, "deployment", "build-4711"), time)


_MAKERS: dict[str, Callable[[str, int, dict[str, Any]], dict[str, Any]]] = {
    "root-login": _root_login,
    "console-login-without-mfa": _login_without_mfa,
    "trail-stopped": _trail_stopped,
    "access-key-for-another": _access_key,
    "s3-mass-download": _download,
}
