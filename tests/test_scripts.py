"""The scripts behind the make targets: what they run, and what they never show."""

import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
AUDIT = CHECKOUT / "scripts/audit"
SECRET = "wJalrXUtnFEMI/K7MDENG"

# Writes down how it was called; one of them works.
ENGINE = """#!/bin/sh
echo "$@" >> "$CALLS"
[ "$1" != info ] || [ "$(basename "$0")" = "$WORKS" ]
"""


def run(tmp_path: Path, *arguments: str, works: str, **more: str) -> tuple[str, str]:
    """What ``scripts/audit`` says, and how it called the engines, of which one works."""
    programs = tmp_path / "bin"
    programs.mkdir(parents=True)
    for name in ("docker", "podman"):
        (programs / name).write_text(ENGINE)
    (programs / "make").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    (tmp_path / ".aws").mkdir()
    (tmp_path / "baseline.yaml").write_text("")
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "CALLS": str(tmp_path / "calls"),
        "WORKS": works,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_PROFILE": "audits",
    } | more
    ran = subprocess.run(
        [AUDIT, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    calls = tmp_path / "calls"
    return ran.stderr, calls.read_text() if calls.exists() else ""


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_an_engine_that_works_runs_the_audit_with_as_little_as_it_takes(
    tmp_path: Path, engine: str
) -> None:
    said, calls = run(tmp_path, "-r", "Auditor", "123456789012", works=engine)
    assert f"running in a container of aws-baseline with {engine}" in said
    made, ran = calls.splitlines()[-2:]
    assert made == f"build --quiet --tag aws-baseline {CHECKOUT}"
    assert ran.endswith("--entrypoint security-audit aws-baseline -r Auditor 123456789012")
    for option in (
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        f"--user {os.getuid()}:{os.getgid()}",
        f"--volume {tmp_path}/reports:/reports",
        f"--volume {tmp_path}/.aws:/home/baseline/.aws:ro",
        f"--volume {tmp_path}/baseline.yaml:/home/baseline/baseline.yaml:ro",
    ):
        assert option in ran
    assert ("--userns keep-id" in ran) == (engine == "podman")


def test_credentials_go_by_name_and_no_value_is_on_a_command_line(tmp_path: Path) -> None:
    said, calls = run(tmp_path, works="docker")
    assert "--env AWS_SECRET_ACCESS_KEY" in calls
    assert "--env AWS_PROFILE" in calls
    assert SECRET not in calls + said


NAMING_FILES = (
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CA_BUNDLE"),
)


@pytest.mark.parametrize("name", NAMING_FILES)
def test_a_file_that_a_variable_names_goes_along_or_nothing_runs(tmp_path: Path, name: str) -> None:
    """Without it the container may sign in as somebody else."""
    refused, calls = run(tmp_path / "without", works="docker", **{name: "given"})
    assert f"audit: {name}: there is no file given that you may read" in refused
    assert calls == "info\n"
    (tmp_path / "with").mkdir()
    (tmp_path / "with/given").write_text("x")
    _, calls = run(tmp_path / "with", works="docker", **{name: "given"})
    there = f"/mnt/{name}"
    assert f"--volume {tmp_path}/with/given:{there}:ro --env {name}={there}" in calls


def test_no_file_at_all_is_passed_on_as_that(tmp_path: Path) -> None:
    _, calls = run(tmp_path, works="docker", AWS_CONFIG_FILE="/dev/null")
    assert "--env AWS_CONFIG_FILE=/dev/null" in calls


def test_reports_and_configuration_elsewhere_are_mounted_and_never_lost(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("")
    places = {"BASELINE_REPORTS": f"{tmp_path}/kept", "BASELINE_CONFIG": "mine.yaml"}
    _, calls = run(tmp_path, works="docker", **places)
    assert f"--volume {tmp_path}/kept:/reports --env BASELINE_REPORTS=/reports" in calls
    assert f"--volume {tmp_path}/mine.yaml:/home/baseline/baseline.yaml:ro" in calls
    assert (tmp_path / "kept").is_dir()
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("option", ["--reports=/elsewhere", "--reports", "--config=mine.yaml"])
def test_options_whose_place_would_be_lost_are_refused(tmp_path: Path, option: str) -> None:
    said, calls = run(tmp_path, option, "/elsewhere", works="docker")
    assert "means nothing in a container; set BASELINE_" in said
    assert calls == "info\n"


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    said, _ = run(tmp_path, works="docker", BASELINE_CONFIG="nowhere.yaml")
    assert "BASELINE_CONFIG: there is no file nowhere.yaml" in said


def test_a_client_without_a_daemon_is_not_taken(tmp_path: Path) -> None:
    said, calls = run(tmp_path, "-h", works="")
    assert "neither Docker nor Podman works here: running directly" in said
    assert calls.splitlines() == ["info", "info"]


def test_the_script_takes_any_option_of_the_command(tmp_path: Path) -> None:
    """Here it is the option that asks for help, of which the command knows more."""
    ran = subprocess.run(
        [CHECKOUT / "scripts/security-audit", "-p", "--help"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "Usage: baseline audit run" in ran.stdout + ran.stderr


def test_the_image_s_base_is_pinned_and_its_user_is_not_root() -> None:
    lines = (CHECKOUT / "Dockerfile").read_text().splitlines()
    base = next(line for line in lines if line.startswith("ARG BASE_IMAGE="))
    assert base.removeprefix("ARG BASE_IMAGE=").partition(":")[2] not in ("", "latest")
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER 10001:10001" in last


def test_make_alone_lists_the_tasks_and_nothing_else() -> None:
    said = subprocess.run(["make"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    tasks = [line.split()[1] for line in said.splitlines() if line.startswith("  make ")]
    assert tasks == [
        *("demo", "test", "test-scale", "test-trino", "lint", "scan", "format", "docs", "bench"),
        *("screenshots", "vendor", "image-check"),
        *("security-audit-all", "security-audit-accounts", "clean"),
    ]
    assert "Byte code" not in said
