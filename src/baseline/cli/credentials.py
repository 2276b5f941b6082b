"""``baseline credentials``: a role's keys for any other AWS tool."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from baseline.cli.opening import open_own
from baseline.cli.shared import aws_options, load_configuration
from baseline.errors import UsageError

# Accounts and roles that are being asked for, by the processes above this one.
_ASKED = "BASELINE_CREDENTIALS_ASKED"


@click.command
@click.option("--account", required=True, metavar="ID", help="Account, by its id.")
@click.option("-r", "--role", help="Role to assume there.  [default: audit.role]")
@aws_options
def credentials(
    account: str, role: str | None, config_path: Path | None, profile: str | None
) -> None:
    """Print the keys of a role in an account, for `credential_process` of any AWS tool.

    The keys last an hour; a tool that knows `credential_process` asks again before that. Nothing
    is kept. The account that the keys belong to is checked first.

    \b
    In ~/.aws/config:
      [profile production-audit]
      credential_process = baseline credentials --profile acme-mfa --account 400000000004

    \b
    Example:  baseline credentials --account 400000000004 --role Auditor
    """
    if not re.fullmatch(r"\d{12}", account, re.ASCII):
        raise UsageError(f"{account!r} is no account id", remedy="Give its 12 digits.")
    configuration = load_configuration(config_path)
    audit = configuration.audit
    role = role or audit.role
    with _asking_once(f"{account}/{role}"):
        own = open_own(configuration, profile)
        session = own.assume(account, role, external_id=audit.external_id)
    keys = session.credentials()
    click.echo(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": keys.access_key_id,
                "SecretAccessKey": keys.secret_access_key,
                "SessionToken": keys.session_token,
                "Expiration": keys.ends,
            }
        )
    )


@contextmanager
def _asking_once(asked: str) -> Iterator[None]:
    """Tell children what is asked for, and refuse to be such a child that asks for the same.

    A profile whose credential_process takes its own keys from this profile would never end.
    """
    above = os.environ.get(_ASKED, "")
    if asked in above.split():
        raise UsageError(
            "the credential_process of this profile would start itself for ever",
            remedy="Name another profile, whose keys may assume the role, with --profile.",
        )
    os.environ[_ASKED] = f"{above} {asked}"
    try:
        yield
    finally:
        os.environ[_ASKED] = above
