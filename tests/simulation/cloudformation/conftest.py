"""An organization whose accounts have the roles of StackSets, and short ways to ask for things."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from baseline.simulation import Simulation
from baseline.simulation.blueprint import HOME_REGION, MAIN
from given_stack_sets import TOPIC, given

ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"

EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


class World:
    """The simulation, with stacks and StackSets that are waited for."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.stack_sets = self.client("cloudformation")

    def client(self, service: str, account: str = MAIN.id, region: str = HOME_REGION) -> Any:
        return self.simulation.client(service, region, account)

    def settle(self) -> None:
        self.simulation.service("cloudformation").settle()

    def create(
        self, name: str, body: str, account: str = MAIN.id, region: str = HOME_REGION, **given: Any
    ) -> dict[str, Any]:
        """The stack as it is once its creation has ended."""
        client = self.client("cloudformation", account, region)
        client.create_stack(
            StackName=name,
            TemplateBody=body,
            **({"Capabilities": ["CAPABILITY_NAMED_IAM"]} | given),
        )
        return self.stack(name, account, region)

    def update(
        self, name: str, body: str, account: str = MAIN.id, region: str = HOME_REGION, **given: Any
    ) -> dict[str, Any]:
        """The stack as it is once its update has ended."""
        client = self.client("cloudformation", account, region)
        client.update_stack(
            StackName=name,
            TemplateBody=body,
            **({"Capabilities": ["CAPABILITY_NAMED_IAM"]} | given),
        )
        return self.stack(name, account, region)

    def stack(self, name: str, account: str = MAIN.id, region: str = HOME_REGION) -> dict[str, Any]:
        self.settle()
        client = self.client("cloudformation", account, region)
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        return dict(stack)

    def events(self, name: str, status: str) -> list[str]:
        """The reasons of a stack's events with that status."""
        found = self.stack_sets.describe_stack_events(StackName=name)["StackEvents"]
        return [e["ResourceStatusReason"] for e in found if e["ResourceStatus"] == status]

    def reasons(
        self, name: str, account: str = MAIN.id, region: str = HOME_REGION
    ) -> dict[str, str]:
        """Why each resource failed."""
        client = self.client("cloudformation", account, region)
        found = client.describe_stack_events(StackName=name)["StackEvents"]
        return {
            e["LogicalResourceId"]: e["ResourceStatusReason"]
            for e in found
            if e["ResourceStatus"].endswith("_FAILED")
        }

    def roll_out(
        self, name: str, accounts: list[str], regions: list[str], **preferences: Any
    ) -> dict[str, Any]:
        """The operation that creates instances, once it has ended."""
        answer = self.stack_sets.create_stack_instances(
            StackSetName=name,
            Accounts=accounts,
            Regions=regions,
            OperationPreferences=preferences,
        )
        return self.operation(name, answer["OperationId"])

    def operation(self, name: str, operation_id: str) -> dict[str, Any]:
        self.settle()
        answer = self.stack_sets.describe_stack_set_operation(
            StackSetName=name, OperationId=operation_id
        )
        return dict(answer["StackSetOperation"])

    def results(self, name: str, operation_id: str) -> dict[tuple[str, str], tuple[str, str]]:
        """Status and reason by account and region."""
        pages = self.stack_sets.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=name, OperationId=operation_id
        )
        return {
            (r["Account"], r["Region"]): (r["Status"], r.get("StatusReason", ""))
            for page in pages
            for r in page["Summaries"]
        }

    def instances(self, name: str, **given: Any) -> dict[tuple[str, str], dict[str, Any]]:
        pages = self.stack_sets.get_paginator("list_stack_instances").paginate(
            StackSetName=name, **given
        )
        return {(i["Account"], i["Region"]): i for page in pages for i in page["Summaries"]}

    def delete_role(self, name: str, account: str) -> None:
        iam = self.client("iam", account)
        iam.detach_role_policy(RoleName=name, PolicyArn=EVERYTHING)
        iam.delete_role(RoleName=name)

    def topics(self, account: str, region: str = HOME_REGION) -> list[str]:
        """The names of the SNS topics there."""
        topics = self.client("sns", account, region).list_topics()["Topics"]
        return sorted(topic["TopicArn"].split(":")[-1] for topic in topics)


@pytest.fixture(scope="session")
def prepared(founded: bytes) -> bytes:
    simulation = Simulation.restore(founded)
    try:
        _add_roles(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def world(prepared: bytes) -> Iterator[World]:
    simulation = Simulation.restore(prepared)
    yield World(simulation)
    simulation.close()


@pytest.fixture
def audit(world: Any) -> Any:
    """The world with a StackSet ``audit``, without instances."""
    world.stack_sets.create_stack_set(
        StackSetName="audit", TemplateBody=TOPIC, Parameters=given(Name="from-set")
    )
    return world


def _add_roles(simulation: Simulation) -> None:
    main = simulation.client("iam", "us-east-1", MAIN.id)
    _add_role(main, ADMINISTRATION, trust(Service="cloudformation.amazonaws.com"))
    for account in simulation.active_account_ids():
        iam = simulation.client("iam", "us-east-1", account)
        _add_role(iam, EXECUTION, trust(AWS=f"arn:aws:iam::{MAIN.id}:role/{ADMINISTRATION}"))


def _add_role(iam: Any, name: str, trusted: str) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
    iam.attach_role_policy(RoleName=name, PolicyArn=EVERYTHING)


def trust(**principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
