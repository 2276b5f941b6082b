"""Twenty accounts in seventeen regions: deployed, proven, and found as they should be again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.organization import DEFAULT_REGIONS
from baseline.simulation import Blueprint, Simulation

HOME = "eu-west-1"
FILE = f"organization: o-acme0000000\nhome_region: {HOME}\nregions: [{{regions}}]\n"
# Six accounts of the default organization are active.
SMALL = Blueprint(misconfigured=False, regions=(HOME, "us-east-1"))
LARGE = Blueprint(misconfigured=False, extra_members=14, regions=DEFAULT_REGIONS)
TARGETS = {"small": 6 * 2, "large": 20 * 17}


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Iterator[Simulation]:
    blueprint: Blueprint = request.param
    Path("baseline.yaml").write_text(FILE.format(regions=", ".join(blueprint.regions)))
    simulation = Simulation(blueprint)
    yield simulation
    simulation.close()
