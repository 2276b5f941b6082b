"""``baseline.yaml``, read once into frozen, validated values.

What a flag says goes before the environment (``BASELINE_*``, which click reads), that before the
file, that before the default. An unknown key is an error; every error names file, line and key.
"""

import difflib
import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from baseline.errors import ConfigurationError

DEFAULT_FILE = Path("baseline.yaml")
SETTINGS = "BASELINE_SETTINGS"

# Longer than anybody keeps logs, and short enough for S3.
_HUNDRED_YEARS = 36500


def _text(pattern: str, expected: str) -> BeforeValidator:
    """Text that ``pattern`` matches as a whole; errors say that ``expected`` was expected."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII):
            return value
        raise PydanticCustomError("text", "{expected}", {"expected": expected})

    return BeforeValidator(check)


AccountId = Annotated[str, _text(r"[0-9]{12}", "12 digits, like 123456789012")]
RegionName = Annotated[str, _text(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", "a region, like eu-west-1")]
OrganizationId = Annotated[
    str, _text(r"o-[a-z0-9]{10,32}", "an organization's id, like o-a1b2c3d4e5")
]
ExternalId = Annotated[
    str,
    _text(r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits and _+=,.@:/- (like acme-audit)"),
]
RoleName = Annotated[
    str, _text(r"[\w+=,.@-]{1,64}", "1 to 64 letters, digits and _+=,.@- (like Auditor)")
]
# The protection's template takes roles as a list with commas between them.
BootstrapRole = Annotated[
    str,
    _text(r"[\w+=.@-]{1,64}", "1 to 64 letters, digits and _+=.@- without a comma (like Deployer)"),
]
# What S3 takes as the beginning of a bucket's name; these two beginnings it reserves, and
# "xn--" too, which has two hyphens [S3 User Guide, "Bucket naming rules"].
Prefix = Annotated[
    str,
    _text(
        r"(?=.{3,20}$)(?!(sthree|amzn-s3-demo)(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "3 to 20 lower-case letters, digits and single hyphens, like acme, "
        "that do not begin as names do that S3 reserves",
    ),
]
Directory = Annotated[Path, _text(r".*\S.*", "a directory, like /var/baseline")]


Model = TypeVar("Model", bound=BaseModel)


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


ProtectionPlan = Literal[
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
    "EKS_RUNTIME_MONITORING",
    "RUNTIME_MONITORING",
    "AI_PROTECTION",
]


class GuardDuty(_Section):
    """How findings of the members reach one account."""

    mode: Literal["invitation", "delegated-admin"] = "invitation"
    """The main account invites every member, or an account administers the organization."""
    administrator: AccountId | None = None
    """Account that does so in mode delegated-admin, by id.  Default: the main account."""
    auto_enable: Literal["ALL", "NEW"] = "ALL"
    """In mode delegated-admin: what it switches on is on for all accounts, or for new ones."""
    protection_plans: tuple[ProtectionPlan, ...] = ()
    """What is switched on beside the foundation, in regions that have it, like S3_DATA_EVENTS."""
    finding_publishing_frequency: Literal["FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"] = (
        "FIFTEEN_MINUTES"
    )
    """How often updates of findings are sent to EventBridge."""


class Config(_Section):
    """AWS Config: where global resources are recorded, and the rules; None means default rules."""

    global_region: RegionName | None = None
    """The one region that records global resources (IAM), not one that AWS Config came to after
    February 2022.  Default: the home region."""
    rules: tuple[str, ...] | None = None
    """Rules that resources are compared with, from the catalogue; `[]` for none.  Default: ten."""


# Some of what CloudWatch Logs takes [PutRetentionPolicy].
LogGroupDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096]


class CloudTrail(_Section):
    """Trails: one in each account and region, or one for the whole organization."""

    mode: Literal["account", "organization"] = "account"
    """A trail in every account and region, or one for the whole organization."""
    log_group_days: LogGroupDays = 90
    """Days for which the log group beside each trail keeps events."""


class Storage(_Section):
    """How long the central buckets keep logs, and results of queries."""

    retention_days: Annotated[int, Field(ge=90, le=_HUNDRED_YEARS)] = 2557
    """Days for which the central buckets keep logs: seven years."""
    query_result_days: Annotated[int, Field(ge=1, le=_HUNDRED_YEARS)] = 30
    """Days for which results of queries are kept."""


# What Amazon ECR takes as a repository, and a tag or a digest of it.
Image = Annotated[
    str,
    _text(
        r"[a-z0-9]+([._/-][a-z0-9]+)*(:\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})",
        "an image of a repository in Amazon ECR, like aws-baseline:0.1.0",
    ),
]
Schedule = Annotated[
    str, _text(r"(cron|rate)\([\w ,*?/#-]+\)", "a schedule, like cron(0 3 ? * SUN *)")
]
SubnetId = Annotated[str, _text(r"subnet-[0-9a-f]+", "a subnet, like subnet-0abc")]
SecurityGroupId = Annotated[str, _text(r"sg-[0-9a-f]+", "a security group, like sg-0abc")]


class Batch(_Section):
    """Audits on AWS Batch. Without an image there is no stack for them."""

    image: Image | None = None
    """Image in the main account's registry (Amazon ECR), by tag or digest; empty: no AWS Batch."""
    at_a_time: Annotated[int, Field(ge=1, le=1000)] = 16
    """Accounts that are audited at the same time on AWS Batch."""
    memory_mb: Literal[4096, 5120, 6144, 7168, 8192, 12288, 16384] = 8192
    """Memory of each child, in MiB."""
    subnets: tuple[SubnetId, ...] = ()
    """Subnets to run in; empty: a small network of its own."""
    security_groups: tuple[SecurityGroupId, ...] = ()
    """Security groups in those subnets."""
    public_ip: bool = False
    """Whether children get a public address in those subnets."""
    schedule: Schedule | None = None
    """When to audit by itself, like cron(0 3 ? * SUN *); empty: never."""
    result_days: Annotated[int, Field(ge=1, le=_HUNDRED_YEARS)] = 365
    """Days for which the results of audits on AWS Batch are kept."""


# A VPC has a netmask from /16 to /28 [VPC User Guide, "VPC CIDR blocks"]; no private range is
# larger than /8.
Network = Annotated[
    str,
    _text(
        r"\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-8])",
        "addresses of a network of /16 to /28, like 10.0.0.0/16",
    ),
]
Pool = Annotated[
    str,
    _text(
        r"\d{1,3}(\.\d{1,3}){3}/([89]|[12]\d|3[0-2])",
        "addresses of /8 or less, like 10.0.0.0/8",
    ),
]
NetworkName = Annotated[
    str, _text(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}", "a name, like baseline or shared-services")
]
Endpoint = Annotated[
    str, _text(r"[a-z0-9][a-z0-9.-]*", "a service as its endpoints are called, like ssm or ecr.api")
]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """AWS takes one endpoint of a service in a network, as it has one private name."""
    if len(set(names)) < len(names):
        raise PydanticCustomError("once", "each service once")
    return names


Endpoints = Annotated[tuple[Endpoint, ...], Field(max_length=6), AfterValidator(_each_once)]


class VpcNetwork(_Section):
    """The network of one account in one region, in place of what the pool has for it."""

    account: AccountId
    """Account that has the network."""
    region: RegionName
    """Region that it is in."""
    cidr: Network
    """Its addresses."""


class Vpc(_Section):
    """A network (VPC) with flow logs, in chosen accounts and regions; nowhere by default."""

    accounts: tuple[AccountId, ...] = ()
    """Accounts that get networks out of the pool, by id; empty: none. New ones go to the end."""
    regions: tuple[RegionName, ...] = ()
    """Regions in which they get one; empty: none. New ones go to the end."""
    pool: Pool = "10.0.0.0/8"
    """What is divided: a block for each account, and in it a network for each region."""
    block_size: Annotated[int, Field(ge=8, le=25)] = 16
    """Size of an account's block, as the number behind the slash."""
    network_size: Annotated[int, Field(ge=16, le=25)] = 20
    """Size of a network, as the number behind the slash; a subnet has an eighth of it."""
    networks: tuple[VpcNetwork, ...] = ()
    """Networks that are not out of the pool: account, region and cidr of each."""
    name: NetworkName = "baseline"
    """Name of the networks, and of the log group of their flow logs."""
    zones: Annotated[int, Field(ge=1, le=4)] = 2
    """Zones that each network has subnets in."""
    public_subnets: bool = False
    """Whether there are subnets that the internet reaches."""
    nat: Literal["none", "one", "zone"] = "none"
    """NAT gateways, by which private subnets reach the internet: none, one, or one in each zone."""
    gateway_endpoints: tuple[Literal["s3", "dynamodb"], ...] = ("s3", "dynamodb")
    """Services that are reached without leaving AWS's network, at no cost."""
    interface_endpoints: Endpoints = ()
    """Up to six more of them, each of which costs by the hour in each zone, like ssm."""
    flow_log_format: Literal["plain-text", "parquet"] = "plain-text"
    """How flow logs lie in the central bucket."""
    aggregation_seconds: Literal[60, 600] = 600
    """Longest time that one flow record is about."""
    log_group_days: LogGroupDays = 30
    """Days for which the log group in the account and region keeps flow records."""


Unit = Annotated[
    str,
    _text(
        r"/|(/[^/]+)+|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}",
        "an OU by its path or id, like /Workloads or ou-ab12-cdef3456",
    ),
]
# With its path, where it has one; and at least a letter beside what stands for anything.
ExemptRole = Annotated[
    str,
    _text(
        r"(?=.*\w)[\w+=.@*/-]{1,128}",
        "a role, like BreakGlass or a/path/BreakGlass, in which * stands for anything",
    ),
]
Administrator = Annotated[
    str,
    _text(
        r"(role|user)/(?=.*\w)[\w+=.@*-]{1,64}",
        "a role or a user without a path, like role/Administrator, in which * stands for anything",
    ),
]


class Protection(_Section):
    """What keeps the baseline from being switched off, and its logs from being deleted.

    Nothing by default. Whoever is to deploy has to be among the administrators.
    """

    ous: tuple[Unit, ...] = ()
    """OUs whose accounts cannot switch the baseline off, by path or id; `/`: all; empty: none."""
    exempt_roles: tuple[ExemptRole, ...] = ()
    """Roles in those accounts that can all the same, by name, beside those that deploy."""
    own_rules: bool = False
    """Whether those accounts may have rules of their own in AWS Config, and so change ours, too."""
    administrators: tuple[Administrator, ...] = ()
    """Roles and users who alone may delete logs and change their buckets and key; empty: anyone."""


class Athena(_Section):
    """What a query on Athena may cost."""

    max_scanned_bytes: Annotated[int, Field(ge=10_000_000)] = 1_000_000_000_000
    """Bytes that one query on Athena may read before it is ended: a terabyte."""


ProgramName = Annotated[str, _text(r"[^\x00-\x1f]*\S[^\x00-\x1f]*", "a program, like prowler")]
CheckName = Annotated[
    str, _text(r"[a-z0-9]+(_[a-z0-9]+)+", "a check of Prowler's, like s3_bucket_public_access")
]
Framework = Annotated[
    str, _text(r"[a-z0-9][a-z0-9._]*", "a framework of Prowler's, like cis_5.0_aws")
]


class Prowler(_Section):
    """Which Prowler looks, and at what. ``checks`` and ``compliance`` exclude each other."""

    enabled: bool = True
    """Whether it is used."""
    path: ProgramName | None = None
    """A Prowler of yours, as a path or a name on PATH.  Default: the pinned one."""
    warm: bool = False
    """Import it once and fork it for each account, which takes a sixth of its processor time."""
    checks: tuple[CheckName, ...] = ()
    """Checks that are carried out; empty: all."""
    excluded_checks: tuple[CheckName, ...] = ()
    """Checks that are left out."""
    compliance: tuple[Framework, ...] = ()
    """Frameworks whose checks are carried out; empty: all checks."""
    options: tuple[str, ...] = ()
    """Passed on to it as they are."""


class ScoutSuite(_Section):
    """Which ScoutSuite looks, and by which rules."""

    enabled: bool = True
    """Whether it is used."""
    path: ProgramName | None = None
    """A ScoutSuite of yours, as a path or a name on PATH.  Default: the pinned one."""
    ruleset: Directory | None = None
    """File of the rules to look by.  Default: its own."""
    options: tuple[str, ...] = ()
    """Passed on to it as they are."""


class Tools(_Section):
    """The audit tools."""

    prowler: Prowler = Prowler()
    scoutsuite: ScoutSuite = ScoutSuite()


VariableName = Annotated[
    str,
    _text(
        r"(?!AWS_|BASELINE_|PYTHON)[A-Za-z_]\w*",
        "an environment variable, and none of AWS's, Python's or ours",
    ),
]


class Audit(_Section):
    """Which role the audits assume, where they look, and with what. Empty lists mean "all".

    With ``require_mfa`` the roll-out lets only identities that signed in with MFA assume the role.
    """

    role: RoleName = "AssumableSecurityAuditRole"
    """Role that is assumed in each account."""
    external_id: ExternalId | None = None
    """Given when the role is assumed."""
    require_mfa: bool = False
    """Whether only identities that signed in with MFA may assume the role."""
    regions: tuple[RegionName, ...] = ()
    """Regions that are audited; empty: all."""
    services: tuple[str, ...] = ()
    """Services that are audited, by the tools' names; empty: all."""
    tools: Tools = Tools()
    pass_environment: tuple[VariableName, ...] = ()
    """Environment variables that the tools get, beside the few that any program needs."""
    timeout_minutes: Annotated[int, Field(gt=0, le=24 * 60)] = 180
    """Minutes after which a tool is stopped in one account."""
    tries: Annotated[int, Field(gt=0, le=10)] = 2
    """How often a tool is tried in one account in all, when it fails for a reason that may pass."""
    pause_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """Seconds before it is tried again."""
    batch: Batch = Batch()


QueryName = Annotated[str, _text(r"[A-Za-z]\w{0,99}", "a saved query, like RootLogin30Days")]


Source = Literal["prowler", "scoutsuite", "guardduty", "config"]


class Report(_Section):
    """What the one report shows beside the findings, and whose answers it waits for."""

    queries: tuple[QueryName, ...] = ("RootLogin30Days",)
    """Saved queries that are asked of the lake for it; `[]` for none."""
    expect: tuple[Source, ...] | None = None
    """Who is to look; what nobody looked at is UNKNOWN.  Default: all but tools that are off."""


Pattern = Annotated[
    str, _text(r"[^\x00-\x1f]*\S[^\x00-\x1f]*", "a name, in which * stands for anything")
]
Words = Annotated[str, _text(r"(?s).*\S.*", "words that say it to whoever comes later")]


class Mute(_Section):
    """A risk that somebody accepts: findings of a check that do not count until a day.

    In patterns ``*`` stands for anything, and all else for itself.
    """

    check: Pattern
    """Check, rule or type of finding, by the name that its tool gives it; a pattern."""
    account: Pattern = "*"
    """Account, by id or name; a pattern. An id is sure: names can be changed in the account."""
    region: Pattern = "*"
    """Region; a pattern."""
    resource: Pattern = "*"
    """Resource, as the finding names it; a pattern."""
    tool: Source | Literal["*"] = "*"
    """Only what this tool finds."""
    reason: Words
    """Why the risk is accepted."""
    owner: Words
    """Who answers for it."""
    expires: date
    """The last day on which it holds, like 2027-06-30."""

    @model_validator(mode="after")
    def _narrow(self) -> "Mute":
        if not {*self.check, *self.account, *self.resource} - {"*"}:
            raise PydanticCustomError(
                "mute", "a check, an account or a resource other than *, lest it mute everything"
            )
        return self


DetectorId = Annotated[str, _text(r"[0-9a-f]{32}", "a detector's id, 32 digits and letters a to f")]


class Adopt(_Section):
    """What is there before the baseline and stays as it is, in an account's regions."""

    config: dict[AccountId, tuple[RegionName, ...]] = Field(default_factory=dict)
    """Accounts, each with regions, that keep their recorder and delivery channel of AWS Config."""
    cloudtrail: dict[AccountId, tuple[RegionName, ...]] = Field(default_factory=dict)
    """Accounts, each with regions, that keep a trail of their own and get none beside it."""
    guardduty: dict[AccountId, dict[RegionName, DetectorId]] = Field(default_factory=dict)
    """Accounts, each with regions, that keep their detector, by its id."""


class Cost(_Section):
    """What is known better than `baseline rollout cost` assumes."""

    assume: dict[str, float] = Field(default_factory=dict)
    """Numbers by the names of its assumptions, like `events: 200000`."""


class StackSets(_Section):
    """How stacks come into the members."""

    mode: Literal["self-managed", "service-managed"] = "self-managed"
    """By the baseline's own roles, or CloudFormation's, also into accounts that come later."""
    ous: tuple[Unit, ...] = ()
    """OUs whose accounts get the baseline, by path or id, like /Workloads; empty: all accounts."""
    keep_on_leaving: bool = False
    """In mode service-managed: whether stacks stay in an account that leaves those OUs."""
    bootstrap_role: BootstrapRole = "OrganizationAccountAccessRole"
    """Role in each member that creates the StackSets' own roles there."""


class Configuration(_Section):
    """All of ``baseline.yaml``. ``regions`` empty means: every region the account has enabled."""

    organization: OrganizationId | None = None
    """Credentials of any other organization are refused, and those that may not ask which it is."""
    home_region: RegionName = "us-east-1"
    """Where the central buckets, their key and the StackSets are. It cannot be changed later."""
    regions: tuple[RegionName, ...] = ()
    """Regions to roll out to; empty: every region that is enabled."""
    exclude_accounts: tuple[AccountId, ...] = ()
    """Accounts that get no baseline, by id; what was rolled out there before is removed."""
    prefix: Prefix = "baseline"
    """Beginning of the names of buckets, roles, trails and log groups. Not changed later."""
    stack_sets: StackSets = StackSets()
    guardduty: GuardDuty = GuardDuty()
    config: Config = Config()
    cloudtrail: CloudTrail = CloudTrail()
    storage: Storage = Storage()
    vpc: Vpc = Vpc()
    adopt: Adopt = Adopt()
    protection: Protection = Protection()
    cost: Cost = Cost()
    athena: Athena = Athena()
    audit: Audit = Audit()
    report: Report = Report()
    mute: tuple[Mute, ...] = ()
    """Risks that are accepted: findings that do not count until a day."""
    mute_file: Directory = Path("mute.yaml")
    """A file with more of `mute:`; it need not be there."""
    lake: Directory = Path("lake")
    """Directory to which logs are collected."""
    queries: Directory = Path("queries")
    """Directory of saved queries of your own, beside those that come with the program."""
    reports: Directory = Path("reports")
    """Directory of the reports."""

    _file: str = str(DEFAULT_FILE)
    _written: bool = True

    def model_post_init(self, context: Any) -> None:
        """Remember which file it is of, for errors that come later."""
        self._file = context or self._file

    @classmethod
    def of_defaults(cls) -> "Configuration":
        """What holds where nobody has written anything."""
        made = cls()
        made._written = False
        return made

    @property
    def file(self) -> str:
        """What errors call the file that it was read from."""
        return self._file

    @property
    def written(self) -> bool:
        """Whether somebody wrote it, however little; else it is of nothing but defaults."""
        return self._written

    @property
    def global_region(self) -> str:
        """The one region whose recorder records global resources (GlobalConfigRegion)."""
        return self.config.global_region or self.home_region


def load(path: Path | None = None) -> Configuration:
    """The configuration in ``path``; without a path ``baseline.yaml`` if it is there.

    Where there can be no file, ``BASELINE_SETTINGS`` is the text of one. Raises
    ConfigurationError, which names file, line, key and what was expected.
    """
    file = path or DEFAULT_FILE
    if path is None and SETTINGS in os.environ:
        return parse(os.environ[SETTINGS], SETTINGS)
    text = _text_of(file)
    if text is not None:
        return parse(text, str(file))
    if path is None:
        return Configuration.of_defaults()
    raise ConfigurationError(
        "there is no such file", where=str(file), remedy="Make one with: baseline init"
    )


def mutes(configuration: Configuration) -> tuple[Mute, ...]:
    """All accepted risks: those of ``mute``, and those of ``mute_file`` if it is there."""
    file = configuration.mute_file
    text = _text_of(file)
    if text is None and "mute_file" in configuration.model_fields_set:
        raise ConfigurationError(
            "there is no such file", where=str(file), remedy="Make it, or leave mute_file out."
        )
    beside = _parsed(text, str(file), _MuteFile).mute if text else ()
    return (*configuration.mute, *beside)


def parse(text: str, name: str) -> Configuration:
    """The configuration in the YAML ``text``; ``name`` is what errors call it."""
    return _parsed(text, name, Configuration)


class _MuteFile(_Section):
    """``mute.yaml``: accepted risks, apart from the rest."""

    mute: tuple[Mute, ...] = ()


def _text_of(file: Path) -> str | None:
    """The text of ``file``; None where there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}",
            where=str(file),
            remedy="Give a UTF-8 text file that you may read.",
        ) from None


def _parsed(text: str, name: str, model: type[Model]) -> Model:
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  # a subclass of SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise _not_yaml(error, name) from None
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigurationError(
            f"expected keys and values, found {_kind(data)}",
            where=f"{name}, line 1",
            remedy="Start from: baseline init",
        )
    try:
        return model.model_validate_json(_json(data), context=name)
    except ValidationError as error:
        # A slip of the pen says more than the key that is missing for it.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise _invalid(first, node, name, model) from None


class _Loader(yaml.SafeLoader):
    """The part of YAML that settings need: no aliases, no tags, each key once, few kinds of values.

    Account ids stay text: YAML would read 012345678901 as a number, and lose the zero.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse here what would otherwise be read, and mean something else."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # so it is in PyYAML's stubs
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise _refused("found an alias or a tag, expected a plain value", event.start_mark)
        if not getattr(event, "value", "").replace("\n", "").isprintable():
            raise _refused("found a character that cannot be printed", event.start_mark)
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.MappingNode):
            _refuse_repeated_keys(node)
        return node


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^(0|-?[1-9]\d{0,10})$"), list("-0123456789")
)


def _refuse_repeated_keys(node: yaml.MappingNode) -> None:
    seen: list[Any] = []
    for key, _ in node.value:
        if key.value in seen:
            problem = f"found the key {key.value} a second time, expected it once"
            raise _refused(problem, key.start_mark)
        seen.append(key.value)


def _refused(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


# Pydantic speaks of JSON; whoever writes YAML would not know an object or an array.
_EXPECTED = {
    "model_type": "keys and values",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "date_type": "a day, like 2027-06-30",
    "date_parsing": "a day, like 2027-06-30",
    "date_from_datetime_inexact": "a day, like 2027-06-30",
}


# What is meant where keys are not known beforehand, by where it is.
_KEYED = {
    ("adopt", "config"): 'accounts, each with its regions, like "123456789012": [eu-west-1]',
    ("adopt", "cloudtrail"): 'accounts, each with its regions, like "123456789012": [eu-west-1]',
    ("adopt", "guardduty"): "accounts, each with its regions and in each its detector's id",
    ("cost", "assume"): "names, each with a number, like events: 200000",
}


def _json(data: Any) -> str:
    import json  # noqa: PLC0415  # only where a file is read

    return json.dumps(data, default=str)


def _not_yaml(error: Exception, name: str) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
    problem = getattr(error, "problem", None) or str(error)
    return ConfigurationError(
        f"not valid YAML: {problem}", where=where, remedy="Mend the line, or see: baseline init"
    )


def _invalid(
    first: Any, node: yaml.Node | None, name: str, model: type[BaseModel]
) -> ConfigurationError:
    location = first["loc"]
    key = ".".join(str(part) for part in location)
    line = _line(node, location)
    where = f"{name}, line {line}, key {key}"
    if first["type"] == "extra_forbidden":
        known = _keys(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        remedy = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
        return ConfigurationError("unknown key", where=where, remedy=remedy)
    if first["type"] == "missing":
        return ConfigurationError("it is not given", where=where, remedy="Add it.")
    known_here = _EXPECTED | {"dict_type": _KEYED.get(location[:2], "keys and values")}
    expected = known_here.get(first["type"]) or first["msg"].replace("Input should be ", "")
    return ConfigurationError(
        f"found {_shown(first['input'])}, expected {expected}",
        where=where,
        remedy="Correct the value.",
    )


def _keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The keys of the section at ``path``; a list is of sections of one kind."""
    for part in (part for part in path if isinstance(part, str)):
        annotation: Any = model.model_fields[part].annotation
        annotation = next(iter(get_args(annotation)), annotation)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _line(node: yaml.Node | None, location: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest part of ``location`` that the document has."""
    line = node.start_mark.line if node else 0
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(part)]
            if not found:
                break
            key, node = found[0]
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
    return int(line) + 1


def _kind(data: Any) -> str:
    return "a list" if isinstance(data, list) else f"only {data!r}"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  # a line's worth
