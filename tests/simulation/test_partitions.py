"""Files that arrive in the central buckets become partitions: exactly the right ones, however."""

import json
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto.awslambda.utils import get_backend

from baseline.simulation import Fault, Simulation
from baseline.simulation.inline_python import Program
from given_catalog import (
    FLOWS,
    FUNCTION,
    MAIN,
    ORGANIZATION,
    TRAIL,
    arrive,
    client,
    delivered,
    log_key,
    make,
    messages,
    partitions,
)

OTHER = "400000000004"
DAY = "2026-07-23"
VALUES = (OTHER, "us-east-1", DAY)
FOLDER = f"AWSLogs/{OTHER}/CloudTrail/us-east-1/2026/07/23/"
# Visibility of the queue, and a second.
LATER = 731


@pytest.fixture(scope="module")
def made(founded: bytes) -> bytes:
    simulation = Simulation.restore(founded)
    try:
        make(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def organization(made: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(made)
    yield simulation
    simulation.close()


def log(name: str = "a.json.gz", **more: str) -> str:
    return log_key(OTHER, "us-east-1", DAY, name, **more)


def test_a_file_is_a_partition_as_soon_as_it_arrives(organization: Simulation) -> None:
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}
    told = client(organization, "glue").get_partition(
        DatabaseName="auditing", TableName="cloudtrail", PartitionValues=list(VALUES)
    )["Partition"]["StorageDescriptor"]
    assert told["SerdeInfo"]["SerializationLibrary"].endswith("JsonSerDe")
    assert {"Name": "eventname", "Type": "string"} in told["Columns"]


def test_a_digest_that_comes_first_is_no_partition(organization: Simulation) -> None:
    for kind in ("CloudTrail-Digest", "CloudTrail-Insight"):
        arrive(organization, TRAIL, log(kind=kind))
    assert partitions(organization) == {}
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}


def test_the_organizations_folder_is_read_as_the_account_it_is_of(organization: Simulation) -> None:
    arrive(organization, TRAIL, log(own=ORGANIZATION))
    (location,) = partitions(organization).values()
    assert location == FOLDER.replace("AWSLogs/", f"AWSLogs/{ORGANIZATION}/")


def test_flow_logs_have_a_table_for_each_format(organization: Simulation) -> None:
    hive = "AWSLogs/aws-account-id={}/aws-service=vpcflowlogs/aws-region=us-east-1/"
    day = "year=2026/month=07/day=23/"
    arrive(organization, FLOWS, log("a.log.gz", kind="vpcflowlogs"))
    arrive(organization, FLOWS, hive.format(MAIN) + day + "hour=05/a.parquet")
    assert set(partitions(organization, "flowlogs_text")) == {VALUES}
    assert partitions(organization, "flowlogs_parquet") == {
        (MAIN, "us-east-1", DAY): hive.format(MAIN) + day
    }


def test_a_partition_that_points_to_digests_is_mended_by_the_next_file(
    organization: Simulation,
) -> None:
    glue = client(organization, "glue")
    wrong = f"s3://{TRAIL}/{log('', kind='CloudTrail-Digest')}"
    glue.create_partition(
        DatabaseName="auditing",
        TableName="cloudtrail",
        PartitionInput={"Values": list(VALUES), "StorageDescriptor": {"Location": wrong}},
    )
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}


def test_what_glue_refuses_goes_back_and_is_tried_again(organization: Simulation) -> None:
    organization.faults.add(Fault("throttle", "glue", "BatchCreatePartition", times=5))
    arrive(organization, TRAIL, log())
    assert (partitions(organization), messages(organization)) == ({}, 1)
    organization.faults.clear()
    organization.deliver()
    assert partitions(organization) == {}
    organization.advance(LATER)
    assert (partitions(organization), messages(organization)) == ({VALUES: FOLDER}, 0)


def test_what_never_works_ends_among_the_dead_letters(organization: Simulation) -> None:
    client(organization, "glue").delete_table(DatabaseName="auditing", Name="cloudtrail")
    arrive(organization, TRAIL, log())
    for _ in range(5):
        organization.advance(LATER)
    assert messages(organization) == 0
    assert messages(organization, "baseline-partitioner-dead-letters") == 1


def test_a_message_that_nobody_can_read_holds_up_no_other(organization: Simulation) -> None:
    sqs = client(organization, "sqs")
    url = sqs.get_queue_url(QueueName="baseline-partitioner")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{")
    arrive(organization, TRAIL, log())
    assert (partitions(organization), messages(organization)) == ({VALUES: FOLDER}, 1)
    logs = client(organization, "logs")
    said = logs.get_log_events(
        logGroupName="/aws/lambda/baseline-partitioner", logStreamName="simulation"
    )["events"]
    assert json.loads(said[0]["message"])["what"] == "message not understood"


def test_every_noon_brings_the_partitions_of_today_and_tomorrow(organization: Simulation) -> None:
    now = organization.clock.now()
    last = (now.replace(day=1)).strftime("%Y-%m-%d")
    for account, region, date in (
        (MAIN, "us-east-1", now.strftime("%Y-%m-%d")),
        (OTHER, "eu-west-1", last),
        (OTHER, "us-west-2", "2024-01-15"),
    ):
        delivered(organization, TRAIL, log_key(account, region, date, "a.json.gz"))
    delivered(organization, FLOWS, log("a.parquet", kind="vpcflowlogs").replace(DAY, last))
    organization.deliver()
    before = set(partitions(organization))
    organization.advance(24 * 3600)
    new = set(partitions(organization)) - before
    assert {(account, region) for account, region, _ in new} == {
        (MAIN, "us-east-1"),
        (OTHER, "eu-west-1"),
    }
    assert len({date for *_, date in new}) == 2
    assert max(date for *_, date in new) > now.strftime("%Y-%m-%d")


def test_a_rule_that_is_off_and_a_queue_that_admits_nobody_bring_nothing(
    organization: Simulation,
) -> None:
    events, sqs = client(organization, "events"), client(organization, "sqs")
    events.disable_rule(Name="baseline-log-files")
    arrive(organization, TRAIL, log())
    events.enable_rule(Name="baseline-log-files")
    url = sqs.get_queue_url(QueueName="baseline-partitioner")["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    arrive(organization, TRAIL, log("b.json.gz"))
    assert (partitions(organization), messages(organization)) == ({}, 0)
    sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
    arrive(organization, TRAIL, log("c.json.gz"))
    assert partitions(organization) == {VALUES: FOLDER}


# Exactly the right partitions

Event = tuple[str, str, str, str, str]
# Few places, so that events of one meet.
EVENTS = st.tuples(
    st.sampled_from([MAIN, OTHER]),
    st.just("us-east-1"),
    st.sampled_from([DAY, DAY, "2026-12-31"]),
    st.sampled_from(["CloudTrail", "CloudTrail", "CloudTrail", "CloudTrail-Digest"]),
    st.sampled_from(["", ORGANIZATION]),
)


class Turns:
    """Lets the calls of functions through one by one, in an order that ``random`` draws.

    All functions are on their way at once, and what each finds is what the others' calls have left:
    any order can come, and comes again with the same ``random``.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._turn: int | None = None
        self._under_way = 0

    @contextmanager
    def taken_by(self, functions: int) -> Iterator[None]:
        """So many are started now; each that has ended has to ``leave``."""
        self._under_way = functions
        yield
        assert self._under_way == 0

    def wait(self, function: int) -> None:
        """Before every call: until it is its turn."""
        with self._changed:
            self._waiting.add(function)
            self._choose()
            self._changed.wait_for(lambda: self._turn == function, timeout=30)
            self._waiting.discard(function)
            self._turn = None

    def leave(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._choose()

    def _choose(self) -> None:
        if self._waiting and len(self._waiting) == self._under_way:
            self._turn = self._random.choice(sorted(self._waiting))
            self._changed.notify_all()


class Function(Program):
    """The partitioner in an environment of its own, as Lambda has one for each of two at a time."""

    def __init__(self, simulation: Simulation, number: int, turns: Turns) -> None:
        self._number, self._turns = number, turns
        function = get_backend(MAIN, "eu-west-1").get_function(FUNCTION)
        super().__init__(simulation, function, lambda _: None)

    def _client(self, service: str, region_name: str = "", config: Any = None) -> Any:
        client = super()._client(service, region_name, config)
        client.meta.events.register_first("before-send", self._wait, unique_id="turns")
        return client

    def _wait(self, **_: Any) -> None:
        self._turns.wait(self._number)

    def __call__(self, event: dict[str, Any]) -> Any:
        try:
            return super().__call__(event)
        finally:
            self._turns.leave()


def keys(found: list[Event]) -> list[str]:
    return [
        log_key(account, region, date, f"{number % 7}.json.gz", kind=kind, own=own)
        for number, (account, region, date, kind, own) in enumerate(found)
    ]


def right(found: list[Event]) -> dict[tuple[str, ...], str]:
    """By plain reasoning: one for each place and day with a log, the organization's first."""
    asked: dict[tuple[str, ...], str] = {}
    for account, region, date, kind, own in sorted(found, key=lambda e: bool(e[4])):
        if kind == "CloudTrail":
            key = log_key(account, region, date, "", own=own)
            asked[account, region, date] = key
    return asked


def batch(found: list[str]) -> dict[str, Any]:
    bodies = [
        {"source": "aws.s3", "detail": {"bucket": {"name": TRAIL}, "object": {"key": key}}}
        for key in found
    ]
    return {"Records": [{"messageId": str(n), "body": json.dumps(b)} for n, b in enumerate(bodies)]}


def work_off(simulation: Simulation, found: list[str], size: int, random: Random) -> None:
    """Two functions at a time take two batches, from the first on; all must be done by then.

    The files of a batch have come to the bucket before it is taken, as a file comes before its
    event. Nobody else is told of them.
    """
    client(simulation, "events").disable_rule(Name="baseline-log-files")
    turns = Turns(random)
    functions = [Function(simulation, number, turns) for number in range(2)]
    batches = [found[i : i + size] for i in range(0, len(found), size)]
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(batches), 2):
            both = batches[start : start + 2]
            for key in chain(*both):
                delivered(simulation, TRAIL, key)
            with turns.taken_by(len(both)):
                answers = list(pool.map(lambda f, b: f(batch(b)), functions, both))
            assert [failed for answer in answers for failed in answer["batchItemFailures"]] == []


def point_to_digests(simulation: Simulation, places: Iterable[tuple[str, str, str]]) -> None:
    """As somebody's older partitioner has left them."""
    for account, region, date in places:
        wrong = f"s3://{TRAIL}/{log_key(account, region, date, '', kind='CloudTrail-Digest')}"
        values = {"Values": [account, region, date], "StorageDescriptor": {"Location": wrong}}
        client(simulation, "glue").batch_create_partition(
            DatabaseName="auditing", TableName="cloudtrail", PartitionInputList=[values]
        )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    found=st.lists(EVENTS, min_size=2, max_size=12),
    size=st.integers(1, 12),
    order=st.integers(0, 2**32),
)
# The account's reads, the organization's updates, and then the account's updates.
@example(
    found=[(OTHER, "us-east-1", DAY, "CloudTrail", own) for own in ("", ORGANIZATION)],
    size=1,
    order=9,
)
def test_any_events_in_any_order_give_exactly_the_right_partitions(
    made: bytes, found: list[Event], size: int, order: int
) -> None:
    """Some come twice. Whichever function's call comes first, and wherever partitions pointed."""
    with closing(Simulation.restore(made)) as simulation:
        stale = {event[:3] for event in found if event[3] == "CloudTrail"}
        point_to_digests(simulation, stale)
        work_off(simulation, keys(found), min(size, len(found) // 2), Random(order))
        assert partitions(simulation) == right(found)


def test_five_thousand_events_in_random_order_give_exactly_the_right_partitions(
    organization: Simulation,
) -> None:
    """Of two trails in one bucket, one of them the organization's, with digests between."""
    random = Random(4)
    days = [f"2026-07-{day:02}" for day in range(1, 32)]
    found = [
        (
            random.choice([MAIN, OTHER]),
            random.choice(["us-east-1", "eu-west-1", "us-gov-west-1"]),
            random.choice(days),
            random.choice(["CloudTrail", "CloudTrail-Digest"]),
            random.choice(["", "", "", ORGANIZATION]),
        )
        for _ in range(4_000)
    ]
    found += random.sample(found, 1_000)
    random.shuffle(found)
    work_off(organization, keys(found), 625, random)
    assert partitions(organization) == right(found)
