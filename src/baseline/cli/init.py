"""``baseline init``: a commented baseline.yaml from the organization that is there."""

from pathlib import Path

import click

from baseline import configuration
from baseline.cli import shared
from baseline.configuration import DEFAULT_FILE
from baseline.errors import ConfigurationError, UsageError
from baseline.organization import Organization, discover, enabled_regions
from baseline.sessions import open_session

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
  global_region: {home_region}
  # Rules that resources are compared with, by their names in the catalogue; [] for none.
  # rules: [restricted-ssh, encrypted-volumes]     # left out: the ten of the documentation

# guardduty:
#   mode: invitation              # or delegated-admin; see docs/how-to/guardduty.md
#   administrator: null           # with delegated-admin: by id; null: the main account
#   auto_enable: ALL              # or NEW: only for accounts that come later
#   protection_plans: []          # like [S3_DATA_EVENTS], which cost extra
#   finding_publishing_frequency: FIFTEEN_MINUTES   # or ONE_HOUR, SIX_HOURS

# cloudtrail:
#   mode: account                 # a trail in each account and region; or one: organization
#   log_group_days: 90            # the log group beside each trail

# storage:
#   retention_days: 2557          # the central buckets: seven years
#   query_result_days: 30

# adopt:                          # what is there already and stays; see docs/how-to/adopt.md
#   config: {{}}                    # recorder and channel: {{"123456789012": [eu-west-1]}}
#   cloudtrail: {{}}                # trails, likewise
#   guardduty: {{}}                 # detectors, with ids: {{"123456789012": {{eu-west-1: ID}}}}

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

# stack_sets:
#   # The role that can create the StackSets' own roles in a member account.
#   bootstrap_role: OrganizationAccountAccessRole

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


@click.command()
@shared.aws_options
@click.option("--home-region", help="Region of the central buckets.  [default: the profile's]")
@shared.yes_option
def init(config_path: Path | None, profile: str | None, home_region: str | None, yes: bool) -> None:
    """Write baseline.yaml from the organization that is there.

    \b
    Example:  baseline init --home-region eu-west-1

    Reads the organization and its regions and changes nothing in AWS. A file that is there is
    overwritten with --yes only.
    """
    file = config_path or DEFAULT_FILE
    if file.exists() and not yes:
        raise UsageError("is there already", where=str(file), remedy="Add --yes to overwrite it.")
    session = open_session(profile, home_region)
    organization = discover(session)
    text = render(organization, session.region, enabled_regions(session))
    configuration.parse(text, str(file))
    _write(file, text)
    active = len(organization.active)
    shared.talk(
        f"Wrote {file}: organization {organization.id}, {active} active accounts, home "
        f"region {session.region}. Next: baseline rollout plan"
    )


def render(organization: Organization, home_region: str, regions: tuple[str, ...]) -> str:
    """The text of baseline.yaml; raises UsageError when the home region is not enabled."""
    if not organization.id:
        raise UsageError(
            "this account is in no organization, and the baseline is for organizations",
            remedy="Create one, or use credentials of an organization's main account.",
        )
    if home_region not in regions:
        raise UsageError(
            f"{home_region} is not enabled in the main account",
            where="--home-region",
            remedy=f"Choose among: {', '.join(regions)}",
        )
    return _TEXT.format(
        accounts=len(organization.accounts),
        active=len(organization.active),
        organization=organization.id,
        home_region=home_region,
        count=len(regions),
        found="\n".join(f"#   - {region}" for region in regions),
    )


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written: {error.strerror}",
            where=str(file),
            remedy="Give a file in a directory that you may write to, with --config.",
        ) from None
