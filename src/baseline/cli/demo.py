"""``baseline demo``: the whole job on the simulated organization, by the commands a user types."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.shared import talk
from baseline.cli.simulate import room
from baseline.errors import BaselineError, UsageError

STATE = "organization.state"
AUDITED = ("production", "development")
NETWORKED = ("production", "payments")
AUDIT_REGIONS = ("eu-west-1", "us-east-1")
AUDIT_SERVICES = ("iam", "s3", "ec2", "cloudtrail", "guardduty")
DATES = ("2019", "2019-07", "2019-07-23")
INCIDENTS = ("ConsoleLoginWithoutMfa", "TrailStopped", "AccessKeyForOtherUser", "S3MassDownload")

# What happens in the end, and where.
ATTACKED, MINING = "production", "CryptoCurrency:EC2/BitcoinTool.B!DNS"

# Only a directory that holds this file is ever cleared.
_MARK = ".baseline-demo"
# What a fresh run makes again: the organization is another one, whatever was kept of the last.
# Reports of earlier runs stay.
_KEPT = ("history", "coverage", "aws.sqlite", "organization.json", "report")
_MADE = ("baseline.yaml", "lake", STATE, *(f"reports/{name}" for name in _KEPT))
_SETUP_LOG = "audit-setup.log"
# Words and single quotes: nothing that a shell would look into between double quotes.
_SQL = re.compile(r"[\w\s*().,><=-]*'[\w\s*().,><='-]*")


class DemoError(BaselineError):
    """A step of the demo did not end as it should."""


@dataclass(frozen=True)
class Fact:
    """A number that a step gave, and the command that gives it again."""

    what: str
    number: str
    command: str


@dataclass(frozen=True)
class Stage:
    """Where the demo works, the environment that points at the simulation, and what it learnt."""

    directory: Path
    environment: dict[str, str]
    facts: list[Fact] = field(default_factory=list)

    def run(self, *arguments: str, expected: Sequence[int] = (0,)) -> str:
        """Run ``baseline ARGUMENTS`` as a user would; stderr is shown, stdout returned."""
        click.echo(click.style(f"  $ baseline {_typed(arguments)}", fg="cyan"), err=True)
        done = subprocess.run(  # noqa: S603  # our own program
            [*_BASELINE, *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode not in expected:
            raise DemoError(
                f"ended with exit code {done.returncode}",
                where=f"baseline {_typed(arguments)}",
                remedy="Its own message is above.",
            )
        return done.stdout

    def configure(self, settings: str) -> None:
        """Write settings into baseline.yaml, as a user would with an editor."""
        for line in settings.splitlines():
            click.echo(click.style(f"  + {line}", fg="cyan"), err=True)
        with (self.directory / "baseline.yaml").open("a", encoding="utf-8") as file:
            file.write(f"\n{settings}")

    def ask(self, *arguments: str, expected: Sequence[int] = (0,)) -> Any:
        """Run a command with ``-o json`` and return its answer."""
        return json.loads(self.run(*arguments, "-o", "json", expected=expected))

    def learn(self, what: str, number: object, *arguments: str, aws: bool = False) -> None:
        """Keep a number, and how to have it again; ``aws``: not without the simulation."""
        command = f"baseline {_typed(arguments)}"
        if aws:
            command = f"baseline simulate --state {STATE} -- {command}"
        self.facts.append(Fact(what, str(number), command))
        click.echo(f"  {what}: {click.style(str(number), bold=True)}", err=True)


_BASELINE = (sys.executable, "-m", "baseline")


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where everything is written.",
)
@click.option("--audit/--no-audit", default=True, help="Run Prowler and ScoutSuite, too.")
@click.option(
    "--tools-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BASELINE_TOOLS",
    help="Where the tools are installed, about 3 GB."
    "  [default: share/aws-baseline/tools in the program's environment]",
)
@shared.output_option
def demo(directory: Path, audit: bool, tools_dir: Path | None, output: str) -> None:
    """Do the whole job on a simulated organization, with the real tools. No AWS account needed.

    \b
    Example:  baseline demo
              baseline demo --no-audit --directory /tmp/demo

    Rolls the baseline out to every account and region, proves it, collects the logs, asks them
    with SQL, and audits two accounts with Prowler and ScoutSuite, which are installed when they
    are missing. Then something happens in an account; GuardDuty and Config see it, and it stands in
    the report. Stops what it started; what it wrote stays in the directory.
    """
    started = time.monotonic()
    _make_ready(directory)
    talk("Everything below runs against a simulated organization on this machine, not AWS.")
    simulation = room().Simulation()
    try:
        with simulation.serve() as url:
            stage = Stage(directory, _environment(simulation.environment(url), tools_dir))
            _job(stage, simulation, audit=audit)
        room().save_state(simulation, directory / STATE)
    finally:
        simulation.close()
    _close(stage, output, time.monotonic() - started, audit=audit)


def _job(stage: Stage, simulation: Any, *, audit: bool) -> None:
    with _tools(stage) if audit else nullcontext() as tools_ready:
        _title("1  The organization")
        _organization(stage)
        _title("2  Roll-out: every account, every region")
        _roll_out(stage)
        _title("3  Proof: nothing left to do, and every service says so itself")
        _prove(stage)
        _title("4  Logs: what CloudTrail and flow logs delivered, into a local lake")
        simulation.deliver()
        _collect(stage)
        _title("5  Questions, in SQL")
        _query(stage)
        if tools_ready:
            _title("6  Audit: Prowler and ScoutSuite, two accounts at a time")
            tools_ready()
            _audit(stage)
        _title("7  Findings: what GuardDuty and Config see, and what happens meanwhile")
        since = _read_findings(stage)
        _attack(simulation)
        _title("8  The report: everything on one page, and a gate")
        _report(stage, since)


def _organization(stage: Stage) -> None:
    stage.run("init", "--home-region", "eu-west-1")
    accounts = stage.ask("accounts")
    active = [a for a in accounts if a["state"] == "ACTIVE"]
    stage.learn("active accounts", len(active), "accounts", aws=True)
    stage.configure(_networks([a["id"] for a in active if a["name"] in NETWORKED]))
    stage.configure(_SETTINGS)


def _networks(accounts: Sequence[str]) -> str:
    """Settings for a network with flow logs in each of ``accounts``."""
    return f"vpc:\n  accounts: {json.dumps(accounts)}\n  regions: [eu-west-1]\n"


# What the report asks the logs, and a risk that somebody answers for.
_SETTINGS = f"""report:
  queries: {json.dumps(["RootLogin30Days", *INCIDENTS[:2]])}
mute:
  - check: baseline-iam-password-policy
    reason: People sign in through the identity provider; no user has a password.
    owner: security@acme.example
    expires: 2099-12-31
"""


def _roll_out(stage: Stage) -> None:
    stage.ask("rollout", "plan")
    stage.run("rollout", "deploy", "--yes")
    counts = Counter(row["action"] for row in stage.ask("rollout", "plan"))
    said = ", ".join(f"{number} to {action}" for action, number in counts.items())
    stage.learn("what the plan says now", said, "rollout", "plan", aws=True)


def _prove(stage: Stage) -> None:
    counts = Counter(row["status"] for row in stage.ask("rollout", "verify"))
    number = ", ".join(f"{counts[status]} {status}" for status in ("PASS", "UNKNOWN", "FAIL"))
    stage.learn("checks of the services", number, "rollout", "verify", aws=True)


def _collect(stage: Stage) -> None:
    stage.ask("logs", "collect")
    _count(stage, "events in the lake", "select count(*) as n from auditing.cloudtrail")
    _count(stage, "flow records in the lake", "select count(*) as n from auditing.flowlogs")


def _query(stage: Stage) -> None:
    for date in DATES:
        sql = f"select count(*) as n from auditing.cloudtrail where date > '{date}'"  # noqa: S608  # our own
        _count(stage, f"events where date > '{date}'", sql)
    for name in ("RootLogin30Days", *INCIDENTS):
        rows = stage.ask("query", "run", name)
        stage.learn(f"rows of {name}", len(rows), "query", "run", name)


def _read_findings(stage: Stage) -> str:
    """What there is before; gives the time."""
    stage.ask("findings", "summary", "--by", "tool")
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1)  # readings are told apart by their second
    return since


def _attack(simulation: Any) -> None:
    """Somebody mines coins in production, and opens SSH to everybody, while nobody looks."""
    where = f"{ATTACKED} {AUDIT_REGIONS[0]}"
    talk(f"  Meanwhile somebody opens SSH to the world in {where}, and mines coins there.")
    (account,) = (a.id for a in simulation.blueprint.accounts if a.name == ATTACKED)
    ec2 = simulation.client("ec2", AUDIT_REGIONS[0], account)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="jump", Description="jump host", VpcId=vpc)
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    guardduty = simulation.client("guardduty", AUDIT_REGIONS[0], account)
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=[MINING])


def _report(stage: Stage, since: str) -> None:
    rows = stage.ask("findings", "summary", "--by", "tool")
    totals = {row["tool"]: row["total"] for row in rows}
    kept = ("findings", "summary", "--by", "tool", "--kept")
    both = f"{totals['guardduty']} and {totals['config']}"
    stage.learn("findings of GuardDuty and Config", both, *kept)
    forms = [f"--format={form}" for form in ("html", "markdown", "junit")]
    asked = ("report", "--since", since, *forms)
    rows = stage.ask(*asked, "--fail-on-new", "high", expected=(1,))
    for what in ("new", "resolved"):
        number: int = sum(row.get(what) or 0 for row in rows)
        stage.learn(f"{what} since {since}", number, "report", "--since", since)
    talk("  The gate is closed: exit code 1 stops a pipeline until somebody has looked.")


def _count(stage: Stage, what: str, sql: str) -> None:
    (row,) = stage.ask("query", "run", "--sql", sql)
    stage.learn(what, row["n"], "query", "run", "--sql", sql)


def _audit(stage: Stage) -> None:
    limits = [f"--region={region}" for region in AUDIT_REGIONS]
    limits += [f"--service={service}" for service in AUDIT_SERVICES]
    talk(
        f"  To stay short: {', '.join(AUDITED)}; {', '.join(AUDIT_REGIONS)}; "
        f"services {', '.join(AUDIT_SERVICES)}. A real audit has no such limits."
    )
    scans = stage.ask("audit", "run", *AUDITED, "-p", "2", *limits, expected=(0, 1))
    complete = sum(scan["status"] == "complete" for scan in scans)
    stage.learn("complete scans", f"{complete} of {len(scans)}", "audit", "report")
    for what in ("fail", "pass", "could_not_look"):
        number = sum(scan[what] or 0 for scan in scans)
        stage.learn(f"findings: {what.replace('_', ' ')}", number, "audit", "report")


@contextmanager
def _tools(stage: Stage) -> Iterator[Any]:
    """Install the audit tools beside the other work; gives the wait for their end."""
    log = stage.directory / _SETUP_LOG
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(  # noqa: S603  # our own program
            [*_BASELINE, "audit", "setup"],
            env=stage.environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )

    def ready() -> None:
        if process.poll() is None:
            talk(f"  Waiting until Prowler and ScoutSuite are installed; see {log}")
        if process.wait():
            raise DemoError(
                "Prowler and ScoutSuite could not be installed",
                where=str(log),
                remedy="Mend what it says, or run: baseline demo --no-audit",
            )

    try:
        yield ready
    finally:
        process.terminate()
        process.wait()


def _environment(simulated: dict[str, str], tools_dir: Path | None) -> dict[str, str]:
    """The environment of the commands: the simulation, and nothing of the user's own AWS."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BASELINE_"))}
    tools = {"BASELINE_TOOLS": str(tools_dir.absolute())} if tools_dir else {}
    return {**kept, **simulated, **tools}


def _make_ready(directory: Path) -> None:
    """Clear away what an earlier demo made; a directory that no demo marked is not ours."""
    mark = directory / _MARK
    if directory.is_dir() and any(directory.iterdir()) and not mark.exists():
        raise UsageError(
            "is not empty, and no demo made it",
            where=str(directory),
            remedy="Give another --directory.",
        )
    directory.mkdir(parents=True, exist_ok=True)
    mark.touch()
    for name in _MADE:
        path = directory / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _typed(arguments: Sequence[str]) -> str:
    """The arguments as a person would type them to a shell: double quotes around single ones."""
    return " ".join(f'"{a}"' if _SQL.fullmatch(a) else shlex.quote(a) for a in arguments)


def _title(text: str) -> None:
    talk("")
    click.echo(click.style(text, bold=True), err=True)


def _fits(facts: Sequence[Fact]) -> bool:
    """Whether a table of them is no wider than the terminal."""
    cells = [(fact.what, fact.number, fact.command) for fact in facts]
    widths = (max(map(len, column)) + 2 for column in zip(*cells, strict=True))
    return sum(widths) <= shutil.get_terminal_size().columns


def _close(stage: Stage, output: str, seconds: float, *, audit: bool) -> None:
    _title(f"Done in {seconds:.0f} s. Each number again, by its command:")
    talk(f"  cd {shlex.quote(str(stage.directory))}")
    if not shutil.which("baseline"):
        talk(f'  export PATH="{Path(sys.executable).parent}:$PATH"')
    talk("")
    if output == "table" and sys.stdout.isatty() and not _fits(stage.facts):
        # Not in a column: a command that is folded cannot be copied.
        for fact in stage.facts:
            click.echo(f"{fact.what}: {fact.number}\n  {fact.command}")
    else:
        rows = [{"what": f.what, "number": f.number, "command": f.command} for f in stage.facts]
        shared.show(rows, output)
    reports = stage.directory / "reports"
    talk(f"\nOpen {reports / 'report' / 'report.html'}")
    if audit:
        talk(f"All audit runs, and the tools' own reports: {reports / 'index.html'}")
    talk("It was all simulated except Prowler, ScoutSuite, DuckDB and this program.")
