"""What is made of CloudFormation's answers: nothing that it did not compare passes."""

from typing import Any

import pytest

from baseline.organization import Target
from baseline.rollout.catalogue import Part
from baseline.rollout.drift import seen

PART = Part("auditing", Target("2" * 12, "eu-west-1"))
GROUP = {"LogicalResourceId": "Group", "ResourceType": "AWS::Logs::LogGroup"}


def drift(status: str, **more: Any) -> dict[str, Any]:
    return {**GROUP, "StackResourceDriftStatus": status, **more}


@pytest.mark.parametrize(
    ("drifts", "reason", "why"),
    [
        ([drift("IN_SYNC")], "", None),
        ([], "", "CloudFormation can compare none of its resources"),
        ([], "its drift status is NOT_CHECKED", "its drift status is NOT_CHECKED"),
        ([drift("IN_SYNC")], "its drift status is UNKNOWN", "its drift status is UNKNOWN"),
        (
            [drift("IN_SYNC"), drift("UNKNOWN", DriftStatusReason="Throttled")],
            "one failed",
            "Group (AWS::Logs::LogGroup): Throttled",
        ),
        (
            [drift("UNSUPPORTED")],
            "",
            "Group (AWS::Logs::LogGroup): its drift status is UNSUPPORTED",
        ),
    ],
)
def test_only_what_was_compared_is_as_its_template_says(
    drifts: list[dict[str, Any]], reason: str, why: str | None
) -> None:
    look = seen(PART, drifts, reason)
    assert look.drifted == ()
    assert (look.error.what if look.error else None) == why


def test_what_was_changed_is_told_beside_what_could_not_be_compared() -> None:
    changed = {"PropertyPath": "/A", "ExpectedValue": "1", "ActualValue": "2"}
    drifts = [drift("MODIFIED", PropertyDifferences=[changed]), drift("UNKNOWN")]
    look = seen(PART, drifts)
    assert [d.path for d in look.drifted] == ["/A"]
    assert look.error
