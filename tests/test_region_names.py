"""Every region that AWS has, of any partition, is one wherever a name is read."""

import re

import pytest
from botocore.loaders import create_loader
from pydantic import TypeAdapter, ValidationError

from baseline import templates
from baseline.configuration import RegionName
from baseline.logs.layout import read_folder

PARTITIONS = create_loader().load_data("endpoints")["partitions"]
REGIONS = sorted(region for partition in PARTITIONS for region in partition["regions"])
OTHERS = ["", "eu-west", "eu-west-x", "EU-west-1", "eu west-1", "eu-west-1/x", "europe-west-1"]


def patterns() -> dict[str, str]:
    """Of each template that takes a region."""
    parameters = {
        name: templates.parse(templates.read(name))["Parameters"] for name in templates.NAMES
    }
    return {
        name: found["HomeRegion"]["AllowedPattern"]
        for name, found in parameters.items()
        if "HomeRegion" in found
    }


@pytest.mark.parametrize(
    ("regions", "good"), [(REGIONS, True), (OTHERS, False)], ids=["regions", "others"]
)
def test_names_of_regions(regions: list[str], good: bool) -> None:
    """In folders of logs, in the configuration and in templates."""
    for region in regions:
        key = f"AWSLogs/100000000001/CloudTrail/{region}/2026/07/01/"
        assert bool(read_folder(key)) == good, region
        assert is_configured(region) == good, region
        for name, pattern in patterns().items():
            assert bool(re.search(pattern, region)) == good, (name, region)
    assert len(patterns()) >= 3
    assert "eusc-de-east-1" in REGIONS


def is_configured(region: str) -> bool:
    try:
        TypeAdapter(RegionName).validate_python(region)
    except ValidationError:
        return False
    return True
