"""``plan --out`` and ``deploy FILE``: exactly what was shown is done, or nothing."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from baseline.errors import UsageError
from baseline.rollout.choice import EVERYTHING
from baseline.rollout.kept_plan import Kept, check
from baseline.simulation import Simulation
from given_obstacles import DEVELOPMENT, FILE, HOME, MAIN
from given_terminal import Baseline

EXTERNAL_ID = "only-auditors-know-this"
CHOSEN = ("--only", "audit-roles", "--account", "development")


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> None:
    more = f"audit: {{external_id: {EXTERNAL_ID}}}\n"
    (tmp_path / "baseline.yaml").write_text(FILE + more)


def test_exactly_what_was_shown_is_done(organization: Simulation, baseline: Baseline) -> None:
    planned = baseline("rollout", "plan", *CHOSEN, "--out", "kept.plan", "-o", "json")
    assert planned.code == 0
    assert "baseline rollout deploy kept.plan" in planned.err
    kept = Path("kept.plan")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert EXTERNAL_ID not in kept.read_text()
    assert json.loads(kept.read_text())["version"] == 1

    deployed = baseline("rollout", "deploy", "kept.plan", "--yes", "-o", "json")
    assert deployed.code == 0
    shown = {(r["kind"], r["name"], r["account"]) for r in planned.rows if r["action"] == "create"}
    assert {(r["kind"], r["name"], r["account"]) for r in deployed.rows} == shown
    again = baseline("rollout", "deploy", "kept.plan", "--yes")
    assert again.code == 2
    assert "nothing was done" in again.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("settings", "the saved queries, the choice or the program have changed"),
        ("world", "1 step has changed, like: "),
        ("version", "of version 2, and 'baseline rollout plan' of version 1 is known here"),
        ("content", "it is not a plan that was kept"),
        ("depth", "it is not a plan that was kept"),
        ("choice", "the saved queries, the choice or the program have changed"),
        ("order", "the order of the steps has changed"),
    ],
)
def test_what_has_changed_since_is_refused_in_one_sentence(
    organization: Simulation, baseline: Baseline, change: str, said: str
) -> None:
    assert baseline("rollout", "plan", *CHOSEN, "--out", "kept.plan").code == 0
    kept = Path("kept.plan")
    match change:
        case "settings":
            Path("baseline.yaml").write_text(FILE)
        case "world":
            organization.client("cloudformation", HOME, DEVELOPMENT).create_stack(
                StackName="stack-set-roles", TemplateBody=json.dumps(
                    {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
                ), Tags=[{"Key": "baseline:organization", "Value": "o-acme0000000"}],
            )  # fmt: skip
            organization.service("cloudformation").settle()
        case "version":
            kept.write_text(json.dumps(json.loads(kept.read_text()) | {"version": 2}))
        case "content":
            kept.write_text('{"kind": "baseline rollout plan", "version": 1}')
        case "depth":
            kept.write_text("[" * 200_000)
        case "choice":
            content = json.loads(kept.read_text())
            content["choice"]["regions"] = [HOME]
            kept.write_text(json.dumps(content))
        case "order":
            content = json.loads(kept.read_text())
            kept.write_text(json.dumps(content | {"steps": content["steps"][::-1]}))
    seen: list[str] = []
    organization.observers.append(lambda call, _answer, _refusal: seen.append(call.operation))
    refused = baseline("rollout", "deploy", "kept.plan", "--yes")
    assert refused.code == 2
    assert said in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not [o for o in seen if o.startswith(("Create", "Update", "Put", "Delete"))]


def test_what_a_stack_holds_may_not_change_either(
    organization: Simulation, baseline: Baseline
) -> None:
    """The steps are the same, and what they would change is not."""
    only = ("--only", "config-aggregator")
    assert baseline("rollout", "deploy", *only, "--yes").code == 0
    cloudformation = organization.client("cloudformation", HOME, MAIN)
    bodies = [_renamed(cloudformation, f"another-{n}") for n in range(2)]
    _update(cloudformation, bodies[0])
    organization.service("cloudformation").settle()
    assert baseline("rollout", "plan", *only, "--out", "kept.plan").code == 0
    _update(cloudformation, bodies[1])
    organization.service("cloudformation").settle()
    refused = baseline("rollout", "deploy", "kept.plan", "--yes")
    assert (refused.code, "stacks or StackSets have changed" in refused.err) == (2, True)


def _renamed(cloudformation: Any, name: str) -> str:
    body = cloudformation.get_template(StackName="config-aggregator")["TemplateBody"]
    return str(body).replace("Lets the aggregator", name)


def _update(cloudformation: Any, body: str) -> None:
    cloudformation.update_stack(
        StackName="config-aggregator",
        TemplateBody=body,
        Parameters=[{"ParameterKey": "Prefix", "UsePreviousValue": True}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": "baseline:organization", "Value": "o-acme0000000"}],
    )


def test_a_kept_plan_takes_no_other_choice(baseline: Baseline) -> None:
    Path("kept.plan").write_text("{}")
    refused = baseline("rollout", "deploy", "kept.plan", "--account", "development", "--yes")
    assert refused.code == 2
    assert "says itself what is chosen" in refused.err


def test_a_step_that_has_changed_is_counted_once() -> None:
    planned = tuple(f"create stack one {n} eu-west-1: is not there" for n in range(3))
    since = ("skip stack one 0 eu-west-1: is as it should be", *planned[1:])
    before, now = (
        Kept("2027-01-01", "o-acme", HOME, EVERYTHING, "same", "found", (steps,))
        for steps in (planned, since)
    )
    with pytest.raises(UsageError, match=r"1 step has changed, like: skip stack one 0"):
        check(before, now, "kept.plan")
