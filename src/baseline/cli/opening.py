"""The caller's own session, as every command opens it that has a configuration."""

from typing import TYPE_CHECKING

from baseline.configuration import Configuration
from baseline.errors import UsageError

if TYPE_CHECKING:
    from baseline.sessions import Session


def open_own(
    configuration: Configuration, profile: str | None, region: str | None = None
) -> "Session":
    """The caller's session; raises ConfigurationError when it is of another organization."""
    from baseline.organization import refuse_other  # noqa: PLC0415  # botocore is slow to import
    from baseline.sessions import open_session  # noqa: PLC0415  # as that

    session = open_session(profile, region)
    refuse_other(session, configuration)
    return session


def refuse_unsigned(session: "Session", configuration: Configuration, own: str = "") -> None:
    """Raise UsageError for keys with which the audit role would be refused in every account.

    ``own`` is what the command itself offers instead of signing in before.
    """
    if configuration.audit.require_mfa and not session.temporary:
        raise UsageError(
            f"the roles want MFA (audit.require_mfa), and the keys of {session.arn} are not signed"
            " with it",
            remedy=f'{own or "Sign in"} before: eval "$(baseline login -m)"',
        )
