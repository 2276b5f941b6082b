"""What is changed behind the roll-out's back is found, each by its own check and no other."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from baseline import cli, configuration
from baseline.findings import accounts
from baseline.findings import coverage as proofs
from baseline.organization import discover
from baseline.query.named import named_queries
from baseline.rollout import coverage
from baseline.rollout.checks import checks
from baseline.rollout.choice import Choice
from baseline.rollout.coverage import Coverage, Status
from baseline.rollout.reach import Reach
from baseline.rollout.wanted import wanted
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Fault, Simulation
from given_changes import CHANGES, HOME, MAIN, ROLES, THERE, Change

REGIONS = ("eu-west-1", "us-east-1")
FILE = "organization: o-acme0000000\nhome_region: eu-west-1\nregions: [eu-west-1, us-east-1]\n"


@pytest.fixture(scope="module")
def deployed() -> bytes:
    """A simulated organization with the whole baseline, in two regions."""
    simulation = Simulation(Blueprint(misconfigured=False))
    with (
        pytest.MonkeyPatch.context() as patch,
        simulation.serve() as url,
        TemporaryDirectory() as directory,
    ):
        export(patch, simulation, url)
        file = Path(directory, "baseline.yaml")
        file.write_text(FILE)
        assert cli.run(["rollout", "deploy", "--config", str(file), "--yes"]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def simulation(deployed: bytes) -> Iterator[Simulation]:
    """The deployed organization, as it was."""
    restored = Simulation.restore(deployed)
    yield restored
    restored.close()


def export(patch: pytest.MonkeyPatch, simulation: Simulation, url: str) -> None:
    for name, value in simulation.environment(url).items():
        patch.setenv(name, value)


def verified(simulation: Simulation, place: tuple[str, str]) -> list[Coverage]:
    """What is said of one account and region, asked without HTTP."""
    settings = configuration.parse(FILE, "baseline.yaml")
    session = open_session(region="eu-west-1", transport=simulation.transport)
    organization = discover(session)
    regions = dict.fromkeys((a.id for a in organization.active), REGIONS)
    baseline = wanted(settings, organization, regions, named_queries())
    choice = Choice(accounts=frozenset(place[:1]), regions=frozenset(place[1:]))
    return list(coverage.read(Reach(session, settings, organization), baseline, checks, choice))


@pytest.fixture
def administrator(simulation: Simulation, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    """The simulation, whose administrator's keys the session finds."""
    export(monkeypatch, simulation, "http://127.0.0.1")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    return simulation


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_is_changed_by_hand_fails_its_own_checks_and_no_others(
    administrator: Simulation, change: Change
) -> None:
    account_id, region = change.place
    change.make(lambda service: administrator.client(service, region, account_id))
    answers = verified(administrator, change.place)
    assert {a.check for a in answers if a.status is Status.FAIL} == change.failing
    assert {a.status for a in answers} == {Status.PASS, Status.FAIL}


def test_every_check_is_made_to_fail_by_one_of_the_changes(administrator: Simulation) -> None:
    """The buckets are asked alike: one of them stands for all."""
    asked = {a.check for place in (HOME, ROLES, THERE) for a in verified(administrator, place)}
    others = {c for c in asked if c.startswith(("config ", "flowlogs ", "query-results "))}
    assert asked - others == {check for change in CHANGES for check in change.failing}


def test_where_nothing_was_changed_everything_passes(administrator: Simulation) -> None:
    for place in (HOME, ROLES, THERE, (MAIN, "us-east-1")):
        answers = verified(administrator, place)
        assert [a for a in answers if a.status is not Status.PASS] == []


def test_a_first_creation_that_failed_is_finished_by_running_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Buckets that outlive their stack must not outlive an attempt that was rolled back."""
    simulation = Simulation(Blueprint(misconfigured=False))
    simulation.faults.add(Fault("deny", "s3", "PutBucketPolicy", times=1))
    (tmp_path / "baseline.yaml").write_text(FILE)
    deploy = ["rollout", "deploy", "--account", "acme-main", "--only", "auditing-storage", "--yes"]
    with simulation.serve() as url:
        export(monkeypatch, simulation, url)
        assert cli.run(deploy) == 1
        assert simulation.client("s3", "eu-west-1", MAIN).list_buckets()["Buckets"] == []
        simulation.faults.clear()
        assert cli.run(deploy) == 0
    simulation.close()


def test_deploying_again_writes_nothing(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)
    calls: list[str] = []
    with simulation.serve() as url:
        export(monkeypatch, simulation, url)
        simulation.observers.append(lambda call, *_: calls.append(call.operation))
        assert cli.run(["rollout", "deploy", "--yes"]) == 0
    assert {"DescribeStacks", "GetTemplate", "ListStackInstances"} <= set(calls)
    assert [c for c in calls if not c.startswith(("Assume", "Describe", "Get", "List"))] == []


def test_a_proof_of_everything_is_kept_with_the_organization_and_a_part_is_not(
    simulation: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)
    reports = tmp_path / "reports"
    simulation.faults.add(Fault("deny", "guardduty", "ListDetectors", region="us-east-1"))
    with simulation.serve() as url:
        export(monkeypatch, simulation, url)
        assert cli.run(["rollout", "verify", "--account", "production"]) == 1
        assert not reports.exists()
        capsys.readouterr()
        assert cli.run(["rollout", "verify", "-o", "json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    kept = proofs.latest(reports)
    assert kept
    assert [(r.account_id, r.region, r.check, r.status, r.detail) for r in kept.rows] == [
        (r["account"], r["region"], r["check"], r["status"], r["detail"]) for r in shown
    ]
    assert {r.region for r in kept.rows if r.status == "UNKNOWN"} == {"us-east-1"}
    organization = accounts.known(reports)
    assert organization
    assert {a.ou for a in organization.accounts} >= {"/", "/Workloads/Production"}
    (file,) = proofs.files(reports)
    assert [f.stat().st_mode & 0o777 for f in (file, file.parent)] == [0o600, 0o700]


def test_a_proof_that_cannot_be_kept_is_shown_all_the_same(
    simulation: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)
    (tmp_path / "reports").write_text("no folder")
    with simulation.serve() as url:
        export(monkeypatch, simulation, url)
        assert cli.run(["rollout", "verify"]) == 0
    assert "Warning: not kept for the report: " in capsys.readouterr().err
