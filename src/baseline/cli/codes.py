"""Where MFA codes come from: asked for, given, or shown by a program."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from baseline.cli.shared import talk
from baseline.errors import CredentialsError, UsageError
from baseline.sessions import Device, Session, find_serial

F = TypeVar("F", bound=Callable[..., Any])

_STEP = 30  # seconds after which a device shows another code [RFC 6238]
_PATIENCE = 120  # seconds for a program that waits for a touch of the key
_TRIES = 3
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)", re.ASCII)


def code_options(command: F) -> F:
    """``--serial --token-code --token-command``."""
    command = click.option(
        "--token-command",
        metavar="COMMAND",
        envvar="BASELINE_TOKEN_COMMAND",
        help="Program that prints the MFA code, like 'ykman oath accounts code -s aws'.",
    )(command)
    command = click.option(
        "--token-code", metavar="CODE", help="The MFA code.  [default: ask for it]"
    )(command)
    return click.option(
        "--serial",
        metavar="DEVICE",
        envvar="BASELINE_MFA_SERIAL",
        help="Serial number or ARN of the MFA device.  [default: the one there is]",
    )(command)


def device(session: Session, options: dict[str, Any]) -> Device:
    """The caller's device; raises UsageError when nobody could be asked for its codes."""
    read, tries = _reader(options["token_code"], options["token_command"])
    return Device(options["serial"] or find_serial(session), read, tries)


def _reader(code: str | None, command: str | None) -> tuple[Callable[[str], str], int]:
    if code and command:
        raise UsageError(
            "--token-code and --token-command both give the MFA code", remedy="Leave out one."
        )
    if code:
        given = _six_digits(code, "--token-code")
        return lambda _: given, 1
    if command:
        return Program(command), 2  # the first code may have been used by the command before
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for the MFA code",
            remedy="Give --token-code, or --token-command with a program that prints it.",
        )
    return _ask, _TRIES


def _ask(purpose: str) -> str:
    while True:
        said: str = click.prompt(f"MFA code for {purpose}", hide_input=True, err=True)
        if _CODE.fullmatch(said.strip()):
            return said.strip()
        talk("An MFA code is six digits.")


class Program:
    """Runs a program for each code, and waits before the next until the device shows another."""

    def __init__(
        self,
        command: str,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._arguments = _arguments(command)
        self._now, self._wait = now, wait
        self._used = -1  # the step whose code was given last

    def __call__(self, purpose: str) -> str:
        """The code; raises CredentialsError when the program gives none."""
        if int(self._now() // _STEP) == self._used:
            talk(f"Waiting for the next MFA code, for {purpose}.")
            self._wait((self._used + 1) * _STEP - self._now())
        code = _six_digits(self._output(), self._arguments[0])
        self._used = int(self._now() // _STEP)
        return code

    def _output(self) -> str:
        """What it printed; what it says on stderr, "touch the key", goes to ours."""
        try:
            ended = subprocess.run(  # noqa: S603  # the user's own program, without a shell
                self._arguments,
                stdout=subprocess.PIPE,
                timeout=_PATIENCE,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise self._failed(f"cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"gave no code within {_PATIENCE} seconds") from error
        if ended.returncode:
            raise self._failed(f"ended with exit code {ended.returncode}")
        return ended.stdout

    def _failed(self, what: str) -> CredentialsError:
        return CredentialsError(
            what, where=self._arguments[0], remedy="See that --token-command prints the MFA code."
        )


def _arguments(command: str) -> list[str]:
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--token-command cannot be read: {error}") from error
    if not arguments:
        raise UsageError("--token-command names no program")
    return arguments


def _six_digits(text: str, where: str) -> str:
    """The one code in ``text``, which is shown to nobody."""
    found = _CODE.findall(text)
    if len(found) != 1:
        raise CredentialsError(
            f"gave {'several codes' if found else 'no MFA code'}",
            where=where,
            remedy="An MFA code is six digits.",
        )
    return str(found[0])
