"""A lake with the incidents of all saved queries, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query.duckdb import DuckDB
from given_incidents import given_incidents


@pytest.fixture(scope="session")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory like a bucket."""
    root = tmp_path_factory.mktemp("incidents")
    given_incidents(root)
    return root


@pytest.fixture(scope="session")
def lake_of_incidents(incidents: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of them."""
    lake = Lake.create(tmp_path_factory.mktemp("lake"))
    source = Directory(incidents)
    collect(source, lake, days(source, Selection()))
    return lake


@pytest.fixture(scope="session")
def over_incidents(lake_of_incidents: Lake) -> Iterator[DuckDB]:
    """An engine over it."""
    engine = DuckDB(lake_of_incidents)
    yield engine
    engine.close()
