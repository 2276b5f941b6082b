"""A plain answer costs one small request; everything else is the client's to deal with."""

from collections.abc import Callable
from typing import Any

import botocore.credentials
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict

from baseline.errors import AwsError, BaselineError, CredentialsError, DeniedError
from baseline.sessions import Credentials, Reader, Session, open_session
from baseline.simulation import Fault, Simulation
from baseline.simulation.transport import _Raw

BUCKET = "logs-to-read"
KEY = "AWSLogs/1/a b+c=d/ä~(1)&?#%2F.json.gz"
ROLE = "OrganizationAccountAccessRole"
MAIN, PRODUCTION = "100000000001", "400000000004"

Answer = Callable[[Any], AWSResponse]
Change = Callable[[Any, AWSResponse], AWSResponse]


class Wire:
    """The simulation's transport; keeps the requests for objects, and may ``change`` answers."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.change: Change = lambda _, answer: answer
        self.requests: list[Any] = []

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        if request.method != "GET":
            return self._answer(request)
        self.requests.append(request)
        return self.change(request, self._answer(request))

    @property
    def by_the_client(self) -> list[bool]:
        """Of each request, whether a client made it: those alone number their tries."""
        return ["amz-sdk-request" in request.headers for request in self.requests]


@pytest.fixture
def wire(simulation: Simulation) -> Wire:
    return Wire(simulation.transport)


@pytest.fixture
def client(wire: Wire) -> Any:
    client = open_session(transport=wire).client("s3")
    given_an_object(client)
    return client


def given_an_object(client: Any) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"text", Metadata={"signature": "ab"})


@pytest.fixture
def reader(client: Any, wire: Wire) -> Reader:
    """One that knows the bucket."""
    client.put_object(Bucket=BUCKET, Key="first", Body=b"first")
    reader = Reader(client)
    assert reader.get(BUCKET, "first").content == b"first"
    assert wire.by_the_client == [True]
    wire.requests.clear()
    return reader


def test_an_object_is_read_with_its_metadata_by_one_request(reader: Reader, wire: Wire) -> None:
    found = reader.get(BUCKET, KEY)
    assert (found.content, found.metadata) == (b"text", {"signature": "ab"})
    assert wire.by_the_client == [False]


def test_the_request_goes_where_the_clients_goes_and_says_who_asks(
    reader: Reader, client: Any, wire: Wire
) -> None:
    reader.get(BUCKET, KEY)
    client.get_object(Bucket=BUCKET, Key=KEY)
    ours, theirs = wire.requests
    assert ours.url == theirs.url
    assert b"aws-baseline" in ours.headers["User-Agent"].encode()
    assert "/eu-west-1/s3/aws4_request" in ours.headers["Authorization"]
    assert "X-Amz-Signature" not in ours.url


@pytest.mark.parametrize("kind", ["throttle", "timeout", "error"])
def test_what_fails_once_is_tried_again(
    simulation: Simulation, reader: Reader, wire: Wire, kind: Any
) -> None:
    simulation.faults.add(Fault(kind, "s3", "GetObject", times=1))
    assert reader.get(BUCKET, KEY).content == b"text"
    assert reader.get(BUCKET, KEY).content == b"text"
    assert wire.by_the_client == [False, True, False]


def test_an_answer_that_was_cut_off_does_not_count(reader: Reader, wire: Wire) -> None:
    def cut(request: Any, answer: AWSResponse) -> AWSResponse:
        cut_off = "amz-sdk-request" not in request.headers
        return AWSResponse(request.url, 200, answer.headers, _Raw(b"te")) if cut_off else answer

    wire.change = cut
    assert reader.get(BUCKET, KEY).content == b"text"
    assert wire.by_the_client == [False, True]


def test_a_missing_object_and_a_refusal_are_told_as_of_every_call(
    simulation: Simulation, reader: Reader
) -> None:
    with pytest.raises(AwsError, match=f"{MAIN} eu-west-1 s3:GetObject: NoSuchKey"):
        reader.get(BUCKET, "nothing")
    simulation.faults.add(Fault("deny", "s3", "GetObject"))
    with pytest.raises(DeniedError, match="s3:GetObject"):
        reader.get(BUCKET, KEY)


def test_a_bucket_of_another_region_is_followed_once(reader: Reader, wire: Wire) -> None:
    def moved(request: Any, answer: AWSResponse) -> AWSResponse:
        if "/eu-central-1/s3/" in _authorization(request):
            return answer
        headers = HeadersDict({"x-amz-bucket-region": "eu-central-1"})
        body = b"<Error><Code>PermanentRedirect</Code></Error>"
        return AWSResponse(request.url, 301, headers, _Raw(body))

    wire.change = moved
    for _ in range(3):
        assert reader.get(BUCKET, KEY).content == b"text"
    assert wire.by_the_client == [False, True, True, False, False]
    assert all("/eu-central-1/" in _authorization(request) for request in wire.requests[2:])


def _authorization(request: Any) -> str:
    found = request.headers["Authorization"]
    return found.decode() if isinstance(found, bytes) else str(found)


class Keys(botocore.credentials.Credentials):  # type: ignore[misc]  # botocore is not typed
    """What botocore asks for keys before it signs: those of ``now``, or an error."""

    now: Credentials | BaselineError

    def get_frozen_credentials(self) -> Any:
        if isinstance(self.now, BaselineError):
            raise self.now
        return self.now.fixed().get_frozen_credentials()


def test_every_request_is_signed_with_the_keys_of_its_moment(
    simulation: Simulation, wire: Wire
) -> None:
    own = open_session(transport=simulation.transport)
    first, second = (own.assume(PRODUCTION, ROLE).credentials() for _ in range(2))
    keys = Keys("", "")
    keys.now = first
    client = Session(keys, "eu-west-1", wire).client("s3")
    given_an_object(client)
    reader = Reader(client)
    reader.get(BUCKET, KEY)
    keys.now = second
    assert reader.get(BUCKET, KEY).content == b"text"
    assert wire.by_the_client == [True, False]
    assert second.access_key_id in _authorization(wire.requests[-1])
    keys.now = CredentialsError("the session ended")
    with pytest.raises(CredentialsError, match="the session ended"):
        reader.get(BUCKET, KEY)
