"""Tools are installed whole or not at all."""

import os
import re
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from baseline.audit import environments
from baseline.audit.tools import TOOLS
from baseline.errors import ToolError


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
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\n[ $1 = venv ] || { echo no such index; exit 2; }\n")
    uv.chmod(0o700)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(ToolError, match="uv pip install said: no such index"):
        environments.set_up(TOOLS["prowler"], tmp_path / "tools", lambda _: None)
    assert list((tmp_path / "tools").iterdir()) == []


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
