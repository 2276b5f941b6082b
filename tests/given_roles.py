"""The audit role in every account of a simulated organization."""

import json

from baseline.simulation import Simulation

ROLE = "AssumableSecurityAuditRole"


def roll_out_role(
    simulation: Simulation, name: str = ROLE, *, mfa: bool = False, hours: int = 12
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
        simulation.client("iam", "us-east-1", account).create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=hours * 3600
        )
