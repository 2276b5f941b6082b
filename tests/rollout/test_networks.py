"""Addresses: divided out of the pool by places in lists, or said one by one, and never twice."""

import json
import re
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseline import templates
from baseline.configuration import Configuration, Vpc, VpcNetwork
from baseline.errors import ConfigurationError
from baseline.organization import DEFAULT_REGIONS, Account, Organization, Target
from baseline.rollout import intended, networks
from baseline.rollout.catalogue import Baseline
from baseline.rollout.intended import Where
from baseline.rollout.wanted import wanted
from baseline.simulation.cloudformation.schemas import schema

MAIN, ONE, TWO = "111111111111", "222222222222", "333333333333"


def some_accounts(count: int) -> tuple[str, ...]:
    return tuple(f"{number:012}" for number in range(1, count + 1))


def own(account: str, cidr: str, region: str = "eu-west-1") -> VpcNetwork:
    return VpcNetwork(account=account, region=region, cidr=cidr)


def given_a_baseline(vpc: Vpc, accounts: tuple[str, ...] = (ONE, TWO)) -> Baseline:
    everybody = tuple(Account(a, a, f"{a}@bank.example", "ACTIVE") for a in (MAIN, *accounts))
    organization = Organization("o-exampleorgid", MAIN, everybody)
    regions = dict.fromkeys((a.id for a in everybody), DEFAULT_REGIONS)
    configuration = Configuration(home_region="eu-west-1", vpc=vpc)
    return wanted(configuration, organization, regions)


def test_there_is_no_network_anywhere_by_default_or_with_an_empty_list() -> None:
    for vpc in (Vpc(), Vpc(accounts=(ONE,)), Vpc(regions=("eu-west-1",))):
        baseline = given_a_baseline(vpc)
        assert baseline.stack_set("vpc").targets == frozenset()
        roles = next(s for s in baseline.stacks if s.name == "stack-set-roles")
        assert roles.parameters["WithNetworks"] == "false"


def test_an_account_has_a_block_and_each_of_its_regions_a_network_in_it() -> None:
    vpc = Vpc(accounts=(ONE, TWO), regions=("eu-west-1", "us-east-1"), pool="10.64.0.0/12")
    found = {str(target): str(network) for target, network in networks.assigned(vpc).items()}
    assert found == {
        f"{ONE} eu-west-1": "10.64.0.0/20",
        f"{ONE} us-east-1": "10.64.16.0/20",
        f"{TWO} eu-west-1": "10.65.0.0/20",
        f"{TWO} us-east-1": "10.65.16.0/20",
    }


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 8), st.integers(0, 20), st.integers(0, 8))
def test_what_is_added_at_the_end_moves_no_network(
    accounts: int, regions: int, more_accounts: int, more_regions: int
) -> None:
    def of(count: int, places: int) -> networks.Networks:
        vpc = Vpc(accounts=some_accounts(count), regions=DEFAULT_REGIONS[:places])
        return networks.assigned(vpc)

    before = of(accounts, regions)
    after = of(accounts + more_accounts, regions + more_regions)
    assert before.items() <= after.items()
    assert all(network.subnet_of(IPv4Network("10.0.0.0/8")) for network in after.values())


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"accounts": some_accounts(17), "regions": ("eu-west-1",), "pool": "10.64.0.0/12"},
        r"the pool 10\.64\.0\.0/12 has room for 16 accounts of /16 each, and 17 are listed",
    ),
    (
        {"accounts": (ONE,), "regions": DEFAULT_REGIONS},
        r"a block of /16 has room for 16 regions of /20 each, and 17 are listed",
    ),
    (
        {"accounts": (ONE,), "regions": ("eu-west-1",), "pool": "10.0.0.0/20"},
        r"has room for 0 accounts of /16 each",
    ),
    (
        {"accounts": (ONE,), "regions": ("eu-west-1",), "networks": (own(TWO, "10.0.8.0/21"),)},
        r"10\.0\.8\.0/21 is too small: vpc\.network_size is 20",
    ),
    (
        {"accounts": (ONE,), "regions": ("eu-west-1",), "networks": (own(TWO, "10.0.0.0/18"),)},
        rf"10\.0\.0\.0/20 of {ONE} eu-west-1 and 10\.0\.0\.0/18 of {TWO} eu-west-1 overlap",
    ),
    ({"networks": (own(ONE, "10.0.0.1/16"),)}, r"10\.0\.0\.1/16 is no network"),
    (
        {"networks": (own(ONE, "169.254.0.0/16"),)},
        r"169\.254\.0\.0/16 is not for networks.*Give private addresses",
    ),
    (
        {"accounts": (ONE,), "regions": ("eu-west-1",), "pool": "127.0.0.0/8"},
        r"127\.0\.0\.0/8 is not for networks",
    ),
    ({"networks": (own(ONE, "10.0.0.0/16"), own(ONE, "10.1.0.0/16"))}, "is listed 2 times"),
    ({"accounts": (ONE, ONE), "regions": ("eu-west-1",)}, f"{ONE} is listed 2 times"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_overlaps_or_is_too_small_is_refused_in_one_sentence(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        networks.assigned(Vpc(**settings))
    assert len(str(refused.value).splitlines()) == 1


def test_a_network_of_ones_own_is_taken_in_place_of_the_pools() -> None:
    vpc = Vpc(
        accounts=(ONE, TWO),
        regions=("eu-west-1",),
        networks=(own(ONE, "192.168.0.0/16"), own(MAIN, "172.16.0.0/20", "us-east-1")),
    )
    found = {target: str(network) for target, network in networks.assigned(vpc).items()}
    assert found == {
        Target(ONE, "eu-west-1"): "192.168.0.0/16",
        Target(TWO, "eu-west-1"): "10.1.0.0/20",
        Target(MAIN, "us-east-1"): "172.16.0.0/20",
    }
    assert given_a_baseline(vpc).stack_set("vpc").targets == found.keys()


def test_what_cannot_be_rolled_out_keeps_its_place_and_is_warned_of() -> None:
    vpc = Vpc(accounts=("9" * 12, TWO), regions=("af-south-1", "eu-west-1"))
    baseline = given_a_baseline(vpc)
    assert baseline.stack_set("vpc").targets == {Target(TWO, "eu-west-1")}
    assert "10.1.16.0/20" in baseline.stack_set("vpc").body
    assert [w for w in baseline.warnings if "of vpc is not" in w] == [
        "999999999999 of vpc is not in the organization; its place is kept.",
        "af-south-1 of vpc is not among the regions that are rolled out.",
    ]


def test_the_template_has_the_addresses_of_each_place() -> None:
    stack_set = given_a_baseline(Vpc(accounts=(ONE, TWO), regions=("eu-west-1",))).stack_set("vpc")
    where = Where(TWO, "eu-west-1", "aws")
    found = intended.resources(stack_set.body, stack_set.given(TWO), where)
    assert found["Vpc"]["CidrBlock"] == "10.1.0.0/20"
    subnets = [p["CidrBlock"] for p in found.values() if "MapPublicIpOnLaunch" in p]
    assert subnets == ["10.1.8.0/23", "10.1.10.0/23"]
    assert (
        found["FlowLogToBucket"]["LogDestination"]
        == f"arn:aws:s3:::baseline-flowlogs-{MAIN}-eu-west-1"
    )


def test_a_thousand_accounts_in_every_region_stay_inside_cloudformations_limits() -> None:
    """Mappings of 200 accounts at most, a template below a megabyte, and seven operations."""
    accounts = tuple(f"{number:012}" for number in range(222222222222, 222222223222))
    vpc = Vpc(accounts=accounts, regions=DEFAULT_REGIONS, block_size=18, network_size=23)
    assigned = networks.assigned(vpc)
    named = networks.mappings(vpc)
    body = templates.vpc(
        {
            mapping: {
                region: {
                    a: str(assigned[Target(a, region)]) for a in accounts if named[a] == mapping
                }
                for region in DEFAULT_REGIONS
            }
            for mapping in set(named.values())
        }
    )
    assert len(assigned) == 17_000
    assert len(body.encode()) < templates.MAX_OBJECT
    mappings = templates.parse(body)["Mappings"]
    assert len(mappings) == 7
    assert max(len(regions) for m in mappings.values() for regions in m.values()) <= 200


def test_accounts_beyond_the_first_mapping_are_told_theirs() -> None:
    accounts = tuple(f"{number:012}" for number in range(222222222222, 222222222382))
    stack_set = given_a_baseline(
        Vpc(accounts=accounts, regions=("eu-west-1",)), accounts
    ).stack_set("vpc")
    assert stack_set.given(accounts[149])["Network"] == "Networks1"
    assert stack_set.given(accounts[150])["Network"] == "Networks2"
    many = tuple(own(a, f"172.16.{i}.0/24") for i, a in enumerate(accounts[:51]))
    with pytest.raises(ConfigurationError, match="51 accounts that vpc"):
        networks.mappings(Vpc(networks=many, network_size=24))


# What CloudFormation would need for properties that the template does not use; and, of a bucket's
# policy, what it must not have.
UNUSED = re.compile(
    r"s3:|kms:|vpc-lattice:|vpce:|s3files:|elasticfilesystem:|firehose:|autoscaling:"
    r"|ec2:(AcceptAddressTransfer|Assign|Associate(Address|Nat|SubnetCidr)|AttachVpnGateway"
    r"|CreateVpcEncryption|DetachVpnGateway|Disassociate(Nat|SubnetCidr)|ModifyVpcTenancy|Unassign)"
    r"|iam:\w+PermissionsBoundary"
    r"|lambda:(Associate|Delete\w+(Config|Concurrency)|GetCodeSigning|GetLayer|PassCapacity|Publish|Put)"
    r"|logs:(\w+KmsKey|\w*(DataProtection|Index|Resource)Polic\w+|PutBearer|PutLogGroupDeletion)"
)


def actions(*statements: Any) -> set[str]:
    listed = [s["Action"] for s in statements]
    return {a for said in listed for a in (said if isinstance(said, list) else [said])}


def test_stack_sets_may_do_what_cloudformation_needs_for_a_network_and_nothing_more() -> None:
    """By the permissions that AWS publishes with each type of resource."""
    made = templates.parse(templates.read("vpc"))["Resources"].values()
    handlers = [(schema(r["Type"]) or {}).get("handlers", {}) for r in made]
    needed = {
        action
        for handler in handlers
        for kind, said in handler.items()
        if kind != "list"
        for action in said["permissions"]
    }
    roles = templates.parse(templates.read("stack-set-roles"))["Resources"]
    own = roles["NetworksPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    inline = roles["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    missing = needed - actions(*own, *inline)
    assert {action for action in missing if not UNUSED.match(action)} == set()
    # The function is told to begin by invoking it; zones are listed by Fn::GetAZs.
    more = {"ec2:DescribeAvailabilityZones", "lambda:InvokeFunction", "lambda:ListTags"}
    assert actions(*own) - needed == more


# What each action makes, and in or of what it makes it; EC2 looks at the tags of either
# [Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"].
MAKING = {
    "ec2:AllocateAddress": ("elastic-ip", set()),
    "ec2:CreateFlowLogs": ("vpc-flow-log", {"network-interface", "subnet", "vpc"}),
    "ec2:CreateInternetGateway": ("internet-gateway", set()),
    "ec2:CreateNatGateway": ("natgateway", {"elastic-ip", "subnet"}),
    "ec2:CreateRouteTable": ("route-table", {"vpc"}),
    "ec2:CreateSecurityGroup": ("security-group", {"vpc"}),
    "ec2:CreateSubnet": ("subnet", {"vpc"}),
    "ec2:CreateVpc": ("vpc", set()),
    "ec2:CreateVpcEndpoint": (
        "vpc-endpoint", {"route-table", "security-group", "subnet", "vpc"}
    ),
}  # fmt: skip


def networks_policy() -> Any:
    roles = templates.parse(templates.read("stack-set-roles"))["Resources"]
    return roles["NetworksPolicy"]["Properties"]["PolicyDocument"]


def tags_asked(action: str, kind: str) -> list[str]:
    """The key that must be the organization's, of each statement that allows it on a kind."""
    found = []
    for statement in networks_policy()["Statement"]:
        said = statement["Resource"]
        resources = [r["Fn::Sub"] for r in (said if isinstance(said, list) else [said]) if r != "*"]
        kinds = {r.split(":")[-1].removesuffix("/*") for r in resources}
        if action in actions(statement) and kinds & {kind, "*"}:
            ((key, wanted),) = statement["Condition"]["StringEquals"].items()
            assert wanted == {"Ref": "OrganizationId"}
            found.append(key.removesuffix("/baseline:organization"))
    return found


@pytest.mark.parametrize("action", MAKING)
def test_stack_sets_make_only_what_bears_the_tag_and_only_in_networks_that_bear_it(
    action: str,
) -> None:
    made, parents = MAKING[action]
    assert "aws:RequestTag" in tags_asked(action, made)
    for parent in parents - {"network-interface"}:
        assert tags_asked(action, parent) == ["aws:ResourceTag"]


def test_no_statement_lets_stack_sets_touch_a_buckets_policy_or_change_anothers_network() -> None:
    template = templates.parse(templates.read("stack-set-roles"))["Resources"]
    policy = networks_policy()
    assert len(json.dumps(policy, separators=(",", ":"))) < 6_144  # of a managed policy
    statements = {s["Sid"]: s for s in policy["Statement"]}
    inline = template["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = actions(*statements.values(), *inline)
    assert [action for action in allowed if action.startswith("s3:")] == []
    tag = {"aws:ResourceTag/baseline:organization": {"Ref": "OrganizationId"}}
    assert statements["ChangeOwnNetworks"]["Condition"] == {"StringEquals": tag}
    writing = {a for a in allowed if re.match("ec2:(?!Describe)", a)}
    tagging = {"ec2:CreateTags"}  # when something is made, or of one's own
    assert writing - MAKING.keys() - tagging <= actions(statements["ChangeOwnNetworks"])
