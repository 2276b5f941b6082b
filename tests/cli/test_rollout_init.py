"""``baseline init`` and ``baseline accounts`` on a simulated organization, over HTTP."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline import cli, configuration
from baseline.cli.init import first
from baseline.cli.init_file import text
from baseline.configuration import Config, Configuration
from baseline.errors import ConfigurationError
from baseline.organization import DEFAULT_REGIONS, Account, Organization
from baseline.rollout.proposal import Proposal
from baseline.rollout.wanted import wanted
from baseline.simulation import Blueprint, Fault, Simulation

MAIN = "1" * 12
BANK = Organization("o-exampleorgid", MAIN, (Account(MAIN, "main", "main@bank.example", "ACTIVE"),))


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def simulation(founded: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    simulation = Simulation.restore(founded)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            monkeypatch.setenv(name, value)
        yield simulation
    simulation.close()


def test_init_writes_a_file_that_says_what_was_found(simulation: Simulation) -> None:
    assert cli.run(["init"]) == 0
    text = Path("baseline.yaml").read_text()
    assert configuration.load() == Configuration(
        organization="o-acme0000000",
        home_region="eu-west-1",
        config=Config(global_region="eu-west-1"),
    )
    assert "7 accounts,\n# 6 of them active" in text
    assert text.count("#   - ") == 17


def test_init_never_overwrites_without_yes(
    simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("baseline.yaml").write_text("prefix: mine\n")
    assert cli.run(["init"]) == 2
    assert "Add --yes to overwrite it" in capsys.readouterr().err
    assert Path("baseline.yaml").read_text() == "prefix: mine\n"
    assert cli.run(["init", "--yes", "--home-region", "eu-central-1"]) == 0
    assert configuration.load().home_region == "eu-central-1"


def test_init_refuses_a_region_that_is_not_enabled(
    simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["init", "--home-region", "af-south-1"]) == 2
    assert "af-south-1 is not enabled in the main account" in capsys.readouterr().err
    assert not Path("baseline.yaml").exists()


def test_every_setting_is_shown_in_the_file_that_init_writes() -> None:
    """A setting added to the configuration has to be shown by ``baseline init``."""
    settings = first(BANK, "eu-west-1", ("eu-west-1",), "Administrator")
    written = text(BANK, ("eu-west-1",), Proposal(settings, (), (), MAIN), ())
    for name, field in Configuration.model_fields.items():
        assert f"{name}:" in written
        for inner in getattr(field.annotation, "model_fields", {}):
            assert f"{inner}:" in written or inner == "mode", f"{name}.{inner}"
    assert configuration.parse(written, "baseline.yaml") == settings


@pytest.mark.parametrize(
    ("home", "regions", "chosen"),
    [
        ("eu-west-1", DEFAULT_REGIONS, "eu-west-1"),
        ("eu-central-2", (*DEFAULT_REGIONS, "eu-central-2"), "us-east-1"),
        ("eu-central-2", ("ca-west-1", "eu-central-2", "eu-south-1"), "eu-south-1"),
    ],
)
def test_the_global_region_is_one_that_can_record_iam(
    home: str, regions: tuple[str, ...], chosen: str
) -> None:
    settings = first(BANK, home, regions, "Administrator")
    assert settings.global_region == chosen
    assert wanted(settings, BANK, {MAIN: regions})


def test_where_no_region_can_record_iam_none_is_written() -> None:
    regions = ("ca-west-1", "eu-central-2")
    settings = first(BANK, "eu-central-2", regions, "Administrator")
    with pytest.raises(ConfigurationError) as refused:
        wanted(settings, BANK, {MAIN: regions})
    assert refused.value.remedy == "Add a region that can, like us-east-1, to regions."


def test_accounts_are_listed_with_unit_state_and_regions(
    simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["accounts", "-o", "json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert len(rows) == 7
    assert rows["acme-main"]["kind"] == "main"
    assert (rows["payments"]["ou"], rows["payments"]["regions"]) == ("/Workloads/Production", 17)
    assert (rows["retired"]["state"], rows["retired"]["regions"]) == ("SUSPENDED", None)


def test_regions_that_cannot_be_read_are_unknown(
    simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    simulation.faults.add(Fault("deny", "account", "ListRegions"))
    assert cli.run(["accounts", "--ou", "/Security", "-o", "csv"]) == 0
    said = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(r["name"], r["regions"]) for r in rows] == [
        ("log-archive", "UNKNOWN"),
        ("security-tooling", "UNKNOWN"),
    ]
    assert "Regions of log-archive are UNKNOWN" in said.err


def test_an_unknown_account_is_one_sentence(
    simulation: Simulation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["accounts", "--account", "nobody"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Error: account nobody is not in organization o-acme0000000")
