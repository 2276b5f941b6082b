"""Keys say account, region, date and kind; nothing else is taken for a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseline.logs.layout import (
    Folder,
    Key,
    Kind,
    Selection,
    below,
    identity,
    read_folder,
    read_key,
)

HIVE = "AWSLogs/aws-account-id=100000000001/aws-service=vpcflowlogs/aws-region=eu-west-1"
DIGITS = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012}")
FOLDERS = st.builds(
    Folder,
    account=DIGITS,
    kind=st.sampled_from([kind.value for kind in Kind]),
    region=st.sampled_from(["eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"]),
    year=st.integers(2013, 2099).map(str),
    month=st.integers(1, 12).map(lambda number: f"{number:02}"),
    day=st.integers(1, 28).map(lambda number: f"{number:02}"),
    organization=st.sampled_from(["", "o-exampleorgid"]),
    hive=st.booleans(),
    prefix=st.sampled_from(["", "audit/", "a/b/"]),
)


@given(FOLDERS, st.from_regex(r"([01][0-9]/)?[A-Za-z0-9_-]{1,30}\.json\.gz", fullmatch=True))
def test_a_key_survives_writing_and_reading(folder: Folder, name: str) -> None:
    """What a key is made of comes back when it is read."""
    key = Key(folder, name)
    assert read_key(str(key)) == key


@given(FOLDERS)
def test_every_folder_on_the_way_is_read_back(folder: Folder) -> None:
    """Listing goes down level by level, so each level must be understood."""
    parts = folder.path.removeprefix(folder.prefix).rstrip("/").split("/")
    for depth in range(1, len(parts) + 1):
        path = folder.prefix + "/".join(parts[:depth]) + "/"
        found = read_folder(path)
        assert found is not None
        assert found.path == path or found.hive != folder.hive


@given(st.text(max_size=80))
def test_any_text_is_a_key_or_none(text: str) -> None:
    """Buckets hold other things too."""
    found = read_key(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    ("key", "table", "place"),
    [
        (
            "AWSLogs/100000000001/CloudTrail/eu-west-1/2026/07/01/x_CloudTrail_y.json.gz",
            "cloudtrail",
            ("100000000001", "eu-west-1", "2026-07-01"),
        ),
        (
            "audit/AWSLogs/o-exampleorgid/012345678901/CloudTrail/us-east-1/2026/07/01/x.json.gz",
            "cloudtrail",
            ("012345678901", "us-east-1", "2026-07-01"),
        ),
        (
            "AWSLogs/100000000001/vpcflowlogs/eu-west-1/2026/07/01/x.log.gz",
            "flowlogs",
            ("100000000001", "eu-west-1", "2026-07-01"),
        ),
        (
            (
                "AWSLogs/aws-account-id=100000000001/aws-service=vpcflowlogs/aws-region=eu-west-1/"
                "year=2026/month=07/day=01/hour=23/x.log.gz"
            ),
            "flowlogs",
            ("100000000001", "eu-west-1", "2026-07-01"),
        ),
    ],
)
def test_logs_of_each_layout(key: str, table: str, place: tuple[str, str, str]) -> None:
    """Account and organization trails, default and hive-compatible flow logs."""
    found = read_key(key)
    assert found is not None
    assert found.is_log
    assert found.folder.table == table
    assert (found.folder.account, found.folder.region, found.folder.date) == place


@pytest.mark.parametrize("kind", [Kind.DIGEST, Kind.INSIGHT])
def test_digests_and_insights_are_known_and_never_logs(kind: Kind) -> None:
    """They lie as deep as logs, and end like them."""
    found = read_key(f"AWSLogs/100000000001/{kind}/eu-west-1/2026/07/01/x.json.gz")
    assert found is not None
    assert found.folder.kind == kind
    assert not found.is_log
    assert not Selection().admits(found.folder)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "AWSLogs/100000000001/CloudTrail/eu-west-1/2026/07/x.json.gz",
        "AWSLogs/100000000001/CloudTrail/eu-west-1/2026/13/01/x.json.gz",
        "AWSLogs/100000000001/CloudTrail/eu-west-1/2026/02/30/x.json.gz",
        "AWSLogs/100000000001/CloudTrail/eu-west-1/0000/01/01/x.json.gz",
        "AWSLogs/100000000001/CloudTrail/eu-west-1/2026/07/01/25/x.json.gz",
        "AWSLogs/10000000001/CloudTrail/eu-west-1/2026/07/01/x.json.gz",
        "AWSLogs/100000000001/Config/eu-west-1/2026/7/1/ConfigHistory/x.json.gz",
        "Logs/100000000001/CloudTrail/eu-west-1/2026/07/01/x.json.gz",
        "AWSLogs/aws-account-id=100000000001/vpcflowlogs/eu-west-1/2026/07/01/x.log.gz",
    ],
)
def test_other_objects_are_not_keys_of_logs(key: str) -> None:
    """What does not lie in the folder of a day is none of ours."""
    assert read_key(key) is None


def test_a_selection_cuts_off_what_cannot_hold_wanted_logs() -> None:
    """Years and months outside the days are not even listed."""
    wanted = Selection(since="2026-06-20", until="2026-07-05")
    year = Folder("100000000001", Kind.CLOUDTRAIL, "eu-west-1", "2026")
    assert [f.month for f in below(year, ["05", "06", "07", "08", "x"], wanted)] == ["06", "07"]
    june = Folder("100000000001", Kind.CLOUDTRAIL, "eu-west-1", "2026", "06")
    assert [f.day for f in below(june, ["19", "20", "30"], wanted)] == ["20", "30"]


def test_accounts_and_regions_are_chosen_on_the_way() -> None:
    """Another account's folder is passed over, also in an organization's layout."""
    wanted = Selection(frozenset({"100000000001"}), frozenset({"eu-west-1"}))
    root = Folder(prefix="audit/")
    names = ["100000000001", "200000000002", "o-exampleorgid", "aws-account-id=100000000001"]
    found = below(root, names, wanted)
    assert [folder.path for folder in found] == [
        "audit/AWSLogs/100000000001/",
        "audit/AWSLogs/o-exampleorgid/",
        "audit/AWSLogs/aws-account-id=100000000001/",
    ]


def test_identity_is_the_same_in_every_copy_of_a_bucket() -> None:
    """What stands before AWSLogs/ differs from place to place."""
    assert identity("a/AWSLogs/x") == identity("AWSLogs/x") == "AWSLogs/x"
