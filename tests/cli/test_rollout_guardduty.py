"""GuardDuty over a simulated organization, as a user rolls it out: who sees whose findings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline import cli
from baseline.rollout import inviting
from baseline.simulation import Blueprint, Simulation

HOME, OTHER = "eu-west-1", "us-east-1"
REGIONS = (HOME, OTHER)
MAIN, SECURITY, PRODUCTION, DEVELOPMENT = (
    "100000000001",
    "300000000003",
    "400000000004",
    "600000000006",
)
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{", ".join(REGIONS)}]
"""


class Ran:
    """What one command gave back."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The answer, of a command with ``-o json``."""
        rows: list[dict[str, Any]] = json.loads(self.out)
        return rows


class Run:
    """Runs ``baseline rollout`` with the baseline.yaml that was last written."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = file
        self._capsys = capsys
        self.configure()

    def configure(self, more: str = "") -> None:
        """Write baseline.yaml: the usual settings and ``more``."""
        self._file.write_text(FILE + more)

    def __call__(self, command: str, *arguments: str) -> Ran:
        self._capsys.readouterr()
        given = ("--yes",) if command in ("deploy", "remove") else ()
        code = cli.run(["rollout", command, "-o", "json", "--no-progress", *given, *arguments])
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)


@pytest.fixture(scope="module")
def blank() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def organization(blank: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(blank)
    yield simulation
    simulation.close()


@pytest.fixture
def run(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Run]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with organization.serve() as url:
        for name, value in organization.environment(url).items():
            monkeypatch.setenv(name, value)
        yield Run(tmp_path / "baseline.yaml", capsys)


def guardduty(organization: Simulation, account: str, region: str = HOME) -> tuple[Any, str]:
    """A client and the detector of an account."""
    client = organization.client("guardduty", region, account)
    return client, client.list_detectors()["DetectorIds"][0]


def members(organization: Simulation, account: str = MAIN, region: str = HOME) -> dict[str, str]:
    """How each account stands to an administrator."""
    client, detector = guardduty(organization, account, region)
    pages = client.get_paginator("list_members").paginate(
        DetectorId=detector, OnlyAssociated="false"
    )
    return {m["AccountId"]: m["RelationshipStatus"] for page in pages for m in page["Members"]}


def writes(organization: Simulation) -> list[tuple[str, str]]:
    """Fills up with the calls that change something, and their regions."""
    seen: list[tuple[str, str]] = []
    reads = ("Describe", "Get", "List", "AssumeRole", "Head")
    organization.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(reads) else seen.append((call.operation, call.region))
        )
    )
    return seen


def test_the_main_account_invites_more_members_than_one_template_has_room_for(
    organization: Simulation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for two, three StackSets invite five members, and all accept."""
    monkeypatch.setattr(inviting, "ROOM", 2)
    chosen = ("--only", "guardduty-main", "--only", "guardduty-member")
    deployed = run("deploy", *chosen)
    assert deployed.code == 0, deployed.err
    made = {(r["name"], r["region"]) for r in deployed.rows if r["kind"] == "stack instance"}
    names = {name for name, _ in made if name.startswith("guardduty-main")}
    assert names == {"guardduty-main", "guardduty-main-2", "guardduty-main-3"}
    for region in REGIONS:
        assert set(members(organization, MAIN, region).values()) == {"Enabled"}
    assert run("plan", *chosen, "--exit-code").code == 0

    run.configure(f'exclude_accounts: ["{DEVELOPMENT}"]\n')
    left = run("deploy", *chosen)
    assert left.code == 0, left.err
    changed = {r["name"] for r in left.rows if r["account"] == MAIN}
    assert changed == {"guardduty-main-3"}  # no other account was moved into its place
    assert len(members(organization)) == 4

    removed = run("remove", *chosen)
    assert removed.code == 0, removed.err
    order = [r["name"] for r in removed.rows if r["kind"] == "stack set"]
    assert order == ["guardduty-member", "guardduty-main-2", "guardduty-main"]
