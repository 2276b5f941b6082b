"""The text of ``baseline.yaml``: what was found as comments, and as the settings that keep it."""

from collections.abc import Iterable, Iterator

from baseline.cli.shared import printable
from baseline.cli.tables import Row, grouped
from baseline.configuration import Adopt, Configuration, StackSets
from baseline.organization import Organization
from baseline.rollout import adoption
from baseline.rollout.inventory import Kind
from baseline.rollout.proposal import Proposal

_TEXT = """\
# AWS Baseline: what is rolled out, and where. Every key is optional; what is written behind a # is
# the default. An unknown key is an error, so that a slip of the pen does not go unseen.

# Credentials of another organization are refused. Found in this one: {accounts} accounts,
# {active} of them active.
organization: {organization}

# Where the central buckets, their key and the StackSets are. It cannot be changed later.
home_region: {home_region}

# Every region that is enabled in the main account, also one that is enabled later. To choose,
# list them. Found enabled ({count}):
{found}
regions: []

# Accounts that get no baseline, by id; what was rolled out there before is removed.
exclude_accounts: []

# Beginning of the names of buckets, roles, trails and log groups. It cannot be changed later.
# prefix: baseline

config:
  # The one region that records global resources (IAM), so that they are not recorded many times.
  # Regions that AWS Config came to after February 2022 cannot.
  global_region: {global_region}
  # Rules that resources are compared with, by their names in the catalogue; [] for none.
  # rules: [restricted-ssh, encrypted-volumes]     # left out: the ten of the documentation

{guardduty}

{cloudtrail}

# storage:
#   retention_days: 2557          # the central buckets: seven years
#   query_result_days: 30

{adopt}

# cost:                           # for: baseline rollout cost
#   assume: {{}}                    # what is known better, like {{events: 200000}}

# vpc:                            # a network with flow logs; see docs/how-to/vpc.md
#   accounts: []                  # by id; none: no network anywhere. New ones go to the end
#   regions: []                   # likewise
#   pool: 10.0.0.0/8              # a block for each account, and in it a network for each region
#   block_size: 16
#   network_size: 20
#   networks: []                  # or: {{account: ID, region: R, cidr: 10.9.0.0/20}}
#   name: baseline
#   zones: 2
#   public_subnets: false
#   nat: none                     # or one, or one in each zone: zone
#   gateway_endpoints: [s3, dynamodb]
#   interface_endpoints: []       # like [ssm, ssmmessages, ec2messages]
#   flow_log_format: plain-text   # or parquet, in the central bucket
#   aggregation_seconds: 600
#   log_group_days: 30

# protection:                     # see docs/how-to/protect.md
#   ous: []                       # units whose accounts cannot switch the baseline off: [/] for all
#   exempt_roles: []              # roles in them that can all the same, like [BreakGlass]
#   own_rules: false              # whether they may have rules of their own in AWS Config
#   administrators: []            # who alone may delete logs, like [role/Administrator]: also you

# athena:
#   max_scanned_bytes: 1000000000000   # what one query may read before Athena ends it

{stack_sets}

# audit:
#   role: AssumableSecurityAuditRole
#   external_id: null             # to be given when the role is assumed
#   require_mfa: false            # only identities that signed in with MFA may assume it
#   regions: []                   # all
#   services: []                  # all
#   timeout_minutes: 180
#   pass_environment: []          # names of variables that the tools are to see
#   tries: 2                      # of what fails in passing, with a pause before the second
#   pause_seconds: 60
#   tools:                        # paths, checks, frameworks; see docs/reference/configuration.md
#     scoutsuite: {{enabled: true}}
#   batch:                        # audits on AWS Batch; see docs/how-to/batch.md
#     image: null                 # like aws-baseline:0.1.0, in this account's registry; null: none
#     at_a_time: 16
#     memory_mb: 8192
#     subnets: []                 # a small network of its own
#     security_groups: []
#     public_ip: false
#     schedule: null              # like cron(0 3 ? * SUN *)
#     result_days: 365

# report:
#   queries: [RootLogin30Days]    # saved queries whose answers it shows
#   expect: null                  # or [prowler, guardduty, ...]: who is to look; null: all

# # Risks that are accepted: these findings are MUTED, and count again after the day that is named.
# # A * stands for anything; account, region, resource and tool may be left out.
# mute:
#     - check: s3_bucket_public_access        # by the name that its tool gives it
#       account: website                      # by id or name
#       region: eu-west-1
#       resource: arn:aws:s3:::example-*
#       tool: prowler                         # or scoutsuite, guardduty, config
#       reason: The bucket holds the pages of our public site.
#       owner: anna@example.com
#       expires: 2027-06-30
# mute_file: mute.yaml            # more of mute:, in a file beside this one; it need not be there

# lake: lake                      # where logs are collected to
# reports: reports
# queries: queries                # saved queries of your own, one .sql file each
"""

_GUARDDUTY = """\
# guardduty:
#   mode: invitation              # or delegated-admin; see docs/how-to/guardduty.md
#   administrator: null           # with delegated-admin: by id; null: the main account
#   auto_enable: ALL              # or NEW: only for accounts that come later
#   protection_plans: []          # like [S3_DATA_EVENTS], which cost extra
#   finding_publishing_frequency: FIFTEEN_MINUTES   # or ONE_HOUR, SIX_HOURS"""

_DELEGATED = """\
guardduty:
  # {administrator} administers GuardDuty for the organization; see docs/how-to/guardduty.md.
  mode: delegated-admin
  administrator: "{administrator}"
  auto_enable: {auto_enable}              # or NEW: only for accounts that come later
  protection_plans: [{plans}]     # those that are on there; they cost extra
  finding_publishing_frequency: {frequency}"""

_CLOUDTRAIL = """\
# cloudtrail:
#   mode: account                 # a trail in each account and region; or one: organization
#   log_group_days: 90            # the log group beside each trail"""

_ONE_TRAIL = """\
cloudtrail:
  # One trail records the whole organization already. While it and the baseline's are both there,
  # each account pays for the second copy of its management events; see docs/how-to/trails.md.
  mode: organization              # or account: a trail in each account and region
#   log_group_days: 90            # the log group beside each trail"""

_NOTHING_ADOPTED = """\
# adopt:                          # what is there already and stays; see docs/how-to/adopt.md
#   config: {}                    # recorder and channel: {"123456789012": [eu-west-1]}
#   cloudtrail: {}                # trails, likewise
#   guardduty: {}                 # detectors, with ids: {"123456789012": {eu-west-1: ID}}"""

_CHOICE = """\
# Trails that log all management events. To keep them in place of the baseline's, whose second copy
# each account pays for, and to do without these events in the central bucket, write below adopt:"""


_BY_SERVICE = """\
stack_sets:
  # Found as it is here; see docs/how-to/new-accounts.md.
  mode: service-managed           # or self-managed
  ous: [{ous}]                         # by id, or path like /Workloads; empty: all accounts
  keep_on_leaving: {keeps}          # stacks of accounts that leave those
  # The role that can create the StackSets' own roles in a member account.
  bootstrap_role: {role}"""


def text(
    organization: Organization, regions: Iterable[str], proposal: Proposal, rows: Iterable[Row]
) -> str:
    """The file; ``rows`` say what was found, and what could not be looked at."""
    settings = proposal.settings
    named = list(regions)
    return _TEXT.format(
        accounts=len(organization.accounts),
        active=len(organization.active),
        organization=organization.id,
        home_region=settings.home_region,
        count=len(named),
        found="\n".join(f"#   - {region}" for region in named),
        global_region=settings.global_region,
        guardduty=_guardduty(settings),
        cloudtrail=_ONE_TRAIL if settings.cloudtrail.mode == "organization" else _CLOUDTRAIL,
        adopt="\n".join(_adopt(proposal, rows)),
        stack_sets=_stack_sets(settings.stack_sets),
    )


def _guardduty(settings: Configuration) -> str:
    found = settings.guardduty
    if found.mode == "invitation":
        return _GUARDDUTY
    return _DELEGATED.format(
        administrator=found.administrator,
        auto_enable=found.auto_enable,
        plans=", ".join(found.protection_plans),
        frequency=found.finding_publishing_frequency,
    )


def _stack_sets(found: StackSets) -> str:
    if found.mode == "service-managed":
        return _BY_SERVICE.format(
            ous=", ".join(found.ous),
            keeps=str(found.keep_on_leaving).lower(),
            role=found.bootstrap_role,
        )
    mark = "# " if found.bootstrap_role == StackSets().bootstrap_role else ""
    return (
        f"{mark}stack_sets:                     # see docs/how-to/new-accounts.md\n"
        "#   mode: self-managed            # or service-managed: accounts that come later as well\n"
        "#   ous: []                       # like [/Workloads]; empty: all accounts\n"
        "#   keep_on_leaving: false        # service-managed: stacks of accounts that leave those\n"
        f"{mark}  # The role that can create the StackSets' own roles in a member account.\n"
        f"{mark}  bootstrap_role: {found.bootstrap_role}"
    )


def _adopt(proposal: Proposal, rows: Iterable[Row]) -> Iterator[str]:
    """What is there as comments, what of it is adopted as settings, and what could be."""
    found = list(_comments(rows))
    if found:
        yield "# Found, and not made by the baseline:"
        yield from found
    if proposal.settings.adopt == Adopt():
        yield _NOTHING_ADOPTED
    else:
        yield "# What is there already and stays; see docs/how-to/adopt.md."
        yield from adoption.lines(proposal.settings.adopt)
    if proposal.choices != Adopt():
        yield _CHOICE
        yield from (f"# {line}" for line in [*adoption.lines(proposal.choices)][1:])


def _comments(rows: Iterable[Row]) -> Iterator[str]:
    """A line for what is alike; ids of detectors, which never are, come below ``adopt``."""
    alike = ({**row, "name": _name(row)} for row in rows)
    for row in grouped(alike, ("kind", "name", "detail")):
        line = f"#   {row['kind']}{row['name']} in {row['where']}: {row['detail']}"
        # Others chose the names, and a comment ends with its line.
        yield printable(line, keep="")


def _name(row: Row) -> str:
    return "" if row["kind"] == Kind.DETECTOR or not row["name"] else f" {row['name']}"
