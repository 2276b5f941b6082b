"""Stub tools where the real ones would be, and sessions that need no AWS, or a simulated one."""

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baseline.audit.tools import TOOLS
from baseline.sessions import Credentials

if TYPE_CHECKING:
    from baseline.simulation import Simulation

ROLE = "AssumableSecurityAuditRole"
AUDITING = "arn:aws:iam::aws:policy/ReadOnlyAccess"
FIRST, SECOND = "111111111111", "222222222222"

# Tells the stubs what to do, by "<tool> <account>".
Behave = Callable[[dict[str, str]], None]


class FakeSession:
    """Lends keys that name their account."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id

    def credentials(self) -> Credentials:
        ends = datetime.now(UTC) + timedelta(hours=1)
        return Credentials(f"AKIA{self.account_id}", "wJalrXUtnFEMI", "FwoGZXIvYXdz", ends)


def install(tools: Path) -> None:
    """Put the stub where the real tools would be."""
    for tool in TOOLS.values():
        place = tools / f"{tool.name}-{tool.version}"
        (place / "bin").mkdir(parents=True)
        (place / "bin/python").symlink_to(sys.executable)
        (place / "packages-of-the-tests").symlink_to(Path(pytest.__file__).parents[1])
        shutil.copy(Path(__file__).with_name("given_audit_stub.py"), place / "bin" / tool.program)
        packages = place / "lib/python3.11/site-packages"
        below = "services" if tool.name == "prowler" else "resources"
        names = ("s3", "iam", "guardduty") if tool.name == "prowler" else ("s3", "iam")
        for name in names:
            (packages / tool.package / "providers/aws" / below / name).mkdir(parents=True)
        if tool.name == "prowler":
            write_source(packages / "prowler/providers/aws/services/s3")


def write_source(service: Path) -> None:
    """Source in which two checks read what the service's one function fills."""
    (service / "s3_service.py").write_text(
        "def _list(self):\n    self.buckets = 1\n" + "    #\n" * 90
    )
    for name in ("s3_tls", "s3_none"):
        (service / name).mkdir()
        (service / name / f"{name}.metadata.json").write_text("{}")
        (service / name / f"{name}.py").write_text(
            "from prowler.providers.aws.services.s3.s3_client import s3_client\ns3_client.buckets\n"
        )


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Have commands find the stubs, which do nothing special unless told."""
    install(tmp_path / "tools")
    file = tmp_path / "stub-behaviours.json"
    monkeypatch.setenv("BASELINE_TOOLS", str(tmp_path / "tools"))

    def told(behaviours: dict[str, str]) -> None:
        file.write_text(json.dumps(behaviours))

    told({})
    return told


def roll_out_role(
    simulation: "Simulation", name: str = ROLE, *, mfa: bool = False, hours: int = 12
) -> None:
    """Let the main account assume the role in every account; with ``mfa`` only after a code."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{simulation.blueprint.main.id}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if mfa else {},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for account in simulation.active_account_ids():
        iam = simulation.client("iam", "us-east-1", account)
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=hours * 3600
        )
        iam.attach_role_policy(RoleName=name, PolicyArn=AUDITING)


def take_role(simulation: "Simulation", account: str, name: str = ROLE) -> None:
    """Somebody deletes the role."""
    iam = simulation.client("iam", "us-east-1", account)
    iam.detach_role_policy(RoleName=name, PolicyArn=AUDITING)
    iam.delete_role(RoleName=name)
