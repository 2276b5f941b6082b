"""The command line: the only room that prints, asks, exits and wires the others together.

One file a command group. Exit codes: 0 done · 1 done, and the answer is "no" · 2 could not do it ·
130 interrupted.
"""

import errno
import importlib
import io
import os
import sys

import click

import baseline
from baseline.errors import BaselineError

# Imported only when called, so that `baseline --help` costs what click costs.
COMMANDS = {
    "init": ("baseline.cli.init:init", "Write baseline.yaml from the organization that is there."),
    "accounts": ("baseline.cli.accounts:accounts", "Accounts, OUs, state and enabled regions."),
    "rollout": ("baseline.cli.rollout:rollout", "Plan, deploy, verify and remove the baseline."),
    "logs": ("baseline.cli.logs:logs", "Collect CloudTrail and flow logs; prove them whole."),
    "query": ("baseline.cli.query:query", "Ask the logs with SQL."),
    "audit": ("baseline.cli.audit:audit", "Audit every account with Prowler and ScoutSuite."),
    "findings": (
        "baseline.cli.findings:findings",
        "What GuardDuty and Config found, over all accounts and regions.",
    ),
    "report": ("baseline.cli.report:report", "Everything that is known, on one page; and gates."),
    "login": ("baseline.cli.login:login", "Sign in once, with an MFA code, for all that follows."),
    "credentials": (
        "baseline.cli.credentials:credentials",
        "A role's keys, for any other AWS tool.",
    ),
    "simulate": ("baseline.cli.simulate:simulate", "The simulated organization on loopback."),
    "demo": ("baseline.cli.demo:demo", "The whole job, on the simulated organization."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; their help line is known before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  # click's
        """The command called ``name``."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, which proposes what was meant by another name."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise type(error)(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(baseline.VERSION, prog_name="baseline")
@click.option("--debug", is_flag=True, help="Show tracebacks of errors; so does BASELINE_DEBUG=1.")
def cli(debug: bool) -> None:  # run() looks at it, before anything can go wrong
    """Roll out an auditing baseline to every account and region of an AWS Organization, prove that
    it is there, query its logs with SQL, and audit every account.

    \b
    Start here, with no AWS account:   baseline demo
    Start here, with one:              baseline init && baseline rollout plan
    """  # noqa: D205  # the first paragraph is the help


def main() -> None:
    """Run the command line; an error becomes one sentence on stderr and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    debug = "--debug" in arguments[:1] or bool(os.environ.get("BASELINE_DEBUG"))
    try:
        code = cli.main(arguments, prog_name="baseline", standalone_mode=False)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(_printable(shown.getvalue()), err=True, nl=False)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was done is kept; run the same command again.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except BaselineError as error:
        if debug:
            raise
        click.echo(f"Error: {_printable(str(error))}", err=True)
        return error.exit_code
    except Exception as error:
        if debug:
            raise
        click.echo(f"Error: {_printable(_unexpected(error))}", err=True)
        return 2
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        where = error.filename or "the answer"
        return f"{where}: cannot be written: {error.strerror}. Make room, and run it again."
    return (
        f"unexpected {type(error).__name__}: {error}. "
        "This is a bug; report what `baseline --debug ...` shows."
    )


def _printable(text: str) -> str:
    """What an error quotes may come from a log, which anybody can write into."""
    from baseline.cli import shared  # noqa: PLC0415  # slow to import

    return shared.printable(text)
