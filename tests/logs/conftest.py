"""A bucket's copy and a lake, both empty."""

from pathlib import Path

import pytest

from baseline.logs.lake import Lake


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """A directory that looks like a bucket of logs."""
    (tmp_path / "bucket/AWSLogs").mkdir(parents=True)
    return tmp_path / "bucket"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake without files."""
    return Lake.create(tmp_path / "lake")
