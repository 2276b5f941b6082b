"""``baseline simulate``: the simulated organization on loopback."""

import importlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseline.cli.shared import talk
from baseline.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from baseline.simulation import Simulation

# As the simulation's environment names it, which is slow to import.
_TOKEN = "BASELINE_SIMULATION_TOKEN"  # noqa: S105  # the name of a variable
# What a shell says of a command that a signal ended.
_BY_SIGNAL = 128


@click.command
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port.  [default: a free one]"
)
@click.option("--accounts", type=click.IntRange(0, 500), help="This many members more.")
@click.option(
    "--state",
    "state_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Begin with the state in FILE, if it is there, and save it there at the end. It is a "
    "pickle of our own making: give only a file that this command wrote.",
    metavar="FILE",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND:SERVICE:OPERATION:ACCOUNT:REGION:TIMES",
    help="Let calls go wrong; KIND is deny, throttle, timeout or error. What is * or left out "
    "means any; ACCOUNT is that of the caller. Repeatable.",
)
@click.option(
    "--session-seconds",
    type=click.FloatRange(min=2),
    metavar="SECONDS",
    help="Let temporary credentials end after so long, whatever was asked for, to see what lasts.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def simulate(
    *,
    port: int,
    accounts: int | None,
    state_path: Path | None,
    faults: tuple[str, ...],
    session_seconds: float | None,
    command: tuple[str, ...],
) -> int:
    """The simulated organization on loopback, for any AWS tool.

    With a COMMAND, delivers the logs of what was done before, runs it against the simulation and
    ends with its exit code. Without one, prints the environment to export on stdout and serves
    until Ctrl-C or a SIGTERM.

    \b
    Examples:
      baseline simulate -- aws organizations list-accounts
      baseline simulate --fault deny:guardduty:CreateDetector:400000000004:eu-west-1 -- bash
      eval "$(baseline simulate &)"; baseline accounts; kill $BASELINE_SIMULATION_PID
    """
    simulation = _begin(accounts, state_path, faults)
    simulation.longest_session = session_seconds
    with simulation.serve(port) as url:
        environment = simulation.environment(url)
        if command:
            # Minutes would have passed since the command before it: its logs are there by now.
            simulation.deliver()
        code = _run(command, environment) if command else _wait(simulation, url, environment)
    if state_path:
        room().save_state(simulation, state_path)
        talk(f"The state is in {state_path}.")
    simulation.close()
    return code


def how_logs_come() -> str:
    """How to have logs delivered, for whoever misses them on the simulation; "" on AWS."""
    if _TOKEN not in os.environ:
        return ""
    return (
        "The simulation delivers when a command begins (baseline simulate --state FILE -- COMMAND)"
        f' and when asked: curl -X POST -H "X-Simulation-Token: ${_TOKEN}" '
        '"$AWS_ENDPOINT_URL/_simulation/deliver"'
    )


def _begin(accounts: int | None, path: Path | None, faults: tuple[str, ...]) -> "Simulation":
    simulations = room()
    planted = [simulations.Fault.parse(text) for text in faults]
    if path and path.exists():
        if accounts is not None:
            raise UsageError(
                "--accounts is for a new simulation",
                where=str(path),
                remedy="Leave it out, or give another --state FILE.",
            )
        simulation: Simulation = simulations.load_state(path)
    else:
        simulation = simulations.Simulation(simulations.Blueprint(extra_members=accounts or 0))
    for fault in planted:
        simulation.faults.add(fault)
    return simulation


def _wait(simulation: "Simulation", url: str, environment: dict[str, str]) -> int:
    """Print what to export, then serve until a signal comes."""
    ended = threading.Event()
    # A shell lets what it runs behind it ignore Ctrl-C, which is for what runs before it.
    behind = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    for number in (signal.SIGTERM,) if behind else (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    click.echo(_exports({**environment, "BASELINE_SIMULATION_PID": str(os.getpid())}))
    _close_stdout()
    talk(
        f"A simulated organization of {len(simulation.account_ids())} accounts answers at {url}. "
        f"Nothing in it is real. {f'kill {os.getpid()}' if behind else 'Ctrl-C'} ends it."
    )
    ended.wait()
    return 0


def _exports(environment: dict[str, str]) -> str:
    unset = " ".join(room().UNSET)
    exports = (f"export {name}={shlex.quote(value)}" for name, value in environment.items())
    return "\n".join((f"unset {unset}", *exports))


def _close_stdout() -> None:
    """Let go of stdout, so that ``eval "$(baseline simulate &)"`` gets its end."""
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run the command in the simulation's environment; its exit code, as a shell gives it."""
    inherited = {k: v for k, v in os.environ.items() if k not in room().UNSET}
    try:
        process = subprocess.Popen(command, env={**inherited, **environment})  # noqa: S603  # asked for
    except OSError as error:
        raise UsageError(f"cannot run {command[0]}: {error.strerror}") from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue  # the terminal sent it to the command, too, which decides what it means
        return code if code >= 0 else _BY_SIGNAL - code


def room() -> Any:
    """The simulation's package, imported late: moto is an extra, and slow."""
    # moto looks a profile up as soon as it is imported; none of the user's is any business of it.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    try:
        return importlib.import_module("baseline.simulation")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("baseline"):
            raise
        raise ConfigurationError(
            f"the simulation is not installed ({error.name} is missing)",
            remedy="Install it with: pip install 'aws-baseline[simulation]'",
        ) from error
