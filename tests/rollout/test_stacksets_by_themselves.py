"""Service-managed StackSets: whom an operation names, and what they do by themselves. Pure."""

import json
from importlib import resources
from typing import Any

import pytest

from baseline import templates
from baseline.rollout import service_managed
from baseline.rollout.service_managed import Automation, Managing, ServiceManaged
from baseline.simulation.cloudformation.schemas import schema

ONE, TWO, THREE, CLOSED = (f"{number}" * 12 for number in range(1, 5))
EVERYBODY = frozenset((ONE, TWO, THREE, CLOSED))
REGIONS = frozenset(("eu-west-1", "us-east-1"))
WANTED = ServiceManaged(("r-acme",), EVERYBODY, REGIONS, Automation(on=True, after=("first",)))
UNITS = {"OrganizationalUnitIds": ["r-acme"]}


@pytest.mark.parametrize(
    ("accounts", "narrowed"),
    [
        (EVERYBODY, {}),
        ({ONE, TWO, THREE}, {"AccountFilterType": "DIFFERENCE", "Accounts": [CLOSED]}),
        ({ONE}, {"AccountFilterType": "INTERSECTION", "Accounts": [ONE]}),
    ],
)
def test_an_operation_names_the_units_and_the_shorter_list_of_accounts(
    accounts: set[str], narrowed: dict[str, Any]
) -> None:
    assert service_managed.targets(WANTED, accounts) == UNITS | narrowed


def managing(regions: dict[str, frozenset[str]], **otherwise: Any) -> Managing:
    return Managing(Automation(**{"on": True, "after": ("first",), **otherwise}), regions)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (managing({"r-acme": REGIONS}), []),
        (managing({"r-acme": REGIONS | {"eu-north-1"}}), []),
        (managing({"r-acme": REGIONS}, on=False), ["automatic deployment: off → on"]),
        (
            managing({"r-acme": REGIONS}, keeps_stacks=True),
            ["stacks of accounts that leave: kept → deleted"],
        ),
        (managing({"r-acme": REGIONS}, after=()), ["deploys after: (none) → first"]),
        (
            managing({"r-acme": frozenset(("eu-west-1",))}),
            ["accounts that come into r-acme get nothing in us-east-1"],
        ),
    ],
)
def test_what_a_stack_set_does_by_itself_is_compared(found: Managing, words: list[str]) -> None:
    assert list(service_managed.differences(WANTED, found)) == words


def test_a_unit_that_is_no_longer_chosen_is_named() -> None:
    found = managing({"r-acme": REGIONS, "ou-acme-11111111": REGIONS})
    assert service_managed.beyond(WANTED, found) == ["ou-acme-11111111"]


@pytest.mark.parametrize("name", ["audit-roles", "auditing", "config-rules", "guardduty-member"])
def test_stack_sets_may_read_what_drift_detection_compares(name: str) -> None:
    made = templates.parse(templates.read(name))["Resources"].values()
    handlers = [(schema(r["Type"]) or {})["handlers"]["read"]["permissions"] for r in made]
    needed = {action.lower() for actions in handlers for action in actions}
    text = resources.files(templates).joinpath("stack-set-roles.yaml").read_text()
    allowed = json.dumps(templates.parse(text)["Resources"]["ExecutionRole"]).lower()
    assert sorted(action for action in needed if f'"{action}"' not in allowed) == []
