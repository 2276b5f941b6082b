"""``baseline login`` and ``baseline credentials`` over HTTP, against the simulation's STS."""

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseline.cli.codes import Program
from baseline.errors import CredentialsError
from baseline.sessions import open_session, profiles
from baseline.simulation import Blueprint, Fault, Simulation
from given_audits import ROLE, roll_out_role
from given_terminal import Baseline, at_a_terminal, type_at_terminal

MAIN, PRODUCTION = "100000000001", "400000000004"
ME = f"arn:aws:iam::{MAIN}:user/security-engineer"
OTHERS = b"# mine\n[acme]\naws_access_key_id=AKIAX\naws_secret_access_key = y\n\n# last\n[z]\nk=v"


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        roll_out_role(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The shared credentials file, which is not there yet."""
    return tmp_path / "home/.aws/credentials"


@pytest.fixture
def baseline(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: Path,
) -> Iterator[Baseline]:
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
        yield run


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Does what a shell does with what ``login`` prints."""

    def evaluated(said: str) -> None:
        for word, *rest in map(shlex.split, said.splitlines()):
            for name, _, value in (text.partition("=") for text in rest):
                if word == "unset":
                    monkeypatch.delenv(name, raising=False)
                else:
                    monkeypatch.setenv(name, value)

    return evaluated


def hours_left(ends: datetime | str) -> float:
    end = datetime.fromisoformat(ends) if isinstance(ends, str) else ends
    return round((end - datetime.now(UTC)) / timedelta(hours=1), 1)


def test_a_code_buys_hours_in_a_profile_of_its_own(
    baseline: Baseline, organization: Simulation, file: Path, evaluate: Callable[[str], None]
) -> None:
    """The file and its directory are the owner's alone; the shell uses the profile from then on."""
    ran = baseline("login", "-md", "8", "--token-code", organization.mfa_code())
    assert ran.code == 0
    assert f"Signed in as {ME} until " in ran.err
    assert [stat.S_IMODE(p.stat().st_mode) for p in (file, file.parent)] == [0o600, 0o700]
    evaluate(ran.out)
    assert os.environ["AWS_PROFILE"] == "baseline-mfa"
    session = open_session()
    assert (session.arn, session.temporary, session.region) == (ME, True, "eu-west-1")
    issued = organization.issued.by_key[session.credentials().access_key_id]
    assert issued.mfa_at is not None
    assert hours_left(issued.expiration) == 8.0
    assert organization.mfa_code() not in file.read_text()


def test_a_login_without_a_code_says_that_it_is_without_mfa(
    baseline: Baseline, organization: Simulation
) -> None:
    assert f"Signed in as {ME} (without MFA) until " in baseline("login").err
    assert "without MFA" not in baseline("login", "-m", "--token-code", organization.mfa_code()).err


def test_the_profile_that_a_login_made_is_signed_in_again_from_its_source(
    baseline: Baseline,
    organization: Simulation,
    file: Path,
    evaluate: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next morning: its keys have ended, and the shell still names it."""
    own = [os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")]
    file.parent.mkdir(parents=True)
    text = f"[acme]\naws_access_key_id = {own[0]}\naws_secret_access_key = {own[1]}\n"
    file.write_text(text)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    code = ("--token-code", organization.mfa_code())
    evaluate(baseline("login", "-m", "--profile", "acme", *code).out)
    assert os.environ["AWS_PROFILE"] == "acme-mfa"
    organization.clock.advance(24 * 3600)
    assert "Sign in again (baseline login -m" in baseline("accounts").err
    ran = baseline("login", "-m", "--token-code", organization.mfa_code())
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "export AWS_PROFILE=acme-mfa")
    assert file.read_text().count("[acme-mfa]") == 1
    assert file.read_text().startswith(text)


def test_everything_else_in_the_file_stays_byte_for_byte(
    baseline: Baseline, organization: Simulation, file: Path
) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(OTHERS)
    file.chmod(0o644)
    for _ in range(2):
        baseline("login", "-m", "--as", "acme-mfa", "--token-code", organization.mfa_code())
        organization.clock.advance(30)
    text = file.read_bytes()
    assert text.startswith(OTHERS + b"\n\n[acme-mfa]\naws_access_key_id = ASIA")
    assert text.count(b"[acme-mfa]") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {p.name for p in file.parent.iterdir()} == {"credentials", ".credentials.lock"}


def test_a_profile_of_the_users_own_is_not_overwritten(
    baseline: Baseline, organization: Simulation, file: Path
) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(OTHERS)
    ran = baseline("login", "-m", "--as", "acme", "--token-code", organization.mfa_code())
    assert ran.code == 2
    assert "the profile acme is there already, and was not made by this command" in ran.err
    assert file.read_bytes() == OTHERS
    assert not organization.issued.by_key  # no code was used up


def test_a_file_that_is_none_is_not_replaced(
    baseline: Baseline, organization: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    ran = baseline("login", "-m", "--token-code", organization.mfa_code())
    assert ran.code == 2
    assert "/dev/null: cannot be written: it is not a regular file" in ran.err
    assert "--export" in ran.err


def test_keys_can_be_printed_for_the_shell_and_kept_nowhere(
    baseline: Baseline, organization: Simulation, file: Path, evaluate: Callable[[str], None]
) -> None:
    ran = baseline("login", "-m", "-d", "0.5", "--export", "--token-code", organization.mfa_code())
    assert not file.exists()
    evaluate(ran.out)
    keys = open_session().credentials()
    assert keys.session_token
    assert keys.expiration
    assert hours_left(keys.expiration) == 0.5


def test_a_code_works_once(baseline: Baseline, organization: Simulation, file: Path) -> None:
    code = organization.mfa_code()
    assert baseline("login", "-m", "--token-code", code).code == 0
    before = file.read_bytes()
    ran = baseline("login", "-m", "--token-code", code)
    assert ran.code == 2
    assert "the MFA code was refused: it is wrong, or was used before" in ran.err
    assert "wait for the next one" in ran.err
    assert file.read_bytes() == before


def add_devices(simulation: Simulation, *serials: str) -> None:
    """Give the administrator these devices instead of the one there is."""
    from moto.iam.models import iam_backends  # noqa: PLC0415  # what no call of IAM's can set up

    user = iam_backends[MAIN]["aws"].users["security-engineer"]
    device = next(iter(user.mfa_devices.values()))
    user.mfa_devices = dict.fromkeys(serials, device)
    for serial in serials:
        device.serial_number = serial


@pytest.mark.parametrize(
    ("devices", "arguments", "sentence"),
    [
        ([], [], f"{ME} has no MFA device. Add a virtual device"),
        ([f"arn:aws:iam::{MAIN}:u2f/user/x"], [], "no MFA device but security keys"),
        (None, ["--token-code", "000000"], "the MFA code was refused: it is wrong"),
        (None, ["--token-code", "12345"], "--token-code: gave no MFA code"),
        (None, ["--serial", "GAHT12345678"], "STS knows no such MFA device of the caller"),
        (None, ["-d", "37"], "37.0 is not in the range 0.25<=x<=36"),
        (None, ["--as", "a b]"], "'a b]' is no name for a profile"),
        (None, ["--as", "x", "--export"], "--export keeps no profile"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    baseline: Baseline,
    organization: Simulation,
    devices: list[str] | None,
    arguments: list[str],
    sentence: str,
) -> None:
    """And nothing is written."""
    if devices is not None:
        add_devices(organization, *devices)
    code = [] if "--token-code" in arguments else ["--token-code", organization.mfa_code()]
    ran = baseline("login", "-m", *code, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert not Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).exists()


def test_of_several_devices_one_is_chosen(baseline: Baseline, organization: Simulation) -> None:
    iam = organization.client("iam", "us-east-1", MAIN)
    second = iam.create_virtual_mfa_device(VirtualMFADeviceName="second")["VirtualMFADevice"]
    enable(organization, second)
    ran = baseline("login", "-m", "--token-code", organization.mfa_code())
    assert ran.code == 2
    assert f"has several MFA devices: {second['SerialNumber']}, " in ran.err
    code = organization.mfa.current(MAIN, second["SerialNumber"])
    serial = ["--serial", second["SerialNumber"]]
    assert baseline("login", "-m", *serial, "--token-code", code).code == 0


def test_who_may_not_list_devices_can_name_one(
    baseline: Baseline, organization: Simulation
) -> None:
    organization.faults.add(Fault("deny", "iam", "ListMFADevices"))
    code = ("--token-code", organization.mfa_code())
    ran = baseline("login", "-m", *code)
    assert ran.code == 2
    assert "iam:ListMFADevices: " in ran.err
    assert "with --serial" in ran.err
    serial = organization.administrator.mfa_serial
    assert baseline("login", "-m", *code, "--serial", serial).code == 0


def enable(simulation: Simulation, device: Any) -> None:
    import pyotp  # noqa: PLC0415  # an extra

    totp, now = pyotp.TOTP(device["Base32StringSeed"].decode()), simulation.clock.now().timestamp()
    simulation.client("iam", "us-east-1", MAIN).enable_mfa_device(
        UserName="security-engineer",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.at(int(now) - 30),
        AuthenticationCode2=totp.at(int(now)),
    )


def test_temporary_keys_cannot_buy_others(
    baseline: Baseline, organization: Simulation, evaluate: Callable[[str], None]
) -> None:
    evaluate(baseline("login", "-m", "--export", "--token-code", organization.mfa_code()).out)
    ran = baseline("login", "-m", "--token-code", "123456")
    assert ran.code == 2
    assert f"the credentials are temporary already ({ME})" in ran.err


def test_keys_of_the_environment_have_to_be_exported_again(
    baseline: Baseline, organization: Simulation, evaluate: Callable[[str], None]
) -> None:
    """A profile that was made from them cannot be made anew from nothing."""
    evaluate(baseline("login", "-m", "--token-code", organization.mfa_code()).out)
    ran = baseline("login", "-m", "--token-code", "123456")
    assert ran.code == 2
    assert "the profile baseline-mfa was made from keys in the environment" in ran.err


def test_without_a_terminal_nobody_is_asked(baseline: Baseline) -> None:
    ran = baseline("login", "-m")
    assert ran.code == 2
    assert "there is no terminal to ask for the MFA code" in ran.err


def test_at_a_terminal_the_code_is_asked_for_and_not_shown(
    baseline: Baseline, organization: Simulation, file: Path
) -> None:
    """A wrong one is asked for again; what is typed is not echoed."""
    right = organization.mfa_code()
    said, code = type_at_terminal(["login", "-m", "--as", "typed"], ["000000", right])
    assert code == 0, said
    assert f"MFA code for {ME}:" in said
    assert "it is wrong, or was used before):" in said
    assert right not in said
    assert "[typed]" in file.read_text()


def test_a_program_can_give_the_code_and_speak_to_the_user(
    baseline: Baseline, organization: Simulation
) -> None:
    script = f"echo 'Touch your key' >&2; echo 'aws   {organization.mfa_code()}'"
    command = [sys.executable, "-m", "baseline", "login", "-m", "--token-command"]
    ran = subprocess.run(
        [*command, f"sh -c {shlex.quote(script)}"], capture_output=True, text=True, check=True
    )
    assert ran.stderr.startswith("Touch your key\nSigned in as ")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("no-such-program-at-all", "no-such-program-at-all: cannot be run: No such file"),
        ("sh -c 'exit 3'", "sh: ended with exit code 3"),
        ("echo no code", "echo: gave no MFA code"),
        ("echo 123456 654321", "echo: gave several codes"),
        ("echo '", "--token-command cannot be read: No closing quotation"),
        ("echo $HOME; echo 1", "echo: gave no MFA code"),  # there is no shell
    ],
)
def test_a_program_that_gives_no_code_is_named(
    baseline: Baseline, command: str, sentence: str
) -> None:
    ran = baseline("login", "-m", "--token-command", command)
    assert ran.code == 2
    assert sentence in ran.err


def test_a_program_is_asked_again_only_when_the_device_shows_another_code() -> None:
    now = [95.0]
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    program = Program("echo 123456", lambda: now[0], wait)
    assert [program("one"), program("two"), program("three")] == ["123456"] * 3
    assert waited == [25.0, 30.0]
    now[0] += 31
    program("four")
    assert len(waited) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"[m]\nk = v\n"),
        (b"[a]\nx=1", b"[a]\nx=1\n\n[m]\nk = v\n"),
        (b"[m]\r\nbaseline_source=a\r\n\r\n# b\r\n[b]", b"[m]\nk = v\n\r\n# b\r\n[b]"),
        (b"\xff\n[ m ]\n; c\nbaseline_source = a", b"\xff\n[m]\nk = v\n"),
        (b"[mm]\nx=[m]\n", b"[mm]\nx=[m]\n\n[m]\nk = v\n"),
    ],
)
def test_a_profile_takes_its_own_lines_and_no_others(before: bytes, after: bytes) -> None:
    assert profiles.with_profile(before, "m", {"k": "v"}) == after


@given(st.binary().filter(lambda text: b"[m]" not in text))
def test_whatever_is_in_the_file_stays(text: bytes) -> None:
    """The first time it is added to; the second time its own part is replaced."""
    first = profiles.with_profile(text, "m", {profiles.MARK: "a"})
    second = profiles.with_profile(first, "m", {profiles.MARK: "bc"})
    assert first.startswith(text)
    assert second == first.removesuffix(b"a\n") + b"bc\n"


def test_a_link_stays_and_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.touch()
    link.symlink_to(real)
    profiles.store(link, "m", {"k": "v"})
    assert link.is_symlink()
    assert real.read_text() == "[m]\nk = v\n"
    with pytest.raises(CredentialsError, match="real/credentials: cannot be written: "):
        profiles.store(real / "credentials", "m", {"k": "v"})


def test_any_tool_gets_a_role_s_keys_through_credential_process(
    baseline: Baseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first profile has the keys, the second is the role's; the tool here is botocore."""
    keys = [os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")]
    process = f"{sys.executable} -m baseline credentials --profile mine --account {PRODUCTION}"
    config = tmp_path / "config"
    config.write_text(
        f"[profile mine]\naws_access_key_id={keys[0]}\naws_secret_access_key={keys[1]}\n"
        f"[profile audit]\ncredential_process = {process}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "audit")
    identity = botocore.session.Session().create_client("sts").get_caller_identity()
    assert identity["Arn"].startswith(f"arn:aws:sts::{PRODUCTION}:assumed-role/{ROLE}/")


def test_the_configuration_s_role_and_external_id_are_used(
    baseline: Baseline, organization: Simulation, tmp_path: Path
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MAIN}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "acme-audit"}},
    }
    organization.client("iam", "us-east-1", PRODUCTION).create_role(
        RoleName="Outside", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    ask = ("credentials", "--account", PRODUCTION)
    assert "sts:AssumeRole" in baseline(*ask, "--role", "Outside").err
    file = tmp_path / "acme.yaml"
    file.write_text("audit:\n  role: Outside\n  external_id: acme-audit\n")
    assert baseline(*ask, "--config", str(file)).code == 0


def test_keys_of_a_role_are_an_hour_s_and_say_so(baseline: Baseline) -> None:
    ran = baseline("credentials", "--account", PRODUCTION, "--role", ROLE)
    answer = json.loads(ran.out)
    assert (ran.code, ran.err, answer["Version"]) == (0, "", 1)
    assert answer.keys() == {
        *("Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    }
    assert hours_left(answer["Expiration"]) == 1.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--account", "production"], "'production' is no account id"),
        (["--account", "999999999999"], "is not authorized to perform: sts:AssumeRole"),
        (["--account", PRODUCTION, "--role", "NoSuchRole"], "role/NoSuchRole"),
        (["--account", PRODUCTION, "--profile", "nobody"], "(nobody) could not be found"),
    ],
)
def test_what_goes_wrong_is_one_line_on_stderr(
    baseline: Baseline, arguments: list[str], sentence: str
) -> None:
    ran = baseline("credentials", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1


def test_a_profile_that_asks_for_its_own_keys_is_told_so(
    baseline: Baseline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --profile the process would take its keys from the profile that starts it."""
    config = tmp_path / "config"
    process = f"{sys.executable} -m baseline credentials --account {PRODUCTION}"
    config.write_text(f"[profile audit]\ncredential_process = {process}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "audit")
    ran = baseline("credentials", "--account", PRODUCTION)
    assert ran.code == 2
    assert "would start itself for ever" in ran.err


def test_many_who_sign_in_at_once_all_find_their_profile(file: Path) -> None:
    names = [f"p{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: profiles.store(file, name, {profiles.MARK: "x"}), names))
    text = file.read_text()
    assert [name for name in names if f"[{name}]" not in text] == []
    assert all(f.stat().st_mode & 0o077 == 0 for f in file.parent.iterdir())
