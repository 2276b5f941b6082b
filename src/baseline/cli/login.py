"""``baseline login``: keys signed with MFA, good for hours."""

import shlex
from typing import Any

import click

from baseline.cli.codes import code_options, device
from baseline.cli.shared import talk
from baseline.errors import UsageError
from baseline.sessions import Credentials, Session, open_session, profiles, refuse_temporary

# What GetSessionToken allows, in hours [STS GetSessionToken].
_SHORTEST, _LONGEST = 0.25, 36
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_ENDS = "AWS_CREDENTIAL_EXPIRATION"


@click.command
@click.option("-m", "--mfa", is_flag=True, help="Sign with an MFA code.")
@click.option(
    "-d",
    "--duration",
    "hours",
    metavar="HOURS",
    type=click.FloatRange(_SHORTEST, _LONGEST),
    default=12,
    show_default=True,
    help="How long, up to 36 hours.",
)
@code_options
@click.option(
    "--as",
    "name",
    metavar="NAME",
    help="Profile to keep the keys in.  [default: PROFILE-mfa, or baseline-mfa]",
)
@click.option("--export", is_flag=True, help="Print the keys for a shell, and keep them nowhere.")
@click.option(
    "--profile", envvar="BASELINE_PROFILE", help="Profile with the keys of your IAM user."
)
def login(**options: Any) -> None:
    """Sign in once, with an MFA code, for all that follows.

    Gets temporary keys of your IAM user (GetSessionToken) and keeps them in a profile of their own
    in the AWS shared credentials file. What it prints is for the shell, so that all AWS tools use
    them from then on. A role that is assumed with them lasts one hour at most (role chaining);
    `baseline audit run` renews each before its hour ends, without another code.

    \b
    Examples:
      eval "$(baseline login -m -d 8)"
      eval "$(baseline login -m --export --token-command 'ykman …')"
    """
    if options["export"] and options["name"]:
        raise UsageError("--export keeps no profile that --as could name", remedy="Leave out one.")
    source = profiles.source(options["profile"])
    session = open_session(source)
    refuse_temporary(session)
    if options["export"]:
        click.echo(_exports(_sign_in(session, options)))
        return
    file, name = profiles.credentials_file(), options["name"] or _name(source)
    profiles.check(file, name)  # before a code is used up
    keys = _sign_in(session, options)
    profiles.store(file, name, _values(session, keys, source))
    how = "" if options["mfa"] else " (without MFA)"
    talk(f"Signed in as {session.arn}{how} until {keys.ends}; profile {name} in {file}.")
    click.echo(f"unset {' '.join((*_KEYS, _ENDS))}\nexport AWS_PROFILE={shlex.quote(name)}")


def _sign_in(session: Session, options: dict[str, Any]) -> Credentials:
    seconds = int(options["hours"] * 3600)
    if not options["mfa"]:
        return session.signed_in(seconds).credentials()
    found = device(session, options)
    signed = found.sign(session.arn, lambda code: session.signed_in(seconds, code))
    return signed.credentials()


def _name(source: str | None) -> str:
    return "baseline-mfa" if source in (None, profiles.DEFAULT) else f"{source}-mfa"


def _values(session: Session, keys: Credentials, source: str | None) -> dict[str, str]:
    return {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "aws_session_token": keys.session_token or "",
        "region": session.region,
        "expiration": keys.ends,
        profiles.MARK: profiles.origin(source),
    }


def _exports(keys: Credentials) -> str:
    values = zip(
        (*_KEYS[:3], _ENDS),
        (keys.access_key_id, keys.secret_access_key, keys.session_token or "", keys.ends),
        strict=True,
    )
    unset = f"unset AWS_PROFILE AWS_DEFAULT_PROFILE {_KEYS[3]}"
    return "\n".join((unset, *(f"export {name}={shlex.quote(value)}" for name, value in values)))
