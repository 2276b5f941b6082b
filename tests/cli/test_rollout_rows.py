"""What the roll-out shows to people, of the rows that programs get."""

from baseline.cli.rollout_rows import aligned, quiet
from baseline.cli.tables import Row
from baseline.rollout.coverage import Status

DENIED = "could not look: AccessDenied: arn:aws:iam::{}:role/Audit"


def row(status: Status, account: str, check: str, detail: str) -> Row:
    return {
        "status": status,
        "service": check.split(maxsplit=1)[0],
        "check": check,
        "account": account,
        "account_name": account,
        "region": "eu-west-1",
        "detail": detail,
        "remedy": "",
    }


def test_what_nobody_could_look_at_for_one_cause_is_one_line() -> None:
    accounts, checks = ("111111111111", "222222222222"), ("config rules", "guardduty detector")
    rows = [
        row(Status.UNKNOWN, account, check, DENIED.format(account))
        for account in accounts
        for check in checks
    ]
    rows.append(row(Status.UNKNOWN, accounts[0], "s3 bucket", "could not look: throttled"))
    rows.append(row(Status.PASS, accounts[0], "s3 bucket", "is there"))
    shown = [(r["service"], r["check"], r["account"], r["detail"]) for r in quiet(rows, "table")]
    assert shown == [
        ("2 services", "2 checks", accounts[0], DENIED.format("")),
        ("2 services", "2 checks", accounts[1], DENIED.format("")),
        ("s3", "s3 bucket", accounts[0], "could not look: throttled"),
        ("s3", "s3 bucket", accounts[0], ""),
    ]
    assert quiet(rows, "json") == rows


def test_long_names_keep_the_columns() -> None:
    names = ("vpc", "audit-roles-service-managed")
    rows = [{"action": "create", "name": name, "where": "HERE"} for name in names]
    lines = list(aligned(rows, ("action", "name")))
    assert len({line.index("HERE") for line in lines}) == 1
