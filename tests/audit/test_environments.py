"""Tools are installed whole or not at all."""

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from baseline.audit import environments
from baseline.audit.tools import TOOLS
from baseline.errors import ToolError
from given_waiting import ended, until


@pytest.mark.parametrize("name", list(TOOLS))
def test_every_package_of_a_tool_is_pinned_with_hashes(name: str) -> None:
    text = (files("baseline.audit") / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 100
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+ ", block) for block in blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    tool = TOOLS[name]
    assert f"{tool.distribution.lower()}=={tool.version} " in text.lower()


def test_an_installed_tool_is_found_and_not_installed_again(tools: Path) -> None:
    said: list[str] = []
    environment = environments.set_up(TOOLS["prowler"], tools, said.append)
    assert environment.directory == tools / "prowler-5.46.0"
    assert environment.services == {"s3", "iam", "guardduty"}
    assert said == []


def test_a_set_up_that_fails_says_which_step_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = a_uv(tmp_path, monkeypatch, "[ $1 = venv ] || { echo no such index; exit 2; }")
    with pytest.raises(ToolError, match="uv pip install said: no such index"):
        environments.set_up(TOOLS["prowler"], tools, lambda _: None)
    assert list(tools.iterdir()) == []


def a_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A uv that does ``script``; gives where the tools go."""
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh\n{script}\n")
    uv.chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return tmp_path / "tools"


def test_a_tool_whose_python_is_gone_is_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade of the system's Python."""
    tools = a_uv(
        tmp_path,
        monkeypatch,
        '[ $1 = venv ] || exit 0; for build; do :; done; mkdir "$build/bin";'
        ' echo exit 0 > "$build/bin/prowler"; ln -s /bin/true "$build/bin/python"',
    )
    broken = tools / "prowler-5.46.0"
    (broken / "bin").mkdir(parents=True)
    (broken / "bin/python").symlink_to("/nowhere/python")
    (broken / "old").touch()
    environment = environments.set_up(TOOLS["prowler"], tools, lambda _: None)
    assert environments.find(TOOLS["prowler"], tools) == environment
    assert not (broken / "old").exists()


def test_what_sets_a_tool_up_sees_the_package_index_and_no_keys_and_what_it_brings_not_even_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build scripts run then, and the tool's first import."""
    tools = a_uv(
        tmp_path,
        monkeypatch,
        f'env > "{tmp_path}/seen-$(basename $0)-$1"; [ $1 = venv ] || exit 0;'
        ' for build; do :; done; mkdir "$build/bin"; touch "$build/bin/prowler";'
        ' cp "$0" "$build/bin/python"',
    )
    secret = ("AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "GITHUB_TOKEN", "UV_PUBLISH_TOKEN")
    index = ("UV_INDEX_URL", "PIP_CERT", "NETRC")
    for name in (*secret, *index, "HTTPS_PROXY", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "told")
    environments.set_up(TOOLS["prowler"], tools, lambda _: None)
    told = {
        file.name: {line.split("=")[0] for line in file.read_text().splitlines()}
        for file in tmp_path.glob("seen-*")
    }
    assert set(told) == {"seen-uv-venv", "seen-uv-pip", "seen-python--W"}
    for name, seen in told.items():
        assert {"PATH", "HOME", "HTTPS_PROXY", "SSL_CERT_FILE"} <= seen
        assert not seen & set(secret)
        assert bool(seen & set(index)) == (name != "seen-python--W")


def _when_there(file: Path, then: Callable[[], None]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and not (file.is_file() and file.read_text()):
        time.sleep(0.02)
    then()


def test_a_set_up_that_is_stopped_ends_its_programs_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = a_uv(tmp_path, monkeypatch, f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    stop = threading.Event()
    # However busy the machine is: stopped once the program has begun.
    begun = threading.Thread(target=_when_there, args=(tmp_path / "pid", stop.set))
    begun.start()
    started = time.monotonic()
    with pytest.raises(ToolError):
        environments.set_up(TOOLS["prowler"], tools, lambda _: None, stop)
    assert time.monotonic() - started < 30
    assert list(tools.iterdir()) == []
    pid = int((tmp_path / "pid").read_text())
    # Killed; that it is gone the machine says when it comes to it.
    until(lambda: ended(pid), seconds=10)


def test_what_a_killed_set_up_left_is_removed_but_not_what_may_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = a_uv(tmp_path, monkeypatch, "exit 1")
    for name in (".prowler-old", ".prowler-new"):
        (tools / name).mkdir(parents=True)
    os.utime(tools / ".prowler-old", (0, 0))
    with pytest.raises(ToolError):
        environments.set_up(TOOLS["prowler"], tools, lambda _: None)
    assert [f.name for f in tools.iterdir()] == [".prowler-new"]


def test_without_a_python_that_a_tool_supports_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"no Python that it supports.*--tool"):
        environments.set_up(TOOLS["scoutsuite"], tmp_path / "tools", lambda _: None)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ToolError, match="closed"):
        environments.set_up(TOOLS["prowler"], tmp_path / "closed/tools", lambda _: None)


def test_tools_are_kept_with_our_own_environment_so_that_nothing_is_global(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert environments.default_directory() == tmp_path / ".venv/share/aws-baseline/tools"
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert environments.default_directory() == tmp_path / "data/aws-baseline/tools"
