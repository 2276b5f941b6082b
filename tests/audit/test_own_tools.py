"""A tool of the user's own, the pins of this release, and a third tool beside the two."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from baseline.audit import environments, prowler
from baseline.audit.environments import Environment
from baseline.audit.manifest import Run, Status
from baseline.audit.obstacles import Obstacle
from baseline.audit.passed_on import see_options, see_values
from baseline.audit.scan import LOG, Scan
from baseline.audit.tools import TOOLS
from baseline.configuration import parse
from baseline.errors import ToolError, UsageError
from baseline.findings.model import FAIL, Finding
from baseline.report import summarize
from given_audits import FIRST, SECOND

PROWLER = TOOLS["prowler"]


def a_prowler(place: Path, version: str, first: str = f"#!{sys.executable}") -> Path:
    """A script as pip makes them, in a Python that says it has ``version``."""
    script = place / "prowler"
    script.write_text(f"{first}\nimport prowler\n")
    script.chmod(0o700)
    python = place / "python"
    packages = json.dumps([version, str(place / "packages")])
    python.write_text(f"#!/bin/sh\necho '{packages}'\n")
    python.chmod(0o700)
    script.write_text(script.read_text().replace(sys.executable, str(python)))
    return script


def test_a_prowler_of_the_user_s_own_is_found_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = a_prowler(tmp_path, "5.99.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name in (str(script), "prowler"):
        found = environments.of_yours(PROWLER, name)
        assert found.tool == replace(PROWLER, version="5.99.1")
        assert found.command == [str(tmp_path / "python"), str(script)]
        assert found.packages == tmp_path / "packages"


def test_a_script_that_has_its_python_in_the_second_line_is_understood(tmp_path: Path) -> None:
    """As installers write where the first line would be too long."""
    first = f"#!/bin/sh\n'''exec' '{sys.executable}' \"$0\" \"$@\""
    found = environments.of_yours(PROWLER, str(a_prowler(tmp_path, "5.46.0", first)))
    assert found.python == tmp_path / "python"


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("6.0.0", "it is Prowler 6.0.0; only 5.x has been tried"), ("4.9", "only 5.x")],
)
def test_a_major_version_that_was_not_tried_is_refused(
    tmp_path: Path, version: str, sentence: str
) -> None:
    with pytest.raises(ToolError, match=sentence):
        environments.of_yours(PROWLER, str(a_prowler(tmp_path, version)))


def test_a_program_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"audit.tools.prowler.path: nowhere: there is no such"):
        environments.of_yours(PROWLER, "nowhere")
    with pytest.raises(ToolError, match="it does not say which Prowler it starts"):
        environments.of_yours(PROWLER, "/bin/true")


def test_an_upgrade_removes_other_versions_and_what_was_pinned_otherwise(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a set-up makes notes its pins; the stub that is there does not."""
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(
        '#!/bin/sh\n[ $1 = venv ] || exit 0; for build; do :; done; mkdir "$build/bin";'
        ' echo exit 0 > "$build/bin/prowler"; ln -s /bin/true "$build/bin/python"\n'
    )
    uv.chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tools / "prowler-5.1.0").mkdir()
    said: list[str] = []
    made = environments.upgrade(PROWLER, tools, said.append)
    assert (made.directory / "bin/prowler").read_text() == "exit 0\n"
    assert not (tools / "prowler-5.1.0").exists()
    assert (tools / "scoutsuite-5.14.0").is_dir()
    again = list[str]()
    assert environments.upgrade(PROWLER, tools, again.append) == made
    assert again == []


def checker(scan: Scan) -> list[str]:
    """A tool of one line: it fails everybody."""
    return [str(scan.directory / "found"), scan.account_id]


def found_by_checker(directory: Path) -> list[Finding]:
    account = (directory / "found").read_text().strip()
    row = (
        "checker",
        account,
        "",
        "",
        "iam",
        "check",
        "Title",
        "high",
        FAIL,
        "",
        "",
        f"c-{account}",
    )
    return [Finding(*row)]


CHECKER = replace(
    PROWLER,
    name="checker",
    title="Checker",
    version="1.0",
    page="",
    done=frozenset({0}),
    arguments=checker,
    services=lambda _: frozenset({"iam"}),
    findings=lambda directory: iter(found_by_checker(directory)),
    idle=lambda _directory, _answered: (),
    obstacles=lambda _directory, _packages: tuple[Obstacle, ...](),
    fault=lambda scan: "" if (scan.directory / LOG).is_file() else "no log",
    warm="",
)


def test_a_third_tool_is_one_value_more(
    audit: Callable[..., Run], tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets its turn in each account, its rows in the merged result and its place in reports."""
    place = tools / "checker-1.0/bin"
    place.mkdir(parents=True)
    (place / "python").symlink_to("/bin/sh")
    (place / "prowler").write_text('echo "Auditing $2"; echo "$2" > "$1"\n')
    monkeypatch.setitem(TOOLS, "checker", CHECKER)
    run = audit()
    mine = [e for e in run.entries if e.tool == "checker"]
    assert [(e.account_id, e.status, e.counts["FAIL"]) for e in mine] == [
        (FIRST, Status.COMPLETE, 1),
        (SECOND, Status.COMPLETE, 1),
    ]
    summary = summarize(run, tmp_path / "reports")
    assert summary.tools["checker"]["FAIL"] == 2
    assert (summary.complete, summary.scans) == (6, 6)
    assert (tmp_path / "reports/checker" / FIRST).is_dir()


@pytest.fixture
def installed(tools: Path) -> Environment:
    found = environments.find(PROWLER, tools)
    assert found
    place = found.packages / "prowler/compliance/aws"
    place.mkdir(parents=True)
    (place / "cis_5.0_aws.json").touch()
    return found


def see(installed: Environment, options: list[str], services: tuple[str, ...] = ()) -> None:
    see_options(installed.tool, options, services)
    see_values(installed, options)


@pytest.mark.parametrize(
    ("options", "services", "sentence"),
    [
        (["--check", "s3_tsl"], (), "knows no s3_tsl for --check: Did you mean s3_tls?"),
        (["--compliance", "cis_5_aws"], (), "Did you mean cis_5.0_aws"),
        (["--compliance", "cis_5.0_aws"], ("s3",), "takes only one of --compliance and services"),
        (["--check", "s3_tls", "--compliance", "cis_5.0_aws"], (), "only one of --check and"),
        (["--status", "FAIL"], (), "--status is not passed on to Prowler"),
        (["--log-level=DEBUG"], (), "--log-level is not passed on to Prowler"),
        # argparse takes the beginning of an option for the whole, and values that are glued on.
        (["--log-l", "DEBUG"], (), "--log-l is not passed on to Prowler"),
        (["--output-dir=x"], (), "--output-dir is not passed on to Prowler"),
        (["-feu-west-1"], (), "-feu-west-1 is not passed on to Prowler"),
        (["-bf", "eu-west-1"], (), "-bf is not passed on to Prowler"),
    ],
)  # fmt: skip
def test_options_that_would_be_refused_or_misread_are_refused_before_anything_starts(
    installed: Environment, options: list[str], services: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        see(installed, options, services)
    assert sentence in f"{refused.value.what}: {refused.value.remedy}"


def test_options_that_are_known_pass(installed: Environment) -> None:
    for options in (
        ["--check", "s3_tls", "--mutelist-file", "x.yaml"],
        ["--compliance", "cis_5.0_aws"],
    ):
        see(installed, options)


def test_a_framework_is_not_drowned_by_the_severities(tmp_path: Path) -> None:
    """With both, Prowler carries out every check."""
    scan = Scan("1", tmp_path, options=("--compliance", "cis_5.0_aws"))
    assert "--severity" not in prowler.arguments(scan)
    assert "--severity" in prowler.arguments(Scan("1", tmp_path))


def test_a_check_that_is_left_out_does_not_bring_back_another(tmp_path: Path) -> None:
    """Of two lists of excluded checks Prowler takes the last."""
    options = prowler.arguments(Scan("1", tmp_path, options=("--excluded-checks", "s3_tls")))
    assert options.count("--excluded-checks") == 1
    assert options[-3:] == ["--excluded-checks", "ec2_elastic_ip_shodan", "s3_tls"]


def test_what_is_configured_becomes_options() -> None:
    tools = parse(
        "audit: {tools: {prowler: {excluded_checks: [s3_tls], options: [--mutelist-file, x]},"
        " scoutsuite: {ruleset: /r.json}}}",
        "baseline.yaml",
    ).audit.tools
    assert PROWLER.selection(tools.prowler) == [
        "--excluded-checks", "s3_tls", "--mutelist-file", "x",
    ]  # fmt: skip
    assert TOOLS["scoutsuite"].selection(tools.scoutsuite) == ["--ruleset", "/r.json"]
