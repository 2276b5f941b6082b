"""What is there already, in an account and region, and would be in the way of a stack.

Each question raises Missing when AWS would refuse the stack, with what to do.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baseline.errors import DeniedError
from baseline.rollout import (
    delegation,
    existing,
    protection,
    protection_checks,
    quotas,
    service_managed,
)
from baseline.rollout.adoption import AUDITING
from baseline.rollout.catalogue import (
    AGGREGATOR,
    MEMBERS,
    ORGANIZATION_TRAIL,
    ROLES,
    RULES,
    STORAGE,
    VPC,
)
from baseline.rollout.coverage import Check, Missing, Place
from baseline.rollout.intended import Properties
from baseline.rollout.role_checks import EXECUTION_ROLE
from baseline.rollout.storage_checks import CHECKS as STORAGE_CHECKS

_RENAME = "Delete or rename it; or, if an earlier roll-out left it, import it into the stack."
_FREE = ("NoSuchEntity", "NotFoundException", "ResourceNotFoundException")


class Adoptable(Missing):
    """What is in the way could stay: ``key`` of ``adopt``, and a detector's id."""

    def __init__(self, detail: str, key: str, value: str = "") -> None:
        super().__init__(detail, f"Keep it (adopt.{key} in baseline.yaml), or delete it.")
        self.key = key
        self.value = value


def questions(name: str) -> Iterator[Check]:
    """What to ask before the stack, or the instance of the StackSet, ``name`` is made."""
    if name != delegation.NAME:  # has no template
        yield Check("cloudformation", "names", lambda place: _names(name, place))
    yield from _ASKED.get(service_managed.family(name), ())


# What is asked where a stack is there already and others build on it: whether CloudFormation can
# become the roles of StackSets, and the central buckets and their key let the services in.
STANDING: Mapping[str, tuple[Check, ...]] = {
    ROLES: (EXECUTION_ROLE,),
    STORAGE: tuple(check for check in STORAGE_CHECKS if check.name.endswith("policy")),
}


def _names(name: str, place: Place) -> str:
    """Nothing has a name that the template gives to a resource of its own."""
    taken = [
        said
        for kind, properties in _typed(name, place)
        if (ask := _TAKEN.get(kind)) and (said := ask(place, properties))
    ]
    # The organization's trail makes way for no other.
    if service_managed.family(name) == AUDITING and any(
        said.startswith("trail ") for said in taken
    ):
        raise Adoptable(f"{', '.join(taken)} is there already", "cloudtrail")
    if taken:
        raise Missing(f"{', '.join(taken)} is there already", _RENAME)
    return "free"


def _typed(name: str, place: Place) -> Iterator[tuple[str, Properties]]:
    """Type and properties of each resource that is made."""
    types = place.baseline.types(name)
    for logical_id, properties in place.all_intended(name).items():
        yield types[logical_id], properties


def _role(place: Place, properties: Properties) -> str:
    name = properties.get("RoleName")
    found = name and place.ask("iam", "get_role", _FREE, RoleName=name)
    return f"role {name}" if found else ""


def _trail(place: Place, properties: Properties) -> str:
    name = properties["TrailName"]
    found = place.ask("cloudtrail", "describe_trails", includeShadowTrails=False)["trailList"]
    return f"trail {name}" if any(t["Name"] == name for t in found) else ""


def _log_group(place: Place, properties: Properties) -> str:
    name = properties["LogGroupName"]
    found = place.ask("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    return f"log group {name}" if any(g["logGroupName"] == name for g in found) else ""


def _bucket(place: Place, properties: Properties) -> str:
    name = properties["BucketName"]
    try:
        found = place.ask("s3", "head_bucket", ("404", "NoSuchBucket"), Bucket=name)
    except DeniedError:
        found = {}
    return f"bucket {name}" if found is not None else ""


def _rule(place: Place, properties: Properties) -> str:
    name = properties["ConfigRuleName"]
    found = place.ask("config", "describe_config_rules")["ConfigRules"]
    return f"rule {name}" if any(r["ConfigRuleName"] == name for r in found) else ""


def _alias(place: Place, properties: Properties) -> str:
    name = properties["AliasName"]
    return f"key {name}" if place.ask("kms", "describe_key", _FREE, KeyId=name) else ""


def _named(
    service: str, operation: str, parameter: str, key: str, *absent: str
) -> Callable[[Place, Properties], str]:
    """A question by name to a service that refuses with one of ``absent``."""

    def ask(place: Place, properties: Properties) -> str:
        name = properties.get(key)
        found = name and place.ask(service, operation, (*_FREE, *absent), **{parameter: name})
        return f"{service} {name}" if found else ""

    return ask


def _policy(place: Place, properties: Properties) -> str:
    name = properties["Name"]
    return f"service control policy {name}" if protection_checks.named(place, name) else ""


def _database(place: Place, properties: Properties) -> str:
    name = properties["DatabaseInput"]["Name"]
    found = place.ask("glue", "get_database", ("EntityNotFoundException",), Name=name)
    return f"database {name}" if found else ""


_TAKEN: Mapping[str, Callable[[Place, Properties], str]] = {
    "AWS::IAM::Role": _role,
    "AWS::CloudTrail::Trail": _trail,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::Config::ConfigRule": _rule,
    "AWS::KMS::Alias": _alias,
    "AWS::Glue::Database": _database,
    "AWS::Organizations::Policy": _policy,
    "AWS::Lambda::Function": _named("lambda", "get_function", "FunctionName", "FunctionName"),
    "AWS::Athena::WorkGroup": _named(
        "athena", "get_work_group", "WorkGroup", "Name", "InvalidRequestException"
    ),
}


def _recorder(place: Place) -> str:
    """An account has room for one recorder in a region."""
    return _alone("recorder", existing.recorder(place), place)


def _channel(place: Place) -> str:
    """And for one delivery channel."""
    return _alone("delivery channel", existing.channel(place), place)


def _alone(what: str, found: Any, place: Place) -> str:
    if found and "ConfigurationRecorder" in place.all_intended("auditing"):
        said = f"the {what} {found['name']} is there already, and there is room for one in a region"
        raise Adoptable(said, "config")
    return "none is there"


def _detector(place: Place) -> str:
    """An account has room for one detector in a region."""
    main = place.target.account_id == place.baseline.home.account_id
    found = existing.detector(place)
    if found and "Detector" in place.all_intended("guardduty-main" if main else MEMBERS):
        said = f"the detector {found} is there already, and there is room for one in a region"
        raise Adoptable(said, "guardduty", found)
    return "none is there"


def _administrator(place: Place) -> str:
    """A member has one administrator, and an administrator is no member."""
    other = existing.administrator(place)
    if other == place.baseline.home.account_id:
        raise Missing(
            "it is a member of the main account in GuardDuty already, and cannot be invited again",
            "Let it go first, in the main account: aws guardduty disassociate-members, then "
            f"delete-members, of {place.target.account_id} in {place.target.region}.",
        )
    if other:
        raise Missing(
            f"it is a member of {other} in GuardDuty, and can have one administrator only",
            "Leave it first: aws guardduty disassociate-from-administrator-account --detector-id "
            f"{existing.detector(place)} --region {place.target.region}",
        )
    return "none"


def _delegated(place: Place) -> str:
    """An organization has one administrator; its accounts cannot be invited by others."""
    wanted = place.baseline.delegation
    expected = wanted.administrator if wanted else place.target.account_id
    found = place.ask("guardduty", "list_organization_admin_accounts")["AdminAccounts"]
    for account in found:
        if account["AdminAccountId"] != expected:
            raise Missing(
                f"{account['AdminAccountId']} is the organization's delegated administrator of "
                "GuardDuty, and there is room for one",
                "Take the delegation back in that region: aws guardduty "
                "disable-organization-admin-account --admin-account-id "
                f"{account['AdminAccountId']} --region {place.target.region}",
            )
    return "none"


def _independent(place: Place) -> str:
    """Who is to administer is no member; the main account lets its own go by itself."""
    other = existing.administrator(place)
    if other not in ("", place.baseline.home.account_id):
        raise Missing(
            f"it is a member of {other} in GuardDuty, and cannot administer the organization",
            "Leave it first: aws guardduty disassociate-from-administrator-account --detector-id "
            f"{existing.detector(place)} --region {place.target.region}",
        )
    return "none"


def _trails(place: Place) -> str:
    quotas.check(
        place,
        quotas.TRAILS,
        len(existing.trails(place)),
        int("Trail" in place.all_intended("auditing")),
    )
    return "there is room"


def _access(place: Place) -> str:
    """Organizations lets CloudTrail record its accounts."""
    principal = "cloudtrail.amazonaws.com"
    answer = place.ask("organizations", "list_aws_service_access_for_organization")
    if principal not in {s["ServicePrincipal"] for s in answer["EnabledServicePrincipals"]}:
        raise Missing(
            "CloudTrail has no access to the organization",
            f"aws organizations enable-aws-service-access --service-principal {principal}",
        )
    return "enabled"


def _trusted(place: Place) -> str:
    """Organizations lets StackSets into its accounts, by roles that CloudFormation makes itself."""
    if place.ask("cloudformation", "describe_organizations_access")["Status"] != "ENABLED":
        raise Missing(
            "StackSets has no access to the organization, which mode service-managed needs",
            "aws cloudformation activate-organizations-access --region " + place.target.region,
        )
    return "enabled"


def _rules(place: Place) -> str:
    found = place.ask("config", "describe_config_rules")["ConfigRules"]
    quotas.check(place, quotas.RULES, len(found), len(place.all_intended(RULES)))
    return "there is room"


def _networks(place: Place) -> str:
    vpcs = place.ask("ec2", "describe_vpcs")["Vpcs"]
    quotas.check(place, quotas.VPCS, len(vpcs), 1)
    return "there is room"


def _addresses(place: Place) -> str:
    wanted = sum(kind == "AWS::EC2::EIP" for kind, _ in _typed(VPC, place))
    if wanted:
        found = place.ask("ec2", "describe_addresses")["Addresses"]
        quotas.check(place, quotas.ADDRESSES, len(found), wanted)
    return "there is room"


def _zones(place: Place) -> str:
    """A network's subnets are in the zones that Fn::GetAZs gives.

    These are the zones of the account's default subnets, and all where there are none
    [CloudFormation User Guide, "Fn::GetAZs"].
    """
    by_default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = place.ask("ec2", "describe_subnets", Filters=by_default)["Subnets"]
    found = {subnet["AvailabilityZone"] for subnet in subnets}
    if not found:
        usable = [{"Name": "zone-type", "Values": ["availability-zone"]}]
        zones = place.ask("ec2", "describe_availability_zones", Filters=usable)
        found = {zone["ZoneName"] for zone in zones["AvailabilityZones"]}
    wanted = int(place.parameters(VPC)["Zones"])
    if wanted > len(found):
        raise Missing(
            f"vpc.zones is {wanted}, and there are {len(found)} zones: {', '.join(sorted(found))}",
            f"Set vpc.zones to {len(found)}, or leave the account or region out of vpc.",
        )
    return f"{len(found)} zones"


def _buckets(place: Place) -> str:
    found = place.ask("s3", "list_buckets")["Buckets"]
    quotas.check(place, quotas.BUCKETS, len(found), 4)
    return "there is room"


def _all_features(place: Place) -> str:
    """Config aggregates organizations that have all features [PutConfigurationAggregator].

    And no others have service control policies [EnablePolicyType].
    """
    found = place.ask("organizations", "describe_organization")["Organization"]["FeatureSet"]
    if found != "ALL":
        raise Missing(
            f"the organization has only {found} features",
            "Enable all: aws organizations enable-all-features",
        )
    return "all"


# Asked in the home region, before a service-managed StackSet does anything.
TRUSTED = Check("cloudformation", "trusted access", _trusted)
# Asked in the main account, before an administrator is named in a region.
DELEGATED = Check("guardduty", "delegated administrator", _delegated)
_FEATURES = Check("organizations", "features", _all_features)
_ASKED: Mapping[str, tuple[Check, ...]] = {
    "auditing": (
        Check("config", "recorder", _recorder),
        Check("config", "channel", _channel),
        Check("cloudtrail", "quota", _trails),
    ),
    MEMBERS: (
        Check("guardduty", "detector", _detector),
        Check("guardduty", "administrator", _administrator),
    ),
    "guardduty-main": (
        Check("guardduty", "detector", _detector),
        Check("guardduty", "administrator", _administrator),
        DELEGATED,
    ),
    delegation.NAME: (Check("guardduty", "administrator", _independent),),
    RULES: (Check("config", "quota", _rules),),
    VPC: (
        Check("ec2", "zones", _zones),
        Check("ec2", "quota of VPCs", _networks),
        Check("ec2", "quota of addresses", _addresses),
    ),
    STORAGE: (Check("s3", "quota", _buckets),),
    AGGREGATOR: (_FEATURES,),
    ORGANIZATION_TRAIL: (Check("organizations", "trusted access", _access),),
    protection.NAME: (_FEATURES, *protection_checks.QUESTIONS),
}
