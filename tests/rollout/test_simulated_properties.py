"""What holds on the simulated organization wherever one begins: it ends as wanted, and goes again.

The plan's own properties, over states that are made up, are in test_plan_properties.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from baseline import cli
from baseline.simulation import Blueprint, Fault, Simulation
from given_obstacles import AWAY, DEVELOPMENT, HOME, LOGS, MAIN, PAYMENTS, PRODUCTION, TOOLING

REGIONS = (HOME, AWAY)
ACCOUNTS = (MAIN, PRODUCTION, DEVELOPMENT)
# Settings that make other stacks, other templates, other parameters or other targets.
SETTINGS: tuple[dict[str, Any], ...] = (
    {"config": {"global_region": AWAY}},
    {"config": {"rules": []}},
    {"cloudtrail": {"log_group_days": 30}},
    {"regions": [HOME]},
    {"stack_sets": {"mode": "service-managed"}},
    {"exclude_accounts": [LOGS, TOOLING, PAYMENTS, PRODUCTION]},
    {"vpc": {"accounts": [PRODUCTION], "regions": [AWAY]}},
)
# What fails the first time: of one account, of everybody, of the main account alone.
FAULTS = (
    None,
    Fault("deny", "cloudtrail", "CreateTrail", PRODUCTION),
    Fault("deny", "config", "PutDeliveryChannel", region=AWAY),
    Fault("deny", "guardduty", "CreateDetector", DEVELOPMENT),
    Fault("deny", "iam", "CreateRole", PRODUCTION),
    Fault("deny", "s3", "PutBucketPolicy", MAIN, times=1),
    Fault("deny", "cloudformation", "CreateStackInstances", MAIN),
    Fault("error", "cloudformation", "ImportStacksToStackSet", MAIN, times=99),
    Fault("error", "cloudformation", "CreateStackSet", MAIN, times=99),
)


@dataclass(frozen=True)
class Course:
    """What is rolled out first, what is wanted then, and what fails at first or on the way.

    In the ``end`` what is wanted then is rolled out, or what was first, or all is removed at once.
    """

    first: dict[str, Any]
    then: dict[str, Any]
    fault: Fault | None
    late: bool
    end: Literal["on", "back", "removed"]


COURSES = st.builds(
    Course,
    st.sampled_from(SETTINGS),
    st.sampled_from(SETTINGS),
    st.sampled_from(FAULTS),
    st.booleans(),
    st.sampled_from(("on", "back", "removed")),
)


@pytest.fixture(scope="module")
def found() -> Callable[[], Simulation]:
    """Makes organizations in which nothing was rolled out."""
    simulation = Simulation(Blueprint(misconfigured=False, regions=REGIONS))
    simulation.client("cloudformation", HOME, MAIN).activate_organizations_access()
    blob = simulation.snapshot()
    simulation.close()
    return lambda: Simulation.restore(blob)


# An example takes seconds: the first that fails has to do.
@pytest.mark.scale
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(course=COURSES)
def test_wherever_it_begins_it_ends_as_wanted_and_leaves_only_what_is_retained(
    found: Callable[[], Simulation], tmp_path: Path, course: Course
) -> None:
    organization = found()
    before = set(there(organization))
    with pytest.MonkeyPatch.context() as patch, organization.serve() as url:
        patch.chdir(tmp_path)
        for name, value in organization.environment(url).items():
            patch.setenv(name, value)
        for chosen in (course.first, course.then) if course.late else (course.first,):
            wanted(chosen)
            if course.fault and (chosen is course.then or not course.late):
                organization.faults.add(course.fault)
            run("deploy", "--yes")
            organization.faults.clear()

        wanted(course.first if course.end == "back" else course.then)
        if course.end != "removed":
            assert run("deploy", "--yes") == 0
            assert run("plan", "--exit-code") == 0

        assert run("remove", "--yes") == 0
        left = {*there(organization)} - before
        # What was never made whole may have left no bucket.
        assert left == RETAINED or (course.end == "removed" and not left)
    organization.close()


def run(*arguments: str) -> int:
    return cli.run(["rollout", *arguments, "--no-progress"])


def wanted(chosen: dict[str, Any]) -> None:
    always = {
        "organization": "o-acme0000000",
        "home_region": HOME,
        "regions": [*REGIONS],
        "exclude_accounts": [LOGS, TOOLING, PAYMENTS],
    }
    Path("baseline.yaml").write_text(yaml.safe_dump(always | chosen))


# What removal leaves, which it says: the buckets with their logs. (Their key stays without a name.)
RETAINED = {
    (MAIN, "s3", f"baseline-{purpose}-{MAIN}-{HOME}")
    for purpose in ("cloudtrail", "config", "flowlogs", "query-results")
}


@dataclass(frozen=True)
class Names:
    """Where a service says what there is: an operation, a list and the name in its answer."""

    service: str
    operation: str
    listed: str
    name: str = ""

    def of(self, client: Any) -> Iterator[str]:
        """The names of what is there, but for what AWS itself made."""
        for one in getattr(client, self.operation)().get(self.listed, ()):
            name = one[self.name] if self.name else one
            if not name.startswith(("alias/aws/", "AWSServiceRole")):
                yield name


AGGREGATORS = ("ConfigurationAggregators", "ConfigurationAggregatorName")
REGIONAL = (
    Names("cloudformation", "describe_stacks", "Stacks", "StackName"),
    Names("guardduty", "list_detectors", "DetectorIds"),
    Names("config", "describe_configuration_recorders", "ConfigurationRecorders", "name"),
    Names("config", "describe_delivery_channels", "DeliveryChannels", "name"),
    Names("config", "describe_config_rules", "ConfigRules", "ConfigRuleName"),
    Names("config", "describe_configuration_aggregators", *AGGREGATORS),
    Names("cloudtrail", "describe_trails", "trailList", "Name"),
    Names("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Names("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Names("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Names("kms", "list_aliases", "Aliases", "AliasName"),
    Names("lambda", "list_functions", "Functions", "FunctionName"),
    Names("glue", "get_databases", "DatabaseList", "Name"),
    Names("athena", "list_work_groups", "WorkGroups", "Name"),
    Names("events", "list_rules", "Rules", "Name"),
    Names("sqs", "list_queues", "QueueUrls"),
)
GLOBAL = (
    Names("iam", "list_roles", "Roles", "RoleName"),
    Names("s3", "list_buckets", "Buckets", "Name"),
)


def there(organization: Simulation) -> Iterator[tuple[str, str, str]]:
    """Account, service with its region, and name of all that a roll-out may make."""
    for account in (*ACCOUNTS, LOGS, TOOLING, PAYMENTS):
        for names in GLOBAL:
            for name in names.of(organization.client(names.service, AWAY, account)):
                yield account, names.service, name
        for region, names in product(REGIONS, REGIONAL):
            for name in names.of(organization.client(names.service, region, account)):
                yield account, f"{names.service} {region}", name
    stack_sets = organization.client("cloudformation", HOME, MAIN).list_stack_sets(Status="ACTIVE")
    for stack_set in stack_sets["Summaries"]:
        yield MAIN, "stack sets", stack_set["StackSetName"]
