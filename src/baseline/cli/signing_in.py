"""``-m`` and ``-d`` of an audit: whose keys assume the roles, for how long, with how many codes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import click

from baseline.audit import planning
from baseline.audit.manifest import Manner, Run
from baseline.cli.codes import code_options, device
from baseline.cli.opening import open_own, refuse_unsigned
from baseline.cli.shared import confirm, talk
from baseline.configuration import Configuration
from baseline.errors import AwsError, UsageError
from baseline.sessions import CHAINED_SECONDS, Code, Device, Session, refuse_temporary

F = TypeVar("F", bound=Callable[..., Any])

_HOUR = 3600
# What a role can be made to allow [IAM CreateRole], in hours.
_SHORTEST, _LONGEST = 0.25, 12
# As long as AWS allows: these keys stay in memory, and end with the audit.
_SIGNED_IN = 36 * _HOUR

_RENEWED = "Leave -d out: each role's session is renewed before its hour ends, without a code"


def sign_in_options(command: F) -> F:
    """``-m -d`` and where codes come from."""
    command = click.option(
        "-d",
        "--duration",
        "hours",
        metavar="HOURS",
        type=click.FloatRange(_SHORTEST, _LONGEST),
        help="Length of a role's session.  [default: 1, renewed as long as the audit takes]",
    )(code_options(command))
    return click.option(
        "-m",
        "--mfa",
        is_flag=True,
        help="Sign in with an MFA code: once for all accounts, or with -d over 1 for each role.",
    )(command)


@dataclass(frozen=True)
class SignedIn:
    """Whose ``session`` assumes the roles, each for ``seconds``.

    With ``device`` each role takes an MFA code of its own.
    """

    session: Session
    seconds: int = CHAINED_SECONDS
    device: Device | None = None

    def opener(
        self, run: Run, configuration: Configuration, options: dict[str, Any]
    ) -> Callable[[str], Session]:
        """What opens an account of ``run``; asks for the codes now, if each role takes one."""
        entrance = planning.Entrance(run.role, configuration.audit.external_id, self.seconds)

        def opened(account_id: str, code: Code | None = None) -> Session:
            return planning.open_account(self.session, account_id, entrance, code)

        if self.device is None:
            _refuse_for_nothing(run, self.seconds)
            return opened
        accounts = {e.account_id: e.account_name for e in run.entries if not e.settled}
        _agree(len(accounts), options)
        return _one_by_one(self.device, accounts, opened)


def sign_in(options: dict[str, Any], configuration: Configuration, before: Manner) -> SignedIn:
    """Open the caller's session, with an MFA code if ``-m`` says so.

    A resumed run signs in as ``before``, but where the keys are signed with MFA by now.
    Raises UsageError or CredentialsError, before anything starts, for what AWS would refuse later.
    """
    session = open_own(configuration, options["profile"])
    if not session.temporary:
        options["mfa"] |= before.mfa
        options["hours"] = options["hours"] or before.hours
    seconds = int((options["hours"] or 1) * _HOUR)
    _refuse_chains(session, seconds)
    if not options["mfa"]:
        refuse_unsigned(session, configuration, "Give -m, or sign in")
        return SignedIn(session, seconds)
    refuse_temporary(session)
    found = device(session, options)
    if seconds > CHAINED_SECONDS:
        return SignedIn(session, seconds, found)
    signed = found.sign(session.arn, lambda code: session.signed_in(_SIGNED_IN, code))
    ends = signed.credentials().ends
    talk(f"Signed in as {session.arn} with MFA until {ends}; no other code is needed.")
    return SignedIn(signed, seconds)


def _refuse_chains(session: Session, seconds: int) -> None:
    if seconds > CHAINED_SECONDS and session.temporary:
        raise UsageError(
            f"-d {seconds / _HOUR:g} cannot be: with temporary credentials ({session.arn}) AWS lets"
            " a role last one hour at most (role chaining)",
            remedy=f"{_RENEWED}; or give your IAM user's own keys, with -m.",
        )


def _refuse_for_nothing(run: Run, seconds: int) -> None:
    if run.role == planning.AS_CALLER and seconds > CHAINED_SECONDS:
        raise UsageError(
            "-d is the length of a role's session, and no role is assumed here",
            remedy="Leave -d out, or name a role with --role.",
        )


def _agree(roles: int, options: dict[str, Any]) -> None:
    """See that somebody gives as many codes; each works once, and a device shows two a minute."""
    if roles == 1:
        return
    if options["token_code"]:
        raise UsageError(
            f"one MFA code cannot open {roles} roles for {options['hours']:g} hours: each works"
            " once",
            remedy=f"{_RENEWED}; or give --token-command, or one account.",
        )
    if options["token_command"]:
        talk(f"{roles} roles take {roles} MFA codes: about {(roles + 1) // 2} minutes.")
        return
    confirm(
        f"-d {options['hours']:g} takes a new MFA code for each of {roles} accounts, one every half"
        " minute; without -d one code does for all. Give them one by one?",
        yes=False,
    )


def _one_by_one(
    device: Device, accounts: dict[str, str], opened: Callable[[str, Code], Session]
) -> Callable[[str], Session]:
    """Open every account with a code of its own; one that refuses is told in its turn."""
    sessions: dict[str, Session] = {}
    refused: dict[str, AwsError] = {}
    for account_id, name in accounts.items():
        try:
            purpose = f"{name} ({account_id})"
            sessions[account_id] = device.sign(purpose, partial(opened, account_id))
        except AwsError as error:
            refused[account_id] = error

    def account(account_id: str) -> Session:
        if account_id in refused:
            raise refused[account_id]
        return sessions[account_id]

    return account
