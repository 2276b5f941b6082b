"""Credentials from all the places where AWS tools look: SSO, an instance's role, containers.

The servers that hand them out are stood in for; the keys are the simulation's. The program runs as
a child, since botocore finds its home directory once in a process.
"""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baseline.sessions import Credentials, open_session
from baseline.simulation import Simulation
from given_audits import ROLE, roll_out_role

MAIN, PRODUCTION = "100000000001", "400000000004"
START = "https://acme.awsapps.com/start"


class Machine:
    """Where the program runs: its home, its environment, and a server that hands out keys."""

    def __init__(self, home: Path, url: str, answers: dict[str, Any]) -> None:
        self.home, self.url, self._answers = home, url, answers
        self.environment = {
            k: v
            for k, v in os.environ.items()
            if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE")
        } | {"HOME": str(home)}
        (home / ".aws/sso/cache").mkdir(parents=True)

    def answer(self, path: str, answer: Any) -> None:
        """Have the server say this."""
        self._answers[path] = answer

    def configure(self, text: str) -> None:
        """Write ~/.aws/config, and have its profile "sso" used."""
        self.environment["AWS_PROFILE"] = "sso"
        (self.home / ".aws/config").write_text(text)

    def cache(self, name: str, hours: float) -> None:
        """A token of SSO that ends in so many hours."""
        ends = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        file = self.home / ".aws/sso/cache" / f"{hashlib.sha1(name.encode()).hexdigest()}.json"
        file.write_text(json.dumps({"startUrl": START, "accessToken": "t", "expiresAt": ends}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Ask for a role's keys in another account, or what ``arguments`` say."""
        ask = ("credentials", "--account", PRODUCTION, "--role", ROLE)
        return subprocess.run(
            [sys.executable, "-m", "baseline", *(arguments or ask)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[str]:
    """A server that says what ``answers`` has for a path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = answers.get(self.path.partition("?")[0])
            body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(404 if said is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET  # noqa: N815  # the name it has

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def machine(
    simulation: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    roll_out_role(simulation)
    answers: dict[str, Any] = {}
    with simulation.serve() as aws, answering(answers) as url:
        for name, value in simulation.environment(aws).items():
            monkeypatch.setenv(name, value)
        yield Machine(tmp_path / "home", url, answers)


@pytest.fixture
def keys(machine: Machine, simulation: Simulation) -> Credentials:
    """Those of a role in the main account, which may assume the audit roles."""
    iam: Any = simulation.client("iam", "us-east-1", MAIN)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return open_session().assume(MAIN, ROLE).credentials()


def test_an_sso_profile_serves(machine: Machine, keys: Credentials) -> None:
    machine.configure(
        f"[profile sso]\nsso_start_url={START}\nsso_region=eu-west-1\n"
        f"sso_account_id={MAIN}\nsso_role_name={ROLE}\n"
    )
    machine.cache(START, hours=1)
    ends = datetime.now(UTC) + timedelta(hours=1)
    machine.answer(
        "/federation/credentials",
        {
            "roleCredentials": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
                "expiration": int(ends.timestamp() * 1000),
            }
        },
    )
    machine.environment["AWS_ENDPOINT_URL_SSO"] = machine.url
    ran = machine.run()
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["AccessKeyId"].startswith("ASIA")
    assert "temporary already (arn:aws:sts::" in machine.run("login", "-m").stderr


@pytest.mark.parametrize("form", ["profile", "session"])
@pytest.mark.parametrize("hours", [None, -1])
def test_where_sso_has_ended_the_sentence_says_how_to_sign_in(
    machine: Machine, form: str, hours: float | None
) -> None:
    """Never signed in, or too long ago; configured the old way, or the new."""
    account = f"sso_account_id={MAIN}\nsso_role_name={ROLE}\n"
    place = f"sso_start_url={START}\nsso_region=eu-west-1\n"
    if form == "profile":
        machine.configure(f"[profile sso]\n{place}{account}")
    else:
        machine.configure(f"[sso-session acme]\n{place}[profile sso]\nsso_session=acme\n{account}")
    if hours:
        machine.cache(START if form == "profile" else "acme", hours)
    ran = machine.run()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "aws sso login" in ran.stderr.partition("Sign in again")[2]
    assert ran.stderr.count("\n") == 1


def test_the_role_of_an_instance_serves(machine: Machine, keys: Credentials) -> None:
    del machine.environment["AWS_EC2_METADATA_DISABLED"]
    machine.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = machine.url
    roles = "/latest/meta-data/iam/security-credentials/"
    machine.answer("/latest/api/token", "token")
    machine.answer(roles, "instance")
    machine.answer(f"{roles}instance", {**served(keys), "Code": "Success"})
    ran = machine.run()
    assert ran.returncode == 0, ran.stderr


def test_the_role_of_a_container_serves(machine: Machine, keys: Credentials) -> None:
    machine.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{machine.url}/keys"
    machine.answer("/keys", served(keys))
    ran = machine.run()
    assert ran.returncode == 0, ran.stderr


def served(keys: Credentials) -> dict[str, str]:
    return {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "Token": keys.session_token or "",
        "Expiration": keys.ends,
    }


def test_exported_keys_that_have_ended_are_not_used(machine: Machine, keys: Credentials) -> None:
    machine.environment |= {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token or "",
        "AWS_CREDENTIAL_EXPIRATION": "2026-01-01T00:00:00Z",
    }
    ran = machine.run()
    assert ran.returncode == 2
    assert "the credentials have expired. Sign in again (baseline login -m" in ran.stderr
